"""Who drives, when a customer receives, how a vehicle is doing: pure decisions at their limits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from longshore.shipping.rules import (
    CarrierLane,
    Drive,
    Load,
    OwnVehicle,
    Parcel,
    choose_way,
    local_minute,
    minutes,
    skills,
    vehicle_status,
    visits,
    window,
    worth_telling,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TRUCK = OwnVehicle(1_000_000, 5_000_000, 1, 20_000, 300, 60)


def load(**changes: object) -> Load:
    values: dict[str, object] = {
        "weight_g": 100_000, "volume_cm3": 100_000, "temperature_class": "ambient", "ship_by": NOON,
        "due_at": NOON + timedelta(hours=4), "distance_m": 60_000,
    }  # fmt: skip
    return Load(**(values | changes))  # type: ignore[arg-type]


def lane(cost: int, transit: int = 120, mask: int = 0) -> CarrierLane:
    return CarrierLane(7, transit, cost, 0, mask)


def test_the_cheapest_on_time_wins_and_says_by_how_much() -> None:
    """Our share of the drive is 10 %: (20,000 + 120 km × 300) / 10 = 5,600; a carrier at 5,599 is cheaper by one."""
    own = choose_way(load(), [TRUCK], [lane(5601)], leaves_at=NOON)
    assert own.chosen is not None and (own.chosen.carrier, own.chosen.cost) == (None, 5600)
    assert own.explanation()["flip"] == 1
    hired = choose_way(load(), [TRUCK], [lane(5599)], leaves_at=NOON)
    assert hired.chosen is not None and hired.chosen.carrier == 7


def test_on_time_beats_cheap() -> None:
    """A carrier for nothing that comes late loses; if all are late the earliest wins."""
    choice = choose_way(load(), [TRUCK], [lane(0, transit=600)], leaves_at=NOON)
    assert choice.chosen is not None and choice.chosen.carrier is None
    late = choose_way(load(due_at=NOON), [TRUCK], [lane(0, transit=30)], leaves_at=NOON)
    assert late.chosen is not None and late.chosen.carrier == 7
    assert late.explanation()["rule"] == "earliest, none is on time"


@pytest.mark.parametrize(
    "changes", [{"weight_g": 1_000_001}, {"volume_cm3": 5_000_001}, {"temperature_class": "frozen"}]
)
def test_what_does_not_fit_is_no_option(changes: dict[str, object]) -> None:
    """Too heavy, too large or too warm: no way, and the explanation says so."""
    choice = choose_way(
        load(**changes), [TRUCK], [lane(1, mask=1)] if "temperature_class" in changes else [], leaves_at=NOON
    )
    assert choice.chosen is None
    assert choice.explanation() == {"rule": "no way to send it"}


def test_one_visit_a_place_until_the_vehicle_is_full() -> None:
    """Three parcels of 600 kg for one place and a truck of 1,000 kg: three visits; small ones share one."""
    heavy = [Parcel(number, 1, 600_000, 0, 1, 1) for number in range(3)]
    assert len(visits(heavy, largest_g=1_000_000, largest_cm3=1)) == 3
    small = [Parcel(1, 1, 1, 1, 1, 1), Parcel(2, 1, 1, 1, 1, 2), Parcel(3, 2, 1, 1, 1, 1)]
    found = visits(small, largest_g=10, largest_cm3=10)
    assert [(visit.shipments, visit.skills) for visit in found] == [((1, 2), 3), ((3,), 1)]


def test_a_window_is_the_customers_hours_cut_at_the_promise() -> None:
    """Six to twenty in Shanghai, promised for noon there: from six (or now) to noon."""
    day = date(2026, 3, 2)
    opens, noon = local_minute(day, 360, "Asia/Shanghai"), local_minute(day, 720, "Asia/Shanghai")
    early = opens - timedelta(hours=3)
    assert window(day, 360, 1200, "Asia/Shanghai", noon, at=early) == (minutes(opens), minutes(noon))
    assert window(day, 360, 1200, "Asia/Shanghai", early, at=early)[1] == minutes(
        local_minute(day, 1200, "Asia/Shanghai")
    )


def test_skills_are_a_mask_without_doubles() -> None:
    """Ambient and frozen, named twice, are one and four."""
    assert skills("ambient, frozen,ambient") == 5


@pytest.mark.parametrize(
    ("times", "speed", "at_stop", "status"),
    [
        ((0, 61, 60, 60), 50, False, "late"),
        ((0, 45, 45, 60), 50, False, "risk"),
        ((0, 39, 10, 60), 50, False, "risk"),
        ((0, 30, 30, 60), 50, False, "ok"),
        ((0, 30, 30, 60), 0, False, "stopped"),
        ((0, 30, 30, 60), 0, True, "ok"),
        ((-31, 30, 30, 60), 50, False, "stopped"),
    ],
)
def test_how_a_vehicle_is_doing(times: tuple[int, ...], speed: int, at_stop: bool, status: str) -> None:
    """Late before stopped before at risk. `times`: last fix, expected, planned, promised, in minutes from now."""
    moments = [NOON + timedelta(minutes=value) for value in times]
    drive = Drive(moments[0], speed, at_stop, *moments[1:])
    assert vehicle_status(drive, at=NOON) == status


def test_news_is_ten_minutes_or_a_broken_promise() -> None:
    """Nine minutes are no news, ten are, and one minute is when it crosses the promise."""
    later = [NOON + timedelta(minutes=value) for value in (1, 9, 10)]
    assert [worth_telling(NOON, moment, None) for moment in later] == [False, False, True]
    assert worth_telling(NOON, later[0], NOON)
