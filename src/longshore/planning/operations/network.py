"""Plan the whole network from the database to proposals in the database; and again, only what a changed fact touches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

import numpy as np
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.engine.invalid import InvalidProblem
from longshore.engine.replenishing.network.problem import Integers
from longshore.engine.replenishing.network.solve import Change, Plan, replan, solve
from longshore.ledger.cause import Cause
from longshore.planning import rules
from longshore.planning.models import NetworkRun, PlannedBy, StockPolicy
from longshore.planning.network_rules import Built, NetworkTerms, build, supply_of
from longshore.planning.operations.network_storing import NetworkReceipt, OpenNetwork, different, store, store_levels
from longshore.planning.operations.network_waiting import patiently
from longshore.planning.operations.replenish import ONE_AT_A_TIME
from longshore.planning.queries import network_writing
from longshore.planning.queries.network_facts import Keys, Scope, facts_of, scope_of, stock_of, wanted_of
from longshore.planning.reading import execute, rows

Told = Callable[[int, int], None]
AS_USUAL = NetworkTerms()


class NotPlannable(Refusal):
    """The bills, sites and substitutes contradict each other: something needs itself."""


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
    scope = None if items is None else scope_of(items, today=today, days=terms.days)
    if scope is None:
        execute(network_writing.ROOM, {})
    keep = terms.keep_days > 0
    built = patiently(
        lambda: build(facts_of(today=today, days=terms.days, scope=scope, keep=keep), terms), _ticking(told, 0)
    )
    plan = _solved(built, told)
    network = OpenNetwork(built, plan, Keys(built.nodes["item"], built.nodes["site"]), terms, today)
    nodes = None if scope is None else _changed(network, scope, items or ())
    ticking = _ticking(told, len(built.nodes["item"]))
    receipt = patiently(lambda: store(network, nodes, at=at, cause=cause), ticking)
    if scope is not None:
        all_of_it = int(plan.state.count.sum()), int((plan.state.unmet[:, 0] > 0).sum())
        return network, replace(receipt, nodes=len(built.nodes["item"]), orders=all_of_it[0], shortages=all_of_it[1])
    store_levels(network)
    NetworkRun.objects.create(
        made_at=at, starts_on=today, days=terms.days, release_days=terms.release_days, nodes=receipt.nodes,
        orders=receipt.orders, shortages=receipt.shortages, cause=(cause.because or cause.actor)[:120],
    )  # fmt: skip
    return network, receipt


def _ticking(told: Told | None, done: int) -> Callable[[], None] | None:
    """What is said while the database works: nothing is planned yet, or all is."""
    return None if told is None else lambda: told(done, done)


def _changed(network: OpenNetwork, scope: Scope, items: Sequence[int]) -> Integers:
    """What is written: orders that are not what they were; and, of the items asked about, proposals may have been decided."""
    asked = np.flatnonzero(np.isin(network.built.nodes["item"], np.array(items, dtype=np.int64)))
    return np.union1d(asked, different(network, scope))


@transaction.atomic
def refresh_network(
    network: OpenNetwork, pairs: Sequence[tuple[int, int]], *, at: datetime, cause: Cause
) -> NetworkReceipt:
    """Read the stock, supply and demand of these item-sites again and plan what depends on them."""
    rows(ONE_AT_A_TIME, {})
    asked = sorted(set(pairs))
    scope = Scope(tuple(item for item, _site in asked), tuple(site for _item, site in asked))
    node = np.sort(network.keys.of(np.array(scope.item, dtype=np.int64), np.array(scope.site, dtype=np.int64)))
    node = node[node >= 0]
    supply = supply_of(stock_of(scope, today=network.today, days=network.terms.days), network.keys)
    mine = np.isin(supply.node, node)
    chosen = type(supply)(supply.node[mine], supply.day[mine], supply.qty[mine], supply.last[mine])
    some = {name: values[node] for name, values in network.built.nodes.items()}
    wanted = wanted_of(scope, some, today=network.today, days=network.terms.days)
    change = Change(supplied=node, supply=chosen, wanted=node, demand=wanted)
    return store(network, replan(network.plan, change), at=at, cause=cause)


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
