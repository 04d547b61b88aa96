"""Why a promise is what it is: the binding constraint, the runner-up and the smallest change that flips the choice."""

from __future__ import annotations

from longshore.engine.promising.problem import (
    Binding,
    Explanation,
    Flip,
    LinePromise,
    PromiseProblem,
    RunnerUp,
    Take,
)
from longshore.engine.promising.search import Search
from longshore.engine.promising.shipments import Wanted


def explain(problem: PromiseProblem, search: Search, lines: tuple[LinePromise, ...]) -> Explanation:
    """Codes and numbers behind the chosen mask of `search`."""
    other = search.runner_up()
    runner_up: RunnerUp | None = None
    flip: Flip | None = None
    if other is not None:
        short, milli = search.seen[other]
        chosen = tuple((s.site, s.ship_at) for s in search.options.shipments if s.bit & other)
        runner_up = RunnerUp(chosen, -(-milli // 1000), short)
        gap = short - search.best[0]
        flip = Flip("qty", gap) if gap else Flip("cost", (milli - search.best[1]) // 1000 + 1)
    return Explanation(_binding(problem, search, lines), runner_up, flip, search.proven, search.considered)


def _binding(problem: PromiseProblem, search: Search, lines: tuple[LinePromise, ...]) -> Binding:
    if search.best[0]:
        return _shortage(problem, search)
    ready = {supply.key: supply.ready_at for supply in problem.supplies}
    taken = [take for line in lines for take in line.takes]
    latest = max(taken, key=lambda take: (take.arrive_at, ready[take.supply_key]))
    if latest.arrive_at > problem.requested_at:
        return _lateness(problem, search, lines, latest)
    sent: dict[int, int] = {}
    for line in lines:
        for take in line.takes:
            sent[take.site] = sent.get(take.site, 0) + take.qty
    if len(sent) > 1:
        site = min(sent, key=lambda key: (sent[key], key))
        return Binding("split", site=site, qty=sent[site])
    return Binding("none")


def _shortage(problem: PromiseProblem, search: Search) -> Binding:
    """The line that misses most, and why."""
    missing: dict[int, int] = {line.key: line.qty for line in problem.lines}
    for pick in search.picks(search.best_mask):
        missing[pick.line_key] -= pick.qty
    key = max(missing, key=lambda line_key: missing[line_key])
    index, wanted = next(
        (index, wanted)
        for index, group in enumerate(search.options.groups)
        for wanted in group
        if wanted.line.key == key
    )
    qty = missing[key]
    if search.fill(index, search.masks[index]).short < search.fill(index, search.best_mask).short:
        return Binding("complete" if problem.ship_complete else "splits", key, qty=qty)
    return _unreachable(problem, wanted, qty)


def _unreachable(problem: PromiseProblem, wanted: Wanted, qty: int) -> Binding:
    sites = {route.site for route in problem.routes}
    stranded = sum(s.qty for s in problem.supplies if s.item == wanted.line.item and s.site not in sites)
    if wanted.refused_for_life:
        return Binding("life", wanted.line.key, qty=wanted.refused_for_life)
    if stranded:
        return Binding("no-route", wanted.line.key, qty=stranded)
    return Binding("no-supply", wanted.line.key, qty=qty)


def _lateness(problem: PromiseProblem, search: Search, lines: tuple[LinePromise, ...], latest: Take) -> Binding:
    """What makes the last part late: money, a departure, a receipt, or the road itself."""
    line_key = next(line.line_key for line in lines if latest in line.takes)
    supply = next(supply for supply in problem.supplies if supply.key == latest.supply_key)
    route = next(route for route in problem.routes if route.site == latest.site)
    index = next(
        index
        for index, group in enumerate(search.options.groups)
        if any(wanted.line.key == line_key for wanted in group)
    )
    sooner = 0
    for shipment in search.options.shipments:
        if shipment.arrive_at < latest.arrive_at:
            sooner |= shipment.bit
    if search.fill(index, sooner).short == 0:
        return Binding("cost", line_key, latest.site, at=latest.arrive_at)
    uncut = max(supply.ready_at, problem.now) + route.handling + route.transit
    if route.cutoffs and uncut <= problem.requested_at:
        return Binding("cutoff", line_key, latest.site, supply.key, latest.ship_at)
    if supply.ready_at > problem.now:
        return Binding("supply", line_key, latest.site, supply.key, supply.ready_at)
    return Binding("transit", line_key, latest.site, at=latest.arrive_at)
