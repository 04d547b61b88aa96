"""The follower turns what happened into what browsers hear."""

from __future__ import annotations

import pytest

from longshore.shipping.models import Trip, VehiclePosition
from longshore.tower.following import Follower
from longshore.tower.models import KpiPoint, LiveEvent
from tests.platform.storing.floor import Floor, hours, name

pytestmark = pytest.mark.django_db


def _heard(topic: str) -> list[dict[str, object]]:
    return list(LiveEvent.objects.filter(topic=topic).order_by("id").values_list("payload", flat=True))


def test_a_posting_is_heard_once(floor: Floor) -> None:
    """A movement posted after the follower began is told once, with item, quantity and way, in both languages."""
    follower = Follower(seconds=lambda: 0.0)
    follower.step(hours(1))
    floor.stock(floor.tea, 10, floor.bin_a)
    follower.step(hours(1))
    follower.step(hours(1))
    (event,) = _heard("movement")
    (row,) = event["rows"]  # type: ignore[misc]
    assert (row["item"], row["name_zh"], row["qty"], row["from"], row["to"]) == ("TEA", "茶", 10, "OPENING", "H-A-01")


def test_old_events_are_not_told_again(floor: Floor) -> None:
    """What happened before the follower began is nobody's news."""
    floor.stock(floor.tea, 10, floor.bin_a)
    Follower(seconds=lambda: 0.0).step(hours(1))
    assert _heard("movement") == []


def test_a_moving_truck_is_told(floor: Floor) -> None:
    """A newer position of a truck under way becomes a frame: id, place, heading, state."""
    Trip.objects.create(
        key=name("trip"), number="TR-1", vehicle_id=floor.truck, site_id=floor.site, state="under_way",
        planned_departure=hours(1), departed_at=hours(1),
    )  # fmt: skip
    fix = VehiclePosition.objects.create(vehicle_id=floor.truck, at=hours(1), latitude=31.2, longitude=121.4)
    follower = Follower(seconds=lambda: 0.0)
    follower.step(hours(1))
    fix.at, fix.longitude, fix.heading = hours(1.1), 121.42, 90
    fix.save()
    follower.step(hours(1.1))
    assert _heard("fleet") == [{"trucks": [[floor.truck, 121.42, 31.2, 90, "ok"]]}]


def test_measures_are_written_every_quarter_of_an_hour(floor: Floor) -> None:
    """Looking often writes one point of each measure in a quarter of an hour of business time."""
    clock = iter(range(0, 10_000, 100))
    follower = Follower(seconds=lambda: float(next(clock)))
    floor.stock(floor.tea, 10, floor.bin_a)
    for moment in (1.0, 1.1, 1.2, 1.5):
        follower.step(hours(moment))
    assert sorted(KpiPoint.objects.filter(name="inventory_value").values_list("at", flat=True)) == [
        hours(1.0),
        hours(1.5),
    ]
