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
from longshore.planning import rules
from longshore.planning.queries import network_sql as sql
from longshore.planning.reading import rows

Integers = NDArray[np.int64]
Columns = dict[str, Integers]
BLOCK = 1 << 26
HEAD = 19  # bytes before the first row of a binary COPY


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


def facts_of(*, today: date, days: int, items: Sequence[int] | None = None, keep: bool = True) -> NetworkFacts:
    """Everything the planner needs of these items (None: all that are planned by network)."""
    asked = {"items": None if items is None else list(items), "today": today, "days": days,
             "enough": rules.ENOUGH_RECEIPTS}  # fmt: skip
    nodes = table(sql.NODES, asked)
    nothing: Columns = {name: np.zeros(0, dtype=np.int64) for name in sql.FORMER.columns.split()}
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
        former=table(sql.FORMER, asked) if keep else nothing,
    )


@dataclass(frozen=True, slots=True, eq=False)
class StockFacts:
    """Stock and supply to come, of some items only."""

    stock: Columns
    coming: Columns
    days: int


def related_items(items: Sequence[int]) -> list[int]:
    """These items and all whose plans depend on theirs, directly or not."""
    return [int(item) for (item,) in rows(sql.RELATED, {"items": list(items)})]


def demand_of(nodes: Columns, asked: dict[str, Any]) -> Integers:
    """What is wanted of each node on each day: the forecast in whole units, and what orders ask for and nothing covers."""
    demand = np.zeros((len(nodes["item"]), asked["days"]), dtype=np.int64)
    keys = Keys(nodes["item"], nodes["site"])
    for block in _blocks(_scoped(sql.FORECASTS, asked), asked):
        item, site, start, at, values = parse(np.frombuffer(block, dtype=np.uint8))
        node = keys.of(item, site)
        lay(demand, node, start - (asked["today"] - date(2000, 1, 1)).days, at, values)
    owed = table(sql.OWED, asked)
    node = keys.of(owed["item"], owed["site"])
    inside = (node >= 0) & (owed["day"] < asked["days"])
    np.add.at(demand, (node[inside], owed["day"][inside]), owed["qty"][inside])
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
    """Integer columns of a question by name: one binary stream, read without looking at a row."""
    names = question.columns.split()
    data = b"".join(_blocks(_scoped(question.text, asked), asked))
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for name in names:
        layout += [(f"{name} size", ">i4"), (name, ">i8")]
    found = np.frombuffer(data, dtype=layout)
    return {name: found[name].astype(np.int64) for name in names}


def _scoped(question: str, asked: dict[str, Any]) -> str:
    """The question for the items asked for: without them the condition is left out, so that no plan has to guess."""
    condition = "TRUE" if asked["items"] is None else r"\1 = ANY(%(items)s::bigint[])"
    return re.sub(r"\{items:([\w.]+)\}", condition, question)


def _blocks(text: str, asked: dict[str, Any]) -> Iterator[bytes]:
    """Binary rows of a question in blocks of whole rows, without head and end."""
    pieces, size, first = [], 0, True
    with connection.cursor() as cursor, cursor.copy(f"COPY ({text}) TO STDOUT (FORMAT BINARY)", asked) as copy:
        for piece in copy:
            row = bytes(piece)
            if first:
                row, first = row[HEAD:], False
            if row == b"\xff\xff":  # the end; reading on lets the connection finish
                continue
            pieces.append(row)
            size += len(row)
            if size >= BLOCK:
                yield b"".join(pieces)
                pieces, size = [], 0
    yield b"".join(pieces)


@kernel
def parse(data: NDArray[np.uint8]) -> tuple[Integers, Integers, Integers, Integers, Integers]:
    """Binary rows of (item, site, first day, list of numbers as JSON text): three columns, starts and numbers."""
    count, numbers, place = 0, 0, 0
    for k in range(len(data)):
        numbers += data[k] == 44
    while place < len(data):
        place += 2 + 12 + 12 + 8
        size = (data[place] << 24) | (data[place + 1] << 16) | (data[place + 2] << 8) | data[place + 3]
        place += 4 + size
        count += 1
    head = np.zeros((3, count), dtype=np.int64)
    at = np.zeros(count + 1, dtype=np.int64)
    values = np.zeros(numbers + count, dtype=np.int64)
    place, made = 0, 0
    for row in range(count):
        place += 2
        for column in range(3):
            width = data[place + 3]
            place += 4
            value = np.int64(0)
            for k in range(width):
                value = (value << 8) | np.int64(data[place + k])
            head[column, row] = value
            place += width
        size = (data[place] << 24) | (data[place + 1] << 16) | (data[place + 2] << 8) | data[place + 3]
        place += 4
        made = digits(data, place, size, values, made)
        place += size
        at[row + 1] = made
    return head[0], head[1], head[2], at, values


@kernel
def digits(data: NDArray[np.uint8], place: int, size: int, values: Integers, made: int) -> int:
    """The numbers of one list; what is behind a point is left out."""
    inside, behind = False, False
    for k in range(place, place + size):
        code = data[k]
        if 48 <= code <= 57:
            if not behind:
                values[made] = values[made] * 10 + (code - 48)
            inside = True
        elif code == 46:
            behind = True
        elif inside:
            made += 1
            inside, behind = False, False
    return made


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
