"""From whom to buy what is proposed: every offer with what it costs and risks, the best split, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from longshore.engine.sourcing.problem import CRITERIA, NoPlan, Offers, Plan, Selection, SourcingProblem, Unfinished
from longshore.engine.sourcing.solve import solve
from longshore.planning.queries.costs import costs
from longshore.planning.reading import rows
from longshore.sourcing.queries.scorecards import Scorecard, scorecards
from longshore.sourcing.rules import Weights

WHOLE_BP: Final = 10_000
YEAR_MINUTES: Final = 365 * 1440
PRIOR_LINES: Final = 10  # a supplier with no history is taken to fail with one line in ten
TIME_LIMIT_S: Final = 5.0  # for the best split, and again for the runner-up: somebody waits for the page
LOST_BP: Final = 2_000  # of the price is lost with goods that come late or not, where no list price tells more

OFFERS = """
SELECT o.supplier_id, s.code, s.name, s.name_zh, o.unit_price, o.moq, o.multiple,
    COALESCE(t.mean_minutes, o.lead_time_minutes)::bigint, COALESCE(t.sd_minutes, o.lead_time_sd_minutes)::bigint,
    COALESCE(l.cost_per_kg, 0) * i.weight_g, COALESCE(l.fixed_cost, 0), COALESCE(m.most_units, -1), i.unit_price
FROM catalog_supplieritem o
JOIN catalog_partner s ON s.id = o.supplier_id AND s.active
JOIN catalog_item i ON i.id = o.item_id
LEFT JOIN planning_leadtime t ON t.supplier_id = o.supplier_id AND t.item_id = o.item_id
LEFT JOIN LATERAL (SELECT * FROM catalog_lane n WHERE n.origin_id = s.place_id AND n.destination_id = %(site)s AND n.active
    ORDER BY n.fixed_cost, n.id LIMIT 1) l ON true
LEFT JOIN planning_supplylimit m ON m.supplier_id = o.supplier_id
WHERE o.active AND o.item_id = %(item)s
ORDER BY o.supplier_id
"""
BREAKS = """
SELECT supplier_id, from_qty, unit_price FROM planning_pricebreak
WHERE item_id = %(item)s AND from_qty > 1 ORDER BY supplier_id, from_qty
"""


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """An offer: per unit in thousandths of the minor unit what is paid and, on average, lost; `qty` and `rival_qty` in
    the best plan and the runner-up."""

    supplier: int
    code: str
    name: str
    name_zh: str
    unit_price: int
    moq: int
    multiple: int
    lead_minutes: int
    breaks: tuple[tuple[int, int], ...]
    landed_milli: int
    time_milli: int
    quality_milli: int
    risk_milli: int
    capacity: int
    qty: int = 0
    paid_milli: int = 0
    rival_qty: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """`parts` and `rival_parts`: (criterion, minor units) of the best plan and the runner-up. `flip_supplier` would lose
    its part at `flip_price` (minor units); `flip_criterion` would change the choice at `flip_weight` hundredths. Nothing
    fits the limits: `impossible` names the one to loosen, and no row has a quantity. `proven`: no split is better than
    the best, nor than the runner-up but the best; else time was up, and another could be better by at most `gap_bp` of the
    weighted sum (0: only the runner-up is not proven). `unfinished`: no split was found in time, and none was ruled out."""

    qty: int
    rows: tuple[ChoiceRow, ...]
    parts: tuple[tuple[str, int], ...]
    rival_parts: tuple[tuple[str, int], ...]
    flip_supplier: str
    flip_price: int
    flip_criterion: str
    flip_weight: int
    binding: tuple[tuple[str, str], ...]
    impossible: str = ""
    proven: bool = True
    gap_bp: int = 0
    unfinished: bool = False


def choose(item: int, site: int, qty: int, weights: Weights, *, at: datetime) -> Choice:
    """The best split of a quantity over everybody who offers the item, with weights and shares as given."""
    found = _offers(item, site, at)
    if not found:
        return Choice(qty, (), (), (), "", -1, "", -1, (), "offers")
    offers, fixed = [row for row, _fixed in found], [fixed for _row, fixed in found]
    problem = _problem(offers, fixed, qty, weights)
    try:
        chosen = solve(problem, time_limit_s=TIME_LIMIT_S)
    except NoPlan as none:
        return Choice(qty, tuple(offers), (), (), "", -1, "", -1, (), none.because)
    except Unfinished:
        return Choice(qty, tuple(offers), (), (), "", -1, "", -1, (), proven=False, unfinished=True)
    return _choice(offers, qty, chosen)


def _offers(item: int, site: int, at: datetime) -> list[tuple[ChoiceRow, int]]:
    cards = {card.supplier: card for card in scorecards(at=at)}
    breaks: dict[int, list[tuple[int, int]]] = {}
    for supplier, start, price in rows(BREAKS, {"item": item}):
        breaks.setdefault(supplier, []).append((start, price))
    spent = costs()
    found = []
    for row in rows(OFFERS, {"item": item, "site": site}):
        supplier, code, name, name_zh, price, moq, multiple, lead, spread, freight, fixed, most, list_price = row
        card = cards.get(supplier)
        lost = max(list_price - price, price * LOST_BP // WHOLE_BP)
        offer = ChoiceRow(
            supplier, code, name, name_zh, price, moq, multiple, lead, tuple(breaks.get(supplier, ())),
            landed_milli=int(freight),
            time_milli=price * 1000 * spent.holding_bp * (lead + 2 * spread) // (WHOLE_BP * YEAR_MINUTES),
            quality_milli=price * 1000 * _damaged_bp(card) // WHOLE_BP,
            risk_milli=lost * 1000 * _failed_bp(card) // WHOLE_BP,
            capacity=most,
        )  # fmt: skip
        found.append((offer, (fixed + spent.order_line) * 1000))
    return found


def _failed_bp(card: Scorecard | None) -> int:
    """Lines not on time in full, drawn towards one in ten where few are known."""
    lines, kept = (0, 0) if card is None else (card.lines, card.on_time_in_full)
    return (lines - kept + 1) * WHOLE_BP // (lines + PRIOR_LINES)


def _damaged_bp(card: Scorecard | None) -> int:
    return 0 if card is None else card.damaged_bp


def _problem(offers: Sequence[ChoiceRow], fixed: Sequence[int], qty: int, weights: Weights) -> SourcingProblem:
    steps = [(n, 1, row.unit_price) for n, row in enumerate(offers)]
    steps += [(n, start, price) for n, row in enumerate(offers) for start, price in row.breaks]

    def whole(values: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(values, dtype=np.int64)

    return SourcingProblem(
        demand=whole([qty]),
        surplus_milli=whole([min(row.unit_price for row in offers) * 100]),
        fixed_milli=whole(fixed),
        capacity=whole([row.capacity for row in offers]),
        offers=Offers(
            item=whole([0] * len(offers)),
            supplier=whole(list(range(len(offers)))),
            moq=whole([row.moq for row in offers]),
            multiple=whole([row.multiple for row in offers]),
            landed_milli=whole([row.landed_milli for row in offers]),
            time_milli=whole([row.time_milli for row in offers]),
            quality_milli=whole([row.quality_milli for row in offers]),
            risk_milli=whole([row.risk_milli for row in offers]),
            break_offer=whole([n for n, _start, _price in steps]),
            break_from=whole([start for _n, start, _price in steps]),
            break_price_milli=whole([price * 1000 for _n, _start, price in steps]),
        ),
        weights_bp=(weights.cost * 100, weights.time * 100, weights.quality * 100, weights.risk * 100),
        min_share_bp=weights.min_share * 100,
        max_share_bp=weights.max_share * 100,
        min_suppliers=weights.min_suppliers,
    )


def _choice(offers: Sequence[ChoiceRow], qty: int, chosen: Selection) -> Choice:
    ours = {award.offer: award for award in chosen.best.awards}
    theirs = {} if chosen.runner_up is None else {a.offer: a.qty for a in chosen.runner_up.awards}
    told = []
    for n, row in enumerate(offers):
        values = {name: getattr(row, name) for name in ChoiceRow.__dataclass_fields__}
        award = ours.get(n)
        values |= {"qty": award.qty if award else 0, "paid_milli": award.price_milli if award else 0}
        told.append(ChoiceRow(**{**values, "rival_qty": theirs.get(n, 0)}))
    flip = chosen.flip
    return Choice(
        qty,
        tuple(told),
        _parts(chosen.best),
        () if chosen.runner_up is None else _parts(chosen.runner_up),
        "" if flip.offer < 0 else offers[flip.offer].name,
        -1 if flip.offer < 0 else -(-flip.price_milli // 1000),
        flip.criterion,
        -1 if flip.weight_bp < 0 else -(-flip.weight_bp // 100),
        tuple((code, offers[row].name) for code, row in chosen.binding),
        proven=chosen.proven,
        gap_bp=chosen.gap_bp,
    )


def _parts(plan: Plan) -> tuple[tuple[str, int], ...]:
    return tuple((name, part // 1000) for name, part in zip(CRITERIA, plan.parts_milli, strict=True))
