"""Questions about the catalog: codes to ids for whole batches, the place tree, working time, distances."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from django.db import connection

from longshore.catalog.errors import Refusal
from longshore.catalog.models import Calendar, Holiday, Item, ItemUnit, Lane, Lot, Partner, Place, UnitOfMeasure
from longshore.catalog.rules import WorkingTime, great_circle_m

ROAD_FACTOR: Final = 1.3  # roads are longer than great circles; the usual detour factor where no lane says better


class UnknownCode(Refusal):
    """A code that is not in the catalog."""


@dataclass(frozen=True, slots=True)
class ItemUnits:
    """An item's units as exact numbers of base units; the base unit itself is in it as 1."""

    item: int
    code: str
    base_unit: str
    factors: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class PlaceRow:
    id: int
    code: str
    name: str
    name_zh: str
    kind: str
    usage: str
    parent: int | None
    site: int | None
    depth: int
    path: str


@dataclass(frozen=True, slots=True)
class LaneRow:
    id: int
    origin: int
    destination: int
    carrier: int | None
    transit_minutes: int
    transit_sd_minutes: int
    distance_m: int
    fixed_cost: int
    cost_per_kg: int


def item_ids(codes: Iterable[str]) -> dict[str, int]:
    return dict(Item.objects.filter(code__in=set(codes)).values_list("code", "id"))


def place_ids(codes: Iterable[str]) -> dict[str, int]:
    return dict(Place.objects.filter(code__in=set(codes)).values_list("code", "id"))


def partner_ids(codes: Iterable[str]) -> dict[str, int]:
    return dict(Partner.objects.filter(code__in=set(codes)).values_list("code", "id"))


def unit_ids(codes: Iterable[str]) -> dict[str, int]:
    return dict(UnitOfMeasure.objects.filter(code__in=set(codes)).values_list("code", "id"))


def lot_ids(pairs: Collection[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """(item id, lot code) → lot id, for those that exist."""
    if not pairs:
        return {}
    rows = Lot.objects.filter(item_id__in={item for item, _code in pairs}, code__in={code for _item, code in pairs})
    return {(item, code): pk for pk, item, code in rows.values_list("id", "item_id", "code")}


def item_by_any_code(codes: Collection[str]) -> dict[str, int]:
    """Our code, the GTIN or a unit's barcode → item id; our own code wins."""
    found: dict[str, int] = {}
    found.update(ItemUnit.objects.filter(barcode__in=codes).values_list("barcode", "item_id"))
    found.update(Item.objects.filter(gtin__in=[code for code in codes if code]).values_list("gtin", "id"))
    found.update(Item.objects.filter(code__in=codes).values_list("code", "id"))
    return found


def units_of(items: Collection[int]) -> dict[int, ItemUnits]:
    """The units of these items, two queries whatever their number."""
    factors: dict[int, dict[str, Fraction]] = {}
    rows = ItemUnit.objects.filter(item_id__in=items).values_list("item_id", "unit__code", "numerator", "denominator")
    for item, unit, numerator, denominator in rows:
        factors.setdefault(item, {})[unit] = Fraction(numerator, denominator)
    heads = Item.objects.filter(id__in=items).values_list("id", "code", "base_unit__code")
    return {
        item: ItemUnits(item, code, base, {**factors.get(item, {}), base: Fraction(1)}) for item, code, base in heads
    }


def own_partner() -> int:
    """The partner that is ourselves: owner of our stock."""
    found = Partner.objects.filter(code="SELF").values_list("id", flat=True).first()
    if found is None:
        raise UnknownCode("not-initialised", "There is no partner SELF.", "Run `longshore init` first.")
    return found


def external_place(code: str) -> int:
    """OPENING, SCRAP, COUNT-DIFF, UNEXPLAINED or PRODUCTION."""
    found = Place.objects.filter(code=code, kind="external").values_list("id", flat=True).first()
    if found is None:
        raise UnknownCode("not-initialised", f"There is no external place {code}.", "Run `longshore init` first.")
    return found


def place_tree(root: str | None = None) -> tuple[PlaceRow, ...]:
    """A place and everything inside it (or every tree), parents before children, siblings by code."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE tree AS (
                SELECT id, code, name, name_zh, kind, usage, parent_id, site_id, 0 AS depth, code::text AS path
                FROM catalog_place
                WHERE CASE WHEN %(root)s::text IS NULL THEN parent_id IS NULL ELSE code = %(root)s END
                UNION ALL
                SELECT p.id, p.code, p.name, p.name_zh, p.kind, p.usage, p.parent_id, p.site_id,
                       t.depth + 1, t.path || '/' || p.code
                FROM catalog_place p JOIN tree t ON p.parent_id = t.id
                WHERE t.depth < 20
            )
            SELECT * FROM tree ORDER BY string_to_array(path, '/')
            """,
            {"root": root},
        )
        return tuple(PlaceRow(*row) for row in cursor.fetchall())


def places_of_site(site: int, usage: str) -> tuple[int, ...]:
    """The active places of a site with this use, in walking order."""
    rows = Place.objects.filter(site_id=site, usage=usage, active=True).order_by("pick_rank", "code")
    return tuple(rows.values_list("id", flat=True))


def lanes_between(origins: Collection[int], destinations: Collection[int]) -> tuple[LaneRow, ...]:
    rows = Lane.objects.filter(active=True, origin_id__in=origins, destination_id__in=destinations).order_by("id")
    return tuple(
        LaneRow(*row)
        for row in rows.values_list(
            "id", "origin_id", "destination_id", "carrier_id", "transit_minutes", "transit_sd_minutes",
            "distance_m", "fixed_cost", "cost_per_kg",
        )
    )  # fmt: skip


def working_time(calendars: Collection[int]) -> dict[int, WorkingTime]:
    """Calendars with their holidays, ready for the arithmetic in rules."""
    exceptions: dict[int, dict[date, bool]] = {}
    for calendar, day, working in Holiday.objects.filter(calendar_id__in=calendars).values_list(
        "calendar_id", "day", "working"
    ):
        exceptions.setdefault(calendar, {})[day] = working
    rows = Calendar.objects.filter(id__in=calendars)
    return {
        row.pk: WorkingTime(row.timezone, row.weekdays, row.opens_minute, row.closes_minute, exceptions.get(row.pk, {}))
        for row in rows
    }


def road_metres(origins: Sequence[int], destinations: Sequence[int]) -> dict[tuple[int, int], int]:
    """Metres by road between all pairs: the lane's distance where one says it, else great circle × 1.3."""
    rows = Place.objects.filter(id__in=[*origins, *destinations]).values_list("id", "latitude", "longitude")
    points = {pk: (lat, lon) for pk, lat, lon in rows if lat is not None and lon is not None}
    known = {(lane.origin, lane.destination): lane.distance_m for lane in lanes_between(origins, destinations)}
    metres: dict[tuple[int, int], int] = {}
    for origin in origins:
        for destination in destinations:
            if known.get((origin, destination)):
                metres[origin, destination] = known[origin, destination]
            elif origin in points and destination in points:
                straight = great_circle_m(*points[origin], *points[destination])
                metres[origin, destination] = round(straight * ROAD_FACTOR)
    return metres
