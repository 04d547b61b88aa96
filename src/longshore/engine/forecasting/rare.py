"""Intermittent demand: rates and, for stock, the whole distribution of demand until the order after next is in.

Kernels for ADIDA and IMAPA stand here, Croston's kin in `smoothing`. The distribution is a negative binomial around a
fading gamma-Poisson rate whose prior is what the other items of the panel sell (Snyder, Ord and Beaumont 2012 use the
distribution, one item at a time), or the panel's own past where it looked alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from longshore.engine.compiling import kernel
from longshore.engine.forecasting import smoothing
from longshore.engine.forecasting.costing import Cover, stock_at_fill
from longshore.engine.forecasting.measuring import first_demand
from longshore.engine.forecasting.problem import Integers, Reals
from longshore.engine.forecasting.rare_learning import learnt_rate

FADES = (0.9, 0.95, 0.98, 1.0)
"""How much of what an item told counts a period later."""
OWN_SPREAD = 8.0
"""Periods with demand that the panel's ratio of variance to mean is worth beside an item's own."""
TABLE = 400
"""Longest table of probabilities."""


@kernel
def aggregated(history: Reals, first: Integers, alpha: float, every: bool) -> Reals:
    """ADIDA (Nikolopoulos et al. 2011): simple smoothing of sums over the mean interval between demands, per period
    (n,); `every`: IMAPA (Petropoulos and Kourentzes 2015), the mean over all sums from one period to that interval."""
    rows, periods = history.shape
    out = np.zeros(rows)
    for row in range(rows):
        begin, demands = first[row], 0
        for t in range(begin, periods):
            demands += 1 if history[row, t] > 0 else 0
        if demands == 0:
            continue
        longest = max(int(np.round((periods - begin) / demands)), 1)
        used = 0
        for width in range(1 if every else longest, longest + 1):
            blocks = (periods - begin) // width
            if blocks == 0:
                continue
            start = periods - blocks * width
            level = -1.0
            for block in range(blocks):
                total = history[row, start + block * width : start + (block + 1) * width].sum()
                level = total if level < 0 else level + alpha * (total - level)
            out[row] += level / width
            used += 1
        out[row] /= max(used, 1)
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """`mean` (n,) demand a period, `doubt` (n,) variance of that mean, `ratio` (n,) variance of a period's demand over
    its mean."""

    mean: Reals
    doubt: Reals
    ratio: Reals


def fading_rate(history: Reals, fade: float) -> Rate:
    """Gamma-Poisson rates: each item's faded sum and count added to the panel's prior, fitted by its moments."""
    periods = history.shape[1]
    t = np.arange(periods)
    # Periods before the first demand count: leaving them out would start every item with a sale.
    alive = np.ones_like(history)
    weight = np.broadcast_to(fade ** (periods - 1 - t)[None, :], history.shape)
    count, total = weight.sum(axis=1), (weight * history).sum(axis=1)
    raw = total / np.maximum(count, 1e-9)
    centre = float(raw.mean()) if len(raw) else 0.0
    ratio = _ratio(history, raw, alive)
    noise = float((ratio * raw / np.maximum(count, 1e-9)).mean()) if len(raw) else 0.0
    spread = max(float(raw.var()) - noise, 1e-3 * centre**2, 1e-9)
    worth = max(centre, 1e-9) * ratio / spread
    mean = (total + worth * centre) / (count + worth)
    return Rate(mean, ratio * mean / (count + worth), ratio)


def _ratio(history: Reals, raw: Reals, alive: Reals) -> Reals:
    """Variance over mean of each item, drawn towards the panel's; at least 1."""
    square = ((history - raw[:, None]) ** 2 * alive).sum(axis=1)
    expected = (raw[:, None] * alive).sum(axis=1)
    own = float(square.sum() / max(float(expected.sum()), 1e-9))
    demands = (history > 0).sum(axis=1)
    items = square / np.maximum(expected, 1e-9)
    return np.asarray(np.maximum((demands * items + OWN_SPREAD * own) / (demands + OWN_SPREAD), 1.0))


def binomial_cover(rate: Rate, periods: int) -> Cover:
    """Quantiles of the negative binomial of `periods` periods' demand."""
    mean = np.maximum(rate.mean * periods, 1e-9)
    variance = np.maximum(rate.ratio * mean + rate.doubt * periods**2, mean * 1.0001)
    shape, chance = mean**2 / (variance - mean), mean / variance
    size = int(min(max(20, float((mean + 12 * np.sqrt(variance)).max())), TABLE))
    table = special.betainc(shape[:, None], np.arange(1, size + 1)[None, :].astype(np.float64), chance[:, None])

    def cover(share: float) -> Reals:
        return (table < share).sum(axis=1).astype(np.float64)

    return cover


def normal_cover(mean: Reals, history: Reals, periods: int) -> Cover:
    """The textbook's rule: mean and so many standard deviations of what the item did around that mean."""
    sigma = np.sqrt(((history - mean[:, None]) ** 2).mean(axis=1) * periods)

    def cover(share: float) -> Reals:
        return np.maximum(np.round(mean * periods + float(special.ndtri(share)) * sigma), 0.0)

    return cover


def alike_cover(history: Reals, rate_of: Callable[[Reals], Rate], periods: int) -> Cover:
    """The panel's own past: items and times sorted by the rate and the spread they had then, and the distribution of
    what followed among the nearest."""
    total = history.shape[1]
    origins = np.arange(total - periods, total // 2, -periods)
    rates, ratios, later = [], [], []
    for origin in origins:
        then = rate_of(np.ascontiguousarray(history[:, :origin]))
        rates.append(then.mean)
        ratios.append(then.ratio)
        later.append(history[:, origin : origin + periods].sum(axis=1))
    now = rate_of(history)
    ratio, rate = np.concatenate(ratios), np.concatenate(rates)
    cuts = np.quantile(ratio, (0.25, 0.5, 0.75))
    place, mine = np.searchsorted(cuts, ratio), np.searchsorted(cuts, now.ratio)
    seen = np.concatenate(later)
    pools: list[tuple[Integers, Reals, Reals]] = []
    for kind in range(len(cuts) + 1):
        members = np.flatnonzero(place == kind)
        order = members[np.argsort(rate[members], kind="stable")]
        pools.append((np.flatnonzero(mine == kind), rate[order], seen[order]))
    near = {kind: _nearest(pool, now.mean) for kind, pool in enumerate(pools)}

    def cover(share: float) -> Reals:
        found = np.zeros(len(history))
        for kind, (items, _rates, _later) in enumerate(pools):
            if len(items):
                at = int(min(np.ceil(share * near[kind].shape[1]), near[kind].shape[1])) - 1
                found[items] = near[kind][:, max(at, 0)]
        return found

    return cover


NEAREST = 400


def _nearest(pool: tuple[Integers, Reals, Reals], means: Reals) -> Reals:
    """What followed (items, cases), sorted, in the cases whose rate was nearest to each item's."""
    items, rates, later = pool
    width = min(NEAREST, len(rates))
    start = np.clip(np.searchsorted(rates, means[items]) - width // 2, 0, len(rates) - width)
    return np.sort(later[start[:, None] + np.arange(width)[None, :]], axis=1)


Maker = Callable[[Reals, int], Cover]


def makers() -> dict[str, Maker]:
    """Every rule by name: from a history and the periods to cover to levels."""

    def normal(point: Callable[[Reals, Integers], Reals]) -> Maker:
        return lambda history, periods: normal_cover(point(history, first_demand(history)), history, periods)

    def faded(fade: float) -> Callable[[Reals], Rate]:
        return lambda history: fading_rate(history, fade)

    made: dict[str, Maker] = {
        "sba": normal(lambda y, first: smoothing.croston_sba(y, first, 0.1)[:, -1]),
        "tsb": normal(lambda y, first: smoothing.tsb(y, first, 0.2, 0.1)[:, -1]),
        "adida": normal(lambda y, first: aggregated(y, first, 0.1, False)),
        "imapa": normal(lambda y, first: aggregated(y, first, 0.1, True)),
    }
    for fade in FADES:
        made[f"negative binomial {fade}"] = lambda y, periods, f=fade: binomial_cover(faded(f)(y), periods)  # type: ignore[misc]
        made[f"alike {fade}"] = lambda y, periods, f=fade: alike_cover(y, faded(f), periods)  # type: ignore[misc]
    made[LEARNT] = _learnt_cover
    return made


LEARNT = "learnt"
FEW = 50_000
"""Numbers of history below which nothing is learnt across items."""


def _learnt_cover(history: Reals, periods: int) -> Cover:
    """Negative binomial around the rate learnt across all items, with each item's own ratio of variance to mean."""
    rate = fading_rate(history, 1.0)
    mean = learnt_rate(history, periods)
    return binomial_cover(Rate(mean, np.zeros_like(mean), rate.ratio), periods)


@dataclass(frozen=True, slots=True, eq=False)
class StockChoice:
    """The rule `method` that needs least stock, what it and all others needed in the past (`stock` by name), and
    `cover`, its levels from now on."""

    method: str
    stock: dict[str, float]
    cover: Cover


def choose_by_stock(history: Reals, lead: int, fill: float, *, tested: int = 8) -> StockChoice:
    """The rule that, replayed on the last `tested` periods with what was known at each, fills `fill` of the demand
    with the least stock. `history` (n, t) of one segment of items; an order comes `lead` periods later."""
    periods = history.shape[1]
    demand = history[:, periods - tested :]
    stock = {}
    rules = {name: make for name, make in makers().items() if name != LEARNT or history.size >= FEW}
    for name, make in rules.items():
        covers = [make(np.ascontiguousarray(history[:, :t]), lead + 1) for t in range(periods - tested, periods)]
        stock[name] = stock_at_fill(covers, demand, lead, fill)
    best = min(stock, key=lambda name: stock[name])
    return StockChoice(best, stock, rules[best](history, lead + 1))
