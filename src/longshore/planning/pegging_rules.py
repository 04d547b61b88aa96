"""Which supply serves which demand of a few item-sites, and through bills and sites on to the customer or the supplier.

What comes first goes to what is due first, as the network's planner counts it; what is claimed stays where it is claimed.
Units keep their place: the tenth unit of an order serves what the tenth unit of what it is made into serves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

ItemSite = tuple[int, int]
Span = tuple[int, int]  # units from, to

STOCK, COMING, DECIDED, PLANNED, PROPOSED = "stock", "coming", "decided", "planned", "proposed"
ORDER, FORECAST, DRAWN, HELD, SAFETY = "order", "forecast", "drawn", "held", "safety"
SPARE, OPEN = "spare", "open"
DEEPEST = 12  # sites that help each other out could go round
_RANK = {ORDER: 0, FORECAST: 1, DRAWN: 2, HELD: 3, SAFETY: 4}


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """Stock, or what comes; `kind` one of the first five words above. `held` of it are claimed; `way` is how it comes
    (purchase, transfer, production), `source` from whom, `number` of the planned order, `proposal` where one is open."""

    key: str
    at: ItemSite
    kind: str
    day: date
    qty: int
    held: int = 0
    way: str = ""
    source: str = ""
    source_zh: str = ""
    document: str = ""
    order_on: date | None = None
    proposal: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What is wanted; `kind` one of the second five words above. Served in the order of `turn`; `held` of it have their
    claims. DRAWN by the supply `by`, which this many units bring into being: `way` (transfer, production) `into` an
    item-site."""

    key: str
    at: ItemSite
    kind: str
    turn: date
    day: date
    qty: int
    held: int = 0
    by: str = ""
    way: str = ""
    into: ItemSite | None = None
    order: int | None = None
    document: str = ""
    who: str = ""
    who_zh: str = ""

    @property
    def group(self) -> str:
        """Days of one forecast are read as one."""
        return f"{FORECAST}:{self.at}" if self.kind == FORECAST else self.key


@dataclass(frozen=True, slots=True)
class Claimed:
    """So many units of a supply belong to a demand."""

    supply: str
    demand: str
    qty: int


@dataclass(frozen=True, slots=True, eq=False)
class Peg:
    """Units of a supply, from `out` on, serve units of a demand, from `into` on."""

    supply: Supply
    demand: Demand
    out: int
    into: int
    qty: int


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """`fed_by`: the site whose supply what an item-site lacks is asked of, where it is replenished by position."""

    supplies: tuple[Supply, ...]
    demands: tuple[Demand, ...]
    claims: tuple[Claimed, ...]
    fed_by: dict[ItemSite, ItemSite]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the answer, `depth` steps from what was asked: a supply or a demand (or neither: SPARE, OPEN), how much of
    it, and the days it is wanted or comes."""

    depth: int
    supply: Supply | None
    demand: Demand | None
    what: str
    at: ItemSite
    qty: int
    first: date
    last: date
    late: bool = False


@dataclass(slots=True, eq=False)
class _Part:
    """Units of one thing that belong together in the answer."""

    spans: list[tuple[Demand, Span]] = field(default_factory=list)
    qty: int = 0
    late: bool = False


class Pegging:
    """Worked out item-site by item-site, those first that draw on others."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.supplies = {each.key: each for each in facts.supplies}
        self.demands = {each.key: each for each in facts.demands}
        self.draws: dict[str, list[Demand]] = defaultdict(list)
        for demand in facts.demands:
            if demand.by:
                self.draws[demand.by].append(demand)
        self._supplied: dict[ItemSite, list[Supply]] = defaultdict(list)
        self._wanted: dict[ItemSite, list[Demand]] = defaultdict(list)
        self._fed: dict[ItemSite, list[ItemSite]] = defaultdict(list)
        for supply in facts.supplies:
            self._supplied[supply.at].append(supply)
        for demand in facts.demands:
            self._wanted[demand.at].append(demand)
        for site, source in sorted(facts.fed_by.items()):
            self._fed[source].append(site)
        self._pegs: dict[ItemSite, tuple[list[Peg], list[tuple[Demand, Span]]]] = {}
        self.of_supply: dict[str, list[Peg]] = defaultdict(list)
        self.of_demand: dict[str, list[Peg]] = defaultdict(list)
        for at in sorted({*self._supplied, *self._wanted}):
            self._match(at)

    def _match(self, at: ItemSite) -> list[tuple[Demand, Span]]:
        """Peg an item-site; what is left open there."""
        if at in self._pegs:
            return self._pegs[at][1]
        self._pegs[at] = ([], [])  # a ring of sites ends here
        asked = [(demand, (demand.held, demand.qty)) for demand in self._wanted[at]]
        for site in self._fed[at]:
            asked += self._match(site)
        asked.sort(key=lambda each: (each[0].kind == SAFETY, each[0].turn, _RANK[each[0].kind], each[0].key, each[1]))
        supplies = sorted(self._supplied[at], key=lambda each: (each.kind != STOCK, each.day, each.key))
        pegs = [*self._claimed(at), *_in_turn(supplies, asked)]
        for peg in pegs:
            self.of_supply[peg.supply.key].append(peg)
            self.of_demand[peg.demand.key].append(peg)
        self._pegs[at] = (pegs, _left_open(pegs, asked))
        return self._pegs[at][1]

    def _claimed(self, at: ItemSite) -> Iterator[Peg]:
        out: dict[str, int] = defaultdict(int)
        into: dict[str, int] = defaultdict(int)
        for claim in self.facts.claims:
            supply, demand = self.supplies[claim.supply], self.demands[claim.demand]
            if supply.at == at:
                yield Peg(supply, demand, out[claim.supply], into[claim.demand], claim.qty)
                out[claim.supply] += claim.qty
                into[claim.demand] += claim.qty

    def upward(self, key: str) -> tuple[Row, ...]:
        """What a supply is for: what it serves, what that serves, up to customers, forecasts and safety stock."""
        supply = self.supplies[key]
        return tuple(self._up([(supply, (0, supply.qty))], 0))

    def downward(self, keys: Sequence[str]) -> tuple[Row, ...]:
        """What serves these demands, read as one: stock, what comes, and what that is made of."""
        asked = [self.demands[key] for key in keys]
        return tuple(self._down([(demand, (0, demand.qty)) for demand in asked], 0))

    def _up(self, asked: Sequence[tuple[Supply, Span]], depth: int) -> Iterator[Row]:
        found: dict[str, _Part] = {}
        spare = 0
        for supply, span in asked:
            spare += span[1] - span[0]
            for peg in self.of_supply[supply.key]:
                low, high = max(span[0], peg.out), min(span[1], peg.out + peg.qty)
                if low < high:
                    part = found.setdefault(peg.demand.group, _Part())
                    part.spans.append((peg.demand, (peg.into + low - peg.out, peg.into + high - peg.out)))
                    part.qty += high - low
                    part.late |= _late(supply, peg.demand)
                    spare -= high - low
        for part in found.values():
            days = [demand.day for demand, _span in part.spans]
            one = part.spans[0][0]
            yield Row(depth, None, one, one.kind, one.at, part.qty, min(days), max(days), part.late)
            user = self.supplies.get(one.by)
            if user is not None and depth < DEEPEST:
                yield from self._up([(user, _brought(each, user)) for each in part.spans], depth + 1)
        if spare and asked:
            last = asked[-1][0]
            yield Row(depth, None, None, SPARE, last.at, spare, last.day, last.day)

    def _down(self, asked: Sequence[tuple[Demand, Span]], depth: int) -> Iterator[Row]:
        found: dict[str, tuple[list[Span], _Part]] = {}
        for demand, span in asked:
            for peg in self.of_demand[demand.key]:
                low, high = max(span[0], peg.into), min(span[1], peg.into + peg.qty)
                if low < high:
                    spans, part = found.setdefault(peg.supply.key, ([], _Part()))
                    spans.append((peg.out + low - peg.into, peg.out + high - peg.into))
                    part.qty += high - low
                    part.late |= _late(peg.supply, demand)
        for key, (spans, part) in found.items():
            supply = self.supplies[key]
            yield Row(depth, supply, None, supply.kind, supply.at, part.qty, supply.day, supply.day, part.late)
            if depth < DEEPEST:
                for drawn in self.draws[key]:
                    yield from self._down([(drawn, _taken(span, supply, drawn)) for span in spans], depth + 1)
        yield from self._nothing(asked, sum(part.qty for _spans, part in found.values()), depth)

    def _nothing(self, asked: Sequence[tuple[Demand, Span]], served: int, depth: int) -> Iterator[Row]:
        missing = sum(span[1] - span[0] for _demand, span in asked) - served
        if missing:
            lacking = [demand for demand, span in asked if self._short(demand, span)]
            days = [demand.day for demand in lacking]
            yield Row(depth, None, None, OPEN, lacking[0].at, missing, min(days), max(days))

    def _short(self, demand: Demand, span: Span) -> int:
        """How many of these units nothing serves."""
        served = sum(
            min(span[1], peg.into + peg.qty) - max(span[0], peg.into)
            for peg in self.of_demand[demand.key]
            if max(span[0], peg.into) < min(span[1], peg.into + peg.qty)
        )
        return span[1] - span[0] - served


def _late(supply: Supply, demand: Demand) -> bool:
    """It comes after the day it is wanted (safety stock is wanted on no day)."""
    return demand.kind != SAFETY and supply.kind != STOCK and supply.day > demand.day


def _brought(drawn: tuple[Demand, Span], user: Supply) -> Span:
    """The units of what is made of these drawn ones."""
    demand, (low, high) = drawn
    return low * user.qty // demand.qty, high * user.qty // demand.qty


def _taken(span: Span, user: Supply, drawn: Demand) -> Span:
    """The units drawn for these units of what is made of them: the other way round."""
    return -(-span[0] * drawn.qty // user.qty), -(-span[1] * drawn.qty // user.qty)


def _in_turn(supplies: Sequence[Supply], asked: Sequence[tuple[Demand, Span]]) -> Iterator[Peg]:
    """First come, first served."""
    coming = iter([each for each in supplies if each.qty > each.held])
    supply = next(coming, None)
    out = supply.held if supply else 0
    for demand, (low, high) in asked:
        while low < high and supply is not None:
            qty = min(supply.qty - out, high - low)
            yield Peg(supply, demand, out, low, qty)
            low, out = low + qty, out + qty
            if out == supply.qty:
                supply = next(coming, None)
                out = supply.held if supply else 0


def _left_open(pegs: Sequence[Peg], asked: Sequence[tuple[Demand, Span]]) -> list[tuple[Demand, Span]]:
    """What got nothing: of each demand its end, because it is served from its beginning."""
    upto: dict[tuple[str, int], int] = {}  # where the units end that start here
    for peg in pegs:
        upto[peg.demand.key, peg.into] = peg.into + peg.qty
    left = []
    for demand, (low, high) in asked:
        at = low
        while (demand.key, at) in upto and at < high:
            at = upto[demand.key, at]
        if at < high and demand.kind != SAFETY:
            left.append((demand, (at, high)))
    return left
