"""Pure decisions of transport: who drives it, which stop it is, how late it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

TEMPERATURE_BITS: Final = {"ambient": 1, "chilled": 2, "frozen": 4, "pharma": 8}
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DETOUR_PERCENT: Final = 130
# A stop takes at least this share of a round, however little is unloaded there (a round has about twelve stops).
LEAST_SHARE_BP: Final = 830
RISK: Final = timedelta(minutes=20)
NOTICEABLE: Final = timedelta(minutes=10)
SILENT: Final = timedelta(minutes=30)
STANDING_KMH: Final = 3


def minutes(at: datetime) -> int:
    """Whole minutes since the epoch, as the engine counts."""
    return int((at - EPOCH) // timedelta(minutes=1))


def at_minute(value: int) -> datetime:
    return EPOCH + timedelta(minutes=value)


def local_minute(day: date, minute: int, timezone: str) -> datetime:
    """The moment a local clock shows this minute of this day (1440: the day's end)."""
    midnight = datetime.combine(day, time(), tzinfo=ZoneInfo(timezone))
    return (midnight + timedelta(minutes=minute)).astimezone(UTC)


def skills(classes: str | Iterable[str]) -> int:
    """The bit mask of temperature classes, from names or from a comma-separated list."""
    names = classes.split(",") if isinstance(classes, str) else classes
    return sum({TEMPERATURE_BITS[name.strip()] for name in names if name.strip()})


def service_minutes(units: int) -> int:
    """How long unloading takes: ten minutes for the papers, two a handling unit, at most an hour."""
    return min(60, 10 + 2 * units)


# --- carrier or own fleet ---------------------------------------------------------------------------------------------


class Load(NamedTuple):
    """What a shipment is, for whoever should take it."""

    weight_g: int
    volume_cm3: int
    temperature_class: str
    ship_by: datetime
    due_at: datetime
    distance_m: int


class OwnVehicle(NamedTuple):
    capacity_g: int
    capacity_cm3: int
    skills: int
    fixed_cost: int
    cost_per_km: int
    speed_kmh: int


class CarrierLane(NamedTuple):
    """What a carrier asks and how long it takes. `skills` 0: it did not say which temperature classes it drives."""

    carrier: int
    transit_minutes: int
    fixed_cost: int
    cost_per_kg: int
    skills: int


@dataclass(frozen=True, slots=True)
class Option:
    """A way to send a shipment. `carrier` None: our own fleet."""

    carrier: int | None
    cost: int
    arrives_at: datetime
    on_time: bool


@dataclass(frozen=True, slots=True)
class CarrierChoice:
    chosen: Option | None
    options: tuple[Option, ...]

    def explanation(self) -> dict[str, Any]:
        """Why this one: the rule, the numbers, the runner-up and what it would take to turn the choice."""
        if self.chosen is None:
            return {"rule": "no way to send it"}
        others = [option for option in self.options if option is not self.chosen]
        runner_up = others[0] if others else None
        return {
            "rule": "cheapest that is on time" if self.chosen.on_time else "earliest, none is on time",
            "chosen": _option(self.chosen),
            "runner_up": None if runner_up is None else _option(runner_up),
            "flip": None if runner_up is None else runner_up.cost - self.chosen.cost,
            "options": len(self.options),
        }


def _option(option: Option) -> dict[str, Any]:
    return {
        "carrier": option.carrier,
        "cost": option.cost,
        "arrives_at": option.arrives_at.isoformat(),
        "on_time": option.on_time,
    }


def choose_way(
    load: Load, fleet: Sequence[OwnVehicle], lanes: Sequence[CarrierLane], *, leaves_at: datetime
) -> CarrierChoice:
    """The cheapest way that arrives when promised; where none does, the earliest. Best option first in `options`."""
    need = TEMPERATURE_BITS[load.temperature_class]
    options = [_own(load, vehicle, leaves_at) for vehicle in fleet if _can_carry(vehicle, load, need)]
    best_own = [min(options, key=lambda option: (not option.on_time, option.cost))] if options else []
    kilos = -(-load.weight_g // 1000)
    hired = [
        Option(
            lane.carrier,
            lane.fixed_cost + lane.cost_per_kg * kilos,
            leaves_at + timedelta(minutes=lane.transit_minutes),
            leaves_at + timedelta(minutes=lane.transit_minutes) <= load.due_at,
        )
        for lane in lanes
        if not lane.skills or lane.skills & need
    ]
    ranked = sorted([*best_own, *hired], key=_rank)
    return CarrierChoice(ranked[0] if ranked else None, tuple(ranked))


def _rank(option: Option) -> tuple[bool, int, int]:
    late = 0 if option.on_time else minutes(option.arrives_at)
    return not option.on_time, late, option.cost


def _can_carry(vehicle: OwnVehicle, load: Load, need: int) -> bool:
    fits = load.weight_g <= vehicle.capacity_g and load.volume_cm3 <= vehicle.capacity_cm3
    return fits and bool(vehicle.skills & need)


def _own(load: Load, vehicle: OwnVehicle, leaves_at: datetime) -> Option:
    """Our own truck costs the share of a there-and-back drive that the shipment fills, at least one stop's share."""
    weight = load.weight_g * 10_000 // vehicle.capacity_g if vehicle.capacity_g else 10_000
    volume = load.volume_cm3 * 10_000 // vehicle.capacity_cm3 if vehicle.capacity_cm3 else 10_000
    share = max(weight, volume, LEAST_SHARE_BP)
    drive = vehicle.fixed_cost + vehicle.cost_per_km * 2 * load.distance_m // 1000
    arrives = leaves_at + timedelta(minutes=load.distance_m * 60 // (vehicle.speed_kmh * 1000))
    return Option(None, drive * share // 10_000, arrives, arrives <= load.due_at)


# --- stops ------------------------------------------------------------------------------------------------------------


class Parcel(NamedTuple):
    """A shipment as the route planner sees it."""

    shipment: int
    place: int
    weight_g: int
    volume_cm3: int
    units: int
    skills: int


@dataclass(frozen=True, slots=True)
class Visit:
    """Shipments that one vehicle brings to one place in one stop."""

    place: int
    shipments: tuple[int, ...]
    weight_g: int
    volume_cm3: int
    units: int
    skills: int


def visits(parcels: Sequence[Parcel], *, largest_g: int, largest_cm3: int) -> list[Visit]:
    """One visit for each place; a second one where the goods exceed the largest vehicle."""
    by_place: dict[int, list[Parcel]] = {}
    for parcel in parcels:
        by_place.setdefault(parcel.place, []).append(parcel)
    found: list[Visit] = []
    for place, members in by_place.items():
        together: list[Parcel] = []
        for parcel in members:
            fits_g = sum(each.weight_g for each in together) + parcel.weight_g <= largest_g
            fits_cm3 = sum(each.volume_cm3 for each in together) + parcel.volume_cm3 <= largest_cm3
            if together and not (fits_g and fits_cm3):
                found.append(_visit(place, together))
                together = []
            together.append(parcel)
        found.append(_visit(place, together))
    return found


def _visit(place: int, parcels: Sequence[Parcel]) -> Visit:
    mask = 0
    for parcel in parcels:
        mask |= parcel.skills
    return Visit(
        place,
        tuple(parcel.shipment for parcel in parcels),
        sum(parcel.weight_g for parcel in parcels),
        sum(parcel.volume_cm3 for parcel in parcels),
        sum(parcel.units for parcel in parcels),
        mask,
    )


def window(day: date, opens: int, closes: int, timezone: str, due_at: datetime, *, at: datetime) -> tuple[int, int]:
    """When a stop may begin, in minutes: the customer's hours that day, cut at the promise where that leaves time."""
    start = max(local_minute(day, opens, timezone), at)
    end = local_minute(day, closes, timezone)
    if opens == 0 and closes == 1440 and due_at > end:
        end = due_at  # a door that is never closed is not closed at midnight either: long hauls arrive days later
    if start + timedelta(hours=1) < due_at < end:
        end = due_at
    return minutes(start), max(minutes(start), minutes(end))


# --- on the way -------------------------------------------------------------------------------------------------------


class VehicleStatus(StrEnum):
    OK = "ok"
    RISK = "risk"
    LATE = "late"
    STOPPED = "stopped"  # stands where it has no business, or has not been heard of
    IDLE = "idle"  # not on a trip


class Drive(NamedTuple):
    """What is known of a vehicle under way. `at_stop`: it stands at a customer's."""

    fix_at: datetime | None
    speed_kmh: int
    at_stop: bool
    eta: datetime | None
    planned: datetime | None
    due_at: datetime | None


def vehicle_status(drive: Drive, *, at: datetime) -> VehicleStatus:
    """Late against the promise before everything else; then standing or silent; then running behind its plan."""
    if drive.eta is not None and drive.due_at is not None and drive.eta > drive.due_at:
        return VehicleStatus.LATE
    if drive.fix_at is not None and not drive.at_stop:
        silent = at - drive.fix_at > SILENT
        if silent or drive.speed_kmh < STANDING_KMH:
            return VehicleStatus.STOPPED
    if drive.eta is not None and drive.due_at is not None and drive.eta > drive.due_at - RISK:
        return VehicleStatus.RISK
    if drive.eta is not None and drive.planned is not None and drive.eta > drive.planned + RISK:
        return VehicleStatus.RISK
    return VehicleStatus.OK


def worth_telling(before: datetime, now: datetime, due_at: datetime | None) -> bool:
    """Whether a new expected arrival is news: it moved noticeably, or it crossed the promise."""
    crossed = due_at is not None and (before > due_at) != (now > due_at)
    return crossed or abs(now - before) >= NOTICEABLE
