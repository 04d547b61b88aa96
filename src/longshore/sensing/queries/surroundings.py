"""What hung where and what stood there: the facts that give a reading its meaning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, LiteralString, NamedTuple

from longshore.catalog.models import PlaceKind
from longshore.ledger.wire import run
from longshore.sensing.queries.rows import fetch
from longshore.sensing.rules.excursions import Limit, Span
from longshore.sensing.rules.limits import DEFAULTS


class Hung(NamedTuple):
    """A device hung there from `from_at` on. Exactly one of place and handling unit is set. `classes`: the temperature
    classes that its part of the thing is for (a truck with compartments has a logger in each); empty: all of it."""

    device: int
    place: int | None
    handling_unit: int | None
    place_kind: str
    temperature_class: str
    from_at: datetime
    until_at: datetime | None
    classes: tuple[str, ...] = ()

    def is_for(self, temperature_class: str) -> bool:
        return not self.classes or temperature_class in self.classes

    @property
    def thing(self) -> tuple[int, int]:
        return self.place or 0, self.handling_unit or 0


class FenceRow(NamedTuple):
    place: int
    latitude: float
    longitude: float
    radius_m: float
    dwell_s: int


_HUNG: Final[LiteralString] = """
SELECT a.device_id, a.place_id, a.handling_unit_id, coalesce(p.kind, ''), coalesce(p.temperature_class, ''), a.from_at,
    a.until_at, ARRAY(SELECT jsonb_array_elements_text(
        CASE WHEN jsonb_typeof(d.settings -> 'classes') = 'array' THEN d.settings -> 'classes' ELSE '[]' END))
FROM sensing_attachment a JOIN sensing_device d ON d.id = a.device_id LEFT JOIN catalog_place p ON p.id = a.place_id
WHERE a.device_id = ANY(%s::int[]) ORDER BY a.device_id, a.from_at
"""
_LIMITS: Final[LiteralString] = """
SELECT l.temperature_class, l.item_id, l.code, m.code, l.metric_id, l.above, l.threshold, l.hysteresis, l.inclusive,
    l.activation, l.after_s, l.within_s
FROM sensing_productlimit l JOIN sensing_metric m ON m.id = l.metric_id WHERE l.active ORDER BY l.code
"""
# Classes (and items with limits of their own) that stand there now or did since `since`, for many things at once.
_STANDING: Final[LiteralString] = """
WITH RECURSIVE things AS (
    SELECT n, place, unit, since FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) WITH ORDINALITY
        AS t(place, unit, since, n)
), inside AS (
    SELECT n, place AS id FROM things WHERE place > 0
    UNION SELECT i.n, p.id FROM catalog_place p JOIN inside i ON p.parent_id = i.id
), stands AS (
    SELECT i.n, b.id, b.item_id, b.qty FROM inside i JOIN ledger_balance b ON b.place_id = i.id WHERE b.bounded
    UNION ALL
    SELECT t.n, b.id, b.item_id, b.qty FROM things t JOIN ledger_balance b ON b.handling_unit_id = t.unit
    WHERE t.unit > 0 AND b.bounded
)
SELECT s.n, i.temperature_class, CASE WHEN s.item_id = ANY(%s::bigint[]) THEN s.item_id ELSE 0 END, sum(s.qty)::bigint,
    array_agg(s.id)
FROM stands s JOIN catalog_item i ON i.id = s.item_id JOIN things t ON t.n = s.n
WHERE s.qty > 0 OR EXISTS (SELECT 1 FROM ledger_movement m WHERE m.source_id = s.id AND m.happened_at > t.since)
GROUP BY 1, 2, 3
"""
_MOVED: Final[LiteralString] = """
SELECT k.n, m.happened_at, m.qty FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS k(n, balance, since)
JOIN ledger_movement m ON m.target_id = k.balance AND m.happened_at > k.since
UNION ALL
SELECT k.n, m.happened_at, -m.qty FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS k(n, balance, since)
JOIN ledger_movement m ON m.source_id = k.balance AND m.happened_at > k.since
"""
_FENCES: Final[LiteralString] = """
SELECT p.id, p.latitude, p.longitude, coalesce(g.radius_m, CASE WHEN p.kind = 'site' THEN 300 ELSE 150 END)::float8,
    coalesce(g.dwell_s, 60)
FROM catalog_place p LEFT JOIN sensing_geofence g ON g.place_id = p.id
WHERE p.active AND p.latitude IS NOT NULL AND (p.kind IN ('site', 'party') OR g.id IS NOT NULL) ORDER BY p.id
"""
_PLACES: Final[LiteralString] = "SELECT code, id FROM catalog_place WHERE code = ANY(%s::text[])"
_ITEMS: Final[LiteralString] = "SELECT code, id FROM catalog_item WHERE code = ANY(%s::text[])"


class LimitsByGoods:
    """Limits by temperature class and by item, for the metrics that have any."""

    def __init__(self, rows: Iterable[tuple[str, int, int, Limit]]) -> None:
        self.by_class: dict[tuple[int, str], list[Limit]] = defaultdict(list)
        self.by_item: dict[tuple[int, int], list[Limit]] = defaultdict(list)
        for temperature_class, item, metric, limit in rows:
            if item:
                self.by_item[metric, item].append(limit)
            else:
                self.by_class[metric, temperature_class].append(limit)

    @property
    def metrics(self) -> list[int]:
        return sorted({key[0] for key in (*self.by_class, *self.by_item)})

    @property
    def items(self) -> list[int]:
        return sorted({item for _metric, item in self.by_item})

    def of(self, metric: int, temperature_class: str, item: int) -> list[Limit]:
        """An item's own limits stand instead of those of its class."""
        return (self.by_item.get((metric, item)) if item else None) or self.by_class.get(
            (metric, temperature_class), []
        )


def product_limits() -> LimitsByGoods:
    """The active limits; where none were ever set, those that every installation begins with."""
    rows = run(_LIMITS).fetchall()
    if not rows:
        codes = dict(run("SELECT code, id FROM sensing_metric").fetchall())
        return LimitsByGoods(
            (temperature_class, 0, codes[limit.metric], limit)
            for temperature_class, limit in DEFAULTS
            if limit.metric in codes
        )
    return LimitsByGoods((row[0], row[1] or 0, row[4], _limit(*row[2:4], *row[5:])) for row in rows)


def _limit(code: str, metric: str, above: bool, threshold: float, hysteresis: float, *rest: object) -> Limit:
    inclusive, activation, after_s, within_s = rest
    return Limit(
        code,
        metric,
        above,
        threshold,
        hysteresis,
        bool(inclusive),
        str(activation),
        timedelta(seconds=int(str(after_s))),
        timedelta(seconds=int(str(within_s))),
    )


def hung(devices: Sequence[int]) -> dict[int, list[Hung]]:
    """Where each of these devices hung, in order of time."""
    found: dict[int, list[Hung]] = defaultdict(list)
    for row in fetch(Hung, _HUNG, sorted(set(devices))):
        found[row.device].append(row)
    return found


def hung_at(spells: Sequence[Hung], at: datetime) -> Hung | None:
    """Where it hung at that moment."""
    return next((each for each in spells if each.from_at <= at and (each.until_at is None or at < each.until_at)), None)


class Standing(NamedTuple):
    """Goods of one class (or one item with limits of its own) that stood at a thing, and when."""

    temperature_class: str
    item: int
    spans: tuple[Span, ...]


def standing(
    things: Sequence[tuple[int, int]], since: Sequence[datetime], items: Sequence[int]
) -> list[list[Standing]]:
    """For each thing (place or handling unit) what stood there since then, with the times at which some of it did."""
    places, units = [thing[0] for thing in things], [thing[1] for thing in things]
    groups = run(_STANDING, places, units, list(since), list(items)).fetchall()
    keys = [(group, balance) for group, row in enumerate(groups) for balance in row[4]]
    numbers, balances = [key[0] for key in keys], [key[1] for key in keys]
    starts = [since[groups[number][0] - 1] for number in numbers]
    moved: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for number, happened_at, qty in run(_MOVED, numbers, balances, starts, numbers, balances, starts):
        moved[number].append((happened_at, qty))
    found: list[list[Standing]] = [[] for _thing in things]
    for number, (n, temperature_class, item, qty, _balances) in enumerate(groups):
        spans = _spans(qty, moved[number], since[n - 1])
        if spans:
            found[n - 1].append(Standing(temperature_class, item, spans))
    return found


def _spans(now: int, moved: Sequence[tuple[datetime, int]], since: datetime) -> tuple[Span, ...]:
    """When the quantity was above zero, from what stands there now taken back through the movements since."""
    changes: dict[datetime, int] = defaultdict(int)
    for at, qty in moved:
        changes[at] += qty
    qty = now - sum(changes.values())
    start = since if qty > 0 else None
    spans: list[Span] = []
    for at in sorted(changes):
        qty += changes[at]
        if qty > 0 and start is None:
            start = at
        elif qty <= 0 and start is not None:
            spans.append((start, at))
            start = None
    return (*spans, (start, None)) if start is not None else tuple(spans)


def is_monitored_itself(spell: Hung) -> bool:
    """A cold room must be cold when it is empty, too; an empty truck need not."""
    return spell.place is not None and spell.place_kind != PlaceKind.VEHICLE


def fences() -> tuple[FenceRow, ...]:
    """Every place a vehicle may visit, with its fence."""
    return fetch(FenceRow, _FENCES)


def place_ids(codes: Iterable[str]) -> dict[str, int]:
    return dict(run(_PLACES, sorted({code for code in codes if code})).fetchall())


def item_ids(codes: Iterable[str]) -> dict[str, int]:
    return dict(run(_ITEMS, sorted({code for code in codes if code})).fetchall())


class TradeItem(NamedTuple):
    """What a GTIN stands for: `units` base units of an item."""

    gtin: str
    item: int
    units: int
    lot_tracked: bool


_TRADE_ITEMS: Final[LiteralString] = """
SELECT g.gtin, i.id, 1::bigint, i.lot_tracked FROM unnest(%s::text[]) AS g(gtin)
JOIN catalog_item i ON i.gtin <> '' AND i.gtin = ANY(ARRAY[g.gtin, ltrim(g.gtin, '0'), right(g.gtin, 13), right(g.gtin, 12),
    right(g.gtin, 8)]) AND lpad(i.gtin, 14, '0') = g.gtin
UNION ALL
SELECT g.gtin, i.id, u.numerator / u.denominator, i.lot_tracked FROM unnest(%s::text[]) AS g(gtin)
JOIN catalog_itemunit u ON u.barcode <> '' AND lpad(u.barcode, 14, '0') = g.gtin AND u.numerator %% u.denominator = 0
JOIN catalog_item i ON i.id = u.item_id
"""


def trade_items(gtins: Iterable[str]) -> dict[str, TradeItem]:
    """Items, and packs of items, by their GTIN of 14 digits; the item itself where both have it."""
    wanted = sorted({gtin for gtin in gtins if gtin})
    rows = fetch(TradeItem, _TRADE_ITEMS, wanted, wanted) if wanted else ()
    found: dict[str, TradeItem] = {}
    for row in rows:
        found.setdefault(row.gtin, row)
    return found
