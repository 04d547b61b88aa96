"""The best split found by trying every whole number of lots, and a plan's limits read one by one. Small cases only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from longshore.engine.sourcing.problem import WHOLE_BP, Plan, SourcingProblem


def best_score(problem: SourcingProblem) -> int | None:
    """The least score of all splits that keep the limits; None where there is none. Exponential in the offers."""
    ranges = [_quantities(problem, offer) for offer in range(len(problem.offers.item))]
    scores = [_score(problem, split) for split in product(*ranges) if _allowed(problem, split)]
    return min(scores, default=None)


def violations(problem: SourcingProblem, plan: Plan) -> tuple[str, ...]:
    """What a plan breaks, and whether its score is what its quantities cost."""
    split = [0] * len(problem.offers.item)
    for award in plan.awards:
        split[award.offer] += award.qty
    found = [name for name, kept in _rules(problem, tuple(split)) if not kept]
    if not found and _score(problem, tuple(split)) != plan.score:
        found.append("score")
    return tuple(found)


def _quantities(problem: SourcingProblem, offer: int) -> list[int]:
    """From nothing up to what covers the demand, the minimum and the last break, in lots."""
    offers = problem.offers
    lot = int(offers.multiple[offer])
    wanted = int(problem.demand[offers.item[offer]])
    breaks = [int(f) for o, f in zip(offers.break_offer, offers.break_from, strict=True) if o == offer]
    most = max(wanted, int(offers.moq[offer]), *breaks)
    found = [0]
    while found[-1] < most:
        found.append(found[-1] + lot)
    return found


def _allowed(problem: SourcingProblem, split: tuple[int, ...]) -> bool:
    return all(kept for _name, kept in _rules(problem, split))


def _rules(problem: SourcingProblem, split: tuple[int, ...]) -> Iterator[tuple[str, bool]]:
    offers = problem.offers
    for item, wanted in enumerate(problem.demand.tolist()):
        own = [(o, q) for o, q in enumerate(split) if offers.item[o] == item and q > 0]
        yield "demand", sum(q for _o, q in own) >= wanted
        yield "suppliers", len(own) >= problem.min_suppliers
        for offer, qty in own:
            yield "moq", qty >= offers.moq[offer]
            yield "multiple", qty % int(offers.multiple[offer]) == 0
            yield "min-share", qty * WHOLE_BP >= wanted * problem.min_share_bp
            yield "max-share", problem.max_share_bp == WHOLE_BP or qty * WHOLE_BP <= wanted * problem.max_share_bp
    for supplier, most in enumerate(problem.capacity.tolist()):
        given = sum(q for o, q in enumerate(split) if offers.supplier[o] == supplier)
        yield "capacity", most < 0 or given <= most


def _score(problem: SourcingProblem, split: tuple[int, ...]) -> int:
    offers, total = problem.offers, 0
    cost, time, quality, risk = problem.weights_bp
    for offer, qty in enumerate(split):
        if qty == 0:
            continue
        reached = [
            (int(f), int(p))
            for o, f, p in zip(offers.break_offer, offers.break_from, offers.break_price_milli, strict=True)
            if o == offer and f <= qty
        ]
        unit = cost * (max(reached)[1] + int(offers.landed_milli[offer])) + time * int(offers.time_milli[offer])
        total += qty * (unit + quality * int(offers.quality_milli[offer]) + risk * int(offers.risk_milli[offer]))
    for item, wanted in enumerate(problem.demand.tolist()):
        bought = sum(q for o, q in enumerate(split) if offers.item[o] == item)
        total += cost * int(problem.surplus_milli[item]) * (bought - wanted)
    used = {int(offers.supplier[o]) for o, q in enumerate(split) if q > 0}
    return total + cost * sum(int(problem.fixed_milli[s]) for s in used)
