"""Portals: direction, missed, double and cross reads; any order of the same reads gives the same passages."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from longshore.sensing.rules.portals import (
    Portal,
    Read,
    compare_sweep,
    find_crossings,
    gaps_in,
    seen_in_sweep,
)

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
ONE = Portal(1, frozenset({1, 2}), frozenset({3, 4}))
TWO = Portal(2, frozenset({1}), frozenset({2}))
BOTH = {1: ONE, 2: TWO}


def read(second: float, antenna: int, rssi: float = -50.0, portal: int = 1) -> Read:
    return Read(START + timedelta(seconds=second), portal, antenna, "T", rssi)


def told(*reads: Read) -> list[tuple[int, str, float]]:
    return [(c.portal, c.direction, (c.at - START).total_seconds()) for c in find_crossings(reads, BOTH)]


def test_in_and_out() -> None:
    """Outside first is in, inside first is out."""
    assert told(read(0, 1), read(0.3, 2), read(0.9, 3), read(1.2, 4)) == [(1, "in", 1.2)]
    assert told(read(0, 4), read(0.3, 3), read(0.9, 2), read(1.2, 1)) == [(1, "out", 1.2)]


def test_reflections_do_not_turn_a_passage() -> None:
    """A faint early read by the other side weighs little."""
    assert told(read(0, 3, -72), read(0.1, 1, -40), read(0.4, 2, -42), read(1.0, 3, -41), read(1.3, 4, -45)) == [
        (1, "in", 1.3)
    ]


def test_missed_reads_leave_the_direction_open() -> None:
    """One side missed it: it passed, and which way is for whoever knows where it stood."""
    assert told(read(0, 1), read(0.3, 2)) == [(1, "unknown", 0.3)]


def test_a_tag_that_lingers_passes_once() -> None:
    """Seen leaving twice within the time of repetition is one passage; back out again is another."""
    passing = [read(0, 1), read(1, 3)]
    assert told(*passing, read(10, 1), read(11, 3)) == [(1, "in", 11)]
    assert told(*passing, read(10, 3), read(11, 1)) == [(1, "in", 1), (1, "out", 11)]
    assert told(*passing, read(100, 1), read(101, 3)) == [(1, "in", 1), (1, "in", 101)]
    assert told(*passing, read(5, 3), read(5.2, 3)) == [(1, "in", 5.2)]


def test_the_neighbour_hears_it_too() -> None:
    """A portal beside the one it went through sees it fainter and tells no passage."""
    assert told(read(0, 1), read(1, 3), read(0.2, 1, -66, 2), read(0.8, 2, -66, 2)) == [(1, "in", 1)]
    # an hour later it does go through the neighbour
    assert told(read(0, 1), read(1, 3), read(3600, 1, -50, 2), read(3601, 2, -50, 2)) == [
        (1, "in", 1),
        (2, "in", 3601),
    ]


def test_stray_reads_are_none() -> None:
    """A single read, or one never strong, is no passage; neither is one of a portal that is not known."""
    assert told(read(0, 1)) == []
    assert told(read(0, 1, -80), read(1, 3, -80)) == []
    assert told(read(0, 1, portal=9), read(1, 3, portal=9)) == []


def test_a_door_with_one_antenna() -> None:
    """Where goods can only come in, a passage is in."""
    door = Portal(1, frozenset(), frozenset(), one_way="in")
    (found,) = find_crossings([read(0, 1), read(1, 1)], {1: door})
    assert found.direction == "in"


reads = st.lists(
    st.builds(
        read,
        st.integers(0, 2400).map(lambda tenth: tenth / 10),
        st.integers(1, 4),
        st.sampled_from([-80.0, -70.0, -60.0, -50.0, -40.0]),
        st.sampled_from([1, 2]),
    ),
    max_size=60,
)


@given(reads, st.randoms(use_true_random=False))
def test_any_order_and_repetition_gives_the_same(made: list[Read], chance: random.Random) -> None:
    """The same reads, shuffled, some sent again, are the same passages."""
    again = made + made[::2]
    chance.shuffle(again)
    assert find_crossings(again, BOTH) == find_crossings(made, BOTH)


@given(reads, reads)
def test_clusters_have_nothing_to_do_with_each_other(early: list[Read], late: list[Read]) -> None:
    """Reads an hour apart are interpreted as if each were alone: looking again at one of them is enough."""
    moved = [Read(each.at + timedelta(hours=1), each.portal, each.antenna, each.epc, each.rssi) for each in late]
    together = find_crossings([*early, *moved], BOTH)
    assert together == (*find_crossings(early, BOTH), *find_crossings(moved, BOTH))


def test_sweep() -> None:
    """What is missing, what was found, what should not be there; what is heard faintly stands elsewhere."""
    seen = seen_in_sweep(
        [Read(START, 1, 1, tag, rssi) for tag, rssi in (("A", -50), ("A", -90), ("B", -90), ("D", -60))]
    )
    assert seen == ("A", "D")
    difference = compare_sweep(["A", "B", "C"], seen)
    assert (difference.found, difference.missing, difference.unexpected) == (("A",), ("B", "C"), ("D",))
    assert difference.share == 1 / 3
    assert compare_sweep([], []).share == 1.0


@given(st.sets(st.text(max_size=3)), st.sets(st.text(max_size=3)))
def test_sweep_accounts_for_every_tag(expected: set[str], seen: set[str]) -> None:
    """Found and missing are the expected; found and unexpected are the seen."""
    difference = compare_sweep(expected, seen)
    assert set(difference.found) | set(difference.missing) == expected
    assert set(difference.found) | set(difference.unexpected) == seen


def test_silence_of_a_portal_is_named() -> None:
    """Where it said nothing for longer than it should, passages may have been missed."""
    moments = [START + timedelta(seconds=second) for second in (0, 5, 65, 70)]
    assert gaps_in(moments, timedelta(seconds=30)) == ((moments[1], moments[2]),)
