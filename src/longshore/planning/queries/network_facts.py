"""The facts of a network plan, read as columns: one question a table, whatever the number of rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from longshore.engine.compiling import kernel
from longshore.ledger import wire
from longshore.planning import rules
from longshore.planning.queries import network_sql as sql
from longshore.planning.reading import rows

Integers = NDArray[np.int64]
Columns = dict[str, Integers]
BLOCK = 100_000  # item-sites whose forecasts are read at once


@dataclass(frozen=True, slots=True, eq=False)
class NetworkFacts:
    """Columns by name; see network_sql for what each holds. `demand` (nodes, days) in whole units."""

    today: date
    days: int
    nodes: Columns
    stock: Columns
    coming: Columns
    demand: Integers
    offers: Columns
    bills: Columns
    lines: Columns
    lanes: Columns
    substitutes: Columns
    limits: Columns
    breaks: Columns
    loads: Columns
    calendars: Columns
    holidays: Columns
    former: Columns
    drawn: Columns
    levels: Columns


@dataclass(frozen=True, slots=True)
class Scope:
    """Item-sites to plan; `standing`: the plan of all others stands, and what their orders take is counted."""

    item: tuple[int, ...]
    site: tuple[int, ...]
    standing: bool = False


def facts_of(*, today: date, days: int, scope: Scope | None = None, keep: bool = True) -> NetworkFacts:
    """Everything the planner needs of these items (None: all that are planned by network)."""
    standing = scope is not None and scope.standing
    asked = {"today": today, "days": days, "enough": rules.ENOUGH_RECEIPTS, **_only(scope)}
    nodes = table(sql.NODES, asked)
    return NetworkFacts(
        today=today,
        days=days,
        nodes=nodes,
        stock=table(sql.STOCK, asked),
        coming=table(sql.COMING, asked),
        demand=demand_of(nodes, asked),
        offers=table(sql.OFFERS, asked),
        bills=table(sql.BILLS, asked),
        lines=table(sql.BILL_LINES, asked),
        lanes=table(sql.LANES, asked),
        substitutes=table(sql.SUBSTITUTES, asked),
        limits=table(sql.LIMITS, asked),
        breaks=table(sql.BREAKS, asked),
        loads=table(sql.LOADS, asked),
        calendars=table(sql.CALENDARS, asked),
        holidays=table(sql.HOLIDAYS, asked),
        former=table(sql.FORMER, asked) if keep else nothing(sql.FORMER),
        drawn=table(sql.DRAWN, asked) if standing else nothing(sql.DRAWN),
        levels=table(sql.LEVELS, asked) if standing else nothing(sql.LEVELS),
    )


def nothing(question: sql.Question) -> Columns:
    return {name: np.zeros(0, dtype=np.int64) for name in question.columns.split()}


@dataclass(frozen=True, slots=True, eq=False)
class StockFacts:
    """Stock and supply to come, of some items only."""

    stock: Columns
    coming: Columns
    days: int


def scope_of(items: Sequence[int], *, today: date, days: int) -> Scope:
    """Where these items are, and all item-sites whose plans depend on theirs, directly or not. Where a plan of everything
    from this day on stands, those that draw on them stay as they are unless decided since; else they are planned along."""
    standing = rows(sql.LAST_RUN, {}) == [(today, days)]
    question = sql.RELATED.replace("{above}", sql.ABOVE_DECIDED if standing else sql.ABOVE)
    found = rows(question, {"items": list(items)})
    return Scope(tuple(item for item, _site in found), tuple(site for _item, site in found), standing)


def everywhere(items: Sequence[int]) -> Scope:
    """Where these items are planned by network."""
    found = rows(sql.EVERYWHERE, {"items": list(items)})
    return Scope(tuple(item for item, _site in found), tuple(site for _item, site in found))


def _only(scope: Scope | None) -> dict[str, Any]:
    """What limits the questions to a scope."""
    if scope is None:
        return {"items": None}
    return {"items": sorted(set(scope.item)), "pair_items": list(scope.item), "pair_sites": list(scope.site)}


def table_of(question: sql.Question, scope: Scope) -> Columns:
    """A question about some item-sites."""
    return table(question, _only(scope))


def stock_of(scope: Scope, *, today: date, days: int) -> StockFacts:
    """Stock and supply to come of some item-sites."""
    asked = {"today": today, "days": days, **_only(scope)}
    return StockFacts(table(sql.STOCK, asked), table(sql.COMING, asked), days)


def wanted_of(scope: Scope, nodes: Columns, *, today: date, days: int) -> Integers:
    """What is wanted of some nodes, a row each."""
    return demand_of(nodes, {"today": today, "days": days, **_only(scope)})


def demand_of(nodes: Columns, asked: dict[str, Any]) -> Integers:
    """What is wanted of each node on each day: the forecast in whole units, and what orders ask for and nothing covers."""
    demand = expected_of(nodes, asked)
    owed = table(sql.OWED, asked)
    node = Keys(nodes["item"], nodes["site"]).of(owed["item"], owed["site"])
    inside = (node >= 0) & (owed["day"] < asked["days"])
    np.add.at(demand, (node[inside], owed["day"][inside]), owed["qty"][inside])
    return demand


def expected_of(nodes: Columns, asked: dict[str, Any]) -> Integers:
    """The forecast of each node on each day in whole units."""
    demand = np.zeros((len(nodes["item"]), asked["days"]), dtype=np.int64)
    keys = Keys(nodes["item"], nodes["site"])
    for item, site, start, text in _forecasts(nodes, asked):
        at, values = parse(np.frombuffer(text, dtype=np.uint8), len(item))
        lay(demand, keys.of(item, site), start, at, values)
    return demand


class Keys:
    """Rows found by (item, site); -1 where there is none. The rows are ascending by both."""

    def __init__(self, item: Integers, site: Integers) -> None:
        self.base = int(site.max(initial=0)) + 1
        self.keys = item * self.base + site

    def of(self, item: Integers, site: Integers) -> Integers:
        wanted = np.where((site >= 0) & (site < self.base), item * self.base + site, -1)
        if not len(self.keys):
            return np.full(len(wanted), -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[place] == wanted, place, -1)


def table(question: sql.Question, asked: dict[str, Any]) -> Columns:
    """Integer columns of a question by name, each as one array: a million rows come without looking at one."""
    names = question.columns.split()
    told = ", ".join(f"array_agg({name}) AS {name}" for name in names)
    text = f"SELECT {told} FROM ({_scoped(question.text, asked)}) question"
    return dict(zip(names, wire.arrays_of(text, asked), strict=True))


def _scoped(question: str, asked: dict[str, Any]) -> str:
    """The question for what is asked for: without a scope the condition is left out, so that no plan has to guess."""
    one, both = "TRUE", "TRUE"
    if asked["items"] is not None:
        one = r"\1 = ANY(%(items)s::bigint[])"
        pairs = "SELECT * FROM unnest(%(pair_items)s::bigint[], %(pair_sites)s::bigint[])"
        both = rf"(\1 = ANY(%(items)s::bigint[]) AND (\1, \2) IN ({pairs}))"
    return re.sub(r"\{pairs:([\w.]+),([\w.]+)\}", both, re.sub(r"\{items:([\w.]+)\}", one, question))


def _forecasts(nodes: Columns, asked: dict[str, Any]) -> Iterator[tuple[Integers, Integers, Integers, bytes]]:
    """Item, site, first day (from the first planned) and the lists of numbers as one text, in blocks of items."""
    items = nodes["item"][:: max(len(nodes["item"]) // (len(nodes["item"]) // BLOCK + 1), 1)].tolist()
    ends = sorted({*items[1:], int(nodes["item"].max(initial=-1)) + 1})
    low = int(nodes["item"].min(initial=0))
    for high in ends:
        between = {**asked, "low": low, "high": high}
        with connection.cursor() as cursor:
            cursor.execute(_scoped(sql.FORECASTS, asked), between)
            item, site, start, text = cursor.fetchone()
        if item is not None:
            yield *(np.array(column, dtype=np.int64) for column in (item, site, start)), text.encode()
        low = high


@kernel
def parse(data: NDArray[np.uint8], lists: int) -> tuple[Integers, Integers]:
    """Lists of whole numbers as JSON text, one behind the other: starts (lists + 1,) and numbers; what is behind a
    decimal point is left out."""
    commas = 0
    for k in range(len(data)):
        commas += data[k] == 44
    at = np.zeros(lists + 1, dtype=np.int64)
    values = np.zeros(commas + lists, dtype=np.int64)
    made, row, inside, behind = 0, 0, False, False
    for k in range(len(data)):
        code = data[k]
        if 48 <= code <= 57:
            if not behind:
                values[made] = values[made] * 10 + np.int64(code - 48)
            inside = True
            continue
        behind = inside and code == 46
        if inside and not behind:
            made += 1
            inside = False
        if code == 93:
            row += 1
            at[row] = made
    return at, values


@kernel
def lay(demand: Integers, node: Integers, start: Integers, at: Integers, values: Integers) -> None:
    """Forecasts in thousandths laid over the days planned as whole units that add up; past their end the last week
    repeats. `start` counts from the first day planned."""
    for row in range(len(node)):
        stored = at[row + 1] - at[row]
        if node[row] < 0 or stored == 0:
            continue
        season = min(7, stored)
        total, given, first = 0, 0, min(start[row], 0)
        for day in range(demand.shape[1]):
            place = day - first
            if place >= stored:
                place = stored - season + (place - stored) % season
            total += values[at[row] + place]
            demand[node[row], day] = total // 1000 - given
            given = total // 1000
