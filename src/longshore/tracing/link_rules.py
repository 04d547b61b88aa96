"""Which links follow from movements: pure, on arrays."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np

from longshore.tracing.rules import DELIVERY, KINDS, LOT, RECEIPT, SERIAL, UNIT, IntArray, apportion

OURS_BEFORE, OURS_AFTER, FROM_PARTY, TO_PARTY, INTO_PRODUCTION, FROM_PRODUCTION = (1 << bit for bit in range(6))
RECEIVED, TRANSFORMED, NUMBERED, PACKED, SHIPPED = range(5)
RETURN: Final = 11  # of ledger.PostingKind: what a customer sends back was not received from a supplier


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Movements of goods with a lot or serial number (m,): 0 where there is none; `at` µs since 2000."""

    posting: IntArray
    kind: IntArray
    qty: IntArray
    at: IntArray
    flags: IntArray
    unit_before: IntArray
    unit_after: IntArray
    lot: IntArray
    serial: IntArray

    def having(self, flags: int, without: int = 0) -> np.ndarray:
        return (self.flags & (flags | without)) == flags

    @property
    def node(self) -> IntArray:
        return np.where(self.serial > 0, self.serial * KINDS + SERIAL, self.lot * KINDS + LOT)


def links_of_moves(moves: Moves) -> IntArray:
    """(l, 7): source, target, kind, told by, in unit, quantity, at; ascending, each link once with its whole quantity."""
    node, posting, before, after = moves.node, moves.posting, moves.unit_before, moves.unit_after
    received = moves.having(OURS_AFTER | FROM_PARTY, OURS_BEFORE) & (moves.kind != RETURN)
    packed = moves.having(OURS_AFTER) & (after > 0) & (after != before)
    shipped = moves.having(OURS_BEFORE | TO_PARTY, OURS_AFTER)
    in_unit = shipped & (before > 0)
    numbered = moves.having(OURS_AFTER) & (moves.lot > 0) & (moves.serial > 0)
    none = np.zeros(len(posting), dtype=np.int64)
    parts = [
        _rows(moves, received, (posting * KINDS + RECEIPT, node, RECEIVED, none)),
        _rows(moves, packed, (node, after * KINDS + UNIT, PACKED, none)),
        _rows(moves, shipped, (node, posting * KINDS + DELIVERY, SHIPPED, before)),
        _rows(moves, in_unit, (before * KINDS + UNIT, posting * KINDS + DELIVERY, SHIPPED, before)),
        _transformed(moves),
    ]
    summed = _summed(np.concatenate(parts))
    pieces = _rows(moves, numbered, (moves.lot * KINDS + LOT, moves.serial * KINDS + SERIAL, NUMBERED, none))
    pieces[:, 3], pieces[:, 5] = 0, 1  # that a piece is of a lot is told by no posting in particular
    _, first = np.unique(pieces[:, :2], axis=0, return_index=True)
    links = np.concatenate([summed, pieces[first]])
    return links[(links[:, 0] != links[:, 1])]


def _rows(moves: Moves, mask: np.ndarray, link: tuple[IntArray, IntArray, int, IntArray]) -> IntArray:
    source, target, kind, unit = link
    kinds = np.full(int(mask.sum()), kind, dtype=np.int64)
    cells = (source[mask], target[mask], kinds, moves.posting[mask], unit[mask], moves.qty[mask], moves.at[mask])
    return np.stack(cells, axis=1)


def _transformed(moves: Moves) -> IntArray:
    """Everything a posting put into production went into everything it took out, by the quantities that came out."""
    taken, given = (_by_posting(moves, moves.having(*bits)) for bits in _SIDES)
    at = dict(zip(moves.posting.tolist(), moves.at.tolist(), strict=True))
    rows = []
    for posting in taken.keys() & given.keys():
        outs = sorted(given[posting].items())
        shares = [qty for _node, qty in outs]
        for node, qty in taken[posting].items():
            for (out, _qty), part in zip(outs, apportion(qty, shares), strict=True):
                rows.append((node, out, TRANSFORMED, posting, 0, part, at[posting]))
    return np.array(sorted(rows), dtype=np.int64).reshape(-1, 7)


_SIDES: Final = ((OURS_BEFORE | INTO_PRODUCTION,), (OURS_AFTER | FROM_PRODUCTION,))


def _by_posting(moves: Moves, mask: np.ndarray) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    cells = (moves.posting[mask], moves.node[mask], moves.qty[mask])
    for posting, node, qty in zip(*(column.tolist() for column in cells), strict=True):
        found[posting][node] += qty
    return found


def _summed(links: IntArray) -> IntArray:
    keys, first, same = np.unique(links[:, :5], axis=0, return_index=True, return_inverse=True)
    qty = np.zeros(len(keys), dtype=np.int64)
    np.add.at(qty, same.reshape(-1), links[:, 5])
    return np.concatenate([keys, qty[:, None], links[first, 6:]], axis=1)
