"""The suppliers: they confirm, now and then promise less or come late, and bring the goods to the dock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from longshore.catalog.models import Place
from longshore.sourcing.models import PurchaseOrder, PurchaseOrderLine, PurchaseState
from longshore.sourcing.operations import (
    Arrived,
    LineTerms,
    close_short,
    confirm,
    confirm_as_ordered,
    receive,
    report_delay,
)
from longshore.twin.world.scene import ZONE, Scene, Tick

ANSWER_MINUTES = (25, 260)
LESS_SHARE = 0.04
LATE_SHARE = 0.08
LATE_HOURS = (8, 34)
NOISE_MINUTES = 110
SHORT_SHARE = 0.02
OVER_SHARE = 0.01
DAMAGED_SHARE = 0.015
OPEN_STATES = (PurchaseState.CONFIRMED, PurchaseState.PART_RECEIVED)


def step(scene: Scene, tick: Tick) -> None:
    answer(scene, tick)
    warn(scene, tick)
    deliver(scene, tick)


def answer(scene: Scene, tick: Tick) -> None:
    """Sent orders are confirmed within hours; a few for less than was ordered."""
    sent = PurchaseOrder.objects.filter(state=PurchaseState.SENT).order_by("id").prefetch_related("lines")
    as_ordered: list[int] = []
    for order in sent:
        rng = scene.chance("supplier", order.number)
        low, high = ANSWER_MINUTES
        if order.ordered_at + timedelta(minutes=int(rng.integers(low, high))) > tick.now:
            continue
        less = _less(sorted(order.lines.all(), key=lambda line: line.line), rng)
        if less:
            confirm(order.pk, at=tick.now, cause=scene.cause("supplier"), lines=less)
        else:
            as_ordered.append(order.pk)
    if as_ordered:
        confirm_as_ordered(as_ordered, at=tick.now, cause=scene.cause("supplier"))


def _less(lines: Sequence[PurchaseOrderLine], rng: np.random.Generator) -> list[LineTerms]:
    """Some suppliers can give four fifths of one line only."""
    if float(rng.random()) >= LESS_SHARE:
        return []
    line = lines[int(rng.integers(len(lines)))]
    return [LineTerms(line.pk, qty=line.qty * 4 // 5)] if line.qty >= 5 else []


def _lateness(scene: Scene, order: PurchaseOrder) -> tuple[timedelta, timedelta]:
    """How late the supplier will say it is (none for most), and what the road adds or saves besides."""
    rng = scene.chance("lateness", order.number)
    luck, hours, noise = float(rng.random()), int(rng.integers(*LATE_HOURS)), float(rng.normal())
    late = timedelta(hours=hours) if luck < LATE_SHARE else timedelta()
    return late, timedelta(minutes=round(noise * NOISE_MINUTES))


def warn(scene: Scene, tick: Tick) -> None:
    """A late supplier says so when half of its lead time has passed."""
    for order in PurchaseOrder.objects.filter(state=PurchaseState.CONFIRMED).order_by("id"):
        late, _noise = _lateness(scene, order)
        said = order.expected_at != order.agreed_at
        if late and not said and tick.now >= order.ordered_at + (order.agreed_at - order.ordered_at) / 2:
            report_delay(order.pk, order.agreed_at + late, at=tick.now, cause=scene.cause("supplier"))


def deliver(scene: Scene, tick: Tick) -> None:
    """Lorries with what was ordered reach the docks; all that reach a site in this step are taken in together."""
    by_site: dict[int, list[PurchaseOrder]] = defaultdict(list)
    for order in PurchaseOrder.objects.filter(state__in=OPEN_STATES).order_by("id"):
        _late, noise = _lateness(scene, order)
        if order.expected_at + noise <= tick.now:
            by_site[order.site_id].append(order)
    docks = dict(
        Place.objects.filter(site__in=by_site, usage="receiving", active=True)
        .order_by("-code")
        .values_list("site", "id")
    )
    for site in sorted(by_site):
        orders = by_site[site]
        lines = (
            PurchaseOrderLine.objects.filter(order__in=orders, closed_at__isnull=True)
            .select_related("order", "item")
            .order_by("order_id", "line")
        )
        arrived = [_arrived(scene, line, tick.now) for line in lines]
        receive(None, arrived, docks[site], at=tick.now, cause=scene.cause("receiving"))
        _end(scene, orders, tick.now)


def _arrived(scene: Scene, line: PurchaseOrderLine, now: datetime) -> Arrived:
    rng = scene.chance("arrival", line.order.number, line.line)
    luck, share, age = rng.random(3).tolist()
    missing = line.qty - line.received
    qty = missing
    if luck < SHORT_SHARE and missing > 1:
        qty = missing - 1 - int(share * (missing - 1) * 0.3)
    elif luck < SHORT_SHARE + OVER_SHARE:
        qty = missing + int(share * missing * 0.05)
    damaged = 1 + int(share * qty * 0.05) if luck > 1 - DAMAGED_SHARE else 0
    today = now.astimezone(ZONE).date()
    life = line.item.shelf_life_days or 3650
    produced = today - timedelta(days=int(age * min(20, life // 8 + 1)))
    return Arrived(
        line=line.pk,
        qty=qty,
        key=scene.key("arrival", line.order.number, line.line),
        lot_code=f"{produced:%y%m%d}{line.order.number[-5:]}",
        produced_on=produced,
        expires_on=produced + timedelta(days=life),
        damaged=damaged,
    )


def _end(scene: Scene, orders: Sequence[PurchaseOrder], now: datetime) -> None:
    """What a lorry did not bring does not come later."""
    open_ones = PurchaseOrder.objects.filter(pk__in=[order.pk for order in orders], state__in=OPEN_STATES).order_by(
        "id"
    )
    for pk in open_ones.values_list("id", flat=True):
        close_short(pk, at=now, cause=scene.cause("supplier"))
