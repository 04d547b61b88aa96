"""A truck that leaves its way or stands where it has no stop: noticed while it lasts, one exception, the same again."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from longshore.catalog.models import Place
from longshore.ledger.models import OutboxEvent
from longshore.project.dispatcher import drain_outbox
from longshore.sensing.rules.positions import Fix
from longshore.shipping.models import Detour, Trip, TripStop
from longshore.shipping.operations import watch_ways
from longshore.shipping.way_rules import Leg, corridor_m, strayed
from longshore.tower.models import OpenException
from longshore.tower.operations import act_on_exception
from tests.platform.sensing.raw import send, settle
from tests.platform.storing.cold import Cold, build_cold
from tests.platform.storing.floor import WHO, hours

MINUTE = timedelta(minutes=1)


@pytest.fixture
def cold(db: None) -> Cold:
    return build_cold()


def ends(cold: Cold) -> tuple[tuple[float, float], tuple[float, float]]:
    home = Place.objects.get(pk=cold.floor.site)
    stop = TripStop.objects.filter(trip=cold.trip).select_related("place").order_by("sequence").first()
    assert stop is not None
    return (home.latitude or 0, home.longitude or 0), (stop.place.latitude or 0, stop.place.longitude or 0)


def fixes(cold: Cold, begin: float, spots: list[tuple[float, float]]) -> list[tuple[int, str, Any, dict[str, Any]]]:
    """A fix each minute from `begin` (hours) on."""
    start = hours(begin)
    return [
        (cold.logger.pk, "fix", start + n * MINUTE, {"lat": north, "lon": east, "seq": n})
        for n, (north, east) in enumerate(spots)
    ]


def told(rows: list[Any], at: float) -> None:
    send(rows, hours(at))
    settle(hours(at))
    drain_outbox(at=hours(at))


def away(spot: tuple[float, float], north: float, count: int) -> list[tuple[float, float]]:
    """From the spot northwards, a hundredth of a degree (1.1 km) a minute, until so far."""
    return [(spot[0] + min(0.01 * n, north), spot[1]) for n in range(count)]


def test_off_its_way_is_one_exception_with_money_and_an_action(cold: Cold) -> None:
    """Forty kilometres north of where it should be: one exception with its orders; back on its way it is cleared."""
    start, _end = ends(cold)
    told(fixes(cold, 4.6, away(start, 0.5, 40)), 5.3)
    detour = Detour.objects.get(kind="off-way")
    assert detour.until_at is None and 30_000 < detour.farthest_m < 45_000
    row = OpenException.objects.get(kind="truck-astray", state="open")
    assert (row.severity, row.orders, row.subject) == ("critical", 3, f"trip:{cold.trip.number}")
    assert row.money > 0
    assert act_on_exception(row.pk, at=hours(5.4), cause=WHO).action == "refresh-eta"
    told(fixes(cold, 5.4, [start] * 3), 5.5)
    detour.refresh_from_db()
    assert detour.until_at == hours(5.4)


def test_the_same_fixes_again_change_nothing(cold: Cold) -> None:
    """Told twice, cut anywhere and repeated: one detour, told once."""
    start, _end = ends(cold)
    rows = fixes(cold, 4.6, away(start, 0.5, 40))
    told(rows[:25], 5.1)
    first = list(Detour.objects.values_list("id", "kind", "from_at"))
    told(rows[10:], 5.3)
    told(random.Random(1).sample(rows, 20), 5.4)
    watch_ways({cold.floor.truck_place: hours(5.3)}, at=hours(5.5), cause=WHO)
    assert list(Detour.objects.values_list("id", "kind", "from_at")) == first
    assert OutboxEvent.objects.filter(name="shipping.strayed").count() == 1
    assert Detour.objects.get().farthest_m > 30_000


def test_standing_where_no_stop_is(cold: Cold) -> None:
    """Half an hour on the hard shoulder is told, half an hour at the customer is not; when it drives on it is over."""
    start, end = ends(cold)
    middle = ((start[0] + end[0]) / 2 + 0.01, (start[1] + end[1]) / 2 + 0.01)
    told(fixes(cold, 4.6, [start, middle, *[middle] * 30]), 5.2)
    (row,) = Detour.objects.filter(kind="standing")
    assert row.until_at is None
    assert OpenException.objects.get(kind="truck-standing").state == "open"
    told(fixes(cold, 5.2, [end] * 40), 5.9)
    row.refresh_from_db()
    assert row.until_at is not None
    assert OpenException.objects.get(kind="truck-standing").state == "cleared"
    assert Detour.objects.filter(kind="standing").count() == 1


def test_a_trip_that_is_over_is_not_watched(cold: Cold) -> None:
    """The truck may go where it likes when it has no trip."""
    Trip.objects.update(state="done")
    start, _end = ends(cold)
    told(fixes(cold, 4.6, away(start, 0.5, 40)), 5.3)
    assert Detour.objects.count() == 0 and not OpenException.objects.filter(kind="truck-astray").exists()


LEG = Leg((31.0, 121.0), (31.0, 122.0), 124_000.0, ((31.0, 121.0), (31.0, 122.0)))


def fix(minute: float, north: float, east: float) -> Fix:
    return Fix(hours(0) + timedelta(minutes=minute), north, east)


def test_a_road_that_swings_out_is_no_detour() -> None:
    """Ninety-five kilometres as the crow flies, 124 by road: forty off the straight line is still possible, fifty is not."""
    assert 39_000 < corridor_m(LEG) < 41_000
    swing = [fix(n, 31.34, 121.3 + n / 100) for n in range(10)]
    assert strayed(LEG, swing) == ()
    out = strayed(LEG, [fix(n, 31.45, 121.3 + n / 100) for n in range(10)])
    assert [(each.kind, each.until_at) for each in out] == [("off-way", None)]


def test_a_silence_is_not_a_stop() -> None:
    """Two hours without a word say nothing; standing has to be heard of."""
    silent = [fix(0, 31.0, 121.3), fix(1, 31.0, 121.31), fix(125, 31.0, 121.31), fix(126, 31.0, 121.4)]
    assert strayed(LEG, silent) == ()
    heard = [fix(n, 31.0, 121.31) for n in range(30)]
    assert [each.kind for each in strayed(LEG, heard)] == ["standing"]
    assert strayed(LEG, heard[:19]) == ()


def test_two_fixes_off_the_way_are_not_enough() -> None:
    """A receiver that wanders is no detour; three in a row are."""
    far = [fix(n, 32.0, 121.5) for n in (1, 2)]
    assert strayed(LEG, [fix(0, 31.0, 121.5), *far, fix(3, 31.0, 121.5)]) == ()
