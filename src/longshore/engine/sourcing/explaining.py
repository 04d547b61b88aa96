"""Why this plan: what binds it, and the smallest change that would flip it."""

from __future__ import annotations

from fractions import Fraction

from longshore.engine.sourcing.problem import CRITERIA, WHOLE_BP, Flip, Plan, SourcingProblem


def binding(problem: SourcingProblem, plan: Plan) -> tuple[tuple[str, int], ...]:
    """Limits the plan stands at: `capacity` of a supplier; `moq`, `price-break`, `min-share`, `max-share` of an offer."""
    offers, found = problem.offers, []
    given = [0] * len(problem.fixed_milli)
    for award in plan.awards:
        wanted = int(problem.demand[offers.item[award.offer]])
        lot = int(offers.multiple[award.offer])
        given[int(offers.supplier[award.offer])] += award.qty
        if award.qty - lot < int(offers.moq[award.offer]) <= award.qty and int(offers.moq[award.offer]) > lot:
            found.append(("moq", award.offer))
        if award.break_from > 1 and award.qty - lot < award.break_from:
            found.append(("price-break", award.offer))
        if problem.min_share_bp and (award.qty - lot) * WHOLE_BP < wanted * problem.min_share_bp:
            found.append(("min-share", award.offer))
        if problem.max_share_bp < WHOLE_BP and (award.qty + lot) * WHOLE_BP > wanted * problem.max_share_bp:
            found.append(("max-share", award.offer))
    smallest = min((int(offers.multiple[a.offer]) for a in plan.awards), default=1)
    for supplier, qty in enumerate(given):
        most = int(problem.capacity[supplier])
        if most >= 0 and qty and qty + smallest > most:
            found.append(("capacity", supplier))
    return tuple(found)


def flip(problem: SourcingProblem, best: Plan, other: Plan | None) -> Flip:
    """At which price of an awarded offer, and at which weight, the runner-up is as good; the relatively smallest."""
    if other is None:
        return Flip(-1, -1, "", -1)
    gap = other.score - best.score
    offer, price = _price(problem, best, other, gap)
    criterion, weight = _weight(problem, best, other, gap)
    return Flip(offer, price, criterion, weight)


def _price(problem: SourcingProblem, best: Plan, other: Plan, gap: int) -> tuple[int, int]:
    theirs = {award.offer: award.qty for award in other.awards}
    found: list[tuple[Fraction, int, int]] = []
    for award in best.awards:
        more = award.qty - theirs.get(award.offer, 0)
        if more > 0:
            rise = Fraction(gap, problem.weights_bp[0] * more)
            found.append((rise / max(award.price_milli, 1), award.offer, award.price_milli + -(-rise // 1)))
    if not found:
        return -1, -1
    _size, offer, price = min(found)
    return offer, int(price)


def _weight(problem: SourcingProblem, best: Plan, other: Plan, gap: int) -> tuple[str, int]:
    found: list[tuple[Fraction, str, int]] = []
    for name, weight, ours, theirs in zip(
        CRITERIA, problem.weights_bp, best.parts_milli, other.parts_milli, strict=True
    ):
        if ours == theirs:
            continue
        change = Fraction(gap, ours - theirs)
        flipped = weight + (-(-change // 1) if change > 0 else change // 1)
        if flipped >= 0:
            found.append((abs(change), name, int(flipped)))
    if not found:
        return "", -1
    _size, name, weight = min(found)
    return name, weight
