"""The policy of one item-place after another, compiled. Imported on first use only: it loads numba.

Incomplete gamma and beta functions by series and continued fraction (Abramowitz and Stegun 6.5, 26.5; Lentz 1976).
"""

from __future__ import annotations

from math import ceil, erfc, exp, floor, lgamma, log, log1p, pi, sqrt
from typing import NamedTuple

from longshore.engine.compiling import compiled
from longshore.engine.stocking.problem import (
    AUTO,
    EOQ,
    FILL,
    GAMMA,
    MOQ,
    MULTIPLE,
    NEGATIVE_BINOMIAL,
    NORMAL,
    NOTHING,
    POISSON,
    REVIEW,
    SERVICE,
    SHELF_LIFE,
    Integers,
    Reals,
)

SLIVER = 1e-9
"""Rounding noise that must not lift a whole number to the next."""
TINY = 1e-300
YEAR = 365.0
FAR = 40.0
"""Standard deviations above the mean beyond which nothing is short."""


class Columns(NamedTuple):
    """The problem's columns."""

    demand_mean: Reals
    demand_sd: Reals
    lead_mean: Reals
    lead_sd: Reals
    review_days: Integers
    service: Reals
    measure: Integers
    distribution: Integers
    unit_cost: Integers
    order_cost: Integers
    holding_rate: Reals
    moq: Integers
    multiple: Integers
    shelf_life_days: Integers


class Answers(NamedTuple):
    """The policy's columns, to be filled."""

    safety_stock: Integers
    reorder_point: Integers
    order_quantity: Integers
    order_up_to: Integers
    binding_stock: Integers
    binding_quantity: Integers
    economic_quantity: Reals
    shape: Integers
    risk_days: Reals
    flip_service: Reals


@compiled
def lower_gamma(a: float, x: float) -> tuple[float, float]:
    """Regularised lower incomplete gamma function, and x^a exp(-x) / gamma(a + 1); a > 0."""
    if x <= 0:
        return 0.0, 0.0
    front = exp(a * log(x) - x - lgamma(a + 1))
    if x < a + 1:
        term = total = 1.0
        n = a
        while term > total * 1e-15:
            n += 1
            term *= x / n
            total += term
        return min(total * front, 1.0), front
    b = x + 1 - a
    c, d = 1 / TINY, 1 / b
    h, i, step = d, 0.0, 2.0
    while abs(step - 1) > 1e-15 and i < 100_000:
        i += 1
        b += 2
        d = 1 / (b - i * (i - a) * d)
        c = b - i * (i - a) / c
        step = d * c
        h *= step
    return 1 - front * a * h, front


@compiled
def lower_beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    turned = x > (a + 1) / (a + b + 2)
    if turned:
        a, b, x = b, a, 1 - x
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    h, m, step = d, 0.0, 2.0
    while abs(step - 1) > 1e-15 and m < 100_000:
        m += 1
        for k in (
            m * (b - m) / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + k * x * d)
            c = 1 + k * x / c
            step = d * c
            h *= step
    return 1 - front * h / a if turned else front * h / a


@compiled
def normal_quantile(share: float) -> float:
    """Acklam's rational approximation (2003), right to 1e-9, and a Halley step: full precision."""
    q = min(share, 1 - share)
    if q > 0.02425:
        u = q - 0.5
        r = u * u
        z = ((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r
             - 30.66479806614716) * r + 2.506628277459239  # fmt: skip
        z *= u / (((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r
                   - 13.28068155288572) * r + 1)  # fmt: skip
    else:
        u = sqrt(-2 * log(q))
        z = ((((-0.007784894002430293 * u - 0.3223964580411365) * u - 2.400758277161838) * u - 2.549732539343734) * u
             + 4.374664141464968) * u + 2.938163982698783  # fmt: skip
        z /= (((0.007784695709041462 * u + 0.3224671290700398) * u + 2.445134137142996) * u + 3.754408661907416) * u + 1
    error = (0.5 * erfc(-z / sqrt(2.0)) - q) * sqrt(2 * pi) * exp(z * z / 2)
    z -= error / (1 + z * error / 2)
    return z if share < 0.5 else -z


@compiled
def state(shape: int, mean: float, sd: float, level: float) -> tuple[float, float, float]:
    """Chance that demand is at most `level`, its density there, and the expected units above it."""
    if sd == 0:
        return (1.0, 0.0, 0.0) if level >= mean - SLIVER else (0.0, 0.0, mean - level)
    if level - mean > FAR * sd + 100:
        return 1.0, 0.0, 0.0
    if shape == NORMAL:
        z = (level - mean) / sd
        if z > 10:
            return 1.0, 0.0, 0.0
        density, above = exp(-z * z / 2) / sqrt(2 * pi), 0.5 * erfc(z / sqrt(2.0))
        return 1 - above, density / sd, sd * (density - z * above)
    if shape == GAMMA:
        scale = sd * sd / mean
        a, x = mean / scale, level / scale
        if x <= 0:
            return 0.0, 0.0, mean - level
        below, front = lower_gamma(a, x)
        return below, front * a / level, mean * (1 - below + front) - level * (1 - below)
    if shape == POISSON:
        got, mass = lower_gamma(level, mean) if level > 0 else (1.0, exp(-mean))
        return 1 - got + mass, mass, mean * got - level * (got - mass)
    chance, count = mean / (sd * sd), mean * mean / (sd * sd - mean)
    below = lower_beta(count, level + 1, chance)
    mass = exp(lgamma(level + count) - lgamma(count) - lgamma(level + 1) + count * log(chance) + level * log1p(-chance))
    more = 1 - lower_beta(count + 1, level, chance) if level > 0 else 1.0
    return below, mass, mean * more - level * (1 - below)


@compiled
def reached(shape: int, mean: float, sd: float, level: float, lot: float) -> tuple[float, float]:
    """Service at a whole level and how fast it rises: of a cycle (lot 0), else the share of a lot not sold late."""
    if lot == 0:
        below, density, _short = state(shape, mean, sd, level + (SLIVER if shape == GAMMA else 0.0))
        return below, density
    below, _density, short = state(shape, mean, sd, level)
    all_below, _density, all_short = state(shape, mean, sd, level + lot)
    return 1 - (short - all_short) / lot, (all_below - below) / lot


@compiled
def first_guess(shape: int, mean: float, sd: float, target: float, lot: float) -> float:
    """Where to begin: a quantile of the normal, or of Wilson and Hilferty's gamma; for a fill rate Silver's formula."""
    if lot > 0:
        wanted = (1 - target) * lot / sd
        g = sqrt(log(25 / (wanted * wanted))) if wanted < 4 else 0.0
        top = -5.3925569 + 5.6211054 * g - 3.883683 * g**2 + 1.0897299 * g**3
        z = top / (1 - 0.72496485 * g + 0.507326622 * g**2 + 0.0669136868 * g**3 - 0.00329129114 * g**4)
        return mean + z * sd if wanted < 4 else mean - wanted * sd
    z = normal_quantile(target)
    if shape == NORMAL:
        return mean + z * sd
    part = sd * sd / (9 * mean * mean)
    return mean * max(1 - part + z * sqrt(part), 0.0) ** 3


@compiled
def level_for(shape: int, mean: float, sd: float, target: float, lot: float) -> float:
    """Smallest whole level >= 0 that reaches the target: Newton inside a bracket of whole numbers."""
    if sd == 0 and lot == 0:
        return max(ceil(mean - SLIVER), 0.0)
    guess = mean if sd == 0 else first_guess(shape, mean, sd, target, lot)
    if shape == NORMAL and lot == 0:
        return max(ceil(guess - SLIVER), 0.0)
    low, high = -1.0, float(ceil(mean + 12 * sd + 12))
    allowed = SLIVER / lot if lot > 0 else 0.0
    while reached(shape, mean, sd, high, lot)[0] < target - allowed:
        low, high = high, 2 * high + 1
    at = min(max(ceil(guess - SLIVER), 0.0), high - 1)
    for step in range(200):
        if high - low <= 1:
            break
        found, slope = reached(shape, mean, sd, at, lot)
        low, high = (low, at) if found >= target - allowed else (at, high)
        move = (target - found) / slope if slope > 0 else 0.0
        wished = float(ceil(at + move - SLIVER)) if abs(move) < 1e15 else at
        if wished == at:
            wished = at - 1 if found >= target - allowed else at + 1
        inside = low < wished < high and step < 12
        at = wished if inside else floor((low + high) / 2)
    return high


@compiled
def shape_for(wished: int, mean: float, variance: float) -> int:
    """Distribution to use."""
    if mean == 0:
        return NORMAL
    if wished == NEGATIVE_BINOMIAL:
        return NEGATIVE_BINOMIAL if variance > mean * (1 + 1e-9) else POISSON
    if wished == AUTO and mean < 10 and variance <= 1.1 * mean:
        return POISSON
    if wished == AUTO:
        wished = GAMMA if variance > 0.25 * mean * mean else NORMAL
    return NORMAL if wished == GAMMA and variance == 0 else wished


@compiled
def lot_for(daily: float, economic: float, review_days: int, moq: int, multiple: int) -> tuple[int, int]:
    """Quantity without the shelf-life cap, and what binds: economic, else one review period's or one day's demand; at
    least the minimum; a whole multiple, rounded up."""
    wanted = max(ceil(economic - SLIVER), ceil(daily - SLIVER))
    binding = EOQ if economic > 0 else NOTHING
    review = ceil(daily * review_days - SLIVER)
    if review > wanted:
        wanted, binding = review, REVIEW
    quantity = max(wanted, 1)
    if moq > quantity:
        quantity, binding = moq, MOQ
    rounded = -(-quantity // multiple) * multiple
    if rounded > quantity and binding != MOQ:
        binding = MULTIPLE
    return rounded, binding


@compiled
def cap_for(quantity: int, sellable: int, moq: int, multiple: int) -> tuple[int, int]:
    """The quantity cut to what sells inside the shelf life after the safety stock has gone, in whole multiples; the
    supplier's minimum stands. Second: what binds, -1 where nothing was cut."""
    room = sellable // multiple * multiple
    if room >= quantity:
        return quantity, -1
    smallest = -(-moq // multiple) * multiple
    return (smallest, MOQ) if room < smallest else (room, SHELF_LIFE)


@compiled
def all_rows(columns: Columns, answers: Answers, start: int, stop: int) -> None:
    """The policy of rows start to stop; other threads may do other rows."""
    for i in range(start, stop):
        days = columns.lead_mean[i] + columns.review_days[i]
        mean = columns.demand_mean[i] * days
        variance = days * columns.demand_sd[i] ** 2 + (columns.demand_mean[i] * columns.lead_sd[i]) ** 2
        shape = shape_for(columns.distribution[i], mean, variance)
        sd, target, fill = sqrt(variance), columns.service[i], columns.measure[i] == FILL
        if shape == POISSON:
            sd = sqrt(mean)
        daily, holding, economic = columns.demand_mean[i], columns.holding_rate[i] * columns.unit_cost[i], 0.0
        if holding > 0:
            economic = sqrt(2 * daily * YEAR * columns.order_cost[i] / holding)
        moq, multiple = columns.moq[i], columns.multiple[i]
        quantity, binding = lot_for(daily, economic, columns.review_days[i], moq, multiple)
        lot = float(quantity) if fill else 0.0
        level = level_for(shape, mean, sd, target, lot)
        safety = max(ceil(level - mean - SLIVER), 0.0)
        cut, cut_by = quantity, -1
        if columns.shelf_life_days[i] > 0:
            sellable = floor(daily * columns.shelf_life_days[i] + SLIVER) - int(safety)
            cut, cut_by = cap_for(quantity, sellable, moq, multiple)
        if cut != quantity:
            lot = float(cut) if fill else 0.0
            level = level_for(shape, mean, sd, target, lot) if fill else level
            safety = max(ceil(level - mean - SLIVER), 0.0)
        covered = ceil(daily * columns.review_days[i] - SLIVER)
        extra = cut - covered if columns.review_days[i] > 0 else cut
        answers.safety_stock[i] = int(safety)
        answers.reorder_point[i] = int(level)
        answers.order_quantity[i] = cut
        answers.order_up_to[i] = int(level) + max(extra, 0)
        answers.binding_stock[i] = SERVICE if safety > 0 else NOTHING
        answers.binding_quantity[i] = binding if cut_by < 0 else cut_by
        answers.economic_quantity[i] = economic
        answers.shape[i] = shape
        answers.risk_days[i] = days
        answers.flip_service[i] = reached(shape, mean, sd, level - 1, lot)[0] if level > 0 else 0.0


@compiled
def shared_rows(columns: Columns, lots: Integers, out: Reals, fill: Reals) -> None:
    """The share of a lot not sold late (n,), where every row may run out in this share of its cycles."""
    for i in range(len(lots)):
        days = columns.lead_mean[i] + columns.review_days[i]
        mean = columns.demand_mean[i] * days
        variance = days * columns.demand_sd[i] ** 2 + (columns.demand_mean[i] * columns.lead_sd[i]) ** 2
        shape = shape_for(columns.distribution[i], mean, variance)
        sd = sqrt(mean) if shape == POISSON else sqrt(variance)
        level = level_for(shape, mean, sd, 1 - out[i], 0.0)
        fill[i] = reached(shape, mean, sd, level, float(lots[i]))[0]
