"""Every row lock of the system, in one canonical order: balances by id, then planned flows by id.

Claims need none of their own: whoever changes a claim holds the balance or flow it stands on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np
from django.db import OperationalError, connection
from psycopg.errors import DeadlockDetected, SerializationFailure

from longshore.ledger.posting import IntArray
from longshore.ledger.wire import Ints, run

LOCK_KEYS = """
SELECT k.n, b.id, b.qty, b.claimed, b.bounded, p.site_id
FROM unnest(%s, %s, %s, %s, %s, %s, %s) WITH ORDINALITY
    AS k(item, place, owner, lot, condition, handling_unit, serial, n)
JOIN ledger_balance b
    ON b.item_id = k.item AND b.place_id = k.place AND b.owner_id = k.owner AND b.condition = k.condition
    AND coalesce(b.lot_id, 0) = k.lot AND coalesce(b.handling_unit_id, 0) = k.handling_unit
    AND coalesce(b.serial_id, 0) = k.serial
JOIN catalog_place p ON p.id = b.place_id
ORDER BY b.id FOR NO KEY UPDATE OF b
"""
# In key order, so that two transactions that bring the same new keys wait for each other one way round.
OPEN_KEYS = """
INSERT INTO ledger_balance
    (item_id, place_id, owner_id, lot_id, condition, handling_unit_id, serial_id, bounded, qty, claimed)
SELECT k.item, k.place, k.owner, nullif(k.lot, 0), k.condition, nullif(k.handling_unit, 0), nullif(k.serial, 0),
    p.kind NOT IN ('party', 'external'), 0, 0
FROM unnest(%s, %s, %s, %s, %s, %s, %s) AS k(item, place, owner, lot, condition, handling_unit, serial)
JOIN catalog_place p ON p.id = k.place
JOIN catalog_item i ON i.id = k.item
JOIN catalog_partner o ON o.id = k.owner
LEFT JOIN catalog_lot l ON l.id = k.lot
LEFT JOIN catalog_serial s ON s.id = k.serial
LEFT JOIN catalog_handlingunit h ON h.id = k.handling_unit
WHERE (k.lot = 0 OR l.item_id = k.item) AND (k.serial = 0 OR s.item_id = k.item)
    AND (k.handling_unit = 0 OR h.id IS NOT NULL) AND k.condition BETWEEN 0 AND 5
ORDER BY k.item, k.place, k.owner, k.lot, k.condition, k.handling_unit, k.serial
ON CONFLICT DO NOTHING
"""
LOCK_BALANCES = """
SELECT id, qty, claimed, bounded, item_id, condition FROM ledger_balance
WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""
LOCK_FLOWS = """
SELECT id, qty, done, claimed, status, item_id FROM ledger_plannedflow
WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""
LOCK_SUPPLY_BALANCES = """
SELECT b.id FROM ledger_balance b JOIN catalog_place p ON p.id = b.place_id
WHERE b.item_id = ANY(%s) AND b.bounded AND b.condition = 0 AND b.qty > b.claimed
    AND p.usage IN ('storage', 'receiving')
ORDER BY b.id FOR NO KEY UPDATE OF b
"""
LOCK_SUPPLY_FLOWS = """
SELECT f.id FROM ledger_plannedflow f
WHERE f.item_id = ANY(%s) AND f.status = 'firm' AND f.qty - f.done > f.claimed
ORDER BY f.id FOR NO KEY UPDATE OF f
"""
ATTEMPTS = 5
P = ParamSpec("P")
R = TypeVar("R")


def retried(verb: Callable[P, R]) -> Callable[P, R]:
    """Run a verb again when PostgreSQL broke a deadlock by rolling it back.

    One verb takes its locks in order; one that is made of several takes them in several rounds, and two of those can
    wait for each other. Nothing was written then, and a verb called again with the same ids does the same. Only the
    outermost verb runs again: inside a transaction the caller has to.
    """

    @wraps(verb)
    def run_again(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, ATTEMPTS):
            try:
                return verb(*args, **kwargs)
            except OperationalError as error:
                broken = isinstance(error.__cause__, DeadlockDetected | SerializationFailure)
                if connection.in_atomic_block or not broken:
                    raise
                time.sleep(0.004 * attempt * (1 + threading.get_native_id() % 7))  # so that the two do not meet again
        return verb(*args, **kwargs)

    return run_again


@dataclass(frozen=True, slots=True)
class LockedKeys:
    """For each key asked for: its balance (0 where the key cannot exist), what stands there, and its site (0: none)."""

    balance: IntArray
    qty: IntArray
    claimed: IntArray
    bounded: np.ndarray
    site: IntArray


@dataclass(frozen=True, slots=True)
class LockedBalance:
    id: int
    qty: int
    claimed: int
    bounded: bool
    item: int
    condition: int


@dataclass(frozen=True, slots=True)
class LockedFlow:
    id: int
    qty: int
    done: int
    claimed: int
    status: str
    item: int


def lock_keys(keys: IntArray) -> LockedKeys:
    """Lock the balances of these distinct keys (k, 7), opening those that are new."""
    found = _find(keys)
    missing = found.balance == 0
    if missing.any():
        run(OPEN_KEYS, *(Ints(column) for column in np.ascontiguousarray(keys[missing].T)))
        opened = _find(keys[missing])
        for name in ("balance", "qty", "claimed", "bounded", "site"):
            getattr(found, name)[missing] = getattr(opened, name)
    return found


def _find(keys: IntArray) -> LockedKeys:
    count = len(keys)
    rows = run(LOCK_KEYS, *(Ints(column) for column in np.ascontiguousarray(keys.T))).fetchall()
    balance, qty, claimed, site = (np.zeros(count, dtype=np.int64) for _ in range(4))
    bounded = np.zeros(count, dtype=bool)
    if rows:
        ordinal, ids, qtys, claims, bounds, sites = zip(*rows, strict=True)
        at = np.array(ordinal, dtype=np.int64) - 1
        balance[at] = ids
        qty[at] = qtys
        claimed[at] = claims
        bounded[at] = bounds
        site[at] = [value or 0 for value in sites]
    return LockedKeys(balance, qty, claimed, bounded, site)


def lock_balances(ids: Iterable[int]) -> dict[int, LockedBalance]:
    wanted = np.array(sorted(set(ids)), dtype=np.int64)
    return {row[0]: LockedBalance(*row) for row in run(LOCK_BALANCES, Ints(wanted))} if len(wanted) else {}


def lock_flows(ids: Iterable[int]) -> dict[int, LockedFlow]:
    wanted = np.array(sorted(set(ids)), dtype=np.int64)
    return {row[0]: LockedFlow(*row) for row in run(LOCK_FLOWS, Ints(wanted))} if len(wanted) else {}


def lock_supply(items: Sequence[int]) -> None:
    """Hold all stock and inbound supply of these items that somebody could promise, until the transaction ends.

    Read what is there (`queries.supply_of`) after this, in the same transaction: then nobody can take it in between.
    """
    wanted = Ints(np.array(sorted(set(items)), dtype=np.int64))
    run(LOCK_SUPPLY_BALANCES, wanted).fetchall()
    run(LOCK_SUPPLY_FLOWS, wanted).fetchall()
