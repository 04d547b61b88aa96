"""Genealogy and mass balance: golden families, every rule on random graphs against a naive solver, speed."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longshore.engine.invalid import InvalidProblem
from longshore.engine.tracing.check import check, check_balance
from longshore.engine.tracing.problem import (
    CONSUMED,
    DOWN,
    FOUND,
    MADE,
    SCRAPPED,
    SHIPPED,
    UP,
    Family,
    Links,
    Quantities,
    Question,
)
from longshore.engine.tracing.solve import Index, balance, solve


def ask(links: Links, *starts: int, way: int = DOWN, limit: int = 1000) -> Family:
    return solve(links, Question(np.array(starts, dtype=np.int64), way, limit))


# flour 0, yeast 1 -> dough 2 -> bread 3, rolls 4 -> both into box 5 -> shop 6
BAKERY = Links.of(7, [(0, 2), (1, 2), (2, 3), (2, 4), (3, 5), (4, 5), (5, 6)])


def test_everything_made_from_flour_is_found_once() -> None:
    """The box is reached over bread and over rolls, and told once, three steps down."""
    family = ask(BAKERY, 0)
    assert dict(zip(family.node.tolist(), family.depth.tolist(), strict=True)) == {0: 0, 2: 1, 3: 2, 4: 2, 5: 3, 6: 4}
    assert (family.links.tolist(), family.cyclic.tolist(), family.complete) == ([0, 2, 3, 4, 5, 6], [], True)


def test_everything_that_went_into_the_bread_is_found() -> None:
    """Upwards from bread: dough, flour and yeast; no rolls."""
    assert sorted(ask(BAKERY, 3, way=UP).node.tolist()) == [0, 1, 2, 3]


def test_a_closed_node_is_reached_but_not_gone_through() -> None:
    """Down from bread the box is the end; asked for the box itself, the shop is found."""
    links = Links.of(7, [(0, 2), (1, 2), (2, 3), (2, 4), (3, 5), (4, 5), (5, 6)], closed=(5,))
    assert ask(links, 3).node.tolist() == [3, 5]
    assert ask(links, 5).node.tolist() == [5, 6]


def test_a_cycle_ends_and_is_told() -> None:
    """What goes into itself is found once, and the links of the loop are named."""
    links = Links.of(4, [(0, 1), (1, 2), (2, 1), (2, 3), (3, 3)])
    family = ask(links, 0)
    assert (family.node.tolist(), family.cyclic.tolist()) == ([0, 1, 2, 3], [1, 2, 4])


def test_a_family_cut_at_its_limit_says_so() -> None:
    """With room for three, the three nearest are told and the answer is not complete."""
    family = ask(BAKERY, 0, limit=3)
    assert (family.node.tolist(), family.complete) == ([0, 2, 3], False)


def test_a_mass_balance_comes_out() -> None:
    """100 made, 40 found, 50 shipped, 4 scrapped, 5 consumed: 1 is unexplained; a surplus is negative."""
    rows = [(0, MADE, 100), (0, FOUND, 40), (0, SHIPPED, 50), (0, SCRAPPED, 4), (0, CONSUMED, 5), (1, FOUND, 2)]
    columns = [np.ascontiguousarray(column) for column in np.array(rows, dtype=np.int64).T]
    result = balance(Quantities(2, *columns))
    assert result.columns.tolist() == [[100, 40, 50, 4, 5, 1], [0, 2, 0, 0, 0, -2]]
    assert result.unexplained == 3


def test_what_is_no_node_is_refused() -> None:
    """A link to node 9 of 3 names its row."""
    with pytest.raises(InvalidProblem) as refused:
        Links.of(3, [(0, 1), (1, 9)])
    assert (refused.value.field, refused.value.row) == ("target", 1)


NODES = st.integers(1, 9)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Links, Question]:
    nodes = draw(NODES)
    one = st.integers(0, nodes - 1)
    pairs = draw(st.lists(st.tuples(one, one), max_size=20))
    closed = draw(st.frozensets(one, max_size=3))
    starts = draw(st.lists(one, min_size=1, max_size=3))
    limit = draw(st.integers(3, 12))
    question = Question(np.array(starts, dtype=np.int64), draw(st.sampled_from([UP, DOWN])), limit)
    return Links.of(nodes, pairs, tuple(closed)), question


@settings(max_examples=300, deadline=None)
@given(graphs())
def test_random_graphs_give_what_the_naive_solver_gives(drawn: tuple[Links, Question]) -> None:
    """Any graph, with diamonds, loops and closed nodes: the same nodes, depths, links and cycles."""
    links, question = drawn
    assert check(links, question, solve(links, question)) == []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(-50, 50)), max_size=30))
def test_random_quantities_balance(rows: list[tuple[int, int, int]]) -> None:
    """Every row comes out, whatever was told."""
    columns = [np.ascontiguousarray(column) for column in np.array(rows, dtype=np.int64).reshape(-1, 3).T]
    quantities = Quantities(5, *columns)
    assert check_balance(quantities, balance(quantities)) == []


def test_a_wide_family_is_found_quickly() -> None:
    """300,000 links in 10 layers: a full genealogy in well under 50 ms."""
    random = np.random.default_rng(4)
    width, layers, fan = 10_000, 10, 3
    target = np.repeat(np.arange(width, width * layers), fan)
    source = target - width + random.integers(-20, 21, size=len(target))
    source = np.clip(source, 0, width * layers - 1)
    keep = source < target
    links = Links(width * layers, source[keep], target[keep], np.zeros(width * layers, dtype=np.bool_))
    index = Index(links)
    question = Question(np.array([width // 2], dtype=np.int64), DOWN)
    family = index.solve(question)
    began = time.perf_counter()
    index.solve(question)
    assert time.perf_counter() - began < 0.05
    assert int(family.depth.max()) == layers - 1
