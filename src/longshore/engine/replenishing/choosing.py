"""From whom: what each offer costs for what is wanted, and the two best per row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshore.engine.replenishing.needing import Need
from longshore.engine.replenishing.problem import Integers, Reals, ReplenishProblem

CARRYING = 0.25
"""Yearly cost of keeping goods as a share of their price, for units bought only to reach a minimum or a multiple."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The chosen offer per needed row that has one (k,): place among the needs, offer, quantity, days of ordering and
    arrival, cost in milli money; the runner-up offer (-1: none), its cost, and the chosen price at which it wins."""

    place: Integers
    offer: Integers
    qty: Integers
    order_day: Integers
    due_day: Integers
    cost: Integers
    runner_up: Integers
    runner_up_cost: Integers
    flip_price: Integers


@dataclass(frozen=True, slots=True, eq=False)
class _Priced:
    offer: Integers
    place: Integers
    qty: Integers
    order_day: Integers
    due_day: Integers
    weight: Reals
    cost: Integers


def choose(problem: ReplenishProblem, found: Need) -> Choice:
    """Least cost wins, then the lower supplier number."""
    priced = _price(problem, found)
    supplier = problem.offers.supplier[priced.offer]
    order = np.lexsort((priced.offer, supplier, priced.cost, priced.place))
    place = priced.place[order]
    first = np.flatnonzero(np.r_[True, place[1:] != place[:-1]]) if len(place) else np.zeros(0, dtype=np.int64)
    best = order[first]
    after = np.minimum(first + 1, max(len(place) - 1, 0))
    has_other = (after != first) & (place[after] == place[first]) if len(place) else np.zeros(0, dtype=bool)
    other = order[after] if len(place) else order
    gap = priced.cost[other] - priced.cost[best]
    weight = np.where(priced.weight[best] > 0, priced.weight[best], 1.0)
    rise = np.floor(gap / weight).astype(np.int64) + 1
    price = problem.offers.unit_price_milli[priced.offer[best]]
    return Choice(
        place=priced.place[best],
        offer=priced.offer[best],
        qty=priced.qty[best],
        order_day=priced.order_day[best],
        due_day=priced.due_day[best],
        cost=priced.cost[best],
        runner_up=np.where(has_other, priced.offer[other], -1),
        runner_up_cost=np.where(has_other, priced.cost[other], -1),
        flip_price=np.where(has_other, price + rise, -1),
    )


def _price(problem: ReplenishProblem, found: Need) -> _Priced:
    """Cost of every offer that is enough for a needed row, in thousandths of the minor unit.

    Price of what is wanted (of all of it where the offer is limited to less: the rest will cost no less); carrying the
    surplus over minimum and multiple until it sells (all of its price where nothing sells); lateness L = expected late
    days + days the order comes after the first shortage: d x L units, L / 2 days late on average.
    """
    offers = problem.offers
    at = np.full(len(problem.item), -1, dtype=np.int64)
    at[found.row] = np.arange(len(found.row))
    offer = np.flatnonzero(at[offers.row] >= 0).astype(np.int64)
    qty = _quantities(problem, found, offer, at[offers.row[offer]])
    enough = (qty >= found.flip_qty[at[offers.row[offer]]]) & (qty >= offers.moq[offer])
    offer, qty = offer[enough], qty[enough]
    place = at[offers.row[offer]]
    wanted = found.wanted[place]
    order_day = problem.today + _wait(offers.order_days[offer], problem.today)
    due_day = order_day + offers.lead_days[offer]
    daily = found.daily[place]
    surplus = np.maximum(qty - wanted, 0).astype(np.float64)
    sells = daily > 0
    years = (wanted + surplus / 2) / np.where(sells, daily, 1.0) / 365
    share = np.where(sells, np.minimum(CARRYING * years, 1.0), 1.0)
    weight = wanted + surplus * share
    late = offers.late_days[offer] + np.maximum(due_day - found.short_day[place], 0)
    risk = offers.late_cost_milli[offer] * daily * late * late / 2
    cost = np.ceil(offers.unit_price_milli[offer] * weight + risk - 1e-6).astype(np.int64)
    return _Priced(offer, place, qty, order_day, due_day, weight, cost)


def _quantities(problem: ReplenishProblem, found: Need, offer: Integers, place: Integers) -> Integers:
    """What each offer would bring (k,): what is wanted by its minimum and multiple, within its limit."""
    offers = problem.offers
    multiple = offers.multiple[offer]
    qty = -(-np.maximum(found.wanted[place], offers.moq[offer]) // multiple) * multiple
    if not len(offers.most):
        return np.asarray(qty, dtype=np.int64)
    most = offers.most[offer]
    return np.asarray(np.where((most > 0) & (most < qty), most // multiple * multiple, qty), dtype=np.int64)


def _wait(masks: Integers, today: int) -> Integers:
    """Days (k,) from today to the next order day of each weekday mask."""
    weekday = (today + 3) % 7  # day 0 was a Thursday
    turned = np.stack([(masks >> ((weekday + ahead) % 7)) & 1 for ahead in range(7)]) if len(masks) else None
    return np.zeros(0, dtype=np.int64) if turned is None else turned.argmax(axis=0).astype(np.int64)
