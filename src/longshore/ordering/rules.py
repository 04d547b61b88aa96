"""Pure decisions on customer orders: quantities, ways to the customer, penalties, what is worth telling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final
from unicodedata import normalize
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.catalog.rules import great_circle_m, to_base_units
from longshore.engine.promising.problem import DAY, Route

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)

# A road is longer than a great circle; lorries average this over a day with stops (metres a minute).
DETOUR_NUMERATOR: Final = 13
DETOUR_DENOMINATOR: Final = 10
ROAD_METRES_A_MINUTE: Final = 900
STOP_MINUTES: Final = 30
UNKNOWN_TRANSIT: Final = DAY
UNKNOWN_FIXED_COST: Final = 6000
HOME_FIXED_COST: Final = 3000
ROAD_FIXED_COST: Final = 2000
ROAD_COST_A_KM: Final = 60
ROAD_COST_A_KG: Final = 20


MOST_DIGITS: Final = 20
# Digits, or groups of three with commas; no exponent, so that a few characters cannot name an astronomical number.
_PLAIN: Final = re.compile(r"[-−+]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?", re.ASCII)


class QuantityNotRead(Refusal):
    """What stands in the quantity field is not a positive number."""


@dataclass(frozen=True, slots=True)
class PromisePolicy:
    """How this company promises. Minutes, minor units of money."""

    handling_minutes: int = 120
    receiving_minutes: int = 120
    overdue_minutes: int = DAY  # a receipt that should be here already is not expected before now + this
    departures: tuple[int, ...] = (6 * 60, 9 * 60, 14 * 60)  # minutes of the site's day
    split_penalty: int = 3000
    late_penalty_a_day: int = 4000
    max_splits: int = 3
    most_sites: int = 6


DEFAULT_POLICY: Final = PromisePolicy()


@dataclass(frozen=True, slots=True)
class SiteFacts:
    id: int
    latitude: float | None
    longitude: float | None
    utc_offset: int
    opens_minute: int = 0
    closes_minute: int = DAY


@dataclass(frozen=True, slots=True)
class LaneFacts:
    transit: int
    fixed_cost: int
    cost_per_kg: int


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """Where an order goes, and between which minutes of its day somebody is there to take it."""

    place: int
    latitude: float | None
    longitude: float | None
    utc_offset: int
    opens_minute: int
    closes_minute: int
    home_site: int | None


def minutes(moment: datetime) -> int:
    """Whole minutes since 1970, rounded up: nothing is ready before it is."""
    return -((EPOCH - moment) // MINUTE)


def moment(minute: int) -> datetime:
    return EPOCH + minute * MINUTE


def utc_offset(zone: str, at: datetime) -> int:
    offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    return 0 if offset is None else offset // MINUTE


def read_quantity(text: str | int | Decimal) -> Decimal:
    """A positive number as people type it: full-width digits and thousands separators are read, all else refused."""
    if isinstance(text, Decimal):
        if not text.is_finite() or text.adjusted() > MOST_DIGITS:
            raise _unread(text)
        number = text
    else:
        plain = normalize("NFKC", str(text)).strip()
        if not _PLAIN.fullmatch(plain) or len(plain) > 2 * MOST_DIGITS:
            raise _unread(text)
        number = Decimal(plain.replace(",", "").replace("−", "-"))
    if number <= 0:
        raise QuantityNotRead(
            "quantity-not-positive",
            _("The quantity %(value)s is not more than zero.") % {"value": str(text)},
            _("Give what is wanted, or leave the line out; goods that come back are a return."),
            value=str(text),
        )
    return number


def _unread(text: object) -> QuantityNotRead:
    return QuantityNotRead(
        "quantity-not-a-number",
        _("“%(value)s” is not a quantity.") % {"value": str(text)},
        _("Write digits only, for example 12 or 1.5."),
        value=str(text),
    )


def base_quantity(text: str | int | Decimal, factor: Fraction) -> int:
    """Base units of what was typed, in a unit that is exactly `factor` base units."""
    return to_base_units(read_quantity(text), factor)


def late_penalty(policy: PromisePolicy, priority: int) -> int:
    """What a late line costs a day: an order of priority 1 five times one of priority 9."""
    return policy.late_penalty_a_day * (11 - priority if priority < 10 else 1) // 6


def road(site: SiteFacts, customer: CustomerFacts) -> LaneFacts:
    """A way nobody has described: estimated from the great circle, or, without coordinates, from habit."""
    places = (site.latitude, site.longitude, customer.latitude, customer.longitude)
    if any(value is None for value in places):
        home = site.id == customer.home_site
        return LaneFacts(UNKNOWN_TRANSIT, HOME_FIXED_COST if home else UNKNOWN_FIXED_COST, ROAD_COST_A_KG)
    lat1, lon1, lat2, lon2 = (float(value) for value in places if value is not None)
    metres = great_circle_m(lat1, lon1, lat2, lon2) * DETOUR_NUMERATOR // DETOUR_DENOMINATOR
    transit = STOP_MINUTES + metres // ROAD_METRES_A_MINUTE
    return LaneFacts(transit, ROAD_FIXED_COST + ROAD_COST_A_KM * metres // 1000, ROAD_COST_A_KG)


def departures(
    site: SiteFacts, customer: CustomerFacts, transit: int, policy: PromisePolicy
) -> tuple[tuple[int, ...], int]:
    """Departures from which the goods arrive while somebody is there, and the waiting at the door (minutes).

    Where no departure arrives in the window, all leave with the least waiting added to the journey.
    """
    open_now = [cut for cut in policy.departures if site.opens_minute <= cut <= site.closes_minute] or [
        site.opens_minute
    ]
    leaving = [cut % DAY for cut in open_now]
    waits = {cut: _wait(cut, site, customer, transit) for cut in leaving}
    least = min(waits.values())
    return tuple(sorted(cut for cut in leaving if waits[cut] == least)), least


def _wait(cut: int, site: SiteFacts, customer: CustomerFacts, transit: int) -> int:
    """Minutes from arrival to the customer's next opening; 0 while open."""
    arrival = (cut - site.utc_offset + transit + customer.utc_offset) % DAY
    if customer.opens_minute <= arrival <= customer.closes_minute:
        return 0
    return (customer.opens_minute - arrival) % DAY


@dataclass(frozen=True, slots=True)
class Way:
    """How goods get from a site to one customer, before the weight of an order is known."""

    site: int
    transit: int
    fixed_cost: int
    cost_per_kg: int
    handling: int
    cutoffs: tuple[int, ...]
    utc_offset: int

    def route(self, grams_a_unit: int) -> Route:
        """As the engine wants it. Grams times money a kilogram is thousandths of money."""
        return Route(
            self.site,
            self.transit,
            self.fixed_cost,
            self.cost_per_kg * grams_a_unit,
            self.handling,
            self.cutoffs,
            self.utc_offset,
        )


def ways(
    sites: Iterable[SiteFacts],
    lanes: Mapping[int, LaneFacts],
    customer: CustomerFacts,
    policy: PromisePolicy,
) -> tuple[Way, ...]:
    """The ways to a customer, quickest and cheapest first. `lanes` is by site; a site without one goes by road."""
    found = []
    for site in sites:
        if site.id == customer.place:
            continue
        lane = lanes.get(site.id) or road(site, customer)
        cutoffs, wait = departures(site, customer, lane.transit, policy)
        found.append(
            Way(
                site.id,
                lane.transit + wait,
                lane.fixed_cost,
                lane.cost_per_kg,
                policy.handling_minutes,
                cutoffs,
                site.utc_offset,
            )
        )
    return tuple(sorted(found, key=lambda way: (way.fixed_cost, way.transit, way.site)))


def grams_a_unit(lines: Sequence[tuple[int, int]]) -> int:
    """Mean weight of a unit of an order, from (quantity, grams a unit), rounded up."""
    units = sum(qty for qty, _weight in lines)
    return -(-sum(qty * weight for qty, weight in lines) // units) if units else 0


def is_better(
    *, before_at: int | None, before_short: int, after_at: int | None, after_short: int, wanted_at: int
) -> bool:
    """Whether a new promise is worth telling: more goods, or as many, sooner, and the old date was late."""
    if after_short != before_short:
        return after_short < before_short
    if before_at is None or after_at is None:
        return after_at is not None
    return after_at < before_at and before_at > wanted_at
