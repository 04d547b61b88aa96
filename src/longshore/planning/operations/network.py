"""Plan the whole network from the database to proposals in the database; and again, only what a changed fact touches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from longshore.catalog.errors import Refusal
from longshore.engine.invalid import InvalidProblem
from longshore.engine.replenishing.network import columns as c
from longshore.engine.replenishing.network.solve import Change, Plan, replan, solve
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.ledger.wire import copy_integers
from longshore.planning import rules
from longshore.planning.events import Proposed
from longshore.planning.models import NetworkRun, PlannedBy, StockPolicy
from longshore.planning.network_rules import Built, NetworkTerms, build, supply_of
from longshore.planning.operations.releasing import release
from longshore.planning.operations.replenish import ONE_AT_A_TIME
from longshore.planning.queries import network_sql, network_writing
from longshore.planning.queries.network_facts import Keys, StockFacts, demand_of, facts_of, related_items, table
from longshore.planning.reading import execute, rows

Integers = NDArray[np.int64]
Told = Callable[[int, int], None]
PROPOSALS_AN_EVENT = 2000
NODES_A_COPY = 50_000
POSTGRES_EPOCH = date(2000, 1, 1)
AS_USUAL = NetworkTerms()


class NotPlannable(Refusal):
    """The bills, sites and substitutes contradict each other: something needs itself."""


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


def plan_network(
    *, at: datetime, cause: Cause, terms: NetworkTerms = AS_USUAL, items: Sequence[int] | None = None,
    told: Told | None = None,
) -> NetworkReceipt:  # fmt: skip
    """Plan every item-site that is planned by network (or those whose plan hangs together with `items`), write the plan,
    and propose what has to be ordered within the release days."""
    if not StockPolicy.objects.filter(planned_by=PlannedBy.NETWORK).exists():
        return NetworkReceipt(0, 0, 0, 0, (), (), (), ())
    return open_network(at=at, cause=cause, terms=terms, items=items, told=told)[1]


@transaction.atomic
def open_network(
    *, at: datetime, cause: Cause, terms: NetworkTerms = AS_USUAL, items: Sequence[int] | None = None,
    told: Told | None = None,
) -> tuple[OpenNetwork, NetworkReceipt]:  # fmt: skip
    """The same, and the plan stays open for `refresh_network`."""
    rows(ONE_AT_A_TIME, {})
    today = _today(at)
    scope = None if items is None else related_items(items)
    facts = facts_of(today=today, days=terms.days, items=scope, keep=terms.keep_days > 0)
    built = build(facts, terms)
    plan = _solved(built, told)
    keys = Keys(facts.nodes["item"], facts.nodes["site"])
    network = OpenNetwork(built, plan, keys, terms, today)
    everything = items is None
    receipt = _store(network, None if everything else np.arange(len(facts.nodes["item"])), at=at, cause=cause)
    if everything:
        NetworkRun.objects.create(
            made_at=at, starts_on=today, days=terms.days, release_days=terms.release_days, nodes=receipt.nodes,
            orders=receipt.orders, shortages=receipt.shortages, cause=(cause.because or cause.actor)[:120],
        )  # fmt: skip
    return network, receipt


@transaction.atomic
def refresh_network(
    network: OpenNetwork, pairs: Sequence[tuple[int, int]], *, at: datetime, cause: Cause
) -> NetworkReceipt:
    """Read the stock, supply and demand of these item-sites again and plan what depends on them."""
    rows(ONE_AT_A_TIME, {})
    asked = {"items": sorted({item for item, _site in pairs}), "today": network.today, "days": network.terms.days,
             "enough": rules.ENOUGH_RECEIPTS}  # fmt: skip
    item, site = (np.array(column, dtype=np.int64) for column in zip(*sorted(set(pairs)), strict=True))
    node = np.sort(network.keys.of(item, site))
    node = node[node >= 0]
    stock = StockFacts(table(network_sql.STOCK, asked), table(network_sql.COMING, asked), network.terms.days)
    supply = supply_of(stock, network.keys)
    mine = np.isin(supply.node, node)
    chosen = type(supply)(supply.node[mine], supply.day[mine], supply.qty[mine], supply.last[mine])
    some = {name: values[node] for name, values in network.built.nodes.items()}
    change = Change(supplied=node, supply=chosen, wanted=node, demand=demand_of(some, asked))
    different = replan(network.plan, change)
    return _store(network, different, at=at, cause=cause)


def _today(at: datetime) -> date:
    zone = rows(network_writing.ZONE, {})
    return rules.local_day(at, zone[0][0] if zone else "UTC")


def _solved(built: Built, told: Told | None) -> Plan:
    try:
        return solve(built.problem, told)
    except InvalidProblem as fault:
        raise NotPlannable(
            "network-ring",
            _("The network cannot be planned: %(fault)s.") % {"fault": fault.sentence},
            _("Look at the bills of material, the sources of the policies and the substitutes of this item."),
            row=fault.row,
        ) from fault


def _store(network: OpenNetwork, nodes: Integers | None, *, at: datetime, cause: Cause) -> NetworkReceipt:
    """Replace the plan of these nodes (None: all there is) and settle the proposals that follow from it."""
    plan, known = network.plan, network.built.nodes
    chosen = np.arange(len(known["item"])) if nodes is None else nodes
    pairs = (
        {"item": known["item"][chosen].tolist(), "site": known["site"][chosen].tolist()} if nodes is not None else {}
    )
    if nodes is None:
        execute(network_writing.EMPTY, {})
    elif len(chosen):
        execute(network_writing.DELETE_ORDERS, pairs)
        execute(network_writing.DELETE_SHORTAGES, pairs)
    orders = 0
    for start in range(0, len(chosen), NODES_A_COPY):
        some = chosen[start : start + NODES_A_COPY]
        planned = plan.orders(some)
        orders += len(planned)
        if len(planned):
            copy_integers(network_writing.INTO_ORDERS, _order_columns(network, plan.nodes_of(some), planned))
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
