"""Genealogy over the links in the database: one question a level, over the indexes alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from longshore.engine.tracing.solve import explore, on_cycles
from longshore.ledger.wire import Ints, arrays, run
from longshore.tracing.rules import IntArray, closed, node_of

LIMIT: Final = 500_000  # nodes in memory: 8 bytes each, and 16 a link
_DOWN: Final = """
SELECT array_agg(l.source), array_agg(l.target)
FROM unnest(%s) AS f(node) JOIN tracing_tracelink l ON l.source = f.node
"""
_UP: Final = """
SELECT array_agg(l.target), array_agg(l.source)
FROM unnest(%s) AS f(node) JOIN tracing_tracelink l ON l.target = f.node
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
    near: list[IntArray] = []
    far: list[IntArray] = []

    def neighbours(level: IntArray) -> tuple[IntArray, IntArray]:
        here, there = arrays(_DOWN if down else _UP, Ints(level))
        near.append(here)
        far.append(there)
        return there, here

    begin = np.unique(np.fromiter(starts, dtype=np.int64))
    reached = explore(begin, neighbours, closed, limit=max(limit, len(begin)))
    ends = [np.concatenate([*side, np.zeros(0, dtype=np.int64)]) for side in (near, far)]
    source, target = ends if down else (ends[1], ends[0])
    return Walk(reached.node, reached.depth, source, target, on_cycles(source, target), reached.complete)


def with_parts(lots: Iterable[int], units: Iterable[int]) -> tuple[int, ...]:
    """These lots and handling units as nodes, with the serial numbers of the lots and what stands on the units."""
    wanted = [Ints(np.unique(np.fromiter(ids, dtype=np.int64))) for ids in (lots, units)]
    nodes = {node_of(1, int(lot)) for lot in wanted[0].values}
    nodes |= {node_of(kind, row) for kind, row in run(_BESIDE, *wanted)}
    return tuple(sorted(nodes))
