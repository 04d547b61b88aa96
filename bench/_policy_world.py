"""One world of the policy benchmark: the replay of the wholesaler through the production verbs, and what it measured."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection

from bench._shelves import MOQ, MULTIPLE, typed_levels
from bench._wholesaler import SEED, History, Sizes, read_history
from longshore.ledger.audit import audit
from longshore.ledger.cause import Cause
from longshore.planning.models import StockPolicy
from longshore.planning.operations import NewPolicy, put_policies, set_costs
from longshore.planning.policy_rules import Costs
from longshore.twin.online_retail.facts import Facts, make_facts
from longshore.twin.online_retail.opening import opening_stock
from longshore.twin.online_retail.orders import Calendar
from longshore.twin.replay import Planner, Replay, weekly

WHO = Cause("planner", "bench")

# Everything inside the warehouses at the item's cost, when the day's orders are written.
ON_HAND = """
SELECT i.code, SUM(b.qty * i.unit_cost)
FROM ledger_balance b
JOIN catalog_place p ON p.id = b.place_id AND p.site_id IS NOT NULL
JOIN catalog_item i ON i.id = b.item_id
WHERE b.bounded AND b.qty > 0
GROUP BY 1
"""
# What was wanted, and how much of it was at the door by the day it was wanted; orders due within the span.
FILLED = """
WITH brought AS (
    SELECT sl.order_line_id AS line, SUM(sl.delivered) AS qty
    FROM shipping_shipmentline sl
    JOIN shipping_shipment s ON s.id = sl.shipment_id
    JOIN ordering_customerorder o ON o.id = s.order_id AND s.delivered_at <= o.requested_at
    GROUP BY 1
)
SELECT i.code, (o.received_at AT TIME ZONE %(zone)s)::date - %(since)s::date, SUM(l.qty - l.cancelled),
    SUM(LEAST(COALESCE(b.qty, 0), l.qty - l.cancelled)),
    COUNT(*), COUNT(*) FILTER (WHERE b.qty >= l.qty - l.cancelled)
FROM ordering_orderline l
JOIN ordering_customerorder o ON o.id = l.order_id
JOIN catalog_item i ON i.id = l.item_id
LEFT JOIN brought b ON b.line = l.id
WHERE l.qty > l.cancelled AND o.requested_at <= %(until)s
    AND (o.received_at AT TIME ZONE %(zone)s)::date >= %(since)s::date
GROUP BY 1, 2
"""
BOUGHT = """
SELECT COUNT(*), COUNT(DISTINCT o.id) FROM sourcing_purchaseorderline l JOIN sourcing_purchaseorder o ON o.id = l.order_id
WHERE o.ordered_at >= %(since)s
"""
SOLD = """
SELECT d.item_id, d.site_id, SUM(d.qty), (
    SELECT o.lead_time_minutes / 1440 FROM catalog_supplieritem o WHERE o.item_id = d.item_id AND o.active
    ORDER BY o.unit_price, o.lead_time_minutes, o.supplier_id LIMIT 1)
FROM planning_demandday d WHERE d.day < %(until)s GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Job:
    """`typed_weeks`: weeks of safety and of cover the planner types; None: planning is on."""

    sizes: Sizes
    typed_weeks: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Lived:
    """By item and week: mean value of stock, wanted, brought in time; and counts of the measured span."""

    items: list[str]
    stock_value: list[list[float]]
    wanted: list[list[int]]
    in_time: list[list[int]]
    lines: int
    lines_in_time: int
    order_lines: int
    purchase_orders: int
    discrepancies: int
    seconds: float


def live(job: Job, told: Callable[[str], None]) -> Lived:
    began = time.perf_counter()
    history = read_history(job.sizes)
    facts = make_facts(history.lines, history.network)
    set_costs(
        replace(Costs(), order_line=history.network.order_line_cost),
        at=Calendar(history.network.timezone).at(history.lines.first_day, 0),
        cause=WHO,
    )
    replay = Replay(history.kept, history.network, facts, SEED, _planner(job, history, facts))
    values: list[dict[str, int]] = []
    for number in range(history.kept.days):
        replay.live(history.kept.first_day + timedelta(days=number))
        if number >= job.sizes.measured:
            values.append({code: int(value) for code, value in _rows(ON_HAND, {})})
        if number % 20 == 19:
            told(f"day {number + 1} of {history.kept.days}, {time.perf_counter() - began:.0f} s")
    return _lived(history, values, seconds=time.perf_counter() - began)


def _planner(job: Job, history: History, facts: Facts) -> Planner:
    """The first two months alike; then typed once, or planning from that evening on."""
    openings: dict[int, list[NewPolicy]] = {}
    for each in opening_stock(history.kept, history.network, facts.homes):
        level = each.qty - MOQ if each.qty > MOQ else 0
        policy = NewPolicy(facts.items[each.code], facts.sites[each.warehouse], reorder_point=level, order_qty=MOQ)
        openings.setdefault((each.day - history.kept.first_day).days, []).append(policy)
    plan = weekly(7)

    def evening(day: int, at: datetime) -> None:
        if day < job.sizes.typed:
            put_policies(openings.get(day, []), at=at, cause=WHO)
            return
        if day == job.sizes.typed:
            put_policies(_typed(history, job.typed_weeks) if job.typed_weeks else _freed(), at=at, cause=WHO)
        if job.typed_weeks is None:
            plan(day - job.sizes.typed, at)

    return evening


def _typed(history: History, weeks: tuple[int, int]) -> list[NewPolicy]:
    """What the planner types for every item-site that has sold: min, max and the quantity between them."""
    sold = _rows(SOLD, {"until": history.typed_on})
    counts = np.array([qty for _item, _site, qty, _lead in sold], dtype=np.int64)
    leads = np.array([lead for _item, _site, _qty, lead in sold], dtype=np.int64)
    least, lot = typed_levels(counts, leads, weeks, history.sizes.typed)
    assert (lot % MULTIPLE == 0).all()
    return [
        NewPolicy(item, site, reorder_point=low, order_qty=qty, order_up_to=low + qty, lead_time_minutes=lead * 1440)
        for (item, site, _qty, lead), low, qty in zip(sold, least.tolist(), lot.tolist(), strict=True)
    ]


def _freed() -> list[NewPolicy]:
    """The same item-sites without typed levels: planning computes them."""
    return [NewPolicy(item, site) for item, site in StockPolicy.objects.values_list("item_id", "site_id")]


def _lived(history: History, values: list[dict[str, int]], *, seconds: float) -> Lived:
    calendar = Calendar(history.network.timezone)
    span = {
        "zone": history.network.timezone,
        "since": history.measured_from,
        "until": calendar.at(history.last_day + timedelta(days=1), 0),
    }
    filled = _rows(FILLED, span)
    items = sorted({code for day in values for code in day} | {row[0] for row in filled})
    row_of = {code: row for row, code in enumerate(items)}
    weeks = -(-len(values) // 7)
    stock = np.zeros((len(items), weeks))
    wanted, in_time = (np.zeros((len(items), weeks), dtype=np.int64) for _ in range(2))
    for day, known in enumerate(values):
        for code, value in known.items():
            stock[row_of[code], day // 7] += value / len(values)
    for code, day, qty, brought, _lines, _whole in filled:
        wanted[row_of[code], day // 7] += int(qty)
        in_time[row_of[code], day // 7] += int(brought)
    bought = _rows(BOUGHT, {"since": calendar.at(history.measured_from, 0)})[0]
    return Lived(
        items, stock.tolist(), wanted.tolist(), in_time.tolist(),
        lines=sum(row[4] for row in filled), lines_in_time=sum(row[5] for row in filled),
        order_lines=bought[0], purchase_orders=bought[1],
        discrepancies=len(audit().discrepancies), seconds=round(seconds, 1),
    )  # fmt: skip


def _rows(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def quick() -> None:
    """A simulated world starts again from its seed after a crash: its commits need not wait for the disk. Its millions of
    short-lived records hold no cycles: looking for them as often as usual costs a tenth."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
