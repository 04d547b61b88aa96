"""Recompute proposals item-site by item-site, day by day, sharing no code with the solver."""

from __future__ import annotations

import math

from longshore.engine.replenishing.problem import Proposal, ReplenishProblem


def check(problem: ReplenishProblem, proposal: Proposal) -> list[str]:
    """Every proposed or missing order that the plain rules would not give; empty: all are right."""
    faults: list[str] = []
    proposed = {int(row): number for number, row in enumerate(proposal.row)}
    unmet = {int(row) for row in proposal.unmet_row}
    for row in range(len(problem.item)):
        position = _position(problem, row)
        if not _due(problem, row, position):
            if row in proposed or row in unmet:
                faults.append(f"row {row}: ordered without need")
            continue
        offers = [
            number
            for number in range(len(problem.offers.row))
            if int(problem.offers.row[number]) == row and _enough(problem, number, position)
        ]
        if not offers:
            if row in proposed or row not in unmet:
                faults.append(f"row {row}: needs stock, has no offer, is not named, or is ordered all the same")
            continue
        if row not in proposed:
            faults.append(f"row {row}: needs stock and is not ordered")
            continue
        faults.extend(_order_faults(problem, proposal, proposed[row], (row, position, offers)))
    groups = {
        (int(s), int(p)): int(g) for s, p, g in zip(proposal.supplier, proposal.site, proposal.group, strict=True)
    }
    pairs = list(zip(proposal.supplier.tolist(), proposal.site.tolist(), strict=True))
    if len(set(groups.values())) != len(groups) or pairs != sorted(pairs):
        faults.append("groups are not one per supplier and site")
    return faults


def _enough(problem: ReplenishProblem, offer: int, position: int) -> bool:
    """Whether it alone brings the position above the level at which it is ordered."""
    row = int(problem.offers.row[offer])
    level = int(problem.reorder_point[row])
    if int(problem.review_days[row]):
        level = min(level, int(problem.order_up_to[row]) - 1)
    qty = _qty(problem, offer, _wanted(problem, row, position))
    return qty >= int(problem.offers.moq[offer]) and position + qty > level


def _wanted(problem: ReplenishProblem, row: int, position: int) -> int:
    if int(problem.review_days[row]):
        return int(problem.order_up_to[row]) - position
    lot = int(problem.order_quantity[row]) or 1
    wanted = lot
    while position + wanted <= int(problem.reorder_point[row]):
        wanted += lot
    return wanted


def _position(problem: ReplenishProblem, row: int) -> int:
    receipts = problem.receipts
    open_supply = sum(int(q) for r, q in zip(receipts.row, receipts.qty, strict=True) if int(r) == row)
    return int(problem.on_hand[row]) - int(problem.claimed[row]) + open_supply


def _due(problem: ReplenishProblem, row: int, position: int) -> bool:
    review = int(problem.review_days[row])
    point = int(problem.reorder_point[row])
    if review and (problem.today - int(problem.review_offset[row])) % review:
        return False
    if review and position >= int(problem.order_up_to[row]):
        return False
    alive = point > 0 or position < 0 or any(float(day) > 0 for day in problem.forecast[row])
    return alive and position <= point


def _order_faults(
    problem: ReplenishProblem, proposal: Proposal, number: int, facts: tuple[int, int, list[int]]
) -> list[str]:
    row, position, offers = facts
    wanted = _wanted(problem, row, position)
    short = _short_day(problem, row)
    priced = sorted((_cost(problem, offer, wanted, short), int(problem.offers.supplier[offer])) for offer in offers)
    offer = next((o for o in offers if int(problem.offers.supplier[o]) == int(proposal.supplier[number])), None)
    if offer is None:
        return [f"row {row}: supplier {int(proposal.supplier[number])} has no offer that is enough"]
    faults = []
    if (int(proposal.cost_milli[number]), int(proposal.supplier[number])) != priced[0]:
        faults.append(f"row {row}: not the cheapest supplier, or its cost is wrong: {priced}")
    if int(proposal.qty[number]) != _qty(problem, offer, wanted):
        faults.append(f"row {row}: quantity {int(proposal.qty[number])}, {wanted} wanted")
    ordered = _order_day(problem, offer)
    arrives = ordered + int(problem.offers.lead_days[offer])
    if int(proposal.order_at[number]) != ordered * 1440 or int(proposal.due_at[number]) != arrives * 1440:
        faults.append(f"row {row}: dates are wrong")
    if int(proposal.need_at[number]) != short * 1440:
        faults.append(f"row {row}: short on day {short}, not as stated")
    if int(proposal.projected[number]) != math.floor(_stock(problem, row, arrives) + 1e-9):
        faults.append(f"row {row}: projected stock is wrong")
    if len(priced) > 1 and int(proposal.runner_up_cost_milli[number]) != priced[1][0]:
        faults.append(f"row {row}: the runner-up is wrong")
    return faults


def _stock(problem: ReplenishProblem, row: int, day: int) -> float:
    """Free stock at the end of a day without the order; receipts after the forecast's last day do not count."""
    days = problem.forecast.shape[1]
    stock = float(problem.on_hand[row]) - float(problem.claimed[row])
    for r, due, qty in zip(problem.receipts.row, problem.receipts.day, problem.receipts.qty, strict=True):
        if int(r) == row and int(due) <= day and int(due) < problem.today + days:
            stock += int(qty)
    for offset in range(day - problem.today + 1):
        stock -= float(problem.forecast[row, min(offset, days - 1)])
    return stock


def _short_day(problem: ReplenishProblem, row: int) -> int:
    days = problem.forecast.shape[1]
    for offset in range(days):
        if _stock(problem, row, problem.today + offset) < -1e-9:
            return problem.today + offset
    daily = float(problem.forecast[row, -1])
    left = _stock(problem, row, problem.today + days - 1)
    lasting = days + math.floor(left / daily + 1e-9) if daily > 0 else 3650
    return problem.today + min(lasting, 3650)


def _order_day(problem: ReplenishProblem, offer: int) -> int:
    mask = int(problem.offers.order_days[offer])
    day = problem.today
    while not mask >> ((day + 3) % 7) & 1:
        day += 1
    return day


def _qty(problem: ReplenishProblem, offer: int, wanted: int) -> int:
    least, multiple = int(problem.offers.moq[offer]), int(problem.offers.multiple[offer])
    qty = multiple
    while qty < wanted or qty < least:
        qty += multiple
    most = int(problem.offers.most[offer]) if len(problem.offers.most) else 0
    while most and qty > most:
        qty -= multiple
    return qty


def _cost(problem: ReplenishProblem, offer: int, wanted: int, short: int) -> int:
    offers = problem.offers
    daily = float(problem.forecast[int(offers.row[offer]), -1])
    qty = _qty(problem, offer, wanted)
    surplus = qty - wanted if qty > wanted else 0
    share = min(0.25 * (wanted + surplus / 2) / daily / 365, 1.0) if daily > 0 else 1.0
    after = _order_day(problem, offer) + int(offers.lead_days[offer]) - short
    late = float(offers.late_days[offer]) + (after if after > 0 else 0)
    risk = float(offers.late_cost_milli[offer]) * daily * late * late / 2
    return math.ceil(int(offers.unit_price_milli[offer]) * (wanted + surplus * share) + risk - 1e-6)
