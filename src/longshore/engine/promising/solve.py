"""Promise one order over several sites."""

from __future__ import annotations

from longshore.engine.invalid import InvalidProblem
from longshore.engine.promising.departing import Calendar
from longshore.engine.promising.explaining import explain
from longshore.engine.promising.problem import LinePromise, Promise, PromiseProblem, Take
from longshore.engine.promising.search import Search
from longshore.engine.promising.shipments import options


def solve(problem: PromiseProblem) -> Promise:
    """Allocate and date every line: least total short first, then least cost.

    A shipment leaves as late as still arrives by `requested_at`, else as soon as it can. Optimal for up to six sites
    when no item is on two lines (`explanation.proven`), otherwise greedy with exchanges. Deterministic; equal plans
    go to the cheaper and earlier site. Own method (branch and bound over sets of shipments); see README.
    """
    search = Search(problem, options(problem))
    search.run()
    whole = search.best[0] == 0
    mask = 0 if problem.ship_complete and not whole else search.best_mask
    takes: dict[int, list[Take]] = {line.key: [] for line in problem.lines}
    for pick in search.picks(mask):
        shipment = search.by_bit[pick.bit]
        takes[pick.line_key].append(
            Take(pick.supply_key, pick.qty, shipment.site, shipment.ship_at, shipment.arrive_at)
        )
    together = max((take.arrive_at for found in takes.values() for take in found), default=0)
    lines = []
    for line in problem.lines:
        found = tuple(sorted(takes[line.key], key=lambda take: (take.arrive_at, take.site, take.ship_at)))
        last = (together if problem.ship_complete else found[-1].arrive_at) if found else None
        lines.append(LinePromise(line.key, found, last, line.qty - sum(take.qty for take in found)))
    promised = tuple(lines)
    cost = -(-search.best[1] // 1000) if mask else 0
    return Promise(promised, cost, explain(problem, search, promised))


def next_date(problem: PromiseProblem, line_key: int) -> int | None:
    """Earliest minute by which the whole quantity of the line could have arrived; None: never.

    Ignores cost, splits and the order's other lines; keeps remaining life, handling, cut-offs and the rule not to ship
    earlier than wanted. Raises InvalidProblem for an unknown line.
    """
    line = next((line for line in problem.lines if line.key == line_key), None)
    if line is None:
        raise InvalidProblem("line_key", None, f"no line {line_key}", "Ask for one of the problem's lines")
    routes = {route.site: route for route in problem.routes}
    calendars = {site: Calendar(route, problem.now, problem.requested_at) for site, route in routes.items()}
    arrivals: list[tuple[int, int]] = []
    for supply in problem.supplies:
        if supply.item != line.item or supply.site not in routes:
            continue
        arrive_at = calendars[supply.site].departure(supply.ready_at) + routes[supply.site].transit
        if supply.usable_until is None or supply.usable_until - arrive_at >= line.min_remaining_life:
            arrivals.append((arrive_at, supply.qty))
    missing = line.qty
    for arrive_at, qty in sorted(arrivals):
        missing -= qty
        if missing <= 0:
            return arrive_at
    return None
