"""A fridge truck warms for twenty minutes over real MQTT; everything that follows, by the code that runs in production."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client

from longshore.ledger.audit import audit
from longshore.ledger.models import Balance, Claim, Posting
from longshore.ordering.models import CustomerNotice, CustomerOrder, OrderLine
from longshore.project.dispatcher import drain_outbox
from longshore.sensing.gateway.gate import Gate
from longshore.sensing.gateway.serving import open_listeners
from longshore.sensing.models import DeviceKey, Excursion, Reading
from longshore.sensing.operations.interpreting import interpret
from longshore.storing.models import QualityCase
from longshore.tower.models import OpenException
from longshore.tower.operations import act_on_exception, sweep
from tests.platform.pages.desk import person
from tests.platform.sensing.conftest import CHOICES, Running
from tests.platform.sensing.speaking import Device
from tests.platform.storing.cold import Cold, build_cold
from tests.platform.storing.floor import MONDAY, WHO, assert_books_are_clean, hours, line_ids, standing

WARM = 7.5
SEEN = hours(5.75)


class MondaysGateway(Running):
    """The gateway of the platform tests with the story's clock."""

    async def _run(self, up: threading.Event) -> None:
        self.loop, self.leaving = asyncio.get_running_loop(), asyncio.Event()
        self.gate = Gate(self.choices, lambda: SEEN)
        await self.gate.open()
        servers = await open_listeners(self.gate)
        self.ports = {name: server.sockets[0].getsockname()[1] for name, server in servers.items()}
        up.set()
        await self.leaving.wait()
        for server in servers.values():
            server.close()
        await self.gate.close()


@pytest.fixture
def cold(transactional_db: None) -> Cold:
    made = build_cold()
    digest = hashlib.sha256(b"token-of-LOG-1").digest()
    DeviceKey.objects.create(device=made.logger, digest=digest, valid_from=MONDAY)
    drain_outbox(at=hours(4.9))
    return made


@pytest.fixture
def gateway(cold: Cold) -> Iterator[Running]:
    running = MondaysGateway(CHOICES)
    running.start()
    yield running
    running.stop()


def _temperatures() -> list[tuple[datetime, float]]:
    """A reading a minute: cold, twenty minutes too warm, cold again."""
    return [(hours(4.9) + timedelta(minutes=n), WARM if 6 <= n <= 26 else 3.0) for n in range(50)]


def _publish(gateway: Running) -> None:
    device = Device(gateway.ports["mqtt"], "LOG-1", "token-of-LOG-1")
    device.join()
    for number, (at, value) in enumerate(_temperatures(), start=1):
        body = {"at": at.isoformat(), "seq": number, "v": {"temperature": value}}
        device.publish("ls/LOG-1/t", json.dumps(body).encode(), packet_id=number)
        assert device.acknowledged() == (number, 0)
    device.close()


def _follow(at: datetime) -> None:
    """What the worker does all day: interpret, tell, until nothing is left."""
    while interpret(at=at, cause=WHO).more:
        pass
    drain_outbox(at=at)


def _sites(order: int) -> set[int]:
    demands = [f"order-line:{line}" for line in line_ids(order)]
    return set(Claim.objects.filter(demand__in=demands, state="open").values_list("site_id", flat=True))


def _everything(orders: tuple[int, ...]) -> list[object]:
    demands = [f"order-line:{line}" for order in orders for line in line_ids(order)]
    return [
        list(CustomerOrder.objects.filter(pk__in=orders).order_by("pk").values()),
        list(OrderLine.objects.filter(order_id__in=orders).order_by("pk").values()),
        list(Claim.objects.filter(demand__in=demands).order_by("pk").values()),
    ]


def test_a_warm_truck_from_the_thermometer_to_the_audit(cold: Cold, gateway: Running) -> None:
    """Hold on exactly its lots, two orders from elsewhere, one exception accepted, one lot released, books clean."""
    before = _everything(cold.untouched)
    _publish(gateway)
    assert Reading.objects.count() == 50, "acknowledged means stored"
    _follow(SEEN)

    [episode] = Excursion.objects.all()
    assert (episode.place_id, episode.limit, episode.worst, episode.state) == (
        cold.floor.truck_place, "chilled-high", WARM, "ended",
    )  # fmt: skip
    held = {(row.place_id, row.lot_id): row.qty for row in Balance.objects.filter(condition=2, qty__gt=0)}
    truck = cold.floor.truck_place
    assert held == {(truck, cold.floor.early): 6, (truck, cold.floor.late): 4}, "not the vaccine, not the warehouse"
    assert [_sites(order) for order in cold.orders] == [{cold.floor.other}, {cold.floor.other}]
    assert _everything(cold.untouched) == before

    sweep(at=SEEN, cause=WHO)
    [shown] = [row for row in OpenException.objects.filter(state="open") if row.kind != "stock-short"]
    assert (shown.kind, shown.money, shown.orders, shown.action) == ("excursion", 5000, 2, "accept-excursion")
    act_on_exception(shown.pk, at=hours(6), cause=WHO)
    assert set(CustomerNotice.objects.values_list("order__number", "kind")) == {
        ("C-1", "replaced"),
        ("C-2", "replaced"),
    }

    case = QualityCase.objects.get(lot=cold.floor.early)
    page = person("quality").post(
        "/quality/decide/", {"case": case.pk, "verdict": "release", "reason": "Core 3.8 °C, stability data allow 1 h"}
    )
    assert page.status_code == 302
    assert (standing(truck, 0), standing(truck, 2)) == (8, 4)
    assert audit().discrepancies == ()
    assert_books_are_clean()
    _pages_tell_it(episode.pk)


def _pages_tell_it(episode: int) -> None:
    """The excursion's page has the chart, both lots, both orders and the decision."""
    viewer: Client = person("viewer")
    text = viewer.get(f"/excursions/{episode}/").content.decode()
    for word in ("excursion-data", "L1", "L2", "C-1", "C-2", "FAR", "Core 3.8 °C", "7.5"):
        assert word in text, word
    assert "another warehouse" in viewer.get("/orders/C-1/").content.decode()


def test_the_same_readings_again_change_nothing(cold: Cold, gateway: Running) -> None:
    """A device that repeats all it said after a reconnect makes no second hold, promise or exception."""
    _publish(gateway)
    _follow(SEEN)
    once = (Posting.objects.count(), Claim.objects.count(), list(QualityCase.objects.values()))
    _publish(gateway)
    _follow(SEEN + timedelta(minutes=1))
    assert (Posting.objects.count(), Claim.objects.count(), list(QualityCase.objects.values())) == once
    assert OpenException.objects.filter(kind="excursion").count() == 1
