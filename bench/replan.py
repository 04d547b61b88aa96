"""A fridge truck warms: from the event to new promises, with thousands of orders open; everybody else stays as he was.

Yardstick in the same run: promising all open orders anew, which is what a system does that does not know who is touched.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np

from longshore.catalog.models import Item, Lane, Lot, Partner, Place, UnitOfMeasure
from longshore.catalog.operations import ensure_fixed_places, ensure_units
from longshore.ledger.cause import Cause
from longshore.ledger.models import Claim, Delivery, PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.ledger.outbox import Told, emit
from longshore.ledger.wire import note_sizes
from longshore.ordering.models import CustomerOrder, OrderLine
from longshore.ordering.operations import NewLine, NewOrder, promise, repromise, take_orders
from longshore.ordering.queries.wanted import demand_of, line_of
from longshore.project.dispatcher import drain_outbox
from longshore.sensing.events import ExcursionBegan
from longshore.storing.models import QualityCase, TouchedLine
from longshore.storing.operations import episode_of, hold_exposed

WHO = Cause(actor="bench")
START = datetime(2026, 1, 5, tzinfo=UTC)
SITES = ((31.23, 121.47), (23.13, 113.26), (39.90, 116.40), (30.57, 104.06), (30.59, 114.30))
LINES = 3
BATCH = 500


@dataclass(frozen=True)
class Sizes:
    orders: int
    items: int
    customers: int
    touched: int  # orders whose goods stand in the room that warms


FULL = Sizes(orders=10_000, items=400, customers=200, touched=40)
SMALL = Sizes(orders=1_000, items=100, customers=50, touched=10)


def run(*, small: bool) -> dict[str, dict[str, float]]:
    sizes = SMALL if small else FULL
    room, chilled, shop = _world(sizes)
    _orders(sizes, chilled, shop)
    drain_outbox(at=START)
    note_sizes()
    touched = _lines_in(room)
    before = _rows_of_others(touched)
    spent = _warm(room)
    after = _rows_of_others(touched)
    moved = OrderLine.objects.filter(pk__in=touched, short=0).count()
    posted = (Claim.objects.count(), QualityCase.objects.count())
    again = _warm(room)
    everything = _all_anew()
    return {
        "results": {
            "replan_s": round(spent[0], 3),
            "hold_s": round(spent[1], 3),
            "with_all_reactors_s": round(spent[2], 3),
            "again_s": round(again[2], 3),
            "changed_unaffected": sum(1 for old, new in zip(before, after, strict=True) if old != new),
            "changed_by_repeat": int((Claim.objects.count(), QualityCase.objects.count()) != posted),
            "repromised_lines": moved,
            "ratio_to_all_anew": round(everything / spent[0], 1),
        },
        "yardsticks": {"all_open_orders_anew_s": round(everything, 3)},
        "sizes": {
            "open_orders": CustomerOrder.objects.filter(state__in=["new", "promised"]).count(),
            "lines": OrderLine.objects.count(),
            "touched_lines": len(touched),
            "cases": QualityCase.objects.count(),
            "touched_told": TouchedLine.objects.count(),
        },
    }


def _warm(room: int) -> tuple[float, float, float]:
    """Seconds from hearing of the episode to the new promises, of that the hold, and until every reactor is done."""
    facts = {
        "excursion": 1, "device": 1, "place": room, "handling_unit": None, "metric": "temperature",
        "limit": "chilled-high", "from_at": START.isoformat(), "until_at": None, "worst": 9.5, "mkt": None,
    }  # fmt: skip
    at = START + timedelta(minutes=20)
    began = time.perf_counter()
    hold_exposed(episode_of(facts, at), at=at, cause=WHO)
    held = time.perf_counter() - began
    displaced = _displaced()
    if displaced:
        repromise(displaced, at=at, cause=WHO)
    promised = time.perf_counter() - began
    emit([ExcursionBegan(**facts)], at=at, cause=WHO)  # type: ignore[arg-type]
    drain_outbox(at=at)
    failed = Delivery.objects.exclude(state="done").values_list("reactor", "error")
    assert not failed, f"reactors failed: {list(failed[:3])}"
    return promised, held, time.perf_counter() - began


def _displaced() -> list[int]:
    """As the reactor reads them from the event that the hold has told."""
    from longshore.ledger.models import OutboxEvent

    rows = OutboxEvent.objects.filter(name="ledger.claims-displaced", dispatched=False)
    told = [Told(row.pk, row.name, row.payload, row.at, row.cause) for row in rows]
    lines = {line_of(demand) for event in told for demand in event.payload["demands"]}
    return sorted(line for line in lines if line is not None)


def _all_anew() -> float:
    """Every open line looked at, as if nobody knew whom it concerns."""
    lines = list(OrderLine.objects.order_by("id").values_list("id", flat=True))
    began = time.perf_counter()
    for start in range(0, len(lines), BATCH * LINES):
        repromise(lines[start : start + BATCH * LINES], at=START, cause=WHO)
    return time.perf_counter() - began


def _lines_in(room: int) -> list[int]:
    demands = Claim.objects.filter(state="open", balance__place_id=room).values_list("demand", flat=True)
    return sorted(line for line in map(line_of, set(demands)) if line is not None)


def _rows_of_others(touched: list[int]) -> list[tuple[object, ...]]:
    """Everything written of the orders that are not touched: heads, lines, claims."""
    orders = set(OrderLine.objects.filter(pk__in=touched).values_list("order_id", flat=True))
    demands = [demand_of(line) for line in OrderLine.objects.filter(order_id__in=orders).values_list("id", flat=True)]
    return [
        *CustomerOrder.objects.exclude(pk__in=orders).order_by("id").values_list(),
        *OrderLine.objects.exclude(order_id__in=orders).order_by("id").values_list(),
        *Claim.objects.filter(created_at__lte=START).exclude(demand__in=demands).order_by("id").values_list(),
    ]


def _world(sizes: Sizes) -> tuple[int, list[int], int]:
    """Five warehouses with everything, and one cold room beside the first with the chilled goods of some orders."""
    ensure_units()
    ensure_fixed_places()
    each = UnitOfMeasure.objects.get(code="EA")
    random = np.random.default_rng(7)
    for i in range(sizes.items):
        chilled = i < sizes.items // 10
        Item.objects.create(
            code=f"I{i:04}", name=f"Item {i}", base_unit=each, weight_g=500, unit_cost=300, unit_price=900,
            temperature_class="chilled" if chilled else "ambient", lot_tracked=chilled,
        )  # fmt: skip
    items = list(Item.objects.order_by("id"))
    shelves = [_site(number, *spot) for number, spot in enumerate(SITES)]
    room, site = _room()
    customers = [
        _customer(n, float(random.uniform(22, 40)), float(random.uniform(103, 121))) for n in range(sizes.customers)
    ]
    shop = _customer(9999, 31.24, 121.48)
    Lane.objects.create(origin_id=site, destination=Partner.objects.get(pk=shop).place, transit_minutes=30)
    _goods(sizes, items, [*shelves], room, random)
    assert customers
    return room, [item.pk for item in items if item.temperature_class == "chilled"], shop


def _site(number: int, latitude: float, longitude: float) -> int:
    site = Place.objects.create(
        code=f"W{number}", name=f"W{number}", kind="site", latitude=latitude, longitude=longitude
    )
    Place.objects.filter(pk=site.pk).update(site=site)
    return Place.objects.create(
        code=f"W{number}-S", name="inside", kind="bin", usage="storage", site=site, parent=site
    ).pk


def _room() -> tuple[int, int]:
    site = Place.objects.create(code="COLD", name="COLD", kind="site", latitude=31.235, longitude=121.475)
    Place.objects.filter(pk=site.pk).update(site=site)
    room = Place.objects.create(
        code="COLD-1",
        name="Cold room",
        kind="bin",
        usage="storage",
        site=site,
        parent=site,
        temperature_class="chilled",
    )
    return room.pk, site.pk


def _customer(number: int, latitude: float, longitude: float) -> int:
    place = Place.objects.create(
        code=f"C{number:04}", name=f"C{number}", kind="party", latitude=latitude, longitude=longitude
    )
    return Partner.objects.create(code=f"C{number:04}", name=f"C{number}", is_customer=True, place=place).pk


def _goods(sizes: Sizes, items: list[Item], shelves: list[int], room: int, random: np.random.Generator) -> None:
    """Enough for everybody in the five warehouses; in the room only what the orders near it want."""
    owner, opening = Partner.objects.get(code="SELF").pk, Place.objects.get(code="OPENING").pk
    plenty = sizes.orders * LINES * 12 // len(items)
    postings = []
    for item in items:
        lot = None
        if item.lot_tracked:
            lot = Lot.objects.create(item=item, code=f"L{item.pk}", expires_on=date(2026, 12, 1)).pk
        for shelf in shelves:
            qty = plenty + int(random.integers(1, 50))
            move = Move(Key(item.pk, opening, owner, lot), Key(item.pk, shelf, owner, lot), qty)
            postings.append(NewPosting(UUID(int=10**9 + len(postings)), PostingKind.OPENING, START, (move,)))
        if item.lot_tracked:
            qty = sizes.touched * LINES * 2
            cold = Lot.objects.create(item=item, code=f"R{item.pk}", expires_on=date(2026, 6, 1)).pk
            move = Move(Key(item.pk, opening, owner, cold), Key(item.pk, room, owner, cold), qty)
            postings.append(NewPosting(UUID(int=10**9 + len(postings)), PostingKind.OPENING, START, (move,)))
    post(postings, at=START, cause=WHO)


def _orders(sizes: Sizes, chilled: list[int], shop: int) -> None:
    """First those near the cold room, of chilled goods only; then everybody else."""
    random = np.random.default_rng(1)
    near = [_form(n, chilled, shop, random) for n in range(sizes.touched)]
    promise([taken.order_id for taken in take_orders(near, at=START, cause=WHO).accepted], at=START, cause=WHO)
    dry = list(Item.objects.order_by("id").values_list("id", flat=True))
    others = list(Partner.objects.filter(is_customer=True).exclude(pk=shop).values_list("id", flat=True))
    done = sizes.touched
    while done < sizes.orders:
        forms = [
            _form(done + n, dry, int(random.choice(others)), random) for n in range(min(BATCH, sizes.orders - done))
        ]
        taken = [each.order_id for each in take_orders(forms, at=START, cause=WHO).accepted]
        promise(taken, at=START, cause=WHO)
        done += len(forms)
        print(f"orders: {done:,} of {sizes.orders:,}", file=sys.stderr)


def _form(number: int, items: list[int], customer: int, random: np.random.Generator) -> NewOrder:
    chosen = random.choice(items, LINES, replace=False).tolist()
    lines = tuple(NewLine(n, item, int(random.integers(1, 10))) for n, item in enumerate(chosen, start=1))
    wanted = START + timedelta(days=int(random.integers(2, 6)))
    return NewOrder(UUID(int=number + 1), f"B{number:06}", customer, wanted, lines)
