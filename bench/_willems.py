"""Real supply chains with proven optimal placements of safety stock, and the straightforward model of the problem."""

from __future__ import annotations

import csv
import gzip
import math
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse, special
from scipy.optimize import Bounds, LinearConstraint, milp

from longshore.engine.stocking.guaranteed.problem import UNBOUNDED, Network

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Chain:
    name: str
    network: Network
    optimum: float


def folder() -> Path:
    return Path(os.environ.get("LONGSHORE_DATA", Path(__file__).parents[2] / "shared" / "data")) / "willems2008"


def chains() -> Iterator[Chain]:
    """Every chain with its reference; nothing where the folder is absent. Conventions: see the data's SOURCE.txt."""
    if not (folder() / "gsm_reference.csv").exists():
        return
    stages: defaultdict[str, list[Row]] = defaultdict(list)
    with gzip.open(folder() / "stages.csv.gz", "rt") as lines:
        for row in csv.DictReader(lines):
            stages[row["chain"]].append(row)
    arcs: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    with gzip.open(folder() / "arcs.csv.gz", "rt") as lines:
        for row in csv.DictReader(lines):
            arcs[row["chain"]].append((row["from"], row["to"]))
    with (folder() / "gsm_reference.csv").open() as lines:
        references = list(csv.DictReader(lines))
    for row in references:
        if row["chain"] in stages:
            yield Chain(row["chain"], _network(stages[row["chain"]], arcs[row["chain"]]), float(row["opt_cost"]))


def _network(rows: list[Row], named: list[tuple[str, str]]) -> Network:
    at = {row["stageName"]: position for position, row in enumerate(rows)}
    arcs = [(at[one], at[other]) for one, other in named]
    sells = [bool(row["avgDemand"]) for row in rows]
    own = [float(row["stDevDemand"] or 0) ** 2 if sold else 0.0 for row, sold in zip(rows, sells, strict=True)]
    reached: list[set[int]] = [{stage} for stage in range(len(rows))]
    holding = [float(row["stageCost"] or 0) for row in rows]
    for stage in _suppliers_last(len(rows), arcs):
        for supplier, customer in arcs:
            if supplier == stage:
                reached[stage] |= reached[customer]
    for stage in reversed(_suppliers_last(len(rows), arcs)):
        holding[stage] += sum(holding[supplier] for supplier, customer in arcs if customer == stage)
    factor = float(special.ndtri(next(float(row["serviceLevel"]) for row in rows if row["serviceLevel"])))
    limits = [
        int(float(row["maxServiceTime"] or 0)) if sold else UNBOUNDED for row, sold in zip(rows, sells, strict=True)
    ]
    return Network(
        times=np.array([math.ceil(float(row["stageTime"] or 0)) for row in rows]),
        inbound=np.zeros(len(rows), dtype=np.int64),
        promised=np.array(limits),
        holding=np.array(holding),
        spread=np.array([factor * math.sqrt(sum(own[one] for one in stages)) for stages in reached]),
        arcs=np.array(arcs, dtype=np.int64),
    )


def _suppliers_last(count: int, arcs: list[tuple[int, int]]) -> list[int]:
    waiting = [sum(1 for supplier, _ in arcs if supplier == stage) for stage in range(count)]
    order = [stage for stage in range(count) if waiting[stage] == 0]
    for stage in order:
        for supplier, customer in arcs:
            if customer == stage:
                waiting[supplier] -= 1
                if waiting[supplier] == 0:
                    order.append(supplier)
    return order


def straightforward(network: Network) -> float:
    """The usual mixed-integer model, solved by SciPy's HiGHS to 1e-6: a choice of net time for every stage (one binary for
    each), service times continuous. The same model made the reference (its count of variables agrees)."""
    stages = len(network.times)
    longest = _longest(network)
    starts = np.cumsum([2 * stages, *(top + 1 for top in longest)])
    columns = int(starts[-1])
    rows: list[dict[int, float]] = []
    low: list[float] = []
    high: list[float] = []

    def add(row: dict[int, float], least: float, most: float) -> None:
        rows.append(row)
        low.append(least)
        high.append(most)

    cost, upper = np.zeros(columns), np.full(columns, 1.0)
    for stage in range(stages):
        chosen = {int(starts[stage]) + net: 1.0 for net in range(longest[stage] + 1)}
        add(chosen, 1, 1)
        net_time = {column: float(column - starts[stage]) for column in chosen}
        add({**net_time, stage: -1.0, stages + stage: 1.0}, float(network.times[stage]), float(network.times[stage]))
        for column in chosen:
            cost[column] = network.holding[stage] * network.spread[stage] * math.sqrt(column - starts[stage])
        upper[stage] = longest[stage]
        promise = int(network.promised[stage])
        upper[stages + stage] = longest[stage] if promise == UNBOUNDED else min(promise, longest[stage])
    for supplier, customer in network.arcs.tolist():
        add({customer: 1.0, stages + supplier: -1.0}, 0, np.inf)
    for stage in set(range(stages)) - set(network.arcs[:, 1].tolist()):
        upper[stage] = 0.0
    matrix = sparse.lil_matrix((len(rows), columns))
    for at, row in enumerate(rows):
        for column, value in row.items():
            matrix[at, column] = value
    whole = np.zeros(columns)
    whole[2 * stages :] = 1
    found = milp(
        cost, constraints=LinearConstraint(matrix.tocsr(), low, high), integrality=whole,
        bounds=Bounds(np.zeros(columns), upper), options={"mip_rel_gap": 1e-6, "time_limit": 300},
    )  # fmt: skip
    return float(found.fun) if found.x is not None else math.inf


def _longest(network: Network) -> list[int]:
    longest = network.times.tolist()
    for stage in reversed(_suppliers_last(len(longest), network.arcs.tolist())):
        before = [longest[supplier] for supplier, customer in network.arcs.tolist() if customer == stage]
        longest[stage] += max(before, default=0)
    return longest
