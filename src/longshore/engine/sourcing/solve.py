"""The cheapest split of volume as a mixed-integer programme (HiGHS), with runner-up and flip condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from longshore.engine.sourcing.explaining import binding, flip
from longshore.engine.sourcing.problem import WHOLE_BP, Award, NoPlan, Plan, Selection, SourcingProblem, Unfinished

TIME_LIMIT_S: Final = 20.0
TIME_WAS_UP: Final = 1  # as scipy's milp says it


def solve(problem: SourcingProblem, *, time_limit_s: float = TIME_LIMIT_S) -> Selection:
    """Choose suppliers and quantities, or raise NoPlan, or Unfinished where the time was too short to tell.

    min sum_k weight_k x money_k subject to demand, minimum, multiple, all-units price breaks, shares, capacity and the
    number of suppliers of an item; fixed cost once a supplier. The runner-up is the best plan with another set of
    awarded offers. Exact: the score is recomputed in integers from whole quantities. Each of the two may take the time
    given.
    """
    model = _Model(problem)
    best = model.best((), time_limit_s)
    if best is None and not model.proven:
        raise Unfinished(time_limit_s)
    if best is None:
        raise NoPlan(_why(problem, time_limit_s))
    bound = best.score if model.proven else min(best.score, model.bound)
    runner_up = model.best((tuple(a.offer for a in best.awards),), time_limit_s)
    if runner_up is not None and runner_up.score < best.score:  # time was up before the better one was found
        best, runner_up = runner_up, best
        bound = min(best.score, bound)
    return Selection(best, runner_up, flip(problem, best, runner_up), binding(problem, best), bound, model.proven)


@dataclass(frozen=True, slots=True)
class _Band:
    """One price of an offer: lots from `low` to `high`."""

    offer: int
    low: int
    high: int
    price_milli: int
    break_from: int


class _Model:
    """Variables: lots of each band, whether a band is used, whether a supplier is."""

    def __init__(self, problem: SourcingProblem) -> None:
        self.problem = problem
        self.bands = _bands(problem)
        self.suppliers = len(problem.fixed_milli)
        self.size = 2 * len(self.bands) + self.suppliers
        self.proven = True
        self.bound = 0  # of the score of the last plan asked for; no score is lower
        self.rows: list[tuple[dict[int, float], float, float]] = []
        self._link()
        self._meet_demand()
        self._keep_limits()
        self.costs = self._costs()
        # The largest becomes 1000: HiGHS compares with absolute tolerances.
        self.scale = 1000.0 / max(float(np.abs(self.costs).max(initial=0.0)), 1.0)

    def used(self, band: int) -> int:
        return len(self.bands) + band

    def ordered(self, supplier: int) -> int:
        return 2 * len(self.bands) + supplier

    def _link(self) -> None:
        offers = self.problem.offers
        for n, band in enumerate(self.bands):
            self.rows.append(({n: 1.0, self.used(n): -float(band.high)}, -np.inf, 0.0))
            self.rows.append(({n: 1.0, self.used(n): -float(band.low)}, 0.0, np.inf))
            supplier = int(offers.supplier[band.offer])
            self.rows.append(({self.used(n): 1.0, self.ordered(supplier): -1.0}, -np.inf, 0.0))
        for offer in range(len(offers.item)):
            own = {self.used(n): 1.0 for n, band in enumerate(self.bands) if band.offer == offer}
            if len(own) > 1:
                self.rows.append((own, 0.0, 1.0))

    def _meet_demand(self) -> None:
        offers, problem = self.problem.offers, self.problem
        for item, wanted in enumerate(problem.demand.tolist()):
            own = [(n, band) for n, band in enumerate(self.bands) if offers.item[band.offer] == item]
            bought = {n: float(offers.multiple[band.offer]) for n, band in own}
            self.rows.append((bought, float(wanted), np.inf))
            if problem.min_suppliers > 1:
                self.rows.append(({self.used(n): 1.0 for n, _band in own}, float(problem.min_suppliers), np.inf))

    def _keep_limits(self) -> None:
        offers = self.problem.offers
        for supplier, most in enumerate(self.problem.capacity.tolist()):
            own = [(n, band) for n, band in enumerate(self.bands) if offers.supplier[band.offer] == supplier]
            if most >= 0 and own:
                given = {n: float(offers.multiple[band.offer]) for n, band in own}
                self.rows.append((given, -np.inf, float(most)))

    def best(self, excluded: Sequence[tuple[int, ...]], time_limit_s: float) -> Plan | None:
        rows = self.rows + [self._unlike(offers) for offers in excluded]
        upper = np.ones(self.size)
        upper[: len(self.bands)] = [band.high for band in self.bands]
        found = milp(
            self.costs * self.scale,
            constraints=_constraints(rows, self.size),
            bounds=Bounds(np.zeros(self.size), upper),
            integrality=np.ones(self.size),
            options={"mip_rel_gap": 0.0, "time_limit": time_limit_s},
        )
        self.proven = self.proven and found.status != TIME_WAS_UP
        self.bound = self._score(found.get("mip_dual_bound"))
        return None if found.x is None else self._plan(found.x)

    def _unlike(self, offers: tuple[int, ...]) -> tuple[dict[int, float], float, float]:
        """Not exactly these offers: at least one of them out, or another one in."""
        inside = {self.used(n): -1.0 for n, band in enumerate(self.bands) if band.offer in offers}
        outside = {self.used(n): 1.0 for n, band in enumerate(self.bands) if band.offer not in offers}
        return {**inside, **outside}, 1.0 - len(offers), np.inf

    def _score(self, bound: float | None) -> int:
        """The bound of what was minimised as a score, rounded down; nothing costs less than nothing."""
        if bound is None or not np.isfinite(bound):
            return 0
        problem = self.problem
        met = sum(int(n) * int(each) for n, each in zip(problem.demand, problem.surplus_milli, strict=True))
        score = int(bound / self.scale) - problem.weights_bp[0] * met  # what meets the demand is no surplus
        return score if score > 0 else 0

    def _costs(self) -> NDArray[np.float64]:
        """Weighted money."""
        problem, costs = self.problem, np.zeros(self.size)
        for n, band in enumerate(self.bands):
            costs[n] = float(
                _unit_score(problem, band.offer, band.price_milli) * int(problem.offers.multiple[band.offer])
            )
        costs[2 * len(self.bands) :] = problem.fixed_milli * problem.weights_bp[0]
        return costs

    def _plan(self, x: NDArray[np.float64]) -> Plan:
        lots = np.rint(x[: len(self.bands)]).astype(np.int64)
        offers = self.problem.offers
        awards = [
            Award(band.offer, int(lots[n]) * int(offers.multiple[band.offer]), band.price_milli, band.break_from)
            for n, band in enumerate(self.bands)
            if lots[n] > 0
        ]
        return priced(self.problem, awards)


def priced(problem: SourcingProblem, awards: Sequence[Award]) -> Plan:
    """What these awards cost, exactly."""
    offers = problem.offers
    suppliers = {int(offers.supplier[a.offer]) for a in awards}
    money = [sum(int(problem.fixed_milli[s]) for s in suppliers), 0, 0, 0]
    bought = [-int(wanted) for wanted in problem.demand]
    for award in awards:
        item = int(offers.item[award.offer])
        bought[item] += award.qty
        money[0] += award.qty * (award.price_milli + int(offers.landed_milli[award.offer]))
        for n, column in enumerate((offers.time_milli, offers.quality_milli, offers.risk_milli), 1):
            money[n] += award.qty * int(column[award.offer])
    money[0] += sum(more * int(each) for more, each in zip(bought, problem.surplus_milli, strict=True))
    score = sum(weight * part for weight, part in zip(problem.weights_bp, money, strict=True))
    return Plan(tuple(awards), (money[0], money[1], money[2], money[3]), score)


def _unit_score(problem: SourcingProblem, offer: int, price_milli: int) -> int:
    offers = problem.offers
    surplus = int(problem.surplus_milli[offers.item[offer]])
    parts = (
        price_milli + int(offers.landed_milli[offer]) + surplus,
        int(offers.time_milli[offer]),
        int(offers.quality_milli[offer]),
        int(offers.risk_milli[offer]),
    )
    return sum(weight * part for weight, part in zip(problem.weights_bp, parts, strict=True))


def _bands(problem: SourcingProblem) -> list[_Band]:
    """The whole numbers of lots at which an offer has each of its prices, within minimum, shares and capacity."""
    offers, found = problem.offers, []
    for offer in range(len(offers.item)):
        wanted, lot = int(problem.demand[offers.item[offer]]), int(offers.multiple[offer])
        least = max(int(offers.moq[offer]), -(-wanted * problem.min_share_bp // WHOLE_BP), 1)
        most = _most(problem, offer, wanted)
        own = np.flatnonzero(offers.break_offer == offer)
        own = own[np.argsort(offers.break_from[own], kind="stable")]
        starts = [int(each) for each in offers.break_from[own]]
        for row, start, after in zip(own, starts, [*starts[1:], most + 1], strict=True):
            low = -(-max(least, start) // lot)
            high = min(most, after - 1) // lot
            if low <= high:
                found.append(_Band(offer, low, high, int(offers.break_price_milli[row]), start))
    return found


def _most(problem: SourcingProblem, offer: int, wanted: int) -> int:
    """The most that can make sense of one offer: its share, its capacity; else what is wanted, or the least that
    reaches a minimum or a break, rounded up to its lot."""
    offers = problem.offers
    lot = int(offers.multiple[offer])
    reach = max(wanted, int(offers.moq[offer]), *offers.break_from[offers.break_offer == offer].tolist())
    most = -(-reach // lot) * lot
    if problem.max_share_bp < WHOLE_BP:
        most = min(most, wanted * problem.max_share_bp // WHOLE_BP)
    capacity = int(problem.capacity[offers.supplier[offer]])
    return most if capacity < 0 else min(most, capacity)


def _constraints(rows: Sequence[tuple[dict[int, float], float, float]], size: int) -> LinearConstraint:
    at = [n for n, (terms, _low, _high) in enumerate(rows) for _each in terms]
    column = [each for terms, _low, _high in rows for each in terms]
    value = [each for terms, _low, _high in rows for each in terms.values()]
    matrix = coo_array((value, (at, column)), shape=(len(rows), size)).tocsr()
    return LinearConstraint(matrix, [low for _t, low, _h in rows], [high for _t, _l, high in rows])


def _why(problem: SourcingProblem, time_limit_s: float) -> str:
    """Which limit, when it is dropped, leaves a plan."""
    freed = {
        "shares": SourcingProblem(
            problem.demand, problem.surplus_milli, problem.fixed_milli, problem.capacity, problem.offers
        ),
        "capacity": SourcingProblem(
            problem.demand,
            problem.surplus_milli,
            problem.fixed_milli,
            np.full(len(problem.capacity), -1, dtype=np.int64),
            problem.offers,
            problem.weights_bp,
            problem.min_share_bp,
            problem.max_share_bp,
            problem.min_suppliers,
        ),
    }
    for name, without in freed.items():
        if _Model(without).best((), time_limit_s) is not None:
            return name
    return "offers"
