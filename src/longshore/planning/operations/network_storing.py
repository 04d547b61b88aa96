"""The plan into the database: its orders, its shortages, and the proposals that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from longshore.engine.replenishing.network import columns as c
from longshore.engine.replenishing.network.solve import Plan
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.ledger.wire import copy_integers
from longshore.planning.events import Proposed
from longshore.planning.network_rules import Built, NetworkTerms, differing
from longshore.planning.operations.releasing import release
from longshore.planning.queries import network_sql, network_writing
from longshore.planning.queries.network_facts import Keys, Scope, table_of
from longshore.planning.reading import execute, rows

Integers = NDArray[np.int64]
PROPOSALS_AN_EVENT = 2000
NODES_A_COPY = 50_000
MANY_ORDERS = 100_000  # from so many on the indexes are made after them
POSTGRES_EPOCH = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class NetworkReceipt:
    """Counts of what was planned, and the ids of proposals by what became of them. `unplanned`: parts of bills for which
    no policy plans by network."""

    nodes: int
    orders: int
    shortages: int
    unplanned: int
    new: tuple[int, ...]
    updated: tuple[int, ...]
    superseded: tuple[int, ...]
    released: tuple[int, ...]


@dataclass(slots=True, eq=False)
class OpenNetwork:
    """A plan kept in memory between facts. It belongs to one process and one day."""

    built: Built
    plan: Plan
    keys: Keys
    terms: NetworkTerms
    today: date


def store(network: OpenNetwork, nodes: Integers | None, *, at: datetime, cause: Cause) -> NetworkReceipt:
    """Replace the plan of these nodes (None: all there is) and settle the proposals that follow from it."""
    plan, known = network.plan, network.built.nodes
    chosen = np.arange(len(known["item"])) if nodes is None else nodes
    pairs = (
        {"item": known["item"][chosen].tolist(), "site": known["site"][chosen].tolist()} if nodes is not None else {}
    )
    remade: list[str] = []
    if nodes is None:
        execute(network_writing.EMPTY, {})
        remade = _without_indexes() if int(plan.state.count.sum()) >= MANY_ORDERS else []
    elif len(chosen):
        execute(network_writing.DELETE_ORDERS, pairs)
        execute(network_writing.DELETE_SHORTAGES, pairs)
    orders = _store_orders(network, chosen)
    for statement in remade:
        execute(statement, {})
    short = chosen[plan.state.unmet[chosen, 0] > 0]
    if len(short):
        copy_integers(network_writing.INTO_SHORTAGES, _shortage_columns(network, short))
    if nodes is not None and not len(chosen):
        return NetworkReceipt(0, 0, 0, network.built.unplanned, (), (), (), ())
    if nodes is None:
        execute(network_writing.LOOK_AGAIN, {})
    settled = _propose(network, pairs, at=at, cause=cause)
    due: list[int] = []
    if known["automatic"][chosen].any():
        scope = network_writing.DUE_OF if pairs else ""
        due = [number for (number,) in rows(network_writing.DUE.format(scope=scope), {**pairs, "at": at})]
    released = release(due, at=at, cause=cause).released if due else ()
    return NetworkReceipt(len(chosen), orders, len(short), network.built.unplanned, *settled, released)


def _without_indexes() -> list[str]:
    """Take the indexes of the orders away; the statements that make them again, in the same transaction."""
    told = rows(network_writing.INDEXES, {})
    for drop, _make in told:
        execute(drop, {})
    return [make for _drop, make in told]


def _store_orders(network: OpenNetwork, chosen: Integers) -> int:
    """Write the orders of these nodes, a part at a time; how many."""
    plan = network.plan
    count = int(plan.state.count[chosen].sum())
    if not count:
        return 0
    ((number,),) = rows(network_writing.NEXT_IDS, {"count": count})
    for start in range(0, len(chosen), NODES_A_COPY):
        some = chosen[start : start + NODES_A_COPY]
        planned = plan.orders(some)
        ids = np.arange(number, number + len(planned), dtype=np.int64)
        number += len(planned)
        if len(planned):
            columns = ((ids, 8), *_order_columns(network, plan.nodes_of(some), planned))
            copy_integers(network_writing.INTO_ORDERS, columns)
    return count


def different(network: OpenNetwork, scope: Scope) -> Integers:
    """Nodes whose orders or shortages are not those that stand in the database: only these are written again."""
    known, plan = network.built.nodes, network.plan
    count = len(known["item"])
    stands = table_of(network_sql.STANDING, scope)
    node = network.keys.of(stands["item"], stands["site"])
    orders = plan.orders()
    planned = plan.nodes_of()
    new = np.stack([column for column, _width in _order_columns(network, planned, orders)], axis=1)
    found = differing(count, (planned, new), (node, np.stack(list(stands.values()), axis=1)))
    short = np.flatnonzero(plan.state.unmet[:, 0] > 0)
    missing = np.stack([column for column, _width in _shortage_columns(network, short)], axis=1)
    told = table_of(network_sql.STANDING_SHORT, scope)
    was = network.keys.of(told["item"], told["site"])
    found |= differing(count, (short, missing), (was, np.stack(list(told.values()), axis=1)))
    return np.flatnonzero(found)


def store_levels(network: OpenNetwork) -> None:
    """What shares a limit or a load is planned in one order; a plan of some items has to know it."""
    arcs, known = network.built.problem.arcs, network.built.nodes
    shared = np.unique(arcs.node[(arcs.capacity >= 0) | (arcs.load >= 0)])
    execute(network_writing.EMPTY_LEVELS, {})
    columns = ((known["item"][shared], 8), (known["site"][shared], 8), (network.plan.order.levels(shared), 2))
    if len(shared):
        copy_integers(network_writing.INTO_LEVELS, columns)


def _dated(network: OpenNetwork, offsets: Integers) -> tuple[Integers, int]:
    return offsets + (network.today - POSTGRES_EPOCH).days, 4


def _order_columns(network: OpenNetwork, node: Integers, orders: Integers) -> tuple[tuple[Integers, int], ...]:
    arcs, known = network.built.problem.arcs, network.built.nodes
    arc, rival = orders[:, c.ARC], orders[:, c.RIVAL]
    other = np.where(rival >= 0, arcs.source[rival] * 4 + arcs.kind[rival], -1)
    return (
        (known["item"][node], 8),
        (known["site"][node], 8),
        (arcs.kind[arc], 2),
        (arcs.source[arc], 8),
        (orders[:, c.QTY], 8),
        _dated(network, orders[:, c.DAY]),
        _dated(network, orders[:, c.DUE]),
        _dated(network, orders[:, c.NEED]),
        (orders[:, c.LACK], 8),
        (orders[:, c.FLIP], 8),
        (orders[:, c.WHY], 4),
        (_prices(network, arc, orders[:, c.QTY]), 8),
        (orders[:, c.COST], 8),
        (orders[:, c.WEIGHT], 8),
        (other, 8),
        (orders[:, c.RIVAL_COST], 8),
    )


def _prices(network: OpenNetwork, arc: Integers, qty: Integers) -> Integers:
    """What a unit costs at the quantity ordered."""
    breaks, plain = network.built.problem.breaks, network.built.problem.arcs.price[arc]
    if not len(breaks.arc):
        return plain
    base = int(max(breaks.qty.max(), qty.max(initial=0))) + 1
    place = np.searchsorted(breaks.arc * base + breaks.qty, arc * base + qty, side="right") - 1
    return np.where((place >= 0) & (breaks.arc[place] == arc), breaks.price[place], plain)


def _shortage_columns(network: OpenNetwork, short: Integers) -> tuple[tuple[Integers, int], ...]:
    unmet, known = network.plan.state.unmet[short], network.built.nodes
    return (
        (known["item"][short], 8), (known["site"][short], 8), _dated(network, unmet[:, 1]), (unmet[:, 2], 8), (unmet[:, 0], 2),
    )  # fmt: skip


def _propose(
    network: OpenNetwork, pairs: dict[str, Any], *, at: datetime, cause: Cause
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """One statement settles all proposals; the ids of the new, changed and needless ones."""
    scope, mine = (network_writing.SCOPE, network_writing.MINE_OF) if pairs else ("", network_writing.MINE)
    asked = {
        **pairs,
        "at": at,
        "today": network.today,
        "days": network.terms.days,
        "until": network.today + timedelta(days=network.terms.release_days),
        "since": at - timedelta(days=1),
        "cause": (cause.because or cause.actor)[:120],
    }
    with connection.cursor() as cursor:
        cursor.execute(network_writing.PROPOSE.format(scope=scope, mine=mine), asked)
        found = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 2)
    new, updated, superseded = (tuple(np.sort(found[found[:, 0] == what, 1]).tolist()) for what in range(3))
    told = sorted([*new, *updated])
    for start in range(0, max(len(told), len(superseded)), PROPOSALS_AN_EVENT):
        end = start + PROPOSALS_AN_EVENT
        emit([Proposed(told[start:end], list(superseded[start:end]))], at=at, cause=cause)
    return new, updated, superseded
