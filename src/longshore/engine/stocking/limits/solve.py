"""Lagrangian: a price on every limit, each item on its own, prices by cutting planes, then repair and improvement."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from longshore.engine.stocking.limits.problem import Choice, Integers, Menu, Reals, Stopping


def solve(menu: Menu, stopping: Stopping | None = None) -> Choice:
    """Cheapest options within the limits.

    The bound is the Lagrangian dual's (Everett 1963; Fisher 1981), found by Kelley's cutting planes: exact for the linear
    relaxation; with many items the gap is that of the last few of them. Work per round O(n o k). Deterministic.
    """
    rules = stopping or Stopping()
    search = _Search(menu)
    for _ in range(rules.rounds):
        price, promised = search.next_price()
        search.try_price(price)
        settled = search.bound >= promised - 1e-9 * (1 + abs(promised))
        if settled or (search.feasible and search.cost - search.bound <= rules.gap * abs(search.bound)):
            break
    used = search.used(search.option)
    return Choice(search.option, search.cost, search.bound, used, search.best_price, search.feasible)


@dataclass(slots=True)
class _Search:
    menu: Menu
    bound: float = -np.inf
    cost: float = np.inf
    feasible: bool = False
    cuts: list[tuple[float, Reals]] = field(default_factory=list)
    option: Integers = field(init=False)
    best_price: Reals = field(init=False)
    top: float = field(init=False)

    def __post_init__(self) -> None:
        finite = np.where(np.isfinite(self.menu.cost), self.menu.cost, 0.0)
        spread = float((finite.max(axis=1) - finite.min(axis=1)).sum()) + 1.0
        scale = np.where(self.menu.limit > 0, self.menu.limit, 1.0)
        self.top = 1e4 * spread / float(scale.min())
        self.option = np.argmin(np.where(np.isfinite(self.menu.cost), self.menu.use.sum(axis=0), np.inf), axis=1)
        self.best_price = np.zeros(len(self.menu.limit))
        self.try_price(self.best_price)

    def next_price(self) -> tuple[Reals, float]:
        """Prices at which the cuts promise most, and what they promise."""
        from scipy.optimize import linprog

        limits = len(self.menu.limit)
        scale = np.maximum(self.menu.limit, 1e-9)
        rows = np.array([[1.0, *(-(over / scale)).tolist()] for _, over in self.cuts])
        right = np.array([base for base, _ in self.cuts])
        objective = np.array([-1.0, *[0.0] * limits])
        bounds = [(None, None), *[(0.0, self.top * float(one)) for one in scale]]
        found = linprog(objective, A_ub=rows, b_ub=right, bounds=bounds, method="highs")
        return np.asarray(found.x[1:] / scale, dtype=np.float64), float(-found.fun)

    def try_price(self, price: Reals) -> None:
        """Each item's best option at these prices: a bound, a cut, and a start for a choice."""
        dear = self.menu.cost + np.tensordot(price, self.menu.use, axes=1)
        option = np.argmin(dear, axis=1)
        rows = np.arange(len(option))
        over = self.used(option) - self.menu.limit
        base = float(self.menu.cost[rows, option].sum())
        self.cuts.append((base, over))
        if base + float(price @ over) > self.bound:
            self.bound, self.best_price = base + float(price @ over), price
        self._offer(self._improved(self._repaired(option.copy(), price), price))

    def used(self, option: Integers) -> Reals:
        return np.asarray(self.menu.use[:, np.arange(len(option)), option].sum(axis=1), dtype=np.float64)

    def _offer(self, option: Integers) -> None:
        fits = bool((self.used(option) <= self.menu.limit * (1 + 1e-12)).all())
        cost = float(self.menu.cost[np.arange(len(option)), option].sum())
        if fits and (not self.feasible or cost < self.cost):
            self.option, self.cost, self.feasible = option, cost, True

    def _repaired(self, option: Integers, price: Reals) -> Integers:
        """While a limit is broken, the moves that free most of it for the least cost, many at a time."""
        rows = np.arange(len(option))
        for _ in range(20 * len(self.menu.limit)):
            over = self.used(option) - self.menu.limit
            worst = int(np.argmax(over / np.maximum(self.menu.limit, 1e-9)))
            if over[worst] <= self.menu.limit[worst] * 1e-12:
                break
            freed = self.menu.use[worst, rows, option][:, None] - self.menu.use[worst]
            dear = self.menu.cost + np.tensordot(price, self.menu.use, axes=1) * (1 - 1e-9)
            extra = dear - dear[rows, option][:, None]
            rate = np.where((freed > 1e-12) & np.isfinite(extra), extra / np.maximum(freed, 1e-12), np.inf)
            to = np.argmin(rate, axis=1)
            order = np.argsort(rate[rows, to], kind="stable")
            order = order[np.isfinite(rate[order, to[order]])]
            if len(order) == 0:
                break
            enough = int(np.searchsorted(np.cumsum(freed[order, to[order]]), over[worst])) + 1
            option[order[:enough]] = to[order[:enough]]
        return option

    def _improved(self, option: Integers, price: Reals) -> Integers:
        """Cheaper options that still fit, most saving first."""
        rows = np.arange(len(option))
        room = self.menu.limit - self.used(option)
        if bool((room < 0).any()):
            return option
        saved = self.menu.cost[rows, option][:, None] - self.menu.cost
        extra = self.menu.use - self.menu.use[:, rows, option][:, :, None]
        fits = (saved > 0) & (extra <= room[:, None, None]).all(axis=0)
        to = np.argmax(np.where(fits, saved, -1.0), axis=1)
        gains = np.where(fits[rows, to], saved[rows, to], 0.0)
        for row in np.argsort(-gains, kind="stable").tolist():
            if gains[row] <= 0:
                break
            more = extra[:, row, to[row]]
            if bool((more <= room).all()):
                room = room - more
                option[row] = to[row]
        return option
