"""Passages and scans become movements: receipts, moves, loads; told again, or in another order, the same."""

from __future__ import annotations

import os
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from longshore.catalog.models import HandlingUnit, Item, Place
from longshore.catalog.rules import make_sscc
from longshore.ledger.models import Balance, Delivery, PlannedFlow, Posting, PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.project.dispatcher import drain_outbox
from longshore.sensing.limits import ensure_product_limits
from longshore.sensing.metrics import ensure_metrics
from longshore.sensing.models import Device, Passage
from longshore.shipping.models import Shipment, Trip
from longshore.shipping.operations import load, open_shipments, plan_trips, stage
from longshore.sourcing.models import DeviceReceipt, PurchaseOrderLine, Receipt
from longshore.sourcing.operations import place_orders
from longshore.storing.models import CountTask, PickTask
from tests.platform.planning.world import World
from tests.platform.planning.world import build as build_world
from tests.platform.sensing.raw import WHO, Row, device, send, settle
from tests.platform.storing.floor import MONDAY, Floor, assert_books_are_clean, build, hours, name

SECOND = timedelta(seconds=1)
GTIN = "9521234543213"
WAYS = int(os.environ.get("INTERPRETATION_WAYS", "4"))  # how many orders of the same raw data are tried
SIDES = {"antennas": {"1": "outer", "2": "inner"}}


@pytest.fixture
def floor(db: None) -> Floor:
    ensure_metrics()
    made = build()
    Item.objects.filter(pk=made.tea).update(gtin=GTIN)
    return made


@pytest.fixture
def world(db: None) -> World:
    """A centre that has ordered fifty tea, to be read at its dock."""
    ensure_metrics()
    made = build_world()
    Item.objects.filter(pk=made.tea).update(gtin=GTIN)
    made.released(made.tea, 50)
    place_orders(at=MONDAY, cause=WHO)
    return made


def code_of(place: int) -> str:
    return Place.objects.get(pk=place).code


def portal(floor: Floor, code: str, outside: int | None, inside: int) -> Device:
    settings: dict[str, Any] = {**SIDES, "inside": code_of(inside)}
    if outside is not None:
        settings["outside"] = code_of(outside)
    return device(code, "portal", MONDAY, place=inside, settings=settings)


def reads(door: Device, epc: str, start: float, antennas: str) -> list[Row]:
    return [
        (door.pk, "tags", MONDAY + (start + n) * SECOND, {"seq": n, "reads": [{"epc": epc, "antenna": int(a), "rssi": -50}]})
        for n, a in enumerate(antennas)
    ]  # fmt: skip


def pallet(floor: Floor, place: int, number: int, qty: int = 12) -> HandlingUnit:
    unit = HandlingUnit.objects.create(sscc=make_sscc("9521234", number), kind="pallet", created_at=MONDAY)
    move = Move(Key(floor.tea, floor.opening, floor.owner), Key(floor.tea, place, floor.owner, None, 0, unit.pk), qty)
    post([NewPosting(name("pallet", number), PostingKind.OPENING, MONDAY, (move,))], at=MONDAY, cause=WHO)
    return unit


def where(unit: HandlingUnit) -> dict[int, int]:
    rows = Balance.objects.filter(handling_unit=unit, qty__gt=0, bounded=True)
    return dict(rows.values_list("place_id", "qty"))


def settled(at: datetime) -> None:
    settle(at)
    drain_outbox(at=at)
    failed = list(Delivery.objects.exclude(state="done").values_list("reactor", "error"))
    assert failed == []


def test_a_pallet_moves_with_its_passages(floor: Floor) -> None:
    """Dock to bin, through the door between; the same reads again move nothing."""
    unit = pallet(floor, floor.dock_in, 1)
    door = portal(floor, "P-1", floor.dock_in, floor.bin_a)
    rows = reads(door, unit.sscc, 0, "1122")
    send(rows, MONDAY)
    settled(MONDAY + timedelta(minutes=1))
    assert where(unit) == {floor.bin_a: 12}
    posted = Posting.objects.count()
    send(rows, MONDAY)
    settled(MONDAY + timedelta(minutes=5))
    assert Posting.objects.count() == posted
    send(reads(door, unit.sscc, 600, "2211"), MONDAY)
    settled(MONDAY + timedelta(minutes=11))
    assert where(unit) == {floor.dock_in: 12}
    assert_books_are_clean()


def test_an_open_direction_is_read_from_where_it_stood(floor: Floor) -> None:
    """Only one side saw it: it is now on the side on which it did not stand."""
    unit = pallet(floor, floor.dock_in, 1)
    door = portal(floor, "P-1", floor.dock_in, floor.bin_a)
    send(reads(door, unit.sscc, 0, "11"), MONDAY)
    settled(MONDAY + timedelta(minutes=1))
    assert where(unit) == {floor.bin_a: 12}
    send(reads(door, unit.sscc, 600, "22"), MONDAY)
    settled(MONDAY + timedelta(minutes=11))
    assert where(unit) == {floor.dock_in: 12}


def test_late_reads_bring_it_back(floor: Floor) -> None:
    """What looked like going in was going out: the movement is undone."""
    unit = pallet(floor, floor.dock_in, 1)
    door = portal(floor, "P-1", floor.dock_in, floor.bin_a)
    send([(d, k, at, body) for d, k, at, body in reads(door, unit.sscc, 2, "12")], MONDAY)
    settled(MONDAY + timedelta(minutes=1))
    assert where(unit) == {floor.bin_a: 12}
    late = [
        (door.pk, "tags", MONDAY, {"reads": [{"epc": unit.sscc, "antenna": 2, "rssi": -30}]}),
        (door.pk, "tags", MONDAY + 4 * SECOND, {"reads": [{"epc": unit.sscc, "antenna": 1, "rssi": -30}]}),
    ]
    send(late, MONDAY)
    settled(MONDAY + timedelta(minutes=2))
    assert where(unit) == {floor.dock_in: 12}
    assert_books_are_clean()


def test_any_order_of_reads_ends_with_the_same_stock(floor: Floor) -> None:
    """Three pallets through two doors, their reads shuffled, repeated, cut: they stand where they stand in order."""
    units = [pallet(floor, floor.dock_in, number) for number in range(3)]
    first = portal(floor, "P-1", floor.dock_in, floor.staging)
    second = portal(floor, "P-2", floor.staging, floor.bin_b)
    rows: list[Row] = []
    for number, unit in enumerate(units):
        rows += reads(first, unit.sscc, 7 * number, "1122") + reads(
            second, unit.sscc, 100 + 7 * number, "1122"[number:]
        )
    rows += reads(second, units[0].sscc, 200, "2211")
    chance, expected = random.Random(3), None
    for _way in range(WAYS):
        said = rows + chance.sample(rows, 8)
        if expected is not None:
            chance.shuffle(said)
        cuts = sorted(chance.sample(range(1, len(said)), 3))
        with transaction.atomic():
            for start, end in zip([0, *cuts], [*cuts, len(said)], strict=True):
                send(said[start:end], MONDAY)
                settled(MONDAY + timedelta(minutes=5))
            found = [where(unit) for unit in units]
            transaction.set_rollback(True)
        expected = expected or found
        assert found == expected
    assert expected == [{floor.staging: 12}, {floor.bin_b: 12}, {floor.bin_b: 12}]


def test_loading_by_portal(floor: Floor) -> None:
    """A packed pallet goes out through the dock door: it is aboard, its trip loads, and loading the rest is no error."""
    floor.stock(floor.tea, 100, floor.bin_a)
    floor.order("O-1", (floor.tea, 5))
    floor.pack_all()
    open_shipments(site=floor.site, at=hours(4), cause=WHO)
    stage(list(Shipment.objects.values_list("id", flat=True)), at=hours(4), cause=WHO)
    plan_trips(site=floor.site, day=MONDAY.date(), at=hours(4), cause=WHO)
    (shipment,) = Shipment.objects.filter(trip__isnull=False)
    unit = HandlingUnit.objects.get(pk=shipment.lines.get().handling_unit_id)
    door = device("P-9", "portal", MONDAY, place=floor.dock_out, settings={**SIDES, "inside": code_of(floor.dock_out)})
    send(reads(door, unit.sscc, 0, "2211"), MONDAY)
    settled(hours(5))
    assert where(unit) == {floor.truck_place: 5}
    assert Shipment.objects.get(pk=shipment.pk).state == "loaded"
    trip = Trip.objects.get(pk=shipment.trip_id)
    assert trip.state == "loading"
    load([trip.pk], at=hours(6), cause=WHO)
    assert where(unit) == {floor.truck_place: 5}
    assert_books_are_clean()


def test_a_loading_heard_after_its_passage_was_withdrawn(floor: Floor) -> None:
    """The telling of the passage is tried again when late reads have taken it back: nothing is aboard."""
    floor.stock(floor.tea, 100, floor.bin_a)
    floor.order("O-1", (floor.tea, 5))
    floor.pack_all()
    open_shipments(site=floor.site, at=hours(4), cause=WHO)
    stage(list(Shipment.objects.values_list("id", flat=True)), at=hours(4), cause=WHO)
    plan_trips(site=floor.site, day=MONDAY.date(), at=hours(4), cause=WHO)
    (shipment,) = Shipment.objects.filter(trip__isnull=False)
    unit = HandlingUnit.objects.get(pk=shipment.lines.get().handling_unit_id)
    door = device("P-9", "portal", MONDAY, place=floor.dock_out, settings={**SIDES, "inside": code_of(floor.dock_out)})
    send(reads(door, unit.sscc, 2, "21"), MONDAY)
    settle(hours(5))
    Passage.objects.update(state="withdrawn")
    drain_outbox(at=hours(5))
    assert where(unit).get(floor.truck_place) is None
    assert_books_are_clean()


def test_receiving_by_portal(world: World) -> None:
    """Ten tagged pieces come in at the dock that expects fifty: ten are received, once, whichever door they pass again."""
    door = device("P-1", "portal", MONDAY, place=world.dock, settings=SIDES)
    rows = [row for n in range(10) for row in reads(door, f"urn:epc:id:sgtin:9521234.054321.{n + 1}", n / 5, "1122")]
    strange = reads(door, "urn:epc:id:sgtin:9521234.099999.1", 1, "1122") + reads(door, "some-badge", 1, "1122")
    send(rows + strange, MONDAY)
    settled(MONDAY + timedelta(minutes=1))
    send(rows, MONDAY)
    send(reads(door, "urn:epc:id:sgtin:9521234.054321.1", 900, "1122"), MONDAY)
    settled(MONDAY + timedelta(minutes=20))
    assert PurchaseOrderLine.objects.get().received == 10
    assert Receipt.objects.count() == 10
    assert world.standing(world.tea, world.dock) == 10
    assert_books_are_clean()


TURNED = "urn:epc:id:sgtin:9521234.054321.1"


def turned_by(door: Device, start: float) -> list[Row]:
    """Two late reads around "12": first inside, last outside, so that what looked like in was out."""
    return reads(door, TURNED, start - 1, "2") + reads(door, TURNED, start + 3, "1")


def expected_of(world: World) -> tuple[int, int, str, str, int]:
    line = PurchaseOrderLine.objects.select_related("order", "flow").get()
    return line.received, line.flow.done, line.flow.status, line.order.state, world.standing(world.tea, world.dock)


def test_a_receipt_is_taken_back_when_late_reads_turn_the_passage(world: World) -> None:
    """One piece was received and went out in truth: nothing has come, the order stands as before; told again, the same;
    and when it comes in at last it is received."""
    door = device("P-1", "portal", MONDAY, place=world.dock, settings=SIDES)
    before = expected_of(world)
    send(reads(door, TURNED, 2, "12"), MONDAY)
    settled(MONDAY + timedelta(minutes=1))
    assert expected_of(world) == (1, 1, "firm", "part_received", 1)
    send(turned_by(door, 2), MONDAY)
    settled(MONDAY + timedelta(minutes=2))
    assert expected_of(world) == before == (0, 0, "firm", "sent", 0)
    assert Receipt.objects.count() == 0 and DeviceReceipt.objects.get().taken_back_by is not None
    send(turned_by(door, 2), MONDAY)
    settled(MONDAY + timedelta(minutes=3))
    assert expected_of(world) == before
    send(reads(door, TURNED, 600, "12"), MONDAY)
    settled(MONDAY + timedelta(minutes=12))
    assert expected_of(world) == (1, 1, "firm", "part_received", 1)
    assert_books_are_clean()


def test_a_whole_order_that_did_not_come_is_expected_again(world: World) -> None:
    """The last piece closed the order; turned, the order is open for one, and what is promised may stand on it again."""
    PurchaseOrderLine.objects.update(qty=1)
    PlannedFlow.objects.filter(kind="purchase").update(qty=1)
    door = device("P-1", "portal", MONDAY, place=world.dock, settings=SIDES)
    send(reads(door, TURNED, 2, "12"), MONDAY)
    settled(MONDAY + timedelta(minutes=1))
    assert expected_of(world) == (1, 1, "closed", "received", 1)
    send(turned_by(door, 2), MONDAY)
    settled(MONDAY + timedelta(minutes=2))
    assert expected_of(world) == (0, 0, "firm", "sent", 0)
    line = PurchaseOrderLine.objects.select_related("order").get()
    assert (line.closed_at, line.order.received_at) == (None, None)
    assert_books_are_clean()


def test_goods_that_were_put_away_stay_received(world: World) -> None:
    """Somebody stored the piece before the late reads came: it was there, and the receipt stands."""
    door = device("P-1", "portal", MONDAY, place=world.dock, settings=SIDES)
    send(reads(door, TURNED, 2, "12"), MONDAY)
    settled(MONDAY + timedelta(minutes=1))
    key = Key(world.tea, world.dock, world.owner)
    stored = Move(key, Key(world.tea, world.shelf, world.owner), 1)
    at = MONDAY + timedelta(minutes=2)
    post([NewPosting(name("stored"), PostingKind.PUTAWAY, at, (stored,))], at=at, cause=WHO)
    send(turned_by(door, 2), MONDAY)
    settled(MONDAY + timedelta(minutes=3))
    assert expected_of(world) == (1, 1, "firm", "part_received", 0)
    assert world.standing(world.tea, world.shelf) == 1
    assert_books_are_clean()


def test_any_order_of_reads_ends_with_the_same_receipts(world: World) -> None:
    """Pieces that came in, turned back, came in again by another door: shuffled, cut and repeated, the same is received."""
    doors = [device(f"P-{n}", "portal", MONDAY, place=world.dock, settings=SIDES) for n in (1, 2)]
    rows: list[Row] = []
    for piece in range(4):
        epc = f"urn:epc:id:sgtin:9521234.054321.{piece + 1}"
        rows += reads(doors[0], epc, 10 * piece, ("12", "2121", "12", "21")[piece])
        rows += reads(doors[1], epc, 300 + 10 * piece, ("21", "1122", "1122", "21")[piece])
    chance, expected = random.Random(5), None
    for _way in range(WAYS):
        said = rows + chance.sample(rows, 6)
        if expected is not None:
            chance.shuffle(said)
        cuts = sorted(chance.sample(range(1, len(said)), 4))
        with transaction.atomic():
            for start, end in zip([0, *cuts], [*cuts, len(said)], strict=True):
                send(said[start:end], MONDAY)
                settled(MONDAY + timedelta(minutes=8))
            found = expected_of(world)
            assert_books_are_clean()
            transaction.set_rollback(True)
        expected = expected or found
        assert found == expected
    assert expected is not None and expected[0] == 3


def scan(scanner: Device, second: float, verb: str, code: str, place: int, **more: Any) -> Row:
    body = {"code": code, "verb": verb, "place": code_of(place), **more}
    return scanner.pk, "scan", MONDAY + second * SECOND, body


def test_receiving_and_putting_away_by_scanner(world: World) -> None:
    """Two scans of a label: forty-eight received and put into the bin; sent again, nothing more."""
    scanner = device("S-1", "scanner", MONDAY)
    rows = [
        scan(scanner, 0, "receive", "(02)09521234543213(37)24", world.dock),
        scan(scanner, 5, "receive", "(02)09521234543213(37)24", world.dock),
    ]
    send(rows, MONDAY)
    settled(MONDAY + timedelta(minutes=1))
    send([(d, k, at, {**body, "seq": 9}) for d, k, at, body in rows], MONDAY)
    settled(MONDAY + timedelta(minutes=2))
    assert world.standing(world.tea, world.dock) == 48
    send([scan(scanner, 60, "put-away", GTIN, world.shelf, qty=30)], MONDAY)
    settled(MONDAY + timedelta(minutes=3))
    send([scan(scanner, 60, "put-away", GTIN, world.shelf, qty=30, seq=7)], MONDAY)
    settled(MONDAY + timedelta(minutes=4))
    assert (world.standing(world.tea, world.dock), world.standing(world.tea, world.shelf)) == (18, 30)
    assert_books_are_clean()


def test_picking_and_counting_by_scanner(floor: Floor) -> None:
    """A scan in the bin does the pick that waits there; a count that differs much asks for a second one."""
    floor.stock(floor.tea, 100, floor.bin_a)
    floor.order("O-1", (floor.tea, 5))
    floor.order("O-2", (floor.tea, 7))
    floor.release()
    scanner = device("S-1", "scanner", MONDAY)
    send([scan(scanner, 0, "pick", GTIN, floor.bin_a)], MONDAY)
    settled(hours(2))
    states = PickTask.objects.order_by("sequence", "id").values_list("state", flat=True)
    assert sorted(states) == ["picked", "waiting"]
    send([scan(scanner, 0, "pick", GTIN, floor.bin_a, seq=9)], MONDAY)
    settled(hours(2))
    assert sorted(states.all()) == ["picked", "waiting"], "sent again it does no second pick"
    send([scan(scanner, 60, "count", GTIN, floor.bin_a, qty=50)], MONDAY)
    settled(hours(3))
    assert CountTask.objects.get().recount
    assert_books_are_clean()


def test_any_order_of_readings_ends_with_the_same_holds(floor: Floor) -> None:
    """A cold room that was too warm twice: in any order of its readings the same goods are on hold at the end."""
    ensure_product_limits()
    floor.stock(floor.milk, 8, floor.cold, floor.early)
    floor.stock(floor.tea, 20, floor.bin_a)
    logger = device("L-1", "logger", MONDAY, place=floor.cold, expected_every_s=300)
    values = [3.0] * 3 + [6.0] * 5 + [3.0] + [6.0] * 2 + [3.0] * 3
    rows: list[Row] = [
        (logger.pk, "temperature", MONDAY + number * timedelta(minutes=5), value) for number, value in enumerate(values)
    ]
    chance, expected = random.Random(5), None
    for _way in range(WAYS):
        said = rows + chance.sample(rows, 4)
        if expected is not None:
            chance.shuffle(said)
        cuts = sorted(chance.sample(range(1, len(said)), 4))
        with transaction.atomic():
            for start, end in zip([0, *cuts], [*cuts, len(said)], strict=True):
                send(said[start:end], hours(2))
                settled(hours(2))
            held = Balance.objects.filter(qty__gt=0, bounded=True).order_by("item", "lot", "condition", "place")
            found = list(held.values_list("item", "lot", "condition", "place", "qty"))
            assert_books_are_clean()
            transaction.set_rollback(True)
        expected = expected or found
        assert found == expected
    assert expected is not None
    assert (floor.milk, floor.early, 2) in [row[:3] for row in expected]
