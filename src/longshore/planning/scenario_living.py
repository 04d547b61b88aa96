"""Living through a world day by day: serve, ship, review, order. The reviews are the engine's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from scipy.stats import gamma

from longshore.engine.replenishing.problem import Offers as EngineOffers
from longshore.engine.replenishing.problem import Receipts, ReplenishProblem
from longshore.engine.replenishing.solve import solve
from longshore.planning import rules
from longshore.planning.scenario_rules import Flags, Integers, Offers, Reals, Told, World, capacity_on, offers_on

YEAR: Final = 365
MILLI: Final = 1000


@dataclass(slots=True, eq=False)
class Outcome:
    """What came of one world, averaged over the draws. Lists are by day."""

    demanded_milli: int = 0
    on_time_milli: int = 0
    late_lines: int = 0
    out_item_days: int = 0
    purchases: int = 0
    order_lines: int = 0
    transfer_lines: int = 0
    ordering: int = 0
    value_by_day: list[int] = field(default_factory=list)
    late_by_row: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def figures(self, holding_bp: int) -> dict[str, Any]:
        """The numbers a comparison shows; money in minor units, shares in basis points."""
        days = len(self.value_by_day)
        value = sum(self.value_by_day) // days if days else 0
        holding = value * holding_bp * days // (10_000 * YEAR)
        return {
            "service_bp": self.on_time_milli * 10_000 // self.demanded_milli if self.demanded_milli else None,
            "stock_value": value,
            "stock_value_end": self.value_by_day[-1] if days else 0,
            "purchases": self.purchases,
            "ordering": self.ordering,
            "holding": holding,
            "cost": self.purchases + self.ordering + holding,
            "orders_late": self.late_lines,
            "out_item_days": self.out_item_days,
            "order_lines": self.order_lines,
            "transfer_lines": self.transfer_lines,
            "value_by_day": self.value_by_day,
        }


@dataclass(slots=True, eq=False)
class _State:
    """Where everything stands on an evening; (n,) thousandths unless said."""

    stock: Integers
    backlog: Integers  # customers wait for it
    owed: Integers  # the site above owes it
    coming: Integers  # (n, days): arrives in the morning
    later: Integers  # arrives after the horizon


def draws(world: World, seed: int) -> Reals:
    """Shares of the demand distributions, (n, days) in (0, 1): the same seed gives every world the same luck."""
    shape = world.facts.mean_milli.shape
    return np.random.default_rng(seed).random(shape)


def live(world: World, luck: Reals, told: Told) -> Outcome:
    """One life of a world. `told` hears of every day, and stops the run by raising."""
    facts = world.facts
    demand = _demand(world, luck)
    state = _begin(world)
    outcome = Outcome(late_by_row=np.zeros(len(facts.item), dtype=np.int64))
    for day in range(facts.days):
        told()
        _receive(world, state, day)
        late = _serve(world, state, demand[:, day] + facts.known[:, day] * MILLI, day)
        _count(world, state, outcome, demand[:, day] + facts.known[:, day] * MILLI, late)
        _ship(world, state, day)
        _order(world, state, outcome, day)
    return outcome


def mean_of(lives: list[Outcome]) -> Outcome:
    """The average life."""
    count = len(lives)

    def mean(name: str) -> int:
        return sum(int(getattr(each, name)) for each in lives) // count

    names = ("demanded_milli", "on_time_milli", "late_lines", "out_item_days", "purchases", "order_lines",
             "transfer_lines", "ordering")  # fmt: skip
    return Outcome(
        **{name: mean(name) for name in names},
        value_by_day=[sum(day) // count for day in zip(*(each.value_by_day for each in lives), strict=True)],
        late_by_row=np.sum([each.late_by_row for each in lives], axis=0) // count,
    )


def _demand(world: World, luck: Reals) -> Integers:
    """Gamma by mean and spread: never below zero, as skewed as it must be. Without spread the mean itself."""
    mean, spread = world.facts.mean_milli.astype(np.float64), world.sigma_milli.astype(np.float64)
    varies = (mean > 0) & (spread > 0)
    found = mean.copy()
    found[varies] = gamma.ppf(
        luck[varies], (mean[varies] / spread[varies]) ** 2, scale=spread[varies] ** 2 / mean[varies]
    )
    return np.rint(found).astype(np.int64)


def _begin(world: World) -> _State:
    facts, count = world.facts, len(world.facts.item)
    coming = np.zeros((count, facts.days), dtype=np.int64)
    later = np.zeros(count, dtype=np.int64)
    supply = facts.supply
    within = supply.day < facts.days
    np.add.at(coming, (supply.row[within], supply.day[within]), supply.qty[within] * MILLI)
    np.add.at(later, supply.row[~within], supply.qty[~within] * MILLI)
    nothing = np.zeros(count, dtype=np.int64)
    return _State(facts.on_hand * MILLI, nothing.copy(), nothing.copy(), coming, later)


def _receive(world: World, state: _State, day: int) -> None:
    """A closed site takes nothing in: it comes the next day."""
    shut = ~world.open[:, day]
    moved = np.where(shut, state.coming[:, day], 0)
    state.stock += state.coming[:, day] - moved
    if day + 1 < world.facts.days:
        state.coming[:, day + 1] += moved
    else:
        state.later += moved


def _serve(world: World, state: _State, asked: Integers, day: int) -> Integers:
    """Those who waited first, then today's; returns what of today's came too late."""
    wanted = state.backlog + asked
    given = np.where(world.open[:, day], np.minimum(state.stock, wanted), 0)
    old = np.minimum(state.backlog, given)
    state.stock -= given
    state.backlog = wanted - given
    return np.asarray(asked - (given - old), dtype=np.int64)


def _count(world: World, state: _State, outcome: Outcome, asked: Integers, late: Integers) -> None:
    facts = world.facts
    outcome.demanded_milli += int(asked.sum())
    outcome.on_time_milli += int((asked - late).sum())
    outcome.late_lines += int((late * facts.lines_per_unit_milli).sum()) // (MILLI * MILLI)
    outcome.out_item_days += int(((state.stock < MILLI) & (asked > 0)).sum())
    outcome.value_by_day.append(int((state.stock // MILLI * facts.unit_cost).sum()))
    outcome.late_by_row += late


def _ship(world: World, state: _State, day: int) -> None:
    """Sites above give what they have to those they owe, in turn; it arrives after its lead time."""
    facts = world.facts
    child = np.flatnonzero((state.owed > 0) & (facts.parent >= 0))
    child = child[world.open[facts.parent[child], day]]
    if not len(child):
        return
    child = child[np.argsort(facts.parent[child], kind="stable")]
    above, wanted = facts.parent[child], state.owed[child]
    total = np.cumsum(wanted)
    first = np.r_[True, above[1:] != above[:-1]]
    before = total - wanted
    before -= np.repeat(before[first], np.diff(np.r_[np.flatnonzero(first), len(child)]))
    left = state.stock[above] - before
    sent = np.minimum(wanted, np.where(left > 0, left, 0))
    sent -= sent % MILLI
    state.owed[child] -= sent
    np.subtract.at(state.stock, above, sent)
    _arrive(world, state, child, day + _transfer_days(world, day)[child], sent)


def _transfer_days(world: World, day: int) -> Integers:
    offers, _usable = offers_on(world, day)
    found = np.ones(len(world.facts.item), dtype=np.int64)
    fed = offers.source % 2 == 1
    found[offers.row[fed]] = -(-offers.lead_minutes[fed] // rules.DAY_MINUTES)
    return found


def _arrive(world: World, state: _State, row: Integers, day: Integers, qty: Integers) -> None:
    within = day < world.facts.days
    np.add.at(state.coming, (row[within], day[within]), qty[within])
    np.add.at(state.later, row[~within], qty[~within])


def _order(world: World, state: _State, outcome: Outcome, day: int) -> None:
    """The review of the day, by the engine, and its orders placed."""
    facts = world.facts
    offers, usable = offers_on(world, day)
    answer = solve(_problem(world, state, offers, usable, day))
    placed = answer.order_at // rules.DAY_MINUTES == facts.today + day
    placed &= world.open[answer.row, day]
    placed &= _fits(world, state, answer.row, np.where(placed, answer.qty, 0), day)
    row, qty = answer.row[placed], answer.qty[placed]
    source, due = answer.supplier[placed], answer.due_at[placed] // rules.DAY_MINUTES - facts.today
    bought = source % 2 == 0
    _arrive(world, state, row[bought], due[bought], qty[bought] * MILLI)
    np.add.at(state.owed, row[~bought], qty[~bought] * MILLI)
    outcome.purchases += int((qty[bought] * _price(offers, row[bought], source[bought])).sum()) // MILLI
    lines, moves = int(bought.sum()), int((~bought).sum())
    outcome.order_lines += lines
    outcome.transfer_lines += moves
    outcome.ordering += lines * facts.costs.order_line + moves * facts.costs.transfer_line


def _price(offers: Offers, row: Integers, source: Integers) -> Integers:
    known = {pair: n for n, pair in enumerate(zip(offers.row.tolist(), offers.source.tolist(), strict=True))}
    at = [known[pair] for pair in zip(row.tolist(), source.tolist(), strict=True)]
    return offers.price_milli[np.array(at, dtype=np.int64)]


def _fits(world: World, state: _State, row: Integers, qty: Integers, day: int) -> Flags:
    """Where a change limits a site, orders go out the most urgent first until nothing more fits; the rest wait."""
    fits = np.ones(len(row), dtype=np.bool_)
    facts = world.facts
    for site, most in capacity_on(world, day).items():
        here = facts.site == site
        pipeline = state.stock + state.owed + state.later + state.coming[:, day + 1 :].sum(axis=1)
        room = most - int((pipeline[here] // MILLI * facts.volume_cm3[here]).sum())
        at = np.flatnonzero(facts.site[row] == site)
        position = pipeline[row[at]] - state.backlog[row[at]]
        at = at[np.argsort(position - facts.reorder_point[row[at]] * MILLI, kind="stable")]
        fits[at] = np.cumsum(qty[at] * facts.volume_cm3[row[at]]) <= room
    return fits


def _problem(world: World, state: _State, offers: Offers, usable: Flags, day: int) -> ReplenishProblem:
    facts, today = world.facts, world.facts.today + day
    ahead = state.coming[:, day + 1 :]
    row, offset = np.nonzero(ahead)
    beyond = np.flatnonzero(state.later + state.owed)
    waits = state.backlog.copy()
    fed = facts.parent >= 0
    np.add.at(waits, facts.parent[fed], state.owed[fed])
    receipts = Receipts(
        row=np.r_[row, beyond].astype(np.int64),
        day=np.r_[today + 1 + offset, np.full(len(beyond), today + facts.days)].astype(np.int64),
        qty=np.r_[ahead[row, offset], (state.later + state.owed)[beyond]] // MILLI,
    )
    return ReplenishProblem(
        item=facts.item,
        site=facts.site,
        on_hand=state.stock // MILLI,
        claimed=-(-waits // MILLI),
        reorder_point=facts.reorder_point,
        order_up_to=facts.order_up_to,
        order_quantity=facts.order_qty,
        review_days=facts.review_days,
        review_offset=np.full(len(facts.item), rules.FIRST_MONDAY, dtype=np.int64),
        forecast=world.needed_milli[:, day:].astype(np.float64) / MILLI,
        receipts=receipts,
        offers=_engine_offers(offers, usable),
        today=today,
    )


def _engine_offers(offers: Offers, usable: Flags) -> EngineOffers:
    price = offers.price_milli[usable]
    return EngineOffers(
        row=offers.row[usable],
        supplier=offers.source[usable],
        unit_price_milli=price,
        moq=offers.moq[usable],
        multiple=offers.multiple[usable],
        lead_days=-(-offers.lead_minutes[usable] // rules.DAY_MINUTES),
        order_days=offers.order_days[usable],
        late_days=offers.late_minutes[usable] / rules.DAY_MINUTES,
        late_cost_milli=price / rules.LATE_COST_SHARE,
    )
