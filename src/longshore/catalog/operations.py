"""Verbs of the catalog: the facts every installation needs, holidays, and new handling units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, cast

import holidays as holiday_tables
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog import rules
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Calendar, HandlingUnit, Holiday, Partner, Place, PlaceKind, UnitOfMeasure

EXTERNAL_PLACES: Final = (
    ("OPENING", "Opening balance", "期初"),
    ("SCRAP", "Scrap", "报废"),
    ("COUNT-DIFF", "Count differences", "盘点差异"),
    ("UNEXPLAINED", "Unexplained", "原因不明"),
    ("PRODUCTION", "Production", "生产"),
)
SELF: Final = "SELF"
# UN/ECE Recommendation 20 and 21 codes that goods are counted, packed and weighed in.
UNITS: Final = (
    ("EA", "each", "件"),
    ("PR", "pair", "双"),
    ("SET", "set", "套"),
    ("KGM", "kilogram", "千克"),
    ("GRM", "gram", "克"),
    ("TNE", "tonne", "吨"),
    ("LTR", "litre", "升"),
    ("MLT", "millilitre", "毫升"),
    ("MTR", "metre", "米"),
    ("CMT", "centimetre", "厘米"),
    ("MTK", "square metre", "平方米"),
    ("MTQ", "cubic metre", "立方米"),
    ("BX", "box", "盒"),
    ("BG", "bag", "袋"),
    ("BO", "bottle", "瓶"),
    ("CA", "can", "罐"),
    ("PK", "pack", "包"),
    ("CT", "carton", "箱"),
    ("CS", "case", "箱（大）"),
    ("LY", "layer", "层"),
    ("PX", "pallet", "托盘"),
    ("DZN", "dozen", "打"),
    ("RO", "roll", "卷"),
)


class UnknownCalendar(Refusal):
    """There is no calendar with this code."""


class HolidaysNotKnown(Refusal):
    """The holiday table does not reach these years."""


@dataclass(frozen=True, slots=True)
class Ensured:
    """How many rows were missing and are there now."""

    created: int


@dataclass(frozen=True, slots=True)
class HolidaysLoaded:
    calendar: int
    closed: int
    working: int


@transaction.atomic
def ensure_fixed_places() -> Ensured:
    """The places and the partner that every ledger needs: external sources and sinks, and ourselves as owner."""
    before = Place.objects.count() + Partner.objects.count()
    Place.objects.bulk_create(
        [Place(code=code, name=name, name_zh=zh, kind=PlaceKind.EXTERNAL) for code, name, zh in EXTERNAL_PLACES],
        ignore_conflicts=True,
    )
    Partner.objects.bulk_create(
        [Partner(code=SELF, name="Our company", name_zh="本公司", is_owner=True)], ignore_conflicts=True
    )
    return Ensured(Place.objects.count() + Partner.objects.count() - before)


@transaction.atomic
def ensure_units() -> Ensured:
    """The usual units of measure."""
    before = UnitOfMeasure.objects.count()
    UnitOfMeasure.objects.bulk_create(
        [UnitOfMeasure(code=code, name=name, name_zh=zh) for code, name, zh in UNITS], ignore_conflicts=True
    )
    return Ensured(UnitOfMeasure.objects.count() - before)


@transaction.atomic
def load_china_holidays(*, calendar: str, years: Sequence[int]) -> HolidaysLoaded:
    """Mainland China's public holidays and its working weekends (调休) into a calendar; twice changes nothing."""
    row = Calendar.objects.select_for_update().filter(code=calendar).first()
    if row is None:
        raise UnknownCalendar(
            "unknown-calendar",
            _("There is no calendar “%(code)s”.") % {"code": calendar},
            _("Add the calendar first, or name one that exists."),
            calendar=calendar,
        )
    days = _china_days(tuple(sorted(set(years))))
    rows = [Holiday(calendar=row, day=day, name=name, working=working) for day, name, working in days]
    Holiday.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["calendar", "day"], update_fields=["name", "working"]
    )
    working = sum(1 for _day, _name, extra in days if extra)
    return HolidaysLoaded(row.pk, len(days) - working, working)


def _china_days(years: tuple[int, ...]) -> list[tuple[date, str, bool]]:
    table = holiday_tables.country_holidays("CN", years=years, language="zh_CN")
    named = {day: name for day, name in table.items() if day.year in years}
    missing = sorted(set(years) - {day.year for day in named})
    if missing:
        raise HolidaysNotKnown(
            "holidays-not-known",
            _("There are no published holidays for %(years)s.") % {"years": ", ".join(map(str, missing))},
            _("Give years from 1950 to next year."),
            years=missing,
        )
    extra = cast("set[date]", getattr(table, "weekend_workdays", set()))
    closed = [(day, name, False) for day, name in sorted(named.items())]
    return closed + [(day, "调休上班", True) for day in sorted(extra) if day.year in years]


@transaction.atomic
def make_handling_units(
    count: int, *, at: datetime, kind: str = "carton", prefix: str = rules.DEMO_COMPANY_PREFIX
) -> tuple[HandlingUnit, ...]:
    """New handling units with new serial shipping container codes under a GS1 company prefix."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('catalog_sscc_serial') FROM generate_series(1, %s)", [count])
        serials = [cast(int, row[0]) for row in cursor.fetchall()]
    units = [HandlingUnit(sscc=rules.make_sscc(prefix, serial), kind=kind, created_at=at) for serial in serials]
    return tuple(HandlingUnit.objects.bulk_create(units))
