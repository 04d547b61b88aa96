"""Order quantities under steady demand: Harris's formula and what it became.

Costs are per unit of time in the caller's money; demand, holding and penalties refer to the same unit of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1, inf, isfinite, sqrt

from longshore.engine.invalid import require
from longshore.engine.stocking.classic.searching import least, root


@dataclass(frozen=True, slots=True)
class Lot:
    """`quantity` to order, `cost` per time, `backlog` largest backlog planned, `region` price step used, `bound_by` what
    set it: cost, break, shelf-life."""

    quantity: float
    cost: float
    backlog: float = 0.0
    region: int = 0
    bound_by: str = "cost"


@dataclass(frozen=True, slots=True)
class Steady:
    """Demand `rate` per time, cost `order` of an order, `holding` of a unit for a unit of time. Raises InvalidProblem."""

    rate: float
    order: float
    holding: float

    def __post_init__(self) -> None:
        for name in ("rate", "order", "holding"):
            value = getattr(self, name)
            require(isfinite(value) and value > 0, name, None, "is not positive", "Give a number above 0")


@dataclass(frozen=True, slots=True)
class PriceSteps:
    """From `breaks[i]` units the price is `prices[i]`; breaks start at 0 and rise. `rate` holding cost per money and time.
    Raises InvalidProblem."""

    breaks: tuple[float, ...]
    prices: tuple[float, ...]
    rate: float

    def __post_init__(self) -> None:
        require(len(self.breaks) == len(self.prices) > 0, "breaks", None, "do not match prices", "Give one price each")
        require(self.breaks[0] == 0, "breaks", 0, "is not 0", "Start at 0 units")
        rising = all(one < other for one, other in zip(self.breaks, self.breaks[1:], strict=False))
        require(rising, "breaks", None, "do not rise", "Sort them")
        require(self.rate > 0 and min(self.prices) > 0, "prices", None, "or the rate is not positive", "Correct it")


def economic_order(steady: Steady) -> Lot:
    """sqrt(2 D K / h) (Harris 1913)."""
    quantity = sqrt(2 * steady.rate * steady.order / steady.holding)
    return Lot(quantity, steady.holding * quantity)


def with_backorders(steady: Steady, penalty: float) -> Lot:
    """Customers wait at `penalty` per unit and time (Hadley and Whitin 1963)."""
    _positive("penalty", penalty)
    quantity = sqrt(2 * steady.rate * steady.order * (steady.holding + penalty) / (steady.holding * penalty))
    late = steady.holding / (steady.holding + penalty)
    return Lot(quantity, steady.rate * steady.order / quantity * 2, quantity * late)


def production(steady: Steady, speed: float, penalty: float = inf) -> Lot:
    """Made at `speed` units per time while it sells (Taft 1918); with backorders where `penalty` is finite."""
    require(speed > steady.rate, "speed", None, "does not exceed demand", "Make faster than it sells, or make always")
    slower = Steady(steady.rate, steady.order, steady.holding * (1 - steady.rate / speed))
    if penalty == inf:
        return economic_order(slower)
    _positive("penalty", penalty)
    ratio = (steady.holding + penalty) / penalty
    quantity = economic_order(slower).quantity * sqrt(ratio)
    backlog = quantity * (1 - steady.rate / speed) * steady.holding / (steady.holding + penalty)
    return Lot(quantity, 2 * steady.rate * steady.order / quantity, backlog)


def all_units_discount(rate: float, order: float, steps: PriceSteps) -> Lot:
    """The price of the step holds for the whole order; cost includes the goods. Best of every step's own quantity and the
    breaks above it."""
    best: Lot | None = None
    tops = (*steps.breaks[1:], inf)
    for region, (start, top, price) in enumerate(zip(steps.breaks, tops, steps.prices, strict=True)):
        free = economic_order(Steady(rate, order, steps.rate * price)).quantity
        quantity = max(free, start)
        if quantity >= top:
            continue
        cost = price * rate + order * rate / quantity + steps.rate * price * quantity / 2
        if best is None or cost < best.cost:
            best = Lot(quantity, cost, region=region, bound_by="cost" if free >= start else "break")
    assert best is not None, "the last step has no top"
    return best


def incremental_discount(rate: float, order: float, steps: PriceSteps) -> Lot:
    """The price of a step holds for the units within it; cost includes the goods (Hax and Candea 1984)."""
    best: Lot | None = None
    tops = (*steps.breaks[1:], inf)
    overhead = 0.0
    for region, (start, top, price) in enumerate(zip(steps.breaks, tops, steps.prices, strict=True)):
        if region:
            overhead += start * (steps.prices[region - 1] - price)
        quantity = sqrt(2 * rate * (order + overhead) / (steps.rate * price)) if order + overhead > 0 else 0.0
        if not start <= quantity < top or quantity == 0:
            continue
        average = price + overhead / quantity
        cost = average * rate + order * rate / quantity + steps.rate * average * quantity / 2
        if best is None or cost < best.cost:
            best = Lot(quantity, cost, region=region)
    require(best is not None, "steps", None, "leave no best quantity inside a step", "Prices must fall with quantity")
    assert best is not None
    return best


def with_shelf_life(steady: Steady, life: float) -> Lot:
    """What is ordered sells within `life`, first in first out: the economic quantity or life's demand."""
    _positive("life", life)
    free = economic_order(steady)
    most = steady.rate * life
    if free.quantity <= most:
        return free
    return Lot(most, steady.order / life + steady.holding * most / 2, bound_by="shelf-life")


def decaying(steady: Steady, decay: float, unit_cost: float) -> Lot:
    """A share `decay` of the stock spoils per time, each unit costing `unit_cost` (Ghare and Schrader 1963). The cost
    counts ordering, holding and what spoils."""
    _positive("decay", decay)

    def cost(cycle: float) -> float:
        grown = steady.rate * expm1(decay * cycle) / decay
        lost = grown - steady.rate * cycle
        return (steady.order + unit_cost * lost + steady.holding * lost / decay) / cycle

    high = 2 * economic_order(steady).quantity / steady.rate
    cycle = least(cost, high * 1e-6, high)
    return Lot(steady.rate * expm1(decay * cycle) / decay, cost(cycle))


@dataclass(frozen=True, slots=True)
class Disruptions:
    """The supplier fails at `failing` per time while it works and is back at `mending` per time; what is not delivered is
    lost at `penalty` a unit."""

    failing: float
    mending: float
    penalty: float


def with_disruptions(steady: Steady, supply: Disruptions) -> Lot:
    """Order when stock is out, wait while the supplier is down (Berk and Arreola-Risa 1994), exact."""
    total, rate = supply.failing + supply.mending, steady.rate

    def parts(quantity: float) -> tuple[float, float, float, float]:
        """Cost and length of a cycle, and how both grow with the quantity."""
        still_down = exp(-total * quantity / rate)
        waiting = supply.failing / total * (1 - still_down) / supply.mending
        longer = supply.failing / (rate * supply.mending) * still_down
        spent = steady.order + steady.holding * quantity**2 / (2 * rate) + supply.penalty * rate * waiting
        dearer = steady.holding * quantity / rate + supply.penalty * rate * longer
        return spent, quantity / rate + waiting, dearer, 1 / rate + longer

    def slope(quantity: float) -> float:
        spent, cycle, dearer, longer = parts(quantity)
        return dearer * cycle - spent * longer

    free = economic_order(steady).quantity
    high = free + 2 * rate * (1 / supply.mending + sqrt(2 * supply.penalty / (steady.holding * supply.mending)))
    quantity = root(slope, free / 10, high)
    spent, cycle, _dearer, _longer = parts(quantity)
    return Lot(quantity, spent / cycle)


@dataclass(frozen=True, slots=True)
class Yield:
    """Of an order for Q, Q x `share` + `shift` comes on average, with standard deviations `share_sd` x Q and `shift_sd`."""

    share: float = 1.0
    share_sd: float = 0.0
    shift: float = 0.0
    shift_sd: float = 0.0


def with_yield(steady: Steady, received: Yield) -> Lot:
    """What comes differs from what was ordered (Silver 1976); `quantity` is what to order."""
    require(received.share > 0, "share", None, "is not positive", "Something must come")
    second = received.share**2 + received.share_sd**2

    def cost(quantity: float) -> float:
        mean = received.share * quantity + received.shift
        square = second * quantity**2 + 2 * received.share * quantity * received.shift
        square += received.shift**2 + received.shift_sd**2
        return (steady.order + steady.holding * square / (2 * steady.rate)) * steady.rate / mean

    free = economic_order(steady).quantity
    low = -received.shift / received.share if received.shift < 0 else 0.0
    high = (free + abs(received.shift) + received.shift_sd) * 4 / received.share
    quantity = least(cost, low + free * 1e-9, high)
    return Lot(quantity, cost(quantity))


def _positive(name: str, value: float) -> None:
    require(isfinite(value) and value > 0, name, None, "is not positive", "Give a number above 0")
