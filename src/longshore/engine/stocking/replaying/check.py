"""Replay one item on the history as it went, in plain Python, and compare; sharing no code with the solver."""

from __future__ import annotations

import math
from collections import defaultdict

from longshore.engine.stocking.replaying.problem import Candidates, History, Plan, Replayed
from longshore.engine.stocking.replaying.solve import draws_of


def check(history: History, candidates: Candidates, plan: Plan, replayed: Replayed) -> list[str]:
    """Faults of the first path of every candidate and item: cost, what was asked and served; units that appear or
    vanish."""
    faults = []
    for candidate in range(len(candidates.reorder)):
        for item in range(len(history.demand)):
            cost, asked, served, lost_units = _play(history, candidates, plan, (candidate, item))
            told = (
                replayed.cost[candidate, 0, item],
                replayed.asked[candidate, 0, item],
                replayed.served[candidate, 0, item],
            )
            if not math.isclose(cost, float(told[0]), rel_tol=1e-9, abs_tol=1e-9) or (asked, served) != told[1:]:
                faults.append(f"candidate {candidate}, item {item}: {(cost, asked, served)}, told {told}")
            if lost_units:
                faults.append(f"candidate {candidate}, item {item}: {lost_units} units unexplained")
    return faults


def _play(history: History, candidates: Candidates, plan: Plan, at: tuple[int, int]) -> tuple[float, int, int, int]:
    item = at[1]
    draws = draws_of(history.demand.shape[1], plan)[0].tolist()
    low, up_to = int(candidates.reorder[at]), int(candidates.target[at])
    shelf, waiting, orders = up_to, 0, 0
    trucks: defaultdict[int, int] = defaultdict(int)
    spent, asked, served, bought, sold = 0.0, 0, 0, up_to, 0
    for day, wanted in enumerate(history.demand[item].tolist()):
        counts = day >= plan.warm
        position = shelf - waiting + sum(units for when, units in trucks.items() if when >= day)
        if day % int(candidates.review[at]) == 0 and position <= low and up_to > position:
            options = history.leads[item]
            trucks[day + int(options[int(draws[day] * len(options))])] += up_to - position
            bought += up_to - position
            orders += counts
        shelf += trucks.pop(day, 0)
        handed = min(shelf, waiting)
        shelf, waiting = shelf - handed, waiting - handed
        filled = min(shelf, wanted)
        shelf -= filled
        sold += handed + filled
        missed = wanted - filled
        waiting += 0 if history.lost else missed
        if counts:
            asked, served = asked + wanted, served + filled
            late = missed if history.lost else waiting
            spent += float(history.holding[item]) * shelf + float(history.penalty[item]) * late
    days = history.demand.shape[1] - plan.warm
    cost = (spent + orders * float(history.order[item])) / days
    return cost, asked, served, bought - sold - shelf - sum(trucks.values())
