"""Genealogy over the links in the database: one question a level, over the indexes alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from longshore.engine.tracing.solve import Reached, explore, on_cycles
from longshore.ledger.wire import Ints, arrays, run
from longshore.tracing.rules import IntArray, closed, node_of

LIMIT: Final = 500_000  # nodes in memory: 8 bytes each, and 16 a link
SMALL: Final = 4_000  # a family up to here takes one question; a larger one is asked for level by level
_LEVEL_DOWN: Final = """
SELECT array_agg(l.source), array_agg(l.target)
FROM unnest(%s) AS f(node) JOIN tracing_tracelink l ON l.source = f.node
"""
_LEVEL_UP: Final = """
SELECT array_agg(l.target), array_agg(l.source)
FROM unnest(%s) AS f(node) JOIN tracing_tracelink l ON l.target = f.node
"""
# PostgreSQL stops at the limit. Closed kinds (rules.CLOSED) are gone through only where the question starts.
_WHOLE_DOWN: Final = """
WITH RECURSIVE found(node) AS (
    SELECT unnest(%s::bigint[])
    UNION SELECT l.target FROM found f JOIN tracing_tracelink l ON l.source = f.node
    WHERE f.node %% 8 NOT IN (3, 4, 5, 6) OR f.node = ANY(%s)
), near AS (SELECT node FROM found LIMIT %s)
SELECT array_agg(l.source), array_agg(l.target)
FROM near n JOIN tracing_tracelink l ON l.source = n.node WHERE n.node %% 8 NOT IN (3, 4, 5, 6) OR n.node = ANY(%s)
"""
_WHOLE_UP: Final = """
WITH RECURSIVE found(node) AS (
    SELECT unnest(%s::bigint[])
    UNION SELECT l.source FROM found f JOIN tracing_tracelink l ON l.target = f.node
    WHERE f.node %% 8 NOT IN (3, 4, 5, 6) OR f.node = ANY(%s)
), near AS (SELECT node FROM found LIMIT %s)
SELECT array_agg(l.target), array_agg(l.source)
FROM near n JOIN tracing_tracelink l ON l.target = n.node WHERE n.node %% 8 NOT IN (3, 4, 5, 6) OR n.node = ANY(%s)
"""
_BESIDE: Final = """
SELECT kind, id FROM (
    SELECT 2 AS kind, s.id FROM catalog_serial s WHERE s.lot_id = ANY(%s)
    UNION SELECT 3, inside.id FROM (
        WITH RECURSIVE held AS (
            SELECT unnest(%s) AS id UNION SELECT h.id FROM catalog_handlingunit h JOIN held ON h.parent_id = held.id
        ) SELECT id FROM held
    ) inside
) beside
"""


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """Nodes nearest first (n,) with their depth; links gone along as they run (source, target), those on a cycle."""

    node: IntArray
    depth: IntArray
    source: IntArray
    target: IntArray
    cyclic: np.ndarray
    complete: bool


def walk(starts: Iterable[int], *, down: bool, limit: int = LIMIT) -> Walk:
    """Everything that came from these nodes (`down`) or went into them, each once; at most `limit` are told."""
    begin = np.unique(np.fromiter(starts, dtype=np.int64))
    most = max(limit, len(begin))
    near, far, reached = _small(begin, down, most) if len(begin) < SMALL else _by_level(begin, down, most)
    if len(reached.node) >= SMALL and len(begin) < SMALL < most:
        near, far, reached = _by_level(begin, down, most)
    if not reached.complete:
        told = np.isin(near, reached.node) & np.isin(far, reached.node)
        near, far = near[told], far[told]
    source, target = (near, far) if down else (far, near)
    return Walk(reached.node, reached.depth, source, target, on_cycles(source, target), reached.complete)


def _small(begin: IntArray, down: bool, limit: int) -> tuple[IntArray, IntArray, Reached]:
    """The whole family in one question, as far as it is small."""
    wanted = Ints(begin)
    near, far = arrays(_WHOLE_DOWN if down else _WHOLE_UP, wanted, wanted, SMALL, wanted)
    order = np.argsort(near, kind="stable")
    near, far = near[order], far[order]

    def neighbours(level: IntArray) -> tuple[IntArray, IntArray]:
        first, last = (np.searchsorted(near, level, side=side) for side in ("left", "right"))
        counts = last - first
        rows = np.arange(counts.sum()) + np.repeat(first - (np.cumsum(counts) - counts), counts)
        return far[rows], rows

    return near, far, explore(begin, neighbours, closed, limit=min(limit, SMALL))


def _by_level(begin: IntArray, down: bool, limit: int) -> tuple[IntArray, IntArray, Reached]:
    near: list[IntArray] = [np.zeros(0, dtype=np.int64)]
    far: list[IntArray] = [np.zeros(0, dtype=np.int64)]

    def neighbours(level: IntArray) -> tuple[IntArray, IntArray]:
        here, there = arrays(_LEVEL_DOWN if down else _LEVEL_UP, Ints(level))
        near.append(here)
        far.append(there)
        return there, here

    reached = explore(begin, neighbours, closed, limit=limit)
    return np.concatenate(near), np.concatenate(far), reached


def with_parts(lots: Iterable[int], units: Iterable[int]) -> tuple[int, ...]:
    """These lots and handling units as nodes, with the serial numbers of the lots and what stands on the units."""
    wanted = [Ints(np.unique(np.fromiter(ids, dtype=np.int64))) for ids in (lots, units)]
    nodes = {node_of(1, int(lot)) for lot in wanted[0].values}
    nodes |= {node_of(kind, row) for kind, row in run(_BESIDE, *wanted)}
    return tuple(sorted(nodes))
