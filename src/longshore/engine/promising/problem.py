"""What a promise is made from (frozen, validated once) and what comes out.

Times are int minutes since the Unix epoch (UTC), quantities int smallest units, money int minor units.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from longshore.engine.invalid import require

DAY = 1440


@dataclass(frozen=True, slots=True)
class Supply:
    """One step of supply: on-hand stock of a lot (`ready_at` <= now) or a planned receipt; usable up to and including
    `usable_until` (None: for ever)."""

    key: int
    item: int
    site: int
    ready_at: int
    qty: int
    usable_until: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One order line: `qty` of `item`; every lot must have `min_remaining_life` minutes left when it arrives."""

    key: int
    item: int
    qty: int
    min_remaining_life: int = 0


@dataclass(frozen=True, slots=True)
class Route:
    """How goods get from `site` to the customer. `cutoffs` are departures as minutes of the local day (`utc_offset`
    minutes east of UTC); empty: any minute. `handling` minutes pass between ready and departure."""

    site: int
    transit: int
    fixed_cost: int
    cost_per_unit_milli: int
    handling: int = 0
    cutoffs: tuple[int, ...] = ()
    utc_offset: int = 0


@dataclass(frozen=True, slots=True)
class PromiseProblem:
    """One order against the supply it may use.

    `supplies` holds what is free (claims of others already taken off); several rows per item and site are normal;
    sites without a route are not used. `split_penalty` is paid for each shipment (site and departure) beyond the
    first, at most `max_splits` of them. `late_penalty_per_day` is what one line costs per day late when all of it is
    late; parts count in proportion. With `ship_complete` the order leaves whole or not at all, one departure per
    site, one promised date. Raises InvalidProblem.
    """

    lines: tuple[Line, ...]
    supplies: tuple[Supply, ...]
    routes: tuple[Route, ...]
    now: int
    requested_at: int
    split_penalty: int = 0
    late_penalty_per_day: int = 0
    ship_complete: bool = False
    max_splits: int = 3

    def __post_init__(self) -> None:
        for row, line in enumerate(self.lines):
            require(line.qty > 0, "lines.qty", row, "is not positive", "Leave the line out or correct its quantity")
            require(line.min_remaining_life >= 0, "lines.min_remaining_life", row, "is negative", "Use 0 for none")
        for row, supply in enumerate(self.supplies):
            require(supply.qty >= 0, "supplies.qty", row, "is negative", "Pass what is free, not what is overdrawn")
        for row, route in enumerate(self.routes):
            _require_route(route, row)
        _require_unique([line.key for line in self.lines], "lines.key")
        _require_unique([supply.key for supply in self.supplies], "supplies.key")
        _require_unique([route.site for route in self.routes], "routes.site")
        for name in ("split_penalty", "late_penalty_per_day", "max_splits"):
            require(getattr(self, name) >= 0, name, None, "is negative", "Use 0 or more")


def _require_route(route: Route, row: int) -> None:
    for name in ("transit", "fixed_cost", "cost_per_unit_milli", "handling"):
        require(getattr(route, name) >= 0, f"routes.{name}", row, "is negative", "Use 0 or more")
    inside = all(0 <= minute < DAY for minute in route.cutoffs)
    require(inside, "routes.cutoffs", row, "is outside the day", "Give minutes of the local day, 0 to 1439")


def _require_unique(keys: list[int], name: str) -> None:
    if len(set(keys)) == len(keys):
        return
    row = next(index for index, key in enumerate(keys) if key in keys[:index])
    require(False, name, row, f"repeats {keys[row]}", "Give every row its own key")


@dataclass(frozen=True, slots=True)
class Take:
    """`qty` of one supply for a line, leaving `site` at `ship_at` and arriving at `arrive_at`."""

    supply_key: int
    qty: int
    site: int
    ship_at: int
    arrive_at: int


@dataclass(frozen=True, slots=True)
class LinePromise:
    """What one line gets. `promised_at` is when its last part arrives; None when nothing does. `short` has no
    supply."""

    line_key: int
    takes: tuple[Take, ...]
    promised_at: int | None
    short: int


@dataclass(frozen=True, slots=True)
class Binding:
    """What keeps the promise from being better. `code` is one of: none (on time, in full, in one shipment) · split
    (on time, in full, but no one site has it all: `qty` units leave from `site` besides) · supply (waits for supply
    `supply_key`) · transit (even stock on hand arrives late) · cutoff (waits for a departure) · cost (an earlier
    arrival costs more) · life (lots refused for remaining life, `qty` of them) · no-supply (`qty` missing) ·
    no-route · splits (`max_splits` reached) · complete (ship_complete holds it back)."""

    code: str
    line_key: int | None = None
    site: int | None = None
    supply_key: int | None = None
    at: int | None = None
    qty: int = 0


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """The best other set of shipments that was looked at: (site, ship_at) pairs, its cost and its total short."""

    shipments: tuple[tuple[int, int], ...]
    cost: int
    short: int


@dataclass(frozen=True, slots=True)
class Flip:
    """The smallest change that makes the runner-up win: `cost` (the chosen plan dearer by `amount` money) or `qty`
    (`amount` more units within the runner-up's reach)."""

    code: str
    amount: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why this promise: codes and numbers. `proven` tells whether no cheaper plan exists."""

    binding: Binding
    runner_up: RunnerUp | None = None
    flip: Flip | None = None
    proven: bool = True
    considered: int = 0


@dataclass(frozen=True, slots=True)
class Promise:
    """The answer for one order. `cost` = fixed costs + unit costs + split penalties + late penalties, rounded up
    once."""

    lines: tuple[LinePromise, ...]
    cost: int
    explanation: Explanation = field(compare=False)
