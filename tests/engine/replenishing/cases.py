"""Cases of networks as people write them, turned into the engine's arrays, and its answers turned into text."""

from __future__ import annotations

from typing import Any

import numpy as np

from longshore.engine.replenishing.network import columns as c
from longshore.engine.replenishing.network.check import Ordered
from longshore.engine.replenishing.network.problem import (
    BUY,
    FAR,
    MAKE,
    MOVE,
    SURPLUS,
    Arcs,
    Breaks,
    Former,
    Integers,
    Limits,
    NetworkProblem,
    Nodes,
    Parts,
    Supply,
)
from longshore.engine.replenishing.network.solve import Plan
from tests.engine.replenishing.plain import demand_of

KINDS = {"buy": BUY, "move": MOVE, "make": MAKE, "surplus": SURPLUS}
NAMES = {number: name for name, number in KINDS.items()}


def table(rows: list[tuple[int, ...]], width: int) -> list[Integers]:
    found = np.array(rows, dtype=np.int64).reshape(-1, width)
    return [np.ascontiguousarray(found[:, column]) for column in range(width)]


def problem_of(case: dict[str, Any]) -> NetworkProblem:
    days, names = case["days"], list(case["nodes"])
    told = [case["nodes"][name] for name in names]
    calendars, capacities, loads = (list(case.get(name, {})) for name in ("calendars", "capacities", "loads"))
    arcs, parts, breaks, former = [], [], [], []
    for node, each in enumerate(told):
        for way in each.get("ways", []):
            arcs.append(_way(node, way, (calendars, capacities, loads)))
            number = len(arcs) - 1
            parts += [(number, names.index(part), over, under) for part, over, under in way.get("parts", [])]
            breaks += [(number, least, price) for least, price in way.get("breaks", [])]
            former += [(number, day, qty) for day, qty in way.get("former", [])]
    supply = [
        (node, day, qty, rest[0] if rest else FAR)
        for node, each in enumerate(told)
        for day, qty, *rest in each.get("supply", [])
    ]
    numbers = np.arange(len(names), dtype=np.int64)
    demand = np.array([demand_of(each.get("demand", 0), days) for each in told], dtype=np.int64).reshape(-1, days)
    columns = [np.array([each.get(name, least) for each in told], dtype=np.int64)
               for name, least in (("safety", 0), ("cover", 1), ("life", 0))]  # fmt: skip
    return NetworkProblem(
        nodes=Nodes(numbers, numbers * 0, *columns, demand),
        supply=Supply(*table(supply, 4)),
        arcs=Arcs(*table(arcs, 13)),
        parts=Parts(*table(parts, 4)),
        limits=_limits(case, days),
        breaks=Breaks(*table(breaks, 3)),
        former=Former(*table(former, 3)),
    )


def _limits(case: dict[str, Any], days: int) -> Limits:
    calendars = [[day in opened for day in range(days)] for opened in case.get("calendars", {}).values()]
    keep = case.get("keep", [0, 0])
    return Limits(
        np.array(calendars, dtype=bool).reshape(-1, days),
        *table([tuple(each) for each in case.get("capacities", {}).values()], 2),
        *table([tuple(each) for each in case.get("loads", {}).values()], 2),
        *keep,
    )


def _way(node: int, way: dict[str, Any], named: tuple[list[str], ...]) -> tuple[int, ...]:
    groups = [
        known.index(way[name]) if name in way else -1
        for name, known in zip(("calendar", "capacity", "load"), named, strict=True)
    ]
    plain = {name: way.get(name, 0) for name in ("lead", "fence", "price", "late", "size")}
    moq, multiple = way.get("moq", 1), way.get("multiple", 1)
    return (node, KINDS[way["kind"]], 0, plain["lead"], plain["fence"], groups[0], moq, multiple, plain["price"],
            plain["late"], groups[1], groups[2], plain["size"])  # fmt: skip


def text_of(plan: Plan, case: dict[str, Any]) -> str:
    """As the plain planner writes its orders."""
    lines = []
    for node, name in enumerate(case["nodes"]):
        for row in plan.orders(np.array([node])):
            way = int(row[c.ARC])
            where = f"{name} {NAMES[int(plan.net.arc[way, c.KIND])]} way {way - int(plan.net.arc_at[node])}"
            lines.append(f"{where}: {row[c.QTY]} sent {row[c.DAY]} arrives {row[c.DUE]} for day {row[c.NEED]}")
        if plan.state.unmet[node, 0]:
            lines.append(f"{name} open: {plan.state.unmet[node, 2]} from day {plan.state.unmet[node, 1]}")
    return "\n".join(lines) + "\n" if lines else "nothing\n"


def ordered(plan: Plan) -> Ordered:
    rows = plan.orders()
    return Ordered(rows[:, c.ARC], rows[:, c.DAY], rows[:, c.DUE], rows[:, c.QTY])
