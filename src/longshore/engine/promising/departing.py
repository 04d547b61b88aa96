"""When goods leave a site: the rule shared by candidate shipments and by next dates."""

from __future__ import annotations

from longshore.engine.promising.problem import DAY, Route


def at_or_after(route: Route, t: int) -> int:
    """First departure at or after minute t."""
    if not route.cutoffs:
        return t
    midnight, minute = _local(route, t)
    ahead = [cutoff for cutoff in route.cutoffs if cutoff >= minute]
    return midnight + (min(ahead) if ahead else DAY + min(route.cutoffs))


def at_or_before(route: Route, t: int) -> int:
    """Last departure at or before minute t."""
    if not route.cutoffs:
        return t
    midnight, minute = _local(route, t)
    passed = [cutoff for cutoff in route.cutoffs if cutoff <= minute]
    return midnight + (max(passed) if passed else max(route.cutoffs) - DAY)


def _local(route: Route, t: int) -> tuple[int, int]:
    minute = (t + route.utc_offset) % DAY
    return t - minute, minute


class Calendar:
    """Departures of one route for one order: as late as still arrives when wanted, else as soon as possible."""

    __slots__ = ("_earliest", "_handling", "_ideal", "_route")

    def __init__(self, route: Route, now: int, requested_at: int) -> None:
        self._route = route
        self._handling = route.handling
        self._earliest = now
        self._ideal = at_or_before(route, requested_at - route.transit)

    def departure(self, ready_at: int) -> int:
        """Departure of goods ready at this minute."""
        start = (ready_at if ready_at > self._earliest else self._earliest) + self._handling
        return self._ideal if start <= self._ideal else at_or_after(self._route, start)
