"""Scales and machines: quantities that hold still, states one after another."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from longshore.sensing.rules.levels import Level, Scale, consumed, find_levels
from longshore.sensing.rules.machines import Report, availability, find_spells

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
SHELF = Scale(per_unit=0.5, tare=2.0, noise=0.05, settle=timedelta(seconds=10))


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def weights(*values: float) -> list[tuple[datetime, float]]:
    return [(at(5 * number), value) for number, value in enumerate(values)]


def test_a_shelf_is_believed_when_it_rests() -> None:
    """Twenty pieces, a hand on the shelf, then eighteen: two changes, and the hand is none."""
    found = find_levels(weights(12.0, 12.02, 11.98, 14.0, 9.0, 11.0, 11.01, 11.0, 11.0), SHELF)
    assert found == (Level(at(10), 20), Level(at(35), 18))
    assert consumed(found) == ((at(35), 2),)


def test_wandering_between_two_pieces_is_no_change() -> None:
    """Half a piece of drift changes nothing; a lifted shelf (below its tare) is unknown, not empty."""
    assert find_levels(weights(12.26, 12.27, 12.26, 12.27), SHELF, before=20) == ()
    assert find_levels(weights(0.0, 0.0, 0.0, 0.0), SHELF, before=20) == ()
    assert find_levels(weights(2.0, 2.0, 2.0), SHELF, before=20) == (Level(at(10), 0),)


@given(
    st.lists(st.tuples(st.integers(0, 300), st.sampled_from([2.0, 7.0, 7.04, 12.0])), max_size=60),
    st.randoms(use_true_random=False),
)
def test_any_order_gives_the_same_levels(made: list[tuple[int, float]], chance: random.Random) -> None:
    """The same readings in another order, some twice, are the same quantities."""
    samples = [(at(second), value) for second, value in made]
    again = samples + samples[::2]
    chance.shuffle(again)
    assert find_levels(again, SHELF) == find_levels(samples, SHELF)


def test_spells_of_a_machine() -> None:
    """States follow each other; pieces belong to the state in which they were made; a counter set back goes on."""
    reports = [
        Report(at(0), "running", 100, 1), Report(at(60), "running", 160, 2), Report(at(120), "down", 180, 2, "E7"),
        Report(at(300), "running", 5, 0), Report(at(360), "running", 65, 0),
    ]  # fmt: skip
    spells = find_spells(reports)
    assert [(s.state, s.good, s.scrap, s.alarm) for s in spells] == [
        ("running", 80, 1, ""), ("down", 5, 0, "E7"), ("running", 60, 0, ""),
    ]  # fmt: skip
    assert spells[0].rate_per_hour == 2400
    assert spells[2].rate_per_hour is None
    assert availability(spells, at(0), at(360)) == 0.5
    assert availability(spells, at(-60), at(0)) is None


@given(
    st.lists(
        st.builds(Report, st.integers(0, 50).map(at), st.sampled_from(["running", "idle", "odd"]), st.integers(0, 9)),
        max_size=30,
    ),
    st.randoms(use_true_random=False),
)
def test_any_order_gives_the_same_spells(made: list[Report], chance: random.Random) -> None:
    """The same reports in another order, some twice, are the same spells, and no two neighbours are alike."""
    again = made + made[::2]
    chance.shuffle(again)
    spells = find_spells(again)
    assert spells == find_spells(made)
    assert all(one.state != other.state for one, other in pairwise(spells))
