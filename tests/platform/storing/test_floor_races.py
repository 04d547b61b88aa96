"""Several people on the floor at once: real threads, real connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from longshore.ledger.models import Movement, PostingKind
from longshore.shipping.models import Shipment, ShipmentLine, Trip
from longshore.shipping.operations import open_shipments, plan_trips
from longshore.storing.models import PickTask
from longshore.storing.operations import Picked, confirm_picks, pack, release_wave
from tests.platform.storing.floor import MONDAY, WHO, assert_books_are_clean, build, hours, name

CALLERS = 4


def _at_once(call: Callable[[int], object]) -> list[object]:
    gate = Barrier(CALLERS)

    def go(number: int) -> object:
        gate.wait()
        try:
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(go, range(CALLERS)))


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_four_people_do_the_same_work_once() -> None:
    """Four waves, four times the same picks, packs, shipments and plans at once: everything is there exactly once."""
    floor = build()
    floor.stock(floor.tea, 500, floor.bin_a)
    orders = [floor.order(f"R-{number}", (floor.tea, 5)) for number in range(8)]
    _at_once(
        lambda number: release_wave(
            key=name("race", number), site=floor.site, ship_before=hours(48), at=hours(1), cause=WHO
        )
    )
    tasks = list(PickTask.objects.order_by("id").values_list("id", flat=True))
    assert len(tasks) == len(orders)
    picks = [Picked(task, hours(2)) for task in tasks]
    _at_once(lambda _number: confirm_picks(picks, at=hours(2), cause=WHO))
    assert Movement.objects.filter(posting__kind=PostingKind.PICK).count() == len(orders)
    _at_once(lambda _number: pack(site=floor.site, at=hours(3), cause=WHO))
    assert Movement.objects.filter(posting__kind=PostingKind.PACK).count() == len(orders)
    _at_once(lambda _number: open_shipments(site=floor.site, at=hours(3), cause=WHO))
    assert (Shipment.objects.count(), ShipmentLine.objects.count()) == (len(orders), len(orders))
    _at_once(lambda _number: plan_trips(site=floor.site, day=MONDAY.date(), at=hours(3), cause=WHO))
    assert Trip.objects.count() == 1, "one truck, one trip: nobody books it twice"
    assert Shipment.objects.filter(trip__isnull=False).count() == len(orders)
    assert_books_are_clean()
