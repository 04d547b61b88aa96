"""Positions: invalid fixes, visits with hysteresis, stops, deviations, and Chinese datums."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.sensing.rules.coordinates import gcj_to_bd, gcj_to_wgs, to_wgs84, wgs_to_gcj
from longshore.sensing.rules.positions import (
    Fence,
    Fix,
    deviations,
    distance_m,
    find_stops,
    find_visits,
    off_route_m,
    thinned,
    valid_fixes,
)

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
HERE = (31.2000, 121.4000)
METRE = 1 / 111_195  # degrees of latitude
FENCE = Fence(7, *HERE, radius_m=150.0, dwell=timedelta(seconds=60))


def fix(second: float, north_m: float, **more: float) -> Fix:
    return Fix(START + timedelta(seconds=second), HERE[0] + north_m * METRE, HERE[1], **more)


def seconds(moment: datetime | None) -> float | None:
    return None if moment is None else (moment - START).total_seconds()


def visits(*fixes: Fix) -> list[tuple[float | None, float | None]]:
    return [(seconds(each.from_at), seconds(each.until_at)) for each in find_visits(valid_fixes(fixes), [FENCE])]


def test_impossible_fixes_are_left_out() -> None:
    """The receiver's zero, a wide guess, off the earth: none of them is a position."""
    good = fix(0, 0)
    bad = [
        Fix(START, 0.0, 0.0), Fix(START, 91.0, 0.0), Fix(START, 31.0, 181.0), Fix(START, float("nan"), 1.0),
        fix(1, 0, accuracy_m=500.0),
    ]  # fmt: skip
    assert valid_fixes([*bad, good]) == [good]


def test_a_jump_is_left_out_until_the_next_fix_confirms_it() -> None:
    """A spike vanishes; a truck that really is elsewhere (ferry, silence) is believed at the second fix."""
    spike = [fix(0, 0), fix(10, 50_000), fix(20, 100)]
    assert valid_fixes(spike) == [spike[0], spike[2]]
    moved = [fix(0, 0), fix(10, 50_000), fix(20, 50_050)]
    assert valid_fixes(moved) == moved
    assert valid_fixes(moved[:2]) == moved[:1]


def test_entered_at_the_radius_left_beyond_it() -> None:
    """150 m is in; out is only beyond 170 m, so a truck at the edge visits once."""
    assert visits(fix(0, 1000), fix(60, 140), fix(130, 165), fix(190, 155), fix(250, 168), fix(310, 175)) == [(60, 310)]
    assert FENCE.exit_m == 170
    assert Fence(1, *HERE, radius_m=1000).exit_m == 1100


def test_driving_past_is_no_visit() -> None:
    """Less than the least stay is none; a visit that has not ended is open."""
    assert visits(fix(0, 1000), fix(30, 100), fix(60, -1000)) == []
    assert visits(fix(0, 1000), fix(30, 100), fix(95, 90)) == [(30, None)]


def test_known_visits_go_on() -> None:
    """Whoever is known to be inside needs no history to leave."""
    (found,) = find_visits([fix(100, 50), fix(200, 500)], [FENCE], {7: START})
    assert (seconds(found.from_at), seconds(found.until_at)) == (0, 200)


tracks = st.lists(
    st.tuples(st.integers(0, 3600), st.integers(-600, 600), st.sampled_from([0.0, 5.0, 900.0])), max_size=60
)


@given(tracks, st.randoms(use_true_random=False))
def test_any_order_and_repetition_gives_the_same(made: list[tuple[int, int, float]], chance: random.Random) -> None:
    """The same fixes, shuffled, some sent again, are the same visits and stops."""
    fixes = [fix(second, north, accuracy_m=accuracy) for second, north, accuracy in made]
    again = fixes + fixes[::3]
    chance.shuffle(again)
    one, other = valid_fixes(fixes), valid_fixes(again)
    assert one == other
    assert find_visits(one, [FENCE]) == find_visits(other, [FENCE])
    assert find_stops(one) == find_stops(other)


@given(tracks, st.integers(0, 3600))
def test_a_track_can_be_read_in_two_parts(made: list[tuple[int, int, float]], cut: int) -> None:
    """Visits known at a cut and the fixes since (with the least stay before it) give what the whole track gives."""
    fixes = valid_fixes(fix(second, north) for second, north, _accuracy in made)
    whole = find_visits(fixes, [FENCE])
    moment = START + timedelta(seconds=cut)
    anchor = next((f.at for f in reversed(fixes) if f.at < moment - FENCE.dwell), START - timedelta(days=1))
    known = {v.place: v.from_at for v in whole if v.from_at <= anchor and (v.until_at is None or v.until_at > anchor)}
    part = find_visits([f for f in fixes if f.at >= anchor], [FENCE], known)
    assert [v for v in part if v.until_at is None or v.until_at > moment] == [
        v for v in whole if v.until_at is None or v.until_at > moment
    ]


def test_stops() -> None:
    """Six minutes within sixty metres is a stop; a silence of an hour is one; four minutes are none."""
    standing = [fix(second, 10 * (second % 3)) for second in range(0, 361, 60)]
    (stop,) = find_stops([fix(-60, -2000), *standing, fix(420, 900)])
    assert (seconds(stop.from_at), seconds(stop.until_at), stop.fixes) == (0, 420, 7)
    (silent,) = find_stops([fix(0, 0), fix(4000, 30_000), fix(4030, 31_000)])
    assert (seconds(silent.from_at), seconds(silent.until_at)) == (0, 4000)
    assert find_stops([fix(0, 0), fix(240, 5), fix(300, 900)]) == ()


def test_off_the_way() -> None:
    """Three fixes outside the corridor are a deviation, one is not; the distance is to the leg, not to its ends."""
    way = [HERE, (HERE[0] + 10_000 * METRE, HERE[1])]
    assert off_route_m(fix(0, 5000), way) == pytest.approx(0, abs=1)
    aside = Fix(START, HERE[0] + 5000 * METRE, HERE[1] + 0.05)
    assert off_route_m(aside, way) == pytest.approx(
        distance_m(aside.latitude, HERE[1], aside.latitude, HERE[1] + 0.05), rel=1e-3
    )
    off = [Fix(START + timedelta(minutes=m), HERE[0] + 5000 * METRE, HERE[1] + 0.05) for m in range(3)]
    ((since, until, far),) = deviations([*off, fix(600, 6000)], way)
    assert (seconds(since), seconds(until)) == (0, 600)
    assert far == pytest.approx(4756, rel=0.01)
    assert deviations([off[0], fix(600, 6000)], way) == ()


def test_thinning_keeps_real_moves() -> None:
    """A parked truck's wander is dropped, a move is kept even within the time."""
    track = [fix(0, 0), fix(5, 10), fix(10, 200), fix(35, 205), fix(41, 206)]
    assert [seconds(each.at) for each in thinned(track)] == [0, 10, 41]


def test_a_known_point_of_the_chinese_datum() -> None:
    """Tian'anmen, WGS-84 to GCJ-02, as the published formula gives it."""
    assert wgs_to_gcj(39.915, 116.404) == pytest.approx((39.91640428150164, 116.41024449916938), abs=1e-12)


@given(st.floats(18.2, 53.5), st.floats(73.6, 134.7))
def test_datums_come_back_within_centimetres(latitude: float, longitude: float) -> None:
    """GCJ-02 and BD-09 are taken back to WGS-84 with far less than a metre of error."""
    gcj = wgs_to_gcj(latitude, longitude)
    assert distance_m(*gcj_to_wgs(*gcj), latitude, longitude) < 0.02
    assert distance_m(*to_wgs84(*gcj_to_bd(*gcj), "BD-09"), latitude, longitude) < 0.02
    assert 50 < distance_m(*gcj, latitude, longitude) < 1200


def test_outside_of_china_nothing_is_offset() -> None:
    """Singapore, Hamburg: what says GCJ-02 there is WGS-84. An unknown datum is an error."""
    assert to_wgs84(53.55, 9.99, "GCJ-02") == (53.55, 9.99)
    assert to_wgs84(53.55, 9.99, "WGS-84") == (53.55, 9.99)
    with pytest.raises(ValueError, match="unknown datum"):
        to_wgs84(1, 1, "ED50")
