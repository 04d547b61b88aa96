"""Stock policies as the engine computes them, with the reason in the words of the one who asks why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from longshore.engine.stocking.problem import AUTO, BINDING_CODES, CYCLE, Policy, StockingProblem
from longshore.engine.stocking.solve import solve
from longshore.engine.stocking.together import share_out, worth_of_late
from longshore.planning import rules

SHAPES = ("normal", "gamma", "poisson", "auto", "negative-binomial")


@dataclass(frozen=True, slots=True)
class Costs:
    """Minor units for one line ordered or moved, and a year's cost of holding as a share of the item's cost.

    `lines_bp`: share of all order lines that shall be there when wanted, reached together with the least money in stock
    (0: every item by its own service level); `late_line_milli`: what a late line is worth at that share, thousandths,
    found whenever all policies are set.
    """

    order_line: int = rules.ORDER_COST
    transfer_line: int = rules.TRANSFER_COST
    holding_bp: int = round(rules.HOLDING_RATE * 10_000)
    lines_bp: int = 0
    late_line_milli: int = 0


USUAL_COSTS = Costs()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One item-site: its demand, what it costs, and where it comes from (source: a site; none: the best supplier)."""

    item: int
    site: int
    source: int | None
    review_minutes: int
    locked: bool
    own_service: bool
    service_bp: int
    unit_cost: int
    shelf_life_days: int
    mean_milli: int
    sigma_milli: int
    supplier: int | None
    moq: int
    multiple: int
    lead_minutes: int
    lead_sd_minutes: int
    lead_samples: int
    days_sold: int = 0  # since its first sale, where that is too recent for a forecast; else 0
    lines_milli: int = 0  # order lines a day, where the company has one target for all of them


@dataclass(frozen=True, slots=True)
class Computed:
    candidate: Candidate
    service_bp: int
    lead_minutes: int
    safety_stock: int
    reorder_point: int
    order_qty: int
    order_up_to: int
    explanation: dict[str, Any]


def compute(
    candidates: Sequence[Candidate],
    lanes: Mapping[tuple[int, int], tuple[int, int]],
    costs: Costs = USUAL_COSTS,
) -> list[Computed]:
    """Every candidate's policy. `lanes`: (from site, to site) → minutes under way and their spread."""
    inputs = _all_inputs(candidates, lanes, costs)
    if costs.late_line_milli and inputs:
        _share_out(candidates, inputs, costs)
    policy = solve(problem(inputs))
    return [_computed(candidate, inputs[n], policy, n) for n, candidate in enumerate(candidates)]


def late_line(candidates: Sequence[Candidate], lanes: Mapping[tuple[int, int], tuple[int, int]], costs: Costs) -> int:
    """What a late order line is worth (thousandths) if the company's share of lines shall be there in time; 0 where no
    line is counted."""
    inputs = _all_inputs(candidates, lanes, costs)
    counted = _counted(candidates)
    if not counted.any():
        return 0
    return max(round(worth_of_late(problem(inputs), counted, costs.lines_bp / 10_000) * 1000), 1)


def _share_out(candidates: Sequence[Candidate], inputs: list[dict[str, Any]], costs: Costs) -> None:
    """Give each row that is counted the service that its late lines are worth."""
    counted = _counted(candidates)
    service = np.rint(share_out(problem(inputs), counted, costs.late_line_milli / 1000) * 10_000).astype(np.int64)
    for row in (n for n in np.flatnonzero(counted).tolist() if inputs[n]["mean_milli"] > 0):
        inputs[row]["service_bp"] = int(service[row])
        inputs[row]["late_line_milli"] = costs.late_line_milli
        inputs[row]["lines_bp"] = costs.lines_bp
        inputs[row]["lines_milli"] = candidates[row].lines_milli


def _counted(candidates: Sequence[Candidate]) -> rules.Reals:
    """Order lines a day of the rows that follow the company's target: not of those with a service of their own."""
    return np.array([0.0 if c.own_service or c.locked else c.lines_milli / 1000 for c in candidates])


def _all_inputs(
    candidates: Sequence[Candidate], lanes: Mapping[tuple[int, int], tuple[int, int]], costs: Costs
) -> list[dict[str, Any]]:
    row_of = {(c.item, c.site): n for n, c in enumerate(candidates)}
    parent = np.array([-1 if c.source is None else row_of.get((c.item, c.source), -1) for c in candidates])
    seen = np.array([_seen(c, _lead(c, lanes)[0]) for c in candidates])
    mean = rules.with_branches(seen * np.array([c.mean_milli for c in candidates], dtype=np.float64), parent)
    variance = rules.with_branches(seen * np.array([float(c.sigma_milli) ** 2 for c in candidates]), parent)
    return [
        {
            **_inputs(candidate, _lead(candidate, lanes), (round(mean[n]), round(float(variance[n]) ** 0.5))),
            "order_cost": costs.order_line if candidate.source is None else costs.transfer_line,
            "holding_bp": costs.holding_bp,
        }
        for n, candidate in enumerate(candidates)
    ]


def _seen(candidate: Candidate, lead_minutes: int) -> float:
    """Which share of the time until the next delivery the first sales have been watched for, at most all of it.

    A new item's history begins with a sale, so its mean says how much is sold at a time, not how often: it is spread over
    the time that an order has to cover. Its variance goes the same way, as sales that come at random do.
    """
    if candidate.days_sold == 0:
        return 1.0
    covered = rules.days_up(lead_minutes + candidate.review_minutes)
    return min(1.0, candidate.days_sold / covered)


def _lead(candidate: Candidate, lanes: Mapping[tuple[int, int], tuple[int, int]]) -> tuple[int, int]:
    if candidate.source is None:
        return candidate.lead_minutes, candidate.lead_sd_minutes
    transit, spread = lanes.get((candidate.source, candidate.site), (rules.TRANSFER_TRANSIT_MINUTES, 0))
    return rules.TRANSFER_HANDLING_MINUTES + transit, spread


def _inputs(candidate: Candidate, lead: tuple[int, int], demand: tuple[int, int]) -> dict[str, Any]:
    bought = candidate.source is None
    return {
        "mean_milli": demand[0],
        "sd_milli": demand[1],
        "own_mean_milli": candidate.mean_milli,
        "days_sold": candidate.days_sold,
        "lead_minutes": lead[0],
        "lead_sd_minutes": lead[1],
        "lead_samples": candidate.lead_samples if bought else 0,
        "review_minutes": candidate.review_minutes,
        "service_bp": candidate.service_bp,
        "unit_cost": candidate.unit_cost,
        "moq": candidate.moq if bought else 1,
        "multiple": candidate.multiple if bought else 1,
        "shelf_life_days": candidate.shelf_life_days,
        "supplier": candidate.supplier if bought else None,
        "source": candidate.source,
    }


def problem(inputs: Sequence[Mapping[str, Any]]) -> StockingProblem:
    """The engine's question, rebuilt from inputs as they are stored in explanations."""

    def integers(name: str) -> rules.Integers:
        return np.array([row[name] for row in inputs], dtype=np.int64)

    def reals(name: str, unit: int) -> rules.Reals:
        return np.array([row[name] for row in inputs], dtype=np.float64) / unit

    count = len(inputs)
    return StockingProblem(
        demand_mean=reals("mean_milli", 1000),
        demand_sd=reals("sd_milli", 1000),
        lead_mean=reals("lead_minutes", rules.DAY_MINUTES),
        lead_sd=reals("lead_sd_minutes", rules.DAY_MINUTES),
        review_days=np.array([rules.days_up(row["review_minutes"]) for row in inputs], dtype=np.int64),
        service=reals("service_bp", 10_000),
        measure=np.full(count, CYCLE, dtype=np.int64),
        distribution=np.full(count, AUTO, dtype=np.int64),
        unit_cost=integers("unit_cost"),
        order_cost=integers("order_cost"),
        # Reasons stored before the cost of holding could be set do not name it.
        holding_rate=np.array([row.get("holding_bp", USUAL_COSTS.holding_bp) for row in inputs]) / 10_000,
        moq=integers("moq"),
        multiple=integers("multiple"),
        shelf_life_days=integers("shelf_life_days"),
    )


def _computed(candidate: Candidate, inputs: dict[str, Any], policy: Policy, row: int) -> Computed:
    quantity = int(policy.order_quantity[row])
    reorder_point = int(policy.reorder_point[row])
    explanation = {
        "rule": "reorder-point",
        "measure": "cycle",
        "shape": SHAPES[int(policy.shape[row])],
        "binding_stock": BINDING_CODES[int(policy.binding_stock[row])],
        "binding_quantity": BINDING_CODES[int(policy.binding_quantity[row])],
        "economic_qty_milli": round(float(policy.economic_quantity[row]) * 1000),
        "risk_days_milli": round(float(policy.risk_days[row]) * 1000),
        "flip": {"service_bp_milli": round(float(policy.flip_service[row]) * 10_000_000)},
        "inputs": inputs,
    }
    return Computed(
        candidate=candidate,
        service_bp=inputs["service_bp"],
        lead_minutes=inputs["lead_minutes"],
        safety_stock=int(policy.safety_stock[row]),
        reorder_point=reorder_point,
        order_qty=quantity or inputs["moq"],  # nothing sells: an order, if any, is the least one
        order_up_to=int(policy.order_up_to[row]),
        explanation=explanation,
    )
