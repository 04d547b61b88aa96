"""What the stock of a site, or of all, ties up and takes, and what would fit into less money or room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from longshore.planning import limit_rules
from longshore.planning.limit_rules import Chosen, Fitted, Stocked
from longshore.planning.queries.managed import MANAGED
from longshore.planning.reading import rows

# Computed policies of what sells; those set by hand or left to a supplier are not moved, but take their room.
STOCKED: Final = f"""
SELECT p.item_id, p.site_id, p.explanation->'inputs', p.safety_stock, p.reorder_point, p.order_qty, i.unit_cost,
    i.volume_cm3, CASE WHEN i.unit_price > i.unit_cost THEN i.unit_price - i.unit_cost ELSE 0 END,
    i.code, i.name, i.name_zh, s.name, s.name_zh, NOT p.locked
        AND COALESCE((p.explanation->'inputs'->>'mean_milli')::bigint, 0) > 0
        AND NOT {MANAGED.format(row="p", today="(%(at)s::timestamptz AT TIME ZONE s.timezone)::date")}
FROM planning_stockpolicy p JOIN catalog_item i ON i.id = p.item_id AND i.active
JOIN catalog_place s ON s.id = p.site_id AND s.active
WHERE %(site)s::bigint IS NULL OR p.site_id = %(site)s
ORDER BY p.item_id, p.site_id
"""


@dataclass(frozen=True, slots=True)
class Named:
    code: str
    name: str
    name_zh: str
    site_name: str
    site_name_zh: str


@dataclass(frozen=True, slots=True)
class Moved:
    """An item-site whose levels would change; `money` is what its mean stock ties up."""

    before: Stocked
    after: Chosen
    named: Named
    money_after: int

    @property
    def money_difference(self) -> int:
        return self.money_after - self.before.money


@dataclass(frozen=True, slots=True)
class Limits:
    """`fixed`: item-sites that are not moved and what they use. `fitted` None: nothing to choose, or `too_tight`."""

    movable: int
    fixed: int
    fixed_money: int
    fixed_room: int
    money_now: int
    room_now: int
    fitted: Fitted | None
    too_tight: str
    moved: tuple[Moved, ...]


def limits(*, at: datetime, site: int | None = None, budget: int | None = None, room: int | None = None) -> Limits:
    """The best policies within the money (minor units) and the room (cm³) given; without one, what is used now."""
    found = rows(STOCKED, {"site": site, "at": at})
    free = [(Stocked(*row[:9]), Named(*row[9:14])) for row in found if row[14]]
    held = [Stocked(*row[:9]) for row in found if not row[14]]
    fixed_money, fixed_room = sum(row.money for row in held), sum(row.room for row in held)
    money_now = fixed_money + sum(row.money for row, _named in free)
    room_now = fixed_room + sum(row.room for row, _named in free)
    given = (money_now if budget is None else budget) - fixed_money, (room_now if room is None else room) - fixed_room
    fitted, too_tight = None, ""
    if free:
        fitted, too_tight = _fit([row for row, _named in free], given)
    moved = () if fitted is None else tuple(sorted(_moved(free, fitted), key=lambda each: each.money_difference))
    return Limits(
        len(free), len(held), fixed_money, fixed_room, money_now, room_now, fitted, too_tight, moved
    )  # fmt: skip


def _fit(free: list[Stocked], given: tuple[int, int]) -> tuple[Fitted | None, str]:
    """What takes no room, or of which no volume is known, fits into none; the solver's limits are above zero."""
    money, room = given
    if not any(row.volume_cm3 for row in free):
        room = 1
    if min(money, room) <= 0:
        return None, "money" if money <= 0 else "room"
    try:
        found = limit_rules.fit(free, budget=money, room=room)
    except limit_rules.TooTight as tight:
        return None, tight.limit
    return (found, "") if found.feasible else (None, "both")


def _moved(free: list[tuple[Stocked, Named]], fitted: Fitted) -> list[Moved]:
    found = []
    for (before, named), after in zip(free, fitted.chosen, strict=True):
        same = (before.reorder_point, before.order_qty) == (after.reorder_point, after.order_qty)
        if not same:
            money = (2 * after.safety_stock + after.order_qty) * before.unit_cost // 2
            found.append(Moved(before, after, named, money))
    return found
