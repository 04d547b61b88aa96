"""Tracing measured: full genealogies over ten million events, and a recall of fifty thousand lots with its balance."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import numpy as np

from longshore.catalog.models import Item, Lot, Partner, Place, UnitOfMeasure
from longshore.catalog.operations import ensure_fixed_places, ensure_units
from longshore.engine.tracing.problem import DOWN, UP, Links, Question
from longshore.engine.tracing.solve import Index
from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Input, Move, NewPosting, NewTransform, Output, post, transform
from longshore.ledger.posting import IntArray, Key, microseconds
from longshore.ledger.wire import copy_integers, cursor, note_sizes
from longshore.ledger.wire import run as send
from longshore.tracing.operations import NewRecall, link_postings, start_recall
from longshore.tracing.queries.walking import walk
from longshore.tracing.rules import DELIVERY, LOT, RECEIPT, node_of

BENCH = Cause(actor="bench")
START = datetime(2026, 1, 1, tzinfo=UTC)
LEVELS = 10
INPUTS = 2  # lots a run takes; every fifth takes a third
BESIDE = 24  # how far apart, in the order of making, the lots a run takes may lie
FIRST_LOT, FIRST_EVENT = 10_000_000, 1_000_000_000  # far above the rows of the recall, which are posted
CTE_DOWN = """
WITH RECURSIVE found(node) AS (
    SELECT %s::bigint UNION SELECT e.target FROM found f JOIN bench_edge e ON e.source = f.node
) SELECT array_agg(node) FROM found
"""
CTE_UP = """
WITH RECURSIVE found(node) AS (
    SELECT %s::bigint UNION SELECT e.source FROM found f JOIN bench_edge e ON e.target = f.node
) SELECT array_agg(node) FROM found
"""
COLUMNS = "tracing_tracelink (source, target, kind, told_by, unit, qty, at)"


@dataclass(frozen=True)
class Sizes:
    events: int
    descendants: int
    questions: int
    recalls: int


FULL = Sizes(events=10_000_000, descendants=50_000, questions=300, recalls=3)
SMALL = Sizes(events=200_000, descendants=2_000, questions=100, recalls=3)


@dataclass(frozen=True)
class World:
    items: tuple[int, ...]
    owner: int
    shelf: int
    supplier: int
    customers: tuple[int, ...]


def run(*, small: bool) -> dict[str, dict[str, float]]:
    sizes = SMALL if small else FULL
    world = _world()
    lots = _family(world, sizes.descendants)
    links = _fill(sizes.events)
    _bare(links)
    starts = _starts(sizes)
    results = {name: _ask(starts, how) for name, how in _ways(links).items()}
    _same([found for found, _times in results.values()])
    recalls = [_recall(lots[0]) for _ in range(sizes.recalls)]
    ours = np.array(results["ours"][1]) * 1000
    counts = np.array([len(nodes) for nodes in results["ours"][0]])
    return {
        "results": {
            "genealogy_p95_ms": round(float(np.percentile(ours, 95)), 2),
            "recall_s": round(statistics.median(seconds for seconds, *_rest in recalls), 3),
            "unexplained": max(unexplained for _s, unexplained, _n in recalls),
            "genealogy_p50_ms": round(float(np.percentile(ours, 50)), 2),
            "genealogy_max_ms": round(float(ours.max()), 2),
        },
        "yardsticks": {
            "recursive_cte_p95_ms": round(float(np.percentile(results["cte"][1], 95)) * 1000, 2),
            "numpy_in_memory_p95_ms": round(float(np.percentile(results["memory"][1], 95)) * 1000, 2),
        },
        "sizes": {
            "events": sizes.events,
            "levels": LEVELS,
            "links": len(links[0]),
            "links_filled_by_copy": len(links[0]),
            "nodes_found_p50": int(np.percentile(counts, 50)),
            "nodes_found_max": int(counts.max()),
            "questions": len(starts),
            "recalled_lots": recalls[0][2],
            "recalled_lots_posted_through_the_ledger": len(lots),
        },
    }


def _world() -> World:
    ensure_units()
    ensure_fixed_places()
    each = UnitOfMeasure.objects.get(code="EA")
    items = [
        Item.objects.create(code=f"B{i}", name=f"Bench {i}", base_unit=each, lot_tracked=True) for i in range(LEVELS)
    ]
    site = Place.objects.create(code="BENCH", name="Bench", kind="site")
    Place.objects.filter(pk=site.pk).update(site=site)
    shelf = Place.objects.create(code="BENCH-1", name="Shelf", kind="bin", usage="storage", site=site, parent=site)
    supplier = Place.objects.create(code="BENCH-SUP", name="Supplier", kind="party")
    shops = [Place.objects.create(code=f"SHOP-{i}", name=f"Shop {i}", kind="party") for i in range(50)]
    for shop in shops:
        Partner.objects.create(code=shop.code, name=shop.name, is_customer=True, place=shop)
    owner = Partner.objects.get(code="SELF").pk
    return World(tuple(item.pk for item in items), owner, shelf.pk, supplier.pk, tuple(shop.pk for shop in shops))


# The recalled family: through the verbs, as in production.


def _family(world: World, descendants: int) -> list[int]:
    """A supplier's lot and its descendants over ten levels, each made of one or two lots of the level before."""
    random = np.random.default_rng(3)
    shape = np.geomspace(1, 1000, LEVELS - 1)
    widths = np.maximum(1, (descendants * shape / shape.sum()).astype(int))
    widths[-1] += descendants - widths.sum()
    codes = [(0, 0), *((level, i) for level, width in enumerate(widths, start=1) for i in range(width))]
    rows = Lot.objects.bulk_create(
        [Lot(item_id=world.items[level], code=f"F{i}") for level, i in codes], batch_size=5000
    )
    lots = [row.pk for row in rows]
    first = [0, *np.cumsum([1, *widths]).tolist()]
    clock = START
    root = Key(world.items[0], world.shelf, world.owner, lots[0])
    receipt = Move(Key(world.items[0], world.supplier, world.owner, lots[0]), root, 10**9)
    _post([NewPosting(uuid4(), PostingKind.RECEIPT, clock, (receipt,))], clock)
    for level in range(1, LEVELS):
        clock += timedelta(hours=1)
        before = lots[first[level - 1] : first[level]]
        made = lots[first[level] : first[level + 1]]
        runs = [_run(world, level, (before, lot), clock, random) for lot in made]
        for page in range(0, len(runs), 2000):
            receipts = transform(runs[page : page + 2000], at=clock, cause=BENCH).accepted
            link_postings([row.posting_id for row in receipts])
        note_sizes()  # as autovacuum would
        _progress("family", first[level + 1], len(lots))
    _deliver(world, lots[first[LEVELS - 1] :], clock + timedelta(hours=1))
    return lots


def _run(
    world: World, level: int, lots: tuple[list[int], int], clock: datetime, random: np.random.Generator
) -> NewTransform:
    before, lot = lots
    chosen = {before[int(i)] for i in random.integers(len(before), size=2)}
    inputs = tuple(
        Input(Key(world.items[level - 1], world.shelf, world.owner, one), 10, lost=int(random.integers(2)))
        for one in sorted(chosen)
    )
    output = Output(Key(world.items[level], world.shelf, world.owner, lot), 100_000 if level < LEVELS - 1 else 24)
    return NewTransform(uuid4(), clock, inputs, (output,), expected=output.qty)


def _deliver(world: World, lots: list[int], clock: datetime) -> None:
    """Half of each lot of the last level goes to a shop."""
    item = world.items[LEVELS - 1]
    postings = []
    for number, lot in enumerate(lots):
        shop = world.customers[number % len(world.customers)]
        move = Move(Key(item, world.shelf, world.owner, lot), Key(item, shop, world.owner, lot), 12)
        postings.append(NewPosting(uuid4(), PostingKind.DELIVER, clock, (move,), f"BENCH-{number}"))
    for page in range(0, len(postings), 5000):
        _post(postings[page : page + 5000], clock)


def _post(postings: list[NewPosting], clock: datetime) -> None:
    link_postings([row.posting_id for row in post(postings, at=clock, cause=BENCH).accepted])


# The ten million events around it: their links by COPY.


def _fill(events: int) -> tuple[IntArray, IntArray]:
    """Receipts, runs over eight steps and deliveries, a tenth of the events each; runs take lots made shortly before."""
    random = np.random.default_rng(1)
    width = events // LEVELS
    lot = lambda level, i: (FIRST_LOT + level * width + i) * 8 + LOT  # noqa: E731
    every = np.arange(width, dtype=np.int64)
    event = FIRST_EVENT + every
    sources, targets, told = [event * 8 + RECEIPT], [lot(0, every)], [event]
    for level in range(1, LEVELS - 1):
        event = event + width
        taken = np.concatenate([np.tile(every, INPUTS), every[::5]])
        near = np.abs(taken + random.integers(-BESIDE, BESIDE + 1, len(taken)))
        near = np.where(near >= width, 2 * width - 2 - near, near)
        pairs = np.unique(near * width + taken)
        sources.append(lot(level - 1, pairs // width))
        targets.append(lot(level, pairs % width))
        told.append(event[pairs % width])
    event = event + width
    sources.append(lot(LEVELS - 2, every))
    targets.append(event * 8 + DELIVERY)
    told.append(event)
    links = np.concatenate(sources), np.concatenate(targets)
    _copy(links, np.concatenate(told))
    return links


def _copy(links: tuple[IntArray, IntArray], told: IntArray) -> None:
    """As a restore would: rows first, indexes after."""
    kept = [row[0] for row in send("SELECT indexdef FROM pg_indexes WHERE tablename = 'tracing_tracelink'").fetchall()]
    primary = next(each for each in kept if "UNIQUE" in each)
    key = primary[primary.index("(") :]
    cursor().execute("ALTER TABLE tracing_tracelink DROP CONSTRAINT tracing_tracelink_pkey")
    cursor().execute("DROP INDEX trace_link_up")
    source, target = links
    page = 1_000_000
    for begin in range(0, len(source), page):
        part = slice(begin, begin + page)
        rows = len(source[part])
        one, zero = np.ones(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
        at = np.full(rows, microseconds(START), dtype=np.int64)
        cells = ((source[part], 8), (target[part], 8), (one, 2), (told[part], 8), (zero, 8), (one, 8), (at, 8))
        copy_integers(COLUMNS, cells)
        _progress("links", begin + rows, len(source))
    _run_plain(f"ALTER TABLE tracing_tracelink ADD PRIMARY KEY {key}")
    for each in kept:
        if each != primary:
            _run_plain(each)
    _run_plain("VACUUM ANALYZE tracing_tracelink")


def _bare(links: tuple[IntArray, IntArray]) -> None:
    """The yardstick's table: two columns, two indexes, the same rows."""
    _run_plain("CREATE TABLE bench_edge (source bigint NOT NULL, target bigint NOT NULL)")
    _run_plain("INSERT INTO bench_edge SELECT source, target FROM tracing_tracelink")
    _run_plain("CREATE INDEX ON bench_edge (source) INCLUDE (target)")
    _run_plain("CREATE INDEX ON bench_edge (target) INCLUDE (source)")
    _run_plain("VACUUM ANALYZE bench_edge")


def _run_plain(sql: str) -> None:
    _progress(sql.split(" (")[0][:60], 1, 1)
    cursor().execute(sql)  # type: ignore[call-overload]


# Questions.


def _starts(sizes: Sizes) -> list[tuple[int, bool]]:
    """Full depth: downwards from received lots and upwards from delivered ones, by turns."""
    random = np.random.default_rng(2)
    width = sizes.events // LEVELS
    chosen = random.integers(width, size=sizes.questions).tolist()
    return [
        (node_of(LOT, FIRST_LOT + i), True) if n % 2 else (node_of(LOT, FIRST_LOT + (LEVELS - 2) * width + i), False)
        for n, i in enumerate(chosen)
    ]


Way = Callable[[int, bool], Iterable[int]]


def _ways(links: tuple[IntArray, IntArray]) -> dict[str, Way]:
    names, number = np.unique(np.concatenate(links), return_inverse=True)
    count = len(links[0])
    kinds = names % 8
    index = Index(Links(len(names), number[:count], number[count:], (kinds == DELIVERY) | (kinds == RECEIPT)))

    def in_memory(node: int, down: bool) -> Iterable[int]:
        begin = np.searchsorted(names, [node])
        return names[index.solve(Question(begin, DOWN if down else UP)).node]

    def recursive(node: int, down: bool) -> Iterable[int]:
        row: Any = send(CTE_DOWN if down else CTE_UP, node).fetchone()
        return row[0]

    return {"ours": lambda node, down: walk([node], down=down).node, "cte": recursive, "memory": in_memory}


def _ask(starts: list[tuple[int, bool]], way: Way) -> tuple[list[Any], list[float]]:
    """All questions once to warm what a running server has warm, then measured."""
    found, times = [], []
    for measured in (False, True):
        for node, down in starts:
            began = time.perf_counter()
            nodes = way(node, down)
            if measured:
                times.append(time.perf_counter() - began)
                found.append(np.sort(np.fromiter(nodes, dtype=np.int64)))
    return found, times


def _same(answers: list[list[IntArray]]) -> None:
    for theirs in answers[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(answers[0], theirs, strict=True)), "the ways do not agree"


def _recall(lot: int) -> tuple[float, int, int]:
    """Seconds from the order to all lots, letters and balances written; what is unexplained; lots."""
    note_sizes()
    began = time.perf_counter()
    new = NewRecall(uuid4(), "bench", nodes=(node_of(LOT, lot),))
    receipt = start_recall(new, at=START + timedelta(days=2), cause=BENCH)
    seconds = time.perf_counter() - began
    _progress(f"recall: {seconds:.2f} s, lots", receipt.lots, receipt.lots)
    return seconds, receipt.sums.unexplained, receipt.lots


def _progress(what: str, done: int, total: int) -> None:
    print(f"{what}: {done:,} of {total:,}", file=sys.stderr)
