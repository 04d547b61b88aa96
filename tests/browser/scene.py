"""What the browser tests look at: the warehouse of the platform tests in a home of its own, as of this moment.

Run as a program it sets the scene up (`python -m tests.browser.scene set`), posts one movement (`… move`), or takes
order SO-9 one step further (`… take`, `pick`, `ship`, `deliver`), by public verbs, as colleagues would.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from uuid import uuid4

PASSWORD = "a-password-for-tests"
PEOPLE = ("manager", "viewer")


def set_scene() -> None:
    """An order promised, another late, stock that runs out with a proposal that waits, an expired lot, a truck under way."""
    from django.utils import timezone

    from longshore.ledger.cause import Cause
    from longshore.project.people import add_person
    from longshore.project.setting_up import set_up
    from longshore.tower.operations import record_measures, sweep
    from tests.platform.storing.floor import MONDAY, build, hours

    set_up()
    for name in PEOPLE:
        add_person(name=name, role=name, password=PASSWORD)
    floor = build()
    floor.stock(floor.tea, 40, floor.bin_a)
    floor.stock(floor.milk, 12, floor.cold, floor.early)
    floor.order("SO-1", (floor.tea, 4))
    floor.order("SO-2", (floor.tea, 6))
    now = timezone.now()
    # The warehouse's week lies in the past; what it promised then is moved to around now.
    shift = now - hours(6) - timedelta(hours=2)
    _move_orders(shift, MONDAY + shift)
    _send_truck(floor.site, floor.shop_place)
    _run_short(floor)
    _share_and_ask(floor)
    cause = Cause(actor="scene")
    record_measures(at=now)
    sweep(at=now, cause=cause)


def _move_orders(shift: timedelta, received_at: object) -> None:
    from django.db.models import F

    from longshore.ordering.models import CustomerOrder, OrderLine

    moved = {name: F(name) + shift for name in ("requested_at", "promised_at", "first_promised_at")}
    CustomerOrder.objects.update(received_at=received_at, **moved)
    OrderLine.objects.update(promised_at=F("promised_at") + shift, first_promised_at=F("first_promised_at") + shift)
    late = CustomerOrder.objects.filter(number="SO-2")
    late.update(**{name: F(name) - timedelta(days=2) for name in moved})


def _send_truck(site: int, shop: int) -> None:
    from django.utils import timezone

    from longshore.catalog.models import Place
    from longshore.shipping.models import Trip, TripStop, Vehicle, VehiclePosition

    now = timezone.now()
    place = Place.objects.create(code="TRUCK-2", name="Second truck", kind="vehicle")
    vehicle = Vehicle.objects.create(
        place=place, plate="沪B67890", home_site_id=site, capacity_g=1_000_000, capacity_cm3=4_000_000
    ).pk
    trip = Trip.objects.create(
        key=uuid4(), number="TR-1", vehicle_id=vehicle, site_id=site, state="under_way",
        planned_departure=now - timedelta(hours=1), departed_at=now - timedelta(hours=1),
    )  # fmt: skip
    TripStop.objects.create(
        trip=trip, sequence=1, place_id=shop, planned_arrival=now, planned_departure=now,
        eta=now + timedelta(minutes=30), eta_at=now,
    )  # fmt: skip
    VehiclePosition.objects.create(vehicle_id=vehicle, at=now, latitude=31.22, longitude=121.44, heading=45)


def _run_short(floor: object) -> None:
    """Tea has a forecast, a policy it is below, a supplier, and a proposal somebody must approve."""
    from django.utils import timezone

    from longshore.catalog.models import Partner, Place, SupplierItem
    from longshore.planning.models import Forecast, Proposal, StockPolicy

    now = timezone.now()
    tea, site = floor.tea, floor.site  # type: ignore[attr-defined]
    gate = Place.objects.create(code="P-LEAF", name="Leaf Trading", kind="party")
    leaf = Partner.objects.create(code="LEAF", name="Leaf Trading", name_zh="叶贸", is_supplier=True, place=gate)
    SupplierItem.objects.create(supplier=leaf, item_id=tea, unit_price=500, lead_time_minutes=1440)
    SupplierItem.objects.create(supplier=leaf, item_id=floor.milk, unit_price=400, lead_time_minutes=1440)  # type: ignore[attr-defined]
    Proposal.objects.create(
        key=uuid4(), kind="purchase", item_id=floor.milk, site_id=floor.other, supplier=leaf, qty=60,  # type: ignore[attr-defined]
        proposed_qty=60, unit_price=400, order_at=now, due_at=now + timedelta(days=2), made_at=now,
        decided_by="planner",  # changed by hand: reviews leave it alone
    )  # fmt: skip
    Forecast.objects.create(
        item_id=tea, site_id=site, made_at=now, starts_on=now.date(), daily_milli=[30_000] * 28, sigma_milli=5000,
        method="mean",
    )  # fmt: skip
    StockPolicy.objects.create(
        item_id=tea, site_id=site, service_level_bp=9500, lead_time_minutes=1440, safety_stock=30, reorder_point=90,
        order_qty=200, order_up_to=300, computed_at=now,
    )  # fmt: skip
    Proposal.objects.create(
        key=uuid4(), kind="purchase", item_id=tea, site_id=site, supplier=leaf, qty=200, proposed_qty=200, unit_price=500,
        order_at=now, due_at=now + timedelta(days=2), made_at=now,
    )  # fmt: skip


def _share_and_ask(floor: object) -> None:
    """The leaf trader keeps the milk between two levels, the shop says what it will want, a scenario is evaluated."""
    from django.utils import timezone

    from longshore.catalog.models import Partner
    from longshore.ledger.cause import Cause
    from longshore.planning.operations.agreements import NewAgreement, NewLine, make_agreement
    from longshore.planning.operations.scenario_runs import ask_evaluation, carry_out_evaluation
    from longshore.planning.operations.scenarios import NewChange, add_change, make_scenario
    from longshore.project.people import add_person

    now, cause = timezone.now(), Cause(actor="scene")
    leaf = Partner.objects.get(code="LEAF").pk
    customer = Partner.objects.filter(is_customer=True).order_by("pk")[0].pk
    today = now.date()
    managed = NewAgreement("VMI-LEAF", leaf, "vmi", today - timedelta(days=1))
    lines = [NewLine(floor.tea, floor.other, 10, 400)]  # type: ignore[attr-defined]
    make_agreement(managed, lines, at=now, cause=cause)
    joint = NewAgreement("CPFR-SHOP", customer, "cpfr", today - timedelta(days=1))
    make_agreement(joint, [NewLine(floor.tea, floor.site)], at=now, cause=cause)  # type: ignore[attr-defined]
    add_person(name="supplier", role="supplier", password=PASSWORD, partner="LEAF")
    scenario = make_scenario("Twice as much tea", at=now, cause=cause, horizon_days=28)
    add_change(scenario, NewChange("demand", 20_000), at=now)
    carry_out_evaluation(ask_evaluation(scenario, at=now, cause=cause).pk, now=timezone.now)


def post_a_movement() -> None:
    """Three tea go from one shelf to the other, through the public verb."""
    from django.utils import timezone

    from longshore.catalog.models import Item, Partner, Place
    from longshore.ledger.cause import Cause
    from longshore.ledger.models import PostingKind
    from longshore.ledger.operations import Key, Move, NewPosting, post

    now = timezone.now()
    owner = Partner.objects.get(code="SELF").pk
    tea = Item.objects.get(code="TEA").pk
    source, target = (Place.objects.get(code=code).pk for code in ("H-A-01", "H-B-01"))
    move = Move(Key(tea, source, owner), Key(tea, target, owner), 3)
    post([NewPosting(uuid4(), PostingKind.MOVE, now, (move,))], at=now, cause=Cause(actor="scene"))


def _morning() -> datetime:
    """Nine o'clock of today's business day in Shanghai."""
    from django.utils import timezone

    return timezone.now().replace(hour=1, minute=0, second=0, microsecond=0)


def take_the_order() -> None:
    from longshore.catalog.models import Item, Partner
    from longshore.ledger.cause import Cause
    from longshore.ordering.operations import NewLine, NewOrder, promise, take_orders

    at, cause = _morning(), Cause(actor="desk")
    shop = Partner.objects.get(code="SHOP").pk
    line = NewLine(1, Item.objects.get(code="TEA").pk, 2)
    form = NewOrder(
        key=uuid4(), number="SO-9", customer=shop, requested_at=at + timedelta(hours=12), lines=(line,), received_at=at
    )
    order = take_orders([form], at=at, cause=cause).accepted[0].order_id
    promise([order], at=at, cause=cause)


def pick_the_order() -> None:
    from longshore.catalog.models import Place
    from longshore.ledger.cause import Cause
    from longshore.ordering.models import CustomerOrder
    from longshore.storing.operations import Picked, confirm_picks, pack, release_wave

    at, cause = _morning() + timedelta(minutes=20), Cause(actor="floor")
    site = Place.objects.get(code="HUB").pk
    order = CustomerOrder.objects.get(number="SO-9").pk
    wave = release_wave(
        key=uuid4(), site=site, ship_before=at + timedelta(hours=12), order_ids=[order], at=at, cause=cause
    )
    confirm_picks([Picked(task, at) for task in wave.tasks], at=at, cause=cause)
    pack(site=site, at=at, cause=cause)


def ship_the_order() -> None:
    from longshore.catalog.models import Place
    from longshore.ledger.cause import Cause
    from longshore.shipping.models import Trip
    from longshore.shipping.operations import choose_carrier, depart, load, open_shipments, plan_trips, stage

    at, cause = _morning() + timedelta(minutes=40), Cause(actor="yard")
    site = Place.objects.get(code="HUB").pk
    opened = open_shipments(site=site, at=at, cause=cause).shipments
    choose_carrier(opened, at=at, cause=cause)
    trips = plan_trips(site=site, day=at.date(), at=at, cause=cause).trips
    stage(opened, at=at, cause=cause)
    load(trips, at=at, cause=cause)
    depart(trips, at=Trip.objects.get(pk=trips[0]).planned_departure, cause=cause)


def deliver_the_order() -> None:
    from longshore.ledger.cause import Cause
    from longshore.shipping.models import Shipment, TripStop
    from longshore.shipping.operations import Arrived, Delivered, arrive, deliver

    cause = Cause(actor="driver")
    shipment = Shipment.objects.get(order__number="SO-9")
    stop = TripStop.objects.get(pk=shipment.stop_id)
    there = stop.eta
    arrive([Arrived(stop.pk, there)], at=there, cause=cause)
    deliver([Delivered(shipment.pk, there, "王店长")], at=there, cause=cause)


def bake() -> None:
    """A supplier's milk becomes cheese on a machine; some goes to the shop in a carton, the rest stays on the shelf."""
    from django.utils import timezone

    from longshore.catalog.models import HandlingUnit, Item, Lot, Partner, Place
    from longshore.ledger.cause import Cause
    from longshore.ledger.models import PostingKind
    from longshore.ledger.operations import Input, Key, Move, NewPosting, NewTransform, Output, post, transform
    from longshore.tracing.models import ConsumerPage

    now, cause = timezone.now() - timedelta(hours=3), Cause(actor="dairy")
    owner = Partner.objects.get(code="SELF").pk
    place = {row.code: row.pk for row in Place.objects.all()}
    milk = Item.objects.get(code="MILK")
    cheese = Item.objects.create(
        code="CHEESE", name="Cheese", name_zh="奶酪", base_unit=milk.base_unit, lot_tracked=True, gtin="09521234000017"
    )
    raw, made = Lot.objects.create(item=milk, code="RAW-7"), Lot.objects.create(item=cheese, code="WHEEL-1")
    unit = HandlingUnit.objects.create(sscc="095212340000000015", created_at=now).pk
    shelf, shop = place["H-A-01"], Partner.objects.get(code="SHOP").place_id
    assert shop is not None
    raw_here = Key(milk.pk, shelf, owner, raw.pk)
    wheel = Key(cheese.pk, shelf, owner, made.pk)
    boxed = Key(cheese.pk, shelf, owner, made.pk, 0, unit)
    sold = Key(cheese.pk, shop, owner, made.pk, 0, unit)
    came = Move(Key(milk.pk, place["P-LEAF"], owner, raw.pk), raw_here, 100)
    post([NewPosting(uuid4(), PostingKind.RECEIPT, now, (came,), "PO-77")], at=now, cause=cause)
    run = NewTransform(uuid4(), now, (Input(raw_here, 80, lost=5),), (Output(wheel, 8),), machine=shelf, expected=8)
    transform([run], at=now, cause=cause)
    steps = ((PostingKind.PACK, Move(wheel, boxed, 3)), (PostingKind.DELIVER, Move(boxed, sold, 3)))
    post([NewPosting(uuid4(), kind, now, (move,), "SH-77") for kind, move in steps], at=now, cause=cause)
    ConsumerPage.objects.create(
        item=cheese, enabled=True, text="Aged six months.", text_zh="熟成六个月。", show_origin=True
    )


DOES = {
    "bake": bake,
    "set": set_scene,
    "move": post_a_movement,
    "take": take_the_order,
    "pick": pick_the_order,
    "ship": ship_the_order,
    "deliver": deliver_the_order,
}


if __name__ == "__main__":
    import django

    django.setup()
    DOES[sys.argv[1]]()
