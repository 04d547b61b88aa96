"""Pure rules about units, GS1 keys, working time and distance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal

EARTH_RADIUS_M: Final = 6_371_008.8
# GS1 keeps 952 for demonstrations, so no real company's keys can be hit.
DEMO_COMPANY_PREFIX: Final = "9521234"
LARGEST_QUANTITY: Final = 2**63 - 1


class NotWholeUnits(Refusal):
    """The quantity is not a whole number of base units."""


class QuantityOutOfRange(Refusal):
    """The quantity does not fit the ledger."""


class BadGs1Key(Refusal):
    """Not a GS1 key: wrong length, not digits, or a wrong check digit."""


class NeverOpen(Refusal):
    """The calendar has no working time within the years looked at."""


# Units


def to_base_units(quantity: Decimal | int | Fraction, factor: Fraction) -> int:
    """`quantity` of a unit that is exactly `factor` base units; refuses what is not a whole number of base units."""
    exact = Fraction(quantity) * factor
    if exact.denominator != 1:
        raise NotWholeUnits(
            "not-whole-units",
            _("%(quantity)s makes %(exact)s base units, which is not a whole number.")
            % {"quantity": quantity, "exact": exact},
            _("Give a quantity that is a whole number of the item's base unit, or a smaller base unit."),
            quantity=str(quantity),
            exact=str(exact),
        )
    if abs(exact.numerator) > LARGEST_QUANTITY:
        raise QuantityOutOfRange(
            "quantity-out-of-range",
            _("%(quantity)s is more than the ledger can hold.") % {"quantity": quantity},
            _("Check the number of digits and the unit."),
            quantity=str(quantity),
        )
    return exact.numerator


def from_base_units(quantity: int, factor: Fraction) -> Fraction:
    """How many of a unit `quantity` base units are, exactly."""
    return Fraction(quantity) / factor


# GS1 keys


def check_digit(digits: str) -> str:
    """The GS1 mod-10 check digit for the digits before it (GS1 General Specifications 7.9)."""
    if not (digits.isascii() and digits.isdigit()):
        raise BadGs1Key("not-digits", _("A GS1 key has digits only."), _("Remove letters and spaces."), value=digits)
    total = sum(int(digit) * (3 if position % 2 == 0 else 1) for position, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def check_gtin(value: str) -> str:
    """A GTIN of 8, 12, 13 or 14 digits with its check digit right, or BadGs1Key."""
    return _checked(value, (8, 12, 13, 14), "GTIN")


def check_gln(value: str) -> str:
    return _checked(value, (13,), "GLN")


def check_sscc(value: str) -> str:
    return _checked(value, (18,), "SSCC")


def make_sscc(company_prefix: str, serial: int, extension: int = 0) -> str:
    """A serial shipping container code: extension digit, company prefix, serial reference, check digit."""
    room = 16 - len(company_prefix)
    if not (7 <= len(company_prefix) <= 12 and company_prefix.isdigit() and 0 <= extension <= 9):
        raise BadGs1Key(
            "bad-company-prefix",
            _("A GS1 company prefix has 7 to 12 digits."),
            _("Give the prefix GS1 gave your company."),
            value=company_prefix,
        )
    if not 0 <= serial < 10**room:
        raise BadGs1Key(
            "serials-used-up",
            _("The serial numbers under the prefix %(prefix)s are used up.") % {"prefix": company_prefix},
            _("Use another extension digit or another prefix."),
            value=str(serial),
        )
    body = f"{extension}{company_prefix}{serial:0{room}d}"
    return body + check_digit(body)


def _checked(value: str, lengths: tuple[int, ...], name: str) -> str:
    if len(value) not in lengths or not (value.isascii() and value.isdigit()):
        raise BadGs1Key(
            f"bad-{name.lower()}",
            _("%(value)s is not a %(name)s: it needs %(lengths)s digits.")
            % {"value": value, "name": name, "lengths": "/".join(map(str, lengths))},
            _("Copy the digits under the bar code."),
            value=value,
        )
    right = check_digit(value[:-1])
    if value[-1] != right:
        raise BadGs1Key(
            f"{name.lower()}-check-digit",
            _("The check digit of %(value)s is wrong: it should be %(right)s.") % {"value": value, "right": right},
            _("Compare all digits with the label; two are probably swapped."),
            value=value,
            expected=right,
        )
    return value


# Working time


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """A calendar as arithmetic needs it. `exceptions` maps a day to True (extra working day) or False (closed)."""

    timezone: str = "Asia/Shanghai"
    weekdays: int = 127
    opens_minute: int = 0
    closes_minute: int = 1440
    exceptions: Mapping[date, bool] = field(default_factory=dict)

    def works_on(self, day: date) -> bool:
        return self.exceptions.get(day, bool(self.weekdays >> day.weekday() & 1))

    def hours_of(self, day: date) -> tuple[datetime, datetime]:
        """Opening and closing of a working day, aware in the calendar's zone."""
        zone = ZoneInfo(self.timezone)
        return _minute_of(day, self.opens_minute, zone), _minute_of(day, self.closes_minute, zone)


def next_working_minute(calendar: WorkingTime, at: datetime) -> datetime:
    """`at` itself when the calendar works then, else the next opening."""
    zone = ZoneInfo(calendar.timezone)
    day = at.astimezone(zone).date()
    for _step in range(3 * 366):
        if calendar.works_on(day):
            opens, closes = calendar.hours_of(day)
            if at < closes:
                return max(at, opens).astimezone(at.tzinfo)
        day += timedelta(days=1)
    raise NeverOpen(
        "never-open",
        _("The calendar has no working time in the three years from %(day)s.") % {"day": at.date().isoformat()},
        _("Give it at least one weekday."),
    )


def add_working_time(calendar: WorkingTime, at: datetime, minutes: int) -> datetime:
    """The moment when `minutes` of working time have passed since `at`."""
    left = timedelta(minutes=minutes)
    now = next_working_minute(calendar, at)
    while True:
        closes = calendar.hours_of(now.astimezone(ZoneInfo(calendar.timezone)).date())[1]
        room = closes - now
        if left <= room:
            return now + left
        left -= room
        now = next_working_minute(calendar, closes.astimezone(at.tzinfo))


def _minute_of(day: date, minute: int, zone: ZoneInfo) -> datetime:
    start = datetime.combine(day + timedelta(days=minute // 1440), time(), tzinfo=zone)
    return start + timedelta(minutes=minute % 1440)


# Distance


def great_circle_m(lat1: float, lon1: float, lat2: float, lon2: float) -> int:
    """Metres between two WGS-84 points along a great circle of the mean earth (haversine; error below 0.6 %)."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_phi, half_lambda = (phi2 - phi1) / 2, math.radians(lon2 - lon1) / 2
    chord = math.sin(half_phi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lambda) ** 2
    return round(2 * EARTH_RADIUS_M * math.asin(math.sqrt(chord)))
