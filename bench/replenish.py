"""The plan of a whole network from the database to proposals in the database, and again after each changed fact.

The yardstick is what a planner does that does not know what depends on what: everything again.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
from django.db import connection, transaction

from bench import _network
from bench._network import DAYS, FULL, SHOPS, SMALL, START, Sizes
from longshore.engine.replenishing.network import columns as c
from longshore.engine.replenishing.network.check import Ordered, check
from longshore.engine.replenishing.network.problem import NetworkProblem
from longshore.engine.replenishing.network.solve import Change, Plan, replan, solve
from longshore.ledger.cause import Cause
from longshore.planning.models import PlannedOrder, Proposal
from longshore.planning.network_rules import Built, NetworkTerms, build
from longshore.planning.operations.network import open_network, plan_network, refresh_network
from longshore.planning.operations.network_storing import OpenNetwork
from longshore.planning.queries.network_facts import Keys, everywhere, facts_of, table
from longshore.planning.queries.network_sql import Question

WHO = Cause(actor="bench")
TERMS = NetworkTerms(days=DAYS, keep_days=0)
STORED = Question(
    "item site kind source day due qty",
    """
    SELECT item_id AS item, site_id AS site, kind::bigint AS kind, source, (order_on - %(today)s::date)::bigint AS day,
        (due_on - %(today)s::date)::bigint AS due, qty
    FROM planning_plannedorder ORDER BY id
    """,
)
MORE = "UPDATE ledger_balance SET qty = qty + %s WHERE item_id = %s AND place_id = %s"
STRAYS = """
SELECT COUNT(*) FROM planning_proposal p WHERE p.state = 'proposed' AND NOT EXISTS (
    SELECT FROM planning_plannedorder o WHERE o.item_id = p.item_id AND o.site_id = p.site_id AND o.qty = p.qty
)
"""


def run(*, small: bool) -> dict[str, dict[str, float]]:
    sizes = SMALL if small else FULL
    began = time.perf_counter()
    _network.build(sizes)
    _say(f"{sizes.item_places} item-places in {time.perf_counter() - began:.0f} s")
    first = everywhere([1_000_001 + sizes.components])
    one = build(facts_of(today=START.date(), days=DAYS, scope=first, keep=False), TERMS)
    replan(
        solve(one.problem), Change(guarded=np.zeros(1, dtype=np.int64), safety=np.ones(1, dtype=np.int64))
    )  # compile
    began, busy = time.perf_counter(), _cpu_seconds()
    telling = _Telling(began)
    network, receipt = open_network(at=START, cause=WHO, terms=TERMS, told=telling)
    full, busy = time.perf_counter() - began, _cpu_seconds() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _say(f"{full:.1f} s, {peak:.0f} MB, {receipt.orders} orders, {len(receipt.new)} proposals")
    spent, touched = _facts(network, sizes)
    told = _events(network, sizes)
    began = time.perf_counter()
    built = build(facts_of(today=network.today, days=DAYS, keep=False), TERMS)
    fresh = solve(built.problem)
    everything = time.perf_counter() - began
    same = np.array_equal(fresh.orders(), network.plan.orders())
    stands = table(STORED, {"items": None, "today": built.today})
    violations = _violations(built, stands)
    return {
        "results": {
            "full_s": round(full, 1),
            "full_peak_mb": round(peak),
            "incremental_ms": round(float(np.percentile(spent, 95)), 1),
            "violations": violations,
            "full_cpu_s": round(busy, 1),
            "incremental_median_ms": round(statistics.median(spent), 1),
            "incremental_max_ms": round(max(spent), 1),
            "identical": int(same and _stands(built, fresh, stands)),
            "event_ms": round(float(np.percentile(told, 95)), 1),
            "event_median_ms": round(statistics.median(told), 1),
            "longest_silence_s": round(telling.longest, 2),
        },
        "yardsticks": {"everything_again_ms": round(everything * 1000)},
        "sizes": {
            "item_places": receipt.nodes,
            "days": DAYS,
            "orders": PlannedOrder.objects.count(),
            "proposals": Proposal.objects.filter(state="proposed").count(),
            "shortages": receipt.shortages,
            "levels": len(network.plan.order.level_at) - 1,
            "facts": len(spent),
            "nodes_touched_median": round(statistics.median(touched)),
        },
    }  # fmt: skip


class _Telling:
    """Says how far the plan is, with seconds since it began: at every tenth, and where waiting ends."""

    def __init__(self, began: float) -> None:
        self.began = self.before = began
        self.longest = 0.0
        self.said = (-1, -1)

    def __call__(self, done: int, of: int) -> None:
        now = time.perf_counter()
        self.longest, self.before = max(self.longest, now - self.before), now
        if (done * 10 // max(of, 1), of) != self.said:
            self.said = (done * 10 // max(of, 1), of)
            _say(f"{now - self.began:.1f} s: {done} of {of} planned")


def _cpu_seconds() -> float:
    """Seconds of processor time of this process and of its database backend: what is left on a machine others use."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    ticks = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[11:13]
    return time.process_time() + sum(int(each) for each in ticks) / os.sysconf("SC_CLK_TCK")


def _facts(network: OpenNetwork, sizes: Sizes) -> tuple[list[float], list[int]]:
    """Milliseconds from a changed fact in the database to changed proposals in it, and how many nodes it changed."""
    random = np.random.default_rng(7)
    spent, touched = [], []
    for number in range(sizes.facts):
        item = 1_000_001 + sizes.components + int(random.integers(sizes.products))
        site = 1001 if number % 4 == 0 else 1001 + int(random.integers(1, 1 + _network.REGIONS + SHOPS))
        with connection.cursor() as cursor:
            cursor.execute(MORE, [int(random.integers(1, 40)), item, site + 1000])
        began = time.perf_counter()
        receipt = refresh_network(network, [(item, site)], at=START + timedelta(minutes=number), cause=WHO)
        spent.append((time.perf_counter() - began) * 1000)
        touched.append(receipt.nodes)
    return spent, touched


def _events(network: OpenNetwork, sizes: Sizes) -> list[float]:
    """Milliseconds of what a worker does that keeps no plan: read what the fact reaches, plan it, write what is different.

    The open plan hears of the facts without writing, so that it can be compared with what stands in the database.
    """
    random = np.random.default_rng(8)
    spent = []
    for number in range(sizes.facts):
        item = 1_000_001 + sizes.components + int(random.integers(sizes.products))
        site = 1001 + int(random.integers(1 + _network.REGIONS + SHOPS))
        with connection.cursor() as cursor:
            cursor.execute(MORE, [int(random.integers(1, 40)), item, site + 1000])
        at = START + timedelta(hours=2, minutes=number)
        began = time.perf_counter()
        plan_network(at=at, cause=WHO, terms=TERMS, items=[item])
        spent.append((time.perf_counter() - began) * 1000)
        with transaction.atomic():
            refresh_network(network, [(item, site)], at=at, cause=WHO)
            transaction.set_rollback(True)
    return spent


def _stands(built: Built, plan: Plan, stands: dict[str, np.ndarray]) -> bool:
    """Whether the orders in the database are those of the plan."""
    orders, arcs = plan.orders(), built.problem.arcs
    arc = orders[:, c.ARC]
    node = plan.nodes_of()
    ours = (
        built.nodes["item"][node], built.nodes["site"][node], arcs.kind[arc], arcs.source[arc], orders[:, c.DAY],
        orders[:, c.DUE], orders[:, c.QTY],
    )  # fmt: skip
    theirs = tuple(stands.values())
    one, other = np.lexsort(ours[::-1]), np.lexsort(theirs[::-1])
    return all(np.array_equal(a[one], b[other]) for a, b in zip(ours, theirs, strict=True))


def _violations(built: Built, told: dict[str, np.ndarray]) -> int:
    """Faults that the independent check finds in the orders as they stand in the database, and proposals without one."""
    problem = built.problem
    node = Keys(built.nodes["item"], built.nodes["site"]).of(told["item"], told["site"])
    ordered = Ordered(_arcs(problem, node, told["kind"], told["source"]), told["day"], told["due"], told["qty"])
    faults = check(problem, ordered, balances=False)
    for fault in faults[:10]:
        _say(fault)
    with connection.cursor() as cursor:
        cursor.execute(STRAYS)
        (strays,) = cursor.fetchone()
    return len(faults) + int(strays)


def _arcs(problem: NetworkProblem, node: np.ndarray, kind: np.ndarray, source: np.ndarray) -> np.ndarray:
    """The arc of each stored order: the one of its node with its kind and source."""
    arcs = problem.arcs
    keys = np.stack([arcs.node, arcs.kind, arcs.source], axis=1)
    order = np.lexsort(keys.T[::-1])
    base, kinds = int(arcs.source.max()) + 1, 4
    known = (keys[:, 0] * kinds + keys[:, 1]) * base + keys[:, 2]
    found = np.searchsorted(known[order], (node * kinds + kind) * base + source)
    arc = order[found]
    assert np.array_equal(known[arc], (node * kinds + kind) * base + source)
    return arc


def _say(text: str) -> None:
    print(f"replenish: {text}", file=sys.stderr)
