"""Available to promise: golden steps, a flow oracle, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from longshore.engine.invalid import InvalidProblem
from longshore.engine.promising.availability import Demand, atp_at, build, build_many, earliest
from longshore.engine.promising.problem import Supply


def test_a_later_claim_lowers_what_is_free_today_until_its_receipt_comes() -> None:
    """10 on hand, 8 claimed on day 5, 10 arriving on day 8: 2 are free until day 8, then 12."""
    steps = build([Supply(1, 7, 1, 0, 10), Supply(2, 7, 1, 8, 10)], [Demand(7, 5, 8)], now=1)
    assert steps.times.tolist() == [1, 8]
    assert steps.available.tolist() == [2, 12]
    assert [atp_at(steps, t) for t in (0, 1, 7, 8, 900)] == [0, 2, 2, 12, 12]
    assert [earliest(steps, qty) for qty in (2, 3, 12, 13)] == [1, 8, 8, None]


def test_a_receipt_before_the_claim_frees_today() -> None:
    """10 on hand, 10 arriving on day 4, 8 claimed on day 5: all 10 are free today, 12 from day 4 on."""
    steps = build([Supply(1, 7, 1, 0, 10), Supply(2, 7, 1, 4, 10)], [Demand(7, 5, 8)], now=1)
    assert steps.available.tolist() == [10, 12]


def test_an_expiring_lot_is_free_only_while_usable() -> None:
    """A lot usable until day 3 is free to day 3 and gone on day 4; a claim on day 6 rests on the lasting lot."""
    lots = [Supply(1, 7, 1, 0, 5, 3), Supply(2, 7, 1, 0, 4)]
    steps = build(lots, [Demand(7, 6, 1)], now=0)
    assert steps.times.tolist() == [0, 4]
    assert steps.available.tolist() == [8, 3]


def test_a_claim_that_cannot_be_served_in_time_waits_ahead_of_new_promises() -> None:
    """4 on hand, 10 claimed now, 20 arriving on day 5: nothing free now, 14 from day 5; nothing overdrawn."""
    steps = build([Supply(1, 7, 1, 0, 4), Supply(2, 7, 1, 5, 20)], [Demand(7, 0, 10)], now=0)
    assert steps.available.tolist() == [0, 14]
    assert steps.overdrawn == 0
    assert build([Supply(1, 7, 1, 0, 4)], [Demand(7, 0, 10)], now=0).overdrawn == 6


def test_items_and_places_are_kept_apart() -> None:
    """Only supply of the place set counts; a demand without a site counts everywhere."""
    supplies = [Supply(1, 7, 1, 0, 4), Supply(2, 7, 2, 0, 5), Supply(3, 8, 1, 0, 6)]
    demands = [Demand(7, 0, 1, 2), Demand(7, 0, 1)]
    found = build_many(supplies, demands, 0, frozenset({1}))
    assert {item: atp_at(steps, 0) for item, steps in found.items()} == {7: 3, 8: 6}
    assert atp_at(build_many(supplies, demands, 0)[7], 0) == 7


def test_negative_rows_are_refused() -> None:
    """A negative quantity is refused with its row."""
    with pytest.raises(InvalidProblem, match=r"supplies.qty\[0\]"):
        build([Supply(1, 7, 1, 0, -1)], [], 0)
    with pytest.raises(InvalidProblem, match=r"demands.qty\[0\]"):
        build([], [Demand(7, 0, -1)], 0)


def flow(lots: list[Supply], demands: list[tuple[int, int]]) -> int:
    """Maximum flow from lots to dated demands that they can serve."""
    size = len(lots) + len(demands) + 2
    graph = np.zeros((size, size), dtype=np.int32)
    for i, lot in enumerate(lots):
        graph[0, 1 + i] = lot.qty
        for j, (at, _) in enumerate(demands):
            if lot.ready_at <= at and (lot.usable_until is None or at <= lot.usable_until):
                graph[1 + i, 1 + len(lots) + j] = lot.qty
    for j, (_, qty) in enumerate(demands):
        graph[1 + len(lots) + j, size - 1] = qty
    return int(maximum_flow(csr_array(graph), 0, size - 1).flow_value)


LOTS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 6), st.sampled_from([None, 2, 5, 8, 12])), min_size=0, max_size=6
)
CLAIMS = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 5)), max_size=4)


@settings(max_examples=150, deadline=None)
@given(LOTS, CLAIMS)
def test_every_step_equals_the_maximum_flow(
    rows: list[tuple[int, int, int | None]], claims: list[tuple[int, int]]
) -> None:
    """When all claims can be served in time, ATP at every minute is the flow a new demand there adds."""
    lots = [Supply(key, 7, 1, ready, qty, until) for key, (ready, qty, until) in enumerate(rows)]
    total = sum(qty for _, qty in claims)
    steps = build(lots, [Demand(7, at, qty) for at, qty in claims], 0)
    assert steps.available.min() >= 0
    if flow(lots, claims) < total:
        return
    assert steps.overdrawn == 0
    for t in range(16):
        assert atp_at(steps, t) == flow(lots, [*claims, (t, 1000)]) - total
