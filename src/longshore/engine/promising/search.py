"""Which shipments to run: exact branch and bound for few sites, greedy with exchange otherwise."""

from __future__ import annotations

from typing import NamedTuple

from longshore.engine.promising.problem import PromiseProblem
from longshore.engine.promising.shipments import Options, Wanted

EXACT_SITES = 6
BUDGET = 600
"""Sets of shipments looked at before the search stops with the best so far."""

Value = tuple[int, int]
"""(units short, cost in milli money): compared in this order."""


class Fill(NamedTuple):
    """What a group of lines gets from a set of shipments: units short, cost of the units, mask of shipments used."""

    short: int
    milli: int
    used: int


class Pick(NamedTuple):
    """`qty` of a source for a line by the shipment with this bit."""

    line_key: int
    supply_key: int
    qty: int
    bit: int


class Search:
    """Looks for the best set of shipments (a bit mask) of one order."""

    def __init__(self, problem: PromiseProblem, options: Options) -> None:
        self.options = options
        self.limit = 1 + problem.max_splits
        self.complete = problem.ship_complete
        self.split_milli = problem.split_penalty * 1000
        self.by_bit = {shipment.bit: shipment for shipment in options.shipments}
        self.order = sorted(options.shipments, key=lambda s: (s.fixed_milli + s.unit_milli, s.arrive_at, s.bit))
        self.masks = [_mask(group) for group in options.groups]
        self.per_day = sum(wanted.late_milli_per_day * wanted.line.qty for group in options.groups for wanted in group)
        self.fills: list[dict[int, Fill]] = [{} for _ in options.groups]
        self.seen: dict[int, Value] = {}
        self.best_mask = 0
        self.best = self._value(0)
        self.considered = 0
        self.few = len({shipment.site for shipment in options.shipments}) <= EXACT_SITES
        self.proven = self.few and not options.thinned and all(len(group) == 1 for group in options.groups)

    def run(self) -> None:
        """Find the best mask; `proven` tells whether it is optimal."""
        for shipment in self.order:
            self._consider(shipment.bit)
        if len(self.order) < 2 or self.limit < 2:
            return
        self._suffixes()
        if self._bound(0, 0) >= self.best:
            return
        self._improve()
        if self.few:
            self._branch(0, 0, 0)
        self.proven = self.proven and self.considered < BUDGET

    def fill(self, index: int, mask: int) -> Fill:
        """What group `index` gets from the shipments in `mask`."""
        mask &= self.masks[index]
        known = self.fills[index]
        found = known.get(mask)
        if found is None:
            group = self.options.groups[index]
            found = known[mask] = _fill_one(group[0], mask) if len(group) == 1 else _fill_many(group, mask)
        return found

    def _consider(self, mask: int) -> None:
        """Record the value of the shipments in `mask` that are used."""
        self.considered += 1
        used = 0
        for index in range(len(self.masks)):
            used |= self.fill(index, mask).used
        if used in self.seen:
            return
        value = self.seen[used] = self._value(used)
        if value < self.best:
            self.best, self.best_mask = value, used

    def _value(self, mask: int) -> Value:
        short = milli = 0
        for index in range(len(self.masks)):
            found = self.fill(index, mask)
            short += found.short
            milli += found.milli
        return short, milli + self._fixed(mask)

    def _fixed(self, mask: int) -> int:
        """Costs that do not depend on units: fixed costs, splits and, for a complete order, its common lateness."""
        milli = latest = 0
        shipments = mask.bit_count()
        while mask:
            bit = mask & -mask
            mask ^= bit
            shipment = self.by_bit[bit]
            milli += shipment.fixed_milli
            latest = max(latest, shipment.days_late)
        if shipments > 1:
            milli += self.split_milli * (shipments - 1)
        return milli + latest * self.per_day if self.complete else milli

    def _allowed(self, mask: int) -> bool:
        if mask.bit_count() > self.limit:
            return False
        sites = [self.by_bit[s.bit].site for s in self.order if s.bit & mask] if self.complete else []
        return len(set(sites)) == len(sites)

    def _improve(self) -> None:
        """Add, drop or exchange one shipment as long as it helps."""
        before: Value | None = None
        while before != self.best and self.considered < BUDGET // 2:
            before = self.best
            for candidate in self._neighbours(self.best_mask):
                self._consider(candidate)

    def _neighbours(self, base: int) -> list[int]:
        """Masks one addition or exchange away that were not seen."""
        reduced = [base, *(base ^ shipment.bit for shipment in self.order if shipment.bit & base)]
        near = {mask | shipment.bit: None for mask in reduced for shipment in self.order}
        return [mask for mask in near if mask not in self.seen and self._allowed(mask)]

    def _suffixes(self) -> None:
        """Masks of all shipments from a position of the order on, and the cheapest fixed cost among them."""
        self.rest = [0] * (len(self.order) + 1)
        self.cheapest = [0] * (len(self.order) + 1)
        for place in range(len(self.order) - 1, -1, -1):
            shipment = self.order[place]
            self.rest[place] = self.rest[place + 1] | shipment.bit
            last = place + 1 == len(self.order)
            self.cheapest[place] = shipment.fixed_milli if last else min(shipment.fixed_milli, self.cheapest[place + 1])

    def _branch(self, place: int, chosen: int, count: int) -> None:
        """Extend `chosen` by shipments from `place` on, unless none of the extensions can beat the best."""
        while place < len(self.order) and count < self.limit and self.considered < BUDGET:
            if self._bound(place, chosen) >= self.best:
                return
            shipment = self.order[place]
            place += 1
            extended = chosen | shipment.bit
            if not self._allowed(extended):
                continue
            if count:
                self._consider(extended)
            self._branch(place, extended, count + 1)

    def _bound(self, place: int, chosen: int) -> Value:
        """No extension is better than all remaining shipments for the price of one; single ones were all looked at."""
        short = milli = 0
        for index in range(len(self.masks)):
            found = self.fill(index, chosen | self.rest[place])
            short += found.short
            milli += found.milli
        more = 1 if chosen else 2
        return short, milli + self._fixed(chosen) + more * self.cheapest[place] + self.split_milli

    def runner_up(self) -> int | None:
        """Mask of the best other set seen."""
        others = [mask for mask in self.seen if mask and mask != self.best_mask]
        return min(others, key=lambda mask: (self.seen[mask], mask)) if others else None

    def picks(self, mask: int) -> list[Pick]:
        """The takes behind a mask."""
        found: list[Pick] = []
        for group in self.options.groups:
            left = {source.supply.key: source.supply.qty for wanted in group for source in wanted.sources}
            for wanted in group:
                found.extend(_draw(wanted, mask, left))
        return found


def _mask(group: tuple[Wanted, ...]) -> int:
    mask = 0
    for wanted in group:
        mask |= wanted.mask
    return mask


def _fill_one(wanted: Wanted, mask: int) -> Fill:
    """A lone line takes every unit by the cheapest shipment that can carry it, cheapest units first."""
    amounts: dict[int, int] = {}
    for carriers, qty in wanted.bulk:
        carriers &= mask
        if carriers:
            bit = carriers & -carriers
            amounts[bit] = amounts.get(bit, 0) + qty
    costs = wanted.unit_milli
    need = wanted.line.qty
    milli = used = 0
    for bit in sorted(amounts, key=lambda b: (costs[b], b)):
        qty = amounts[bit] if amounts[bit] < need else need
        milli += qty * costs[bit]
        used |= bit
        need -= qty
        if not need:
            break
    return Fill(need, milli, used)


def _fill_many(group: tuple[Wanted, ...], mask: int) -> Fill:
    """Lines of one item share its supply, the strictest in remaining life first."""
    left = {source.supply.key: source.supply.qty for wanted in group for source in wanted.sources}
    short = milli = used = 0
    for wanted in group:
        short += wanted.line.qty
        for pick in _draw(wanted, mask, left):
            short -= pick.qty
            milli += pick.qty * wanted.unit_milli[pick.bit]
            used |= pick.bit
    return Fill(short, milli, used)


def _draw(wanted: Wanted, mask: int, left: dict[int, int]) -> list[Pick]:
    """Take the line's quantity from what is `left`: cheapest shipment first, FEFO inside a shipment."""
    ways = []
    for order, (supply, carriers) in enumerate(wanted.sources):
        carriers &= mask
        if carriers and left[supply.key]:
            bit = carriers & -carriers
            ways.append((wanted.unit_milli[bit], bit, order, supply.key))
    need = wanted.line.qty
    picks = []
    for _, bit, _, key in sorted(ways):
        qty = min(left[key], need)
        left[key] -= qty
        need -= qty
        picks.append(Pick(wanted.line.key, key, qty, bit))
        if not need:
            break
    return picks
