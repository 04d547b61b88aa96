"""The same history without a database: shelves, orders and trucks as columns, a day at a time. It finds what a planner
would have to type; the production verbs then live through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from bench._wholesaler import SEED, History, Sizes
from longshore.engine.forecasting.problem import ForecastProblem
from longshore.engine.forecasting.solve import solve as forecast
from longshore.planning import demand_rules, policy_rules, rules
from longshore.planning.policy_rules import Candidate, Costs
from longshore.twin.online_retail.facts import homes_of
from longshore.twin.online_retail.floor import lateness
from longshore.twin.online_retail.opening import opening_stock

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]

MOQ, MULTIPLE = 12, 6
IN_TIME = 2
"""Days after which goods still leave in time for the day they are wanted."""
AGES = IN_TIME + 2
MORNING = 7 / 24
EVENING = 22 / 24


@dataclass(frozen=True, slots=True, eq=False)
class Shop:
    """Rows are item-sites: demand (n, days), what they cost, where they come from, what they start with."""

    demand: Integers
    item: Integers
    site: Integers
    unit_cost: Integers
    lead_days: Integers
    spread_days: Reals
    opening: Integers
    opens_on: Integers
    due: Integers  # (n, days): the day on which an order of that evening can be used
    service_bp: int
    sizes: Sizes


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    reorder_point: Integers
    lot: Integers


@dataclass(frozen=True, slots=True)
class Outcome:
    """Mean value of stock in minor units, share of what was wanted that left in time, order lines written."""

    stock_value: float
    fill_rate: float
    order_lines: int


Evening = Callable[[int], Levels]
Expected = dict[int, tuple[Integers, Integers]]


def read_shop(history: History) -> Shop:
    network, lines = history.network, history.kept
    homes, _zones = homes_of(history.lines.frame, network)
    sold = _sold(lines.frame.with_columns(pl.col("customer").replace_strict(homes).alias("home")), lines.first_day)
    keys = sorted({(code, home) for code, home in sold.select("code", "home").iter_rows()})
    row_of = {key: row for row, key in enumerate(keys)}
    demand = np.zeros((len(keys), lines.days), dtype=np.int64)
    for code, home, day, qty in sold.select("code", "home", "day", "quantity").iter_rows():
        demand[row_of[code, home], day] += qty
    prices = dict(
        history.lines.frame.filter(pl.col("kind") == "order")
        .group_by("code")
        .agg(pl.col("price").median().round(0).cast(pl.Int64))
        .iter_rows()
    )
    suppliers = [network.supplier_of(code) for code, _home in keys]
    opening, opens_on = np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=np.int64)
    for each in opening_stock(lines, network, homes):
        if (each.code, each.warehouse) in row_of:
            row = row_of[each.code, each.warehouse]
            opening[row], opens_on[row] = each.qty, (each.day - lines.first_day).days
    sites = [warehouse.code for warehouse in network.warehouses]
    return Shop(
        demand=demand,
        item=np.unique([code for code, _home in keys], return_inverse=True)[1].astype(np.int64),
        site=np.array([sites.index(home) for _code, home in keys], dtype=np.int64),
        unit_cost=np.array([prices[code] * network.cost_percent // 100 for code, _home in keys], dtype=np.int64),
        lead_days=np.array([supplier.days for supplier in suppliers], dtype=np.int64),
        spread_days=np.array([supplier.sd_hours / 24 for supplier in suppliers]),
        opening=opening,
        opens_on=opens_on,
        due=_due(history, keys),
        service_bp=network.service_level_bp,
        sizes=history.sizes,
    )


def _sold(frame: pl.DataFrame, first: date) -> pl.DataFrame:
    """Order lines less those that were taken back whole on the same day: nobody was sent them."""
    day = ((pl.col("at").dt.date() - first).dt.total_days()).alias("day")
    keys = ["code", "customer", "quantity", "day"]
    numbered = frame.with_columns(day).with_columns(pl.int_range(pl.len()).over(["kind", *keys]).alias("nth"))
    back = numbered.filter(pl.col("kind") == "return")
    return numbered.filter(pl.col("kind") == "order").join(back, on=[*keys, "nth"], how="anti")


def _due(history: History, keys: list[tuple[str, str]]) -> Integers:
    """As the trucks of the replay come: the same lateness for the same supplier, warehouse and day."""
    network, lines = history.network, history.kept
    evenings = [lines.first_day + timedelta(days=number) for number in range(lines.days)]
    late = {
        (supplier.code, warehouse.code): np.array(
            [lateness(supplier.code, warehouse.code, day, seed=SEED) for day in evenings]
        )
        for supplier in network.suppliers
        for warehouse in network.warehouses
    }
    due = np.zeros((len(keys), lines.days), dtype=np.int64)
    for row, (code, home) in enumerate(keys):
        supplier = network.supplier_of(code)
        days = supplier.days + late[supplier.code, home] * supplier.sd_hours / 24
        due[row] = np.arange(lines.days) + np.maximum(np.ceil(days + EVENING - MORNING), 1)
    return due


def live(shop: Shop, evening: Evening) -> Outcome:
    """Every day trucks come, customers order, shelves give, the evening orders; measured from the day on that the sizes say."""
    rows, days = shop.demand.shape
    coming = np.zeros((int(shop.due.max()) + 1, rows), dtype=np.int64)
    stock, ordered = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    owed, in_time = np.zeros((AGES, rows), dtype=np.int64), np.zeros((days, rows), dtype=np.int64)
    levels = Levels(np.full(rows, -1, dtype=np.int64), np.full(rows, MOQ, dtype=np.int64))
    value, lines = 0.0, 0
    for day in range(days):
        stock += coming[day] + np.where(shop.opens_on == day, shop.opening, 0)
        ordered -= coming[day]
        owed = np.vstack([shop.demand[None, :, day], owed[: AGES - 2], owed[AGES - 2 :].sum(axis=0, keepdims=True)])
        stock = _give(shop, stock, owed, in_time, day)
        levels = evening(day) if day % 7 == shop.sizes.typed % 7 or day < shop.sizes.typed else levels
        wanted = _wanted(stock + ordered - owed.sum(axis=0), levels)
        np.add.at(coming, (shop.due[:, day], np.arange(rows)), wanted)
        ordered += wanted
        if day >= shop.sizes.measured:
            value += float(stock @ shop.unit_cost)
            lines += int((wanted > 0).sum())
    span = slice(shop.sizes.measured, days - IN_TIME - 1)
    fill = float(in_time[span].sum()) / float(shop.demand[:, span].sum())
    return Outcome(value / (days - shop.sizes.measured), fill, lines)


def _give(shop: Shop, stock: Integers, owed: Integers, in_time: Integers, day: int) -> Integers:
    """The oldest order first, from the customer's own warehouse, then from the others. Changes `owed`, `in_time`."""
    for age in range(AGES - 1, -1, -1):
        given = np.minimum(stock, owed[age])
        stock = stock - given
        _note(owed, in_time, (age, day), given)
    if not owed.any():
        return stock
    shelves = np.zeros((int(shop.item.max()) + 1, int(shop.site.max()) + 1), dtype=np.int64)
    shelves[shop.item, shop.site] = stock
    for age in range(AGES - 1, -1, -1):
        for step in range(1, shelves.shape[1]):
            given = np.zeros_like(stock)
            for site in range(shelves.shape[1]):
                rows = np.flatnonzero((shop.site == site) & (owed[age] > 0))
                other = (site + step) % shelves.shape[1]
                given[rows] = np.minimum(shelves[shop.item[rows], other], owed[age][rows])
                shelves[shop.item[rows], other] -= given[rows]
            _note(owed, in_time, (age, day), given)
    return shelves[shop.item, shop.site]


def _note(owed: Integers, in_time: Integers, at: tuple[int, int], given: Integers) -> None:
    age, day = at
    owed[age] -= given
    if age <= IN_TIME and day >= age:
        in_time[day - age] += given


def _wanted(position: Integers, levels: Levels) -> Integers:
    lots = -((position - levels.reorder_point - 1) // levels.lot)
    wanted = np.where(position <= levels.reorder_point, lots * levels.lot, 0)
    rounded = -(-wanted // MULTIPLE) * MULTIPLE
    return np.where(wanted > 0, np.where(rounded < MOQ, MOQ, rounded), 0)


def buying_back(shop: Shop, then: Evening) -> Evening:
    """The first two months, alike in both worlds: what was sold is bought again; then as `then` says."""

    def evening(day: int) -> Levels:
        if day >= shop.sizes.typed:
            return then(day)
        level = np.where(shop.opens_on <= day, np.where(shop.opening > MOQ, shop.opening - MOQ, 0), -1)
        return Levels(level, np.full(len(level), MOQ, dtype=np.int64))

    return evening


def typed(shop: Shop, weeks: tuple[int, int]) -> Evening:
    """Typed once: min = average day × (lead time + a day + safety), max = min + average day × cover."""
    sold = shop.demand[:, : shop.sizes.typed].sum(axis=1)
    least, lot = typed_levels(sold, shop.lead_days, weeks, shop.sizes.typed)
    return lambda day: Levels(least, lot)


def typed_levels(sold: Integers, lead_days: Integers, weeks: tuple[int, int], days: int) -> tuple[Integers, Integers]:
    """Min and order quantity from what was sold in the first `days`, in whole numbers, rounded up; `weeks`: of safety, of
    cover."""
    safety, cover = weeks
    least = -(-sold * (lead_days + 1 + 7 * safety) // days)
    between = -(-sold * 7 * cover // days)
    lot = -(-between // MULTIPLE) * MULTIPLE
    return least, np.where(lot < MOQ, MOQ, lot)


def expectations(shop: Shop) -> Expected:
    """What planning would have forecast on each of its evenings, single odd days cut: mean and spread of a day, thousandths."""
    found = {}
    for day in range(shop.sizes.typed, shop.demand.shape[1], 7):
        known = shop.demand[:, : day + 1].copy()
        for each in demand_rules.unusual(known, 0):
            known[each.row, each.column] = each.counts_as
        history = known[:, max(0, day + 1 - rules.HISTORY_DAYS) :].astype(np.float64)
        made = forecast(ForecastProblem(history, rules.SEASON_DAYS, rules.HORIZON_DAYS, levels=()), fast=True)
        found[day] = (
            np.rint(made.mean.mean(axis=1) * 1000).astype(np.int64),
            np.rint(made.sigma * 1000).astype(np.int64),
        )
    return found


def planned(shop: Shop, expected: Expected, costs: Costs, service_bp: int) -> Evening:
    """Planning's own rules, week by week."""

    def evening(day: int) -> Levels:
        candidates = [
            Candidate(
                int(shop.item[row]), int(shop.site[row]), None, rules.DAY_MINUTES, False, False, service_bp,
                int(shop.unit_cost[row]), 0, int(mean), int(spread), 1, MOQ, MULTIPLE,
                int(shop.lead_days[row]) * rules.DAY_MINUTES, round(float(shop.spread_days[row]) * rules.DAY_MINUTES), 0,
            )
            for row, (mean, spread) in enumerate(zip(*expected[day], strict=True))
        ]  # fmt: skip
        made = policy_rules.compute(candidates, {}, costs)
        return Levels(
            np.array([each.reorder_point for each in made], dtype=np.int64),
            np.array([each.order_qty for each in made], dtype=np.int64),
        )

    return evening
