"""What devices saw becomes one exception each, with what, where, money, orders and one action that does what it says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from longshore.catalog.models import HandlingUnit, Item, Place
from longshore.catalog.rules import make_sscc
from longshore.ledger.audit import audit
from longshore.ledger.models import Balance, PostingKind
from longshore.ledger.operations import Move, NewPosting, post
from longshore.project.dispatcher import drain_outbox
from longshore.sensing.metrics import ensure_metrics
from longshore.sensing.models import Anomaly, Command, Device
from longshore.sensing.operations import readmit
from longshore.sourcing.models import PurchaseOrder, PurchaseOrderLine
from longshore.sourcing.operations import place_orders
from longshore.tower import rules
from longshore.tower.models import OpenException
from longshore.tower.operations import NothingProposed, act_on_exception, sweep
from longshore.tower.wording import sentence
from longshore.tracing.models import Recall, RecallLetter
from longshore.tracing.operations import NewRecall, answer_letter, start_recall
from longshore.tracing.rules import LOT, node_of
from tests.platform.planning.world import MONDAY, WHO, World
from tests.platform.planning.world import build as build_world
from tests.platform.sensing.raw import METRIC, device, send, settle
from tests.platform.storing.floor import Floor, hours
from tests.platform.tracing.dairy import Dairy, build_dairy, link

MINUTE = timedelta(minutes=1)
SIDES = {"antennas": {"1": "outer", "2": "inner"}}


def open_one(kind: str) -> OpenException:
    return OpenException.objects.get(kind=kind, state="open")


# --- a pallet without a notice ----------------------------------------------------------------------------------------


@pytest.fixture
def world(db: None) -> World:
    ensure_metrics()
    made = build_world()
    made.released(made.tea, 50)
    made.released(made.tea, 30, supplier=made.trader)
    place_orders(at=MONDAY, cause=WHO)
    return made


def came(door: Device, sscc: str, begin: float, antennas: str = "1122") -> None:
    rows = [
        (
            door.pk,
            "tags",
            MONDAY + timedelta(seconds=begin + n),
            {"reads": [{"epc": sscc, "antenna": int(a), "rssi": -50}]},
        )
        for n, a in enumerate(antennas)
    ]
    send(rows, MONDAY)
    settle(MONDAY + MINUTE)
    drain_outbox(at=MONDAY + 2 * MINUTE)


def test_a_pallet_nobody_announced_is_taken_in_by_one_press(world: World) -> None:
    """Its number has the prefix of one supplier: the action takes in what that one still owes, on the pallet, once."""
    Place.objects.filter(code="P-TRADER").update(gln="9521234000006")
    door = device("P-1", "portal", MONDAY, place=world.dock, settings=SIDES)
    sscc = make_sscc("9521234", 7)
    came(door, sscc, 0)
    row = open_one("pallet-unannounced")
    line = PurchaseOrderLine.objects.get(order__supplier_id=world.trader)
    assert (row.action, row.action_facts["line"], row.action_facts["qty"]) == ("receive-pallet", line.pk, 30)
    assert (row.money, row.site_id, row.subject) == (30 * 500, world.centre, f"purchase:{line.order.number}")
    assert "Tea" in sentence(rules.ACTIONS["receive-pallet"].label, row.action_facts)
    assert act_on_exception(row.pk, at=MONDAY + 3 * MINUTE, cause=WHO).facts["qty"] == 30
    unit = HandlingUnit.objects.get(sscc=sscc)
    assert Balance.objects.get(handling_unit=unit, qty__gt=0).place_id == world.dock
    assert PurchaseOrder.objects.get(supplier=world.trader).state == "received"
    came(door, sscc, 600)
    assert not OpenException.objects.filter(kind="pallet-unannounced", state="open").exists()
    assert audit().clean


def test_a_pallet_of_nothing_we_ordered_has_no_action(world: World) -> None:
    """Nothing is to come there: somebody has to look, and pressing is refused."""
    PurchaseOrder.objects.update(state="cancelled")
    came(device("P-1", "portal", MONDAY, place=world.dock, settings=SIDES), make_sscc("9521234", 8), 0)
    row = open_one("pallet-unannounced")
    assert row.action == ""
    with pytest.raises(NothingProposed):
        act_on_exception(row.pk, at=MONDAY + 3 * MINUTE, cause=WHO)


def test_a_pallet_that_did_not_come_in_is_no_exception(world: World) -> None:
    """Late reads turn the passage: the exception clears by itself."""
    door = device("P-1", "portal", MONDAY, place=world.dock, settings=SIDES)
    sscc = make_sscc("9521234", 9)
    came(door, sscc, 2, "12")
    assert open_one("pallet-unannounced").action == "receive-pallet"
    came(door, sscc, 1, "2")
    came(door, sscc, 5, "1")
    assert OpenException.objects.get(kind="pallet-unannounced").state == "cleared"


# --- a signal that is not like itself ---------------------------------------------------------------------------------


def unlike(floor: Floor, signal: str, code: str = "TH-1") -> Anomaly:
    ensure_metrics()
    one = device(code, "logger", hours(0), place=floor.cold)
    row = Anomaly.objects.create(
        device=one, metric_id=METRIC["temperature"], at=hours(1), score=9.0, signal=signal, learned_at=hours(1)
    )
    sweep(at=hours(1), cause=WHO, kinds=("anomaly",))
    return row


def test_an_anomaly_names_what_stands_there(floor: Floor) -> None:
    """What is in the room is at stake, with the orders that stand on it; the action asks the device to speak oftener."""
    Item.objects.filter(pk=floor.milk).update(unit_cost=500)
    floor.stock(floor.milk, 8, floor.cold, floor.early)
    floor.order("M-1", (floor.milk, 3))
    anomaly = unlike(floor, "spike")
    row = open_one("anomaly")
    assert (row.money, row.orders, row.severity, row.action) == (8 * 500, 1, "warning", "listen-closely")
    assert (row.subject, row.facts["place"]["name"]) == ("device:TH-1", Place.objects.get(pk=floor.cold).name)
    act_on_exception(row.pk, at=hours(1), cause=WHO)
    command = Command.objects.get(device=anomaly.device)
    assert (command.body, command.expires_at) == ({"report_every_s": 10, "for_s": 3600}, hours(2))
    assert sweep(at=hours(2), cause=WHO, kinds=("anomaly",)).raised == (), "one a device and day"
    assert sweep(at=hours(26), cause=WHO, kinds=("anomaly",)).raised == ()


def test_a_stuck_sensor_is_shut_out(floor: Floor) -> None:
    """A sensor that repeats itself measures nothing: the action puts the device into quarantine."""
    unlike(floor, "stillness")
    row = open_one("anomaly")
    assert (row.action, row.money, row.orders, row.severity) == ("shut-out-device", 0, 0, "info")
    act_on_exception(row.pk, at=hours(1), cause=WHO)
    one = Device.objects.get(code="TH-1")
    assert (one.state, one.quarantine_reason) == ("quarantined", f"stillness, exception {row.pk}")
    readmit([one.pk], at=hours(2), cause=WHO)
    assert sweep(at=hours(2), cause=WHO, kinds=("anomaly",)).raised == ()


# --- an open recall ---------------------------------------------------------------------------------------------------


@pytest.fixture
def dairy(db: None) -> Dairy:
    found = build_dairy()
    link()
    Item.objects.update(unit_cost=100)
    return found


def test_an_open_recall_asks_for_its_next_step(dairy: Dairy) -> None:
    """Hold, tell, wait for the answers, see whether it comes out, close: pressed one after the other in the inbox."""
    nodes = (node_of(LOT, dairy.small.early),)
    key: Any = dairy.received
    recall = start_recall(NewRecall(key=key, reason="metal", nodes=nodes), at=hours(10), cause=WHO).recall
    drain_outbox(at=hours(10))
    steps = []
    for turn in range(5):
        row = open_one("recall-open")
        steps.append(row.action)
        assert row.money > 0 and row.subject == f"recall:{Recall.objects.get().number}"
        if row.action:
            act_on_exception(row.pk, at=hours(11 + turn), cause=WHO)
        else:
            for letter in RecallLetter.objects.filter(recall_id=recall):
                answer_letter(letter.pk, recovered=letter.qty, at=hours(11 + turn), cause=WHO)
        drain_outbox(at=hours(11 + turn))
        sweep(at=hours(11 + turn), cause=WHO, kinds=("recall-open",))
    assert steps == ["recall-hold", "recall-notify", "", "recall-reconcile", "recall-close"]
    assert Recall.objects.get().state == "closed"
    assert not OpenException.objects.filter(kind="recall-open", state="open").exists()


def test_goods_that_turn_up_ask_for_holding_again(dairy: Dairy) -> None:
    """What is found after the hold is a new matter, though the first one was dealt with."""
    nodes = (node_of(LOT, dairy.small.early),)
    key: Any = dairy.received
    start_recall(NewRecall(key=key, reason="metal", nodes=nodes), at=hours(10), cause=WHO)
    drain_outbox(at=hours(10))
    act_on_exception(open_one("recall-open").pk, at=hours(11), cause=WHO)
    drain_outbox(at=hours(11))
    found = Move(
        dairy.key(dairy.slices, dairy.s1, dairy.small.customer), dairy.key(dairy.slices, dairy.s1, dairy.small.shelf), 2
    )
    post([NewPosting(uuid4(), PostingKind.RETURN, hours(11), (found,))], at=hours(11), cause=WHO)
    sweep(at=hours(12), cause=WHO, kinds=("recall-open",))
    assert open_one("recall-open").action == "recall-hold"
