"""Where in a chain of sites safety stock belongs: one item, its sites and lanes, by the guaranteed-service engine. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from longshore.engine.stocking.guaranteed.problem import UNBOUNDED, Network, Placement
from longshore.planning import rules

SELLS_FROM = 0.005  # of its demand: below, a feeding site sells nothing itself


@dataclass(frozen=True, slots=True)
class Site:
    """`mean_milli` and `sd_milli` a day, of the site and all it feeds; `lead_minutes` from its source with the review."""

    site: int
    source: int | None
    mean_milli: int
    sd_milli: int
    lead_minutes: int
    service_bp: int
    safety_stock: int


@dataclass(frozen=True, slots=True)
class Stage:
    """`promise`: days after which the next site is served at the latest; `covers`: days its own stock stands in for."""

    site: int
    source: int | None
    days: int
    promise: int
    covers: int
    safety_stock: int
    now: int
    cost: int


@dataclass(frozen=True, slots=True)
class Placed:
    """Yearly cost of holding the safety stock: placed best, where every site covers its own lead time, and as it is."""

    stages: tuple[Stage, ...]
    cost: int
    everywhere: int
    now: int
    proven: bool

    @property
    def saving(self) -> int:
        return self.everywhere - self.cost


def place(sites: Sequence[Site], *, unit_cost: int, holding_bp: int) -> Placed:
    """A feeding site that sells, too, serves its own customers at once from a shelf beside."""
    from longshore.engine.stocking.guaranteed.solve import solve

    row_of = {each.site: n for n, each in enumerate(sites)}
    arcs = [(row_of[each.source], n) for n, each in enumerate(sites) if each.source in row_of]
    feeds = {before for before, _after in arcs}
    shelves = [(n, own) for n in sorted(feeds) if (own := _own_spread(sites, n)) > 0]
    count = len(sites) + len(shelves)
    times, promised = np.zeros(count, dtype=np.int64), np.full(count, UNBOUNDED, dtype=np.int64)
    spread = np.zeros(count, dtype=np.float64)
    for n, each in enumerate(sites):
        times[n] = -(-each.lead_minutes // rules.DAY_MINUTES)
        promised[n] = UNBOUNDED if n in feeds else 0
        spread[n] = _factor(each) * each.sd_milli / 1000
    for extra, (n, own) in enumerate(shelves, start=len(sites)):
        arcs.append((n, extra))
        promised[extra], spread[extra] = 0, _factor(sites[n]) * own
    holding = unit_cost * holding_bp / 10_000
    network = Network(
        times=times, inbound=np.zeros(count, dtype=np.int64), promised=promised,
        holding=np.full(count, holding), spread=spread, arcs=np.array(arcs, dtype=np.int64).reshape(-1, 2),
    )  # fmt: skip
    found = solve(network)
    beside = {n: extra for extra, (n, _own) in enumerate(shelves, start=len(sites))}
    stages = tuple(_stage(sites[n], n, found, beside.get(n), (int(times[n]), holding)) for n in range(len(sites)))
    now = round(sum(each.safety_stock for each in sites) * holding)
    return Placed(stages, round(found.cost), round(found.everywhere), now, found.proven)


def _stage(each: Site, n: int, found: Placement, extra: int | None, given: tuple[int, float]) -> Stage:
    days, holding = given
    units = float(found.safety[n]) + (float(found.safety[extra]) if extra is not None else 0.0)
    return Stage(
        each.site, each.source, days, int(found.outbound[n]), int(found.net[n]),
        round(units), each.safety_stock, round(units * holding),
    )  # fmt: skip


def _factor(each: Site) -> float:
    """Standard deviations that are covered: none where half of the cycles may run out, or more."""
    return NormalDist().inv_cdf(each.service_bp / 10_000) if each.service_bp > 5000 else 0.0


def _own_spread(sites: Sequence[Site], n: int) -> float:
    """Spread of a day's own sales of a feeding site, in units; 0 where it sells nothing itself."""
    fed = [each for each in sites if each.source == sites[n].site]
    mean = sites[n].mean_milli - sum(each.mean_milli for each in fed)
    variance = sites[n].sd_milli ** 2 - sum(each.sd_milli**2 for each in fed)
    if mean <= SELLS_FROM * sites[n].mean_milli or variance <= 0:
        return 0.0
    return float(variance**0.5) / 1000
