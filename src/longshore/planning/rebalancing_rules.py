"""What another site can spare, what it costs to move it, and who gets it where two sites want the same: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from longshore.engine.replenishing.problem import EVERY_DAY
from longshore.planning import rules
from longshore.planning.policy_rules import Costs
from longshore.planning.rules import Decision, Integers, Offer, Position

YEAR_DAYS: Final = 365
LOOK_AHEAD_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class Spare:
    """`qty` lies free at `site` above its own order-up-to level; without moving it, it would order again in `idle_days`
    (None: nothing sells there)."""

    site: int
    qty: int
    idle_days: int | None


@dataclass(frozen=True, slots=True)
class Way:
    """A lane between two sites; money in minor units."""

    transit_minutes: int
    spread_minutes: int
    fixed_cost: int
    cost_per_kg: int


@dataclass(frozen=True, slots=True)
class Goods:
    """What a unit is worth where it is wanted (thousandths of minor units), and what it weighs."""

    value_milli: int
    weight_g: int


def spare(position: Position, daily_milli: int, pledged: int) -> Spare | None:
    """What the site of this position has above all that it may need; `pledged` of it goes elsewhere already."""
    over = position.stock_position - position.order_up_to
    qty = min(position.on_hand - position.claimed, over) - pledged
    if qty <= 0:
        return None
    above = position.stock_position - position.reorder_point
    return Spare(position.site, qty, above * 1000 // daily_milli if daily_milli > 0 else None)


def offer(wanted: Position, found: Spare, way: Way, goods: Goods, costs: Costs) -> Offer:
    """Moving it, as an offer beside the suppliers'.

    A unit moved has to be bought again for its origin some day: it counts at its value, less what keeping it until then
    would have cost, more its freight. So an offer from a shelf that sells well is hardly cheaper than buying; one from a
    shelf where it would lie for a year is.
    """
    qty = min(found.qty, rules.wanted(wanted))
    freight = -(-(costs.transfer_line + way.fixed_cost) * 1000 // qty) + way.cost_per_kg * goods.weight_g
    idle = YEAR_DAYS * 10_000 if found.idle_days is None else found.idle_days
    saved = min(goods.value_milli, goods.value_milli * costs.holding_bp * idle // (10_000 * YEAR_DAYS))
    return Offer(
        source=f"site:{found.site}",
        price_milli=goods.value_milli - saved + freight,
        moq=1,
        multiple=1,
        lead_minutes=rules.TRANSFER_HANDLING_MINUTES + way.transit_minutes,
        order_days=EVERY_DAY,
        late_minutes=way.spread_minutes * 2 // 5,
        most=found.qty,
        value_milli=goods.value_milli,
        freight_milli=freight,
        saved_milli=saved,
    )


def decide(
    positions: Sequence[Position], forecast_milli: Integers, today: int
) -> tuple[tuple[Decision, ...], tuple[int, ...]]:
    """As `rules.decide`; where two rows would take the same surplus, the one that is short first has it, and the others
    are decided without."""
    found = rules.decide(positions, forecast_milli, today)
    left_out = _left_out(found[0], positions)
    if not left_out:
        return found
    again = [
        replace(position, offers=tuple(each for each in position.offers if not each.most))
        if row in left_out
        else position
        for row, position in enumerate(positions)
    ]
    return rules.decide(again, forecast_milli, today)


def _left_out(decisions: Sequence[Decision], positions: Sequence[Position]) -> set[int]:
    """Rows for which nothing is left of the surplus that they would take."""
    taken: dict[tuple[int, str], int] = {}
    without = set()
    limited = [each for each in decisions if each.offer.most]
    for each in sorted(limited, key=lambda one: (one.explanation["need_day"], one.row)):
        key = (positions[each.row].item, each.offer.source)
        if taken.get(key, 0) + each.qty > each.offer.most:
            without.add(each.row)
        else:
            taken[key] = taken.get(key, 0) + each.qty
    return without
