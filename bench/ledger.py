"""The ledger measured: bulk against COPY, single against its own bare SQL, as-of, back-dating, growth."""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
from django.db import transaction

from longshore.catalog.models import Item, Partner, Place, UnitOfMeasure
from longshore.catalog.operations import ensure_fixed_places, ensure_units
from longshore.ledger.cause import Cause
from longshore.ledger.locks import LOCK_KEYS, lock_keys
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import post, post_columns
from longshore.ledger.operations.write import CLOSED, KNOWN, POSTINGS
from longshore.ledger.outbox import INSERT as OUTBOX
from longshore.ledger.posting import IntArray, Key, Move, NewPosting, PostingBatch, microseconds
from longshore.ledger.queries import as_of
from longshore.ledger.wire import Ints, copy_integers
from longshore.ledger.wire import run as send

BENCH = Cause(actor="bench")
START = datetime(2026, 1, 1, tzinfo=UTC)
MOVES_A_POSTING = 4
ITEMS, BINS = 500, 20
MOVEMENT_COLUMNS = "(posting_id, source_id, target_id, qty, happened_at, recorded_at)"
REWRITES = """
SELECT coalesce(sum(n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables
WHERE relname IN ('ledger_movement', 'ledger_posting', 'ledger_costentry')
"""


@dataclass(frozen=True)
class Sizes:
    batch: int
    rounds: int
    singles: int
    as_of_entries: int
    growth_entries: int
    questions: int


FULL = Sizes(batch=100_000, rounds=10, singles=1_500, as_of_entries=5_000_000, growth_entries=10_000_000, questions=400)
SMALL = Sizes(batch=20_000, rounds=5, singles=300, as_of_entries=300_000, growth_entries=500_000, questions=100)


@dataclass(frozen=True)
class World:
    items: IntArray
    bins: IntArray
    supplier: int
    owner: int


class Writer:
    """Makes batches of receipts and moves between bins that are always possible, from a seed."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = np.random.default_rng(seed)
        self.clock = 0

    def batch(self, moves: int) -> PostingBatch:
        postings = moves // MOVES_A_POSTING
        moves = postings * MOVES_A_POSTING
        item = self.random.choice(self.world.items, moves // 2)
        first, second = (self.random.integers(len(self.world.bins), size=moves // 2) for _ in range(2))
        second = np.where(first == second, (second + 1) % len(self.world.bins), second)
        qty = self.random.integers(1, 50, size=moves // 2)
        source, target = np.zeros((moves, 7), dtype=np.int64), np.zeros((moves, 7), dtype=np.int64)
        for side in (source, target):
            side[0::2, 0], side[1::2, 0], side[:, 2] = item, item, self.world.owner
        source[0::2, 1], target[0::2, 1] = self.world.supplier, self.world.bins[first]
        source[1::2, 1], target[1::2, 1] = self.world.bins[first], self.world.bins[second]
        self.clock += 1
        happened = np.full(postings, microseconds(START + timedelta(minutes=self.clock)), dtype=np.int64)
        nothing = np.zeros(moves, dtype=np.int64)
        return PostingBatch(
            keys=[uuid4() for _ in range(postings)],
            kinds=np.full(postings, int(PostingKind.TRANSFER), dtype=np.int64),
            happened=happened,
            documents=[""] * postings,
            of=np.repeat(np.arange(postings, dtype=np.int64), MOVES_A_POSTING),
            source=source,
            target=target,
            qty=np.repeat(qty, 2),
            mode=nothing,
            claim=nothing,
            flow=nothing,
        )

    def now(self) -> datetime:
        return START + timedelta(minutes=self.clock)


def run(*, small: bool) -> dict[str, dict[str, float]]:
    sizes = SMALL if small else FULL
    world = _world(items=ITEMS, bins=BINS)
    writer = Writer(world, seed=1)
    _copy_table()
    for _ in range(2):  # open the keys and warm the plans
        _post(writer, sizes.batch)
    early = _cost_a_posting(writer)
    bulk, copied = _bulk_against_copy(writer, sizes)
    single, bare = _single_against_sql(writer, sizes)
    _fill(writer, sizes.as_of_entries)
    as_of_p95 = _as_of(writer, sizes.questions)
    rewrites = _backdated(writer)
    _fill(writer, sizes.growth_entries)
    late = _cost_a_posting(writer)
    growth = {name: late[name] / early[name] for name in early}
    return {
        "results": {
            "bulk_per_s": round(bulk),
            "bulk_ratio": round(bulk / copied, 3),
            "single_per_s": round(single),
            "single_ratio": round(single / bare, 3),
            "asof_p95_ms": round(as_of_p95 * 1000, 2),
            "backdated_rewrites": rewrites,
            "growth_ratio": round(max(growth.values()), 3),
        },
        "yardsticks": {
            "copy_per_s": round(copied),
            "bare_sql_per_s": round(bare),
            **{f"{name}_us_early": round(value * 1e6, 1) for name, value in early.items()},
            **{f"{name}_us_late": round(value * 1e6, 1) for name, value in late.items()},
        },
        "sizes": {
            "batch": sizes.batch,
            "entries": _entries(),
            "as_of_entries": sizes.as_of_entries,
            "moves_a_posting": MOVES_A_POSTING,
            "balances": ITEMS * (BINS + 1),
        },
    }


def _world(*, items: int, bins: int) -> World:
    ensure_units()
    ensure_fixed_places()
    each = UnitOfMeasure.objects.get(code="EA")
    Item.objects.bulk_create(Item(code=f"B{i:05}", name=f"Bench {i}", base_unit=each) for i in range(items))
    site = Place.objects.create(code="BENCH", name="Bench", kind="site")
    Place.objects.filter(pk=site.pk).update(site=site)
    Place.objects.bulk_create(
        Place(code=f"BENCH-{i:03}", name=f"Bin {i}", kind="bin", usage="storage", site=site, parent=site)
        for i in range(bins)
    )
    supplier = Place.objects.create(code="BENCH-SUP", name="Supplier", kind="party")
    return World(
        items=np.array(Item.objects.order_by("pk").values_list("pk", flat=True), dtype=np.int64),
        bins=np.array(
            Place.objects.filter(usage="storage").order_by("pk").values_list("pk", flat=True), dtype=np.int64
        ),
        supplier=supplier.pk,
        owner=Partner.objects.get(code="SELF").pk,
    )


def _copy_table() -> None:
    """The same columns, defaults, checks and indexes as the ledger's movements; none of its triggers."""
    send("CREATE TABLE bench_copy (LIKE ledger_movement INCLUDING ALL)")


def _post(writer: Writer, moves: int) -> float:
    batch = writer.batch(moves)
    began = time.perf_counter()
    post_columns(batch, at=writer.now(), cause=BENCH)
    return time.perf_counter() - began


def _copy(writer: Writer, moves: int) -> float:
    """COPY of the rows of the last batch, as they stand in the ledger, in one transaction of its own."""
    rows = np.array(
        send(
            "SELECT posting_id, source_id, target_id, qty FROM ledger_movement ORDER BY id DESC LIMIT %s", moves
        ).fetchall()[::-1],
        dtype=np.int64,
    )
    times = np.full(len(rows), microseconds(writer.now()), dtype=np.int64)
    columns = (*((rows[:, i].copy(), 8) for i in range(4)), (times, 8), (times, 8))
    began = time.perf_counter()
    with transaction.atomic():
        copy_integers("bench_copy " + MOVEMENT_COLUMNS, columns)
    return time.perf_counter() - began


def _bulk_against_copy(writer: Writer, sizes: Sizes) -> tuple[float, float]:
    """Movements a second, ours and COPY's, turn about, each the median of its rounds."""
    ours, theirs = [], []
    for number in range(sizes.rounds):
        ours.append(_post(writer, sizes.batch))
        theirs.append(_copy(writer, sizes.batch))
        _progress("bulk", number + 1, sizes.rounds)
    return sizes.batch / statistics.median(ours), sizes.batch / statistics.median(theirs)


def _one(writer: Writer) -> NewPosting:
    batch = writer.batch(MOVES_A_POSTING)
    source, target = (Key(*(int(cell) for cell in side[0][:3])) for side in (batch.source, batch.target))
    return NewPosting(uuid4(), PostingKind.RECEIPT, writer.now(), (Move(source, target, int(batch.qty[0])),))


def _single_against_sql(writer: Writer, sizes: Sizes) -> tuple[float, float]:
    """Postings a second of one movement each, through the verb and as its bare statements, turn about in tens."""
    ours, theirs = 0.0, 0.0
    rounds = sizes.singles // 10
    for number in range(rounds):
        postings = [_opened(_one(writer)) for _ in range(10)]
        began = time.perf_counter()
        for posting in postings:
            post([posting], at=writer.now(), cause=BENCH)
        ours += time.perf_counter() - began
        prepared = [_statements(_opened(_one(writer)), writer) for _ in range(10)]
        began = time.perf_counter()
        for statements in prepared:
            _bare(*statements)
        theirs += time.perf_counter() - began
        if number % 20 == 0:
            _progress("single", number, rounds)
    return sizes.singles / ours, sizes.singles / theirs


def _opened(posting: NewPosting) -> NewPosting:
    """With the keys it touches open already: neither side is to pay for new keys."""
    move = posting.moves[0]
    with transaction.atomic():
        lock_keys(np.array([move.source.row(), move.target.row()], dtype=np.int64))
    return posting


def _statements(posting: NewPosting, writer: Writer) -> tuple[list[Ints], UUID, list[object], IntArray, str]:
    """Everything the statements of this posting need, worked out beforehand."""
    move = posting.moves[0]
    both = np.array([move.source.row(), move.target.row()], dtype=np.int64)
    happened = np.array([microseconds(posting.happened_at)], dtype=np.int64)
    kind = np.array([int(posting.kind)], dtype=np.int64)
    columns = [Ints(column) for column in np.ascontiguousarray(both.T)]
    row: list[object] = [
        writer.now(),
        "bench",
        "",
        "",
        [posting.key],
        Ints(kind),
        Ints(happened),
        Ints(np.zeros(1, dtype=np.int64)),
        [""],
        [b"0" * 16],
    ]
    body = '{"postings": [1], "kinds": [1], "items": [1], "sites": [1]}'
    return columns, posting.key, row, np.array([move.qty, happened[0]], dtype=np.int64), body


def _bare(columns: list[Ints], key: UUID, row: list[object], numbers: IntArray, body: str) -> None:
    with transaction.atomic():
        balances = {n: balance for n, balance, *_rest in send(LOCK_KEYS, *columns).fetchall()}
        send(KNOWN, [key]).fetchall()
        send(CLOSED).fetchall()
        posting = send(POSTINGS, *row).fetchall()[0][0]
        values = [posting, balances[1], balances[2], *numbers.tolist(), int(numbers[1])]
        copy_integers("ledger_movement " + MOVEMENT_COLUMNS, tuple((np.array([v], dtype=np.int64), 8) for v in values))
        send(OUTBOX, row[0], "bench", ["ledger.posted"], [body]).fetchall()


def _fill(writer: Writer, entries: int) -> None:
    """Post until the ledger holds so many entries, then let PostgreSQL tidy up as it would in the background."""
    have = _entries()
    goal = entries
    while have < goal:
        size = min(FULL.batch, goal - have + MOVES_A_POSTING)
        _post(writer, size)
        have += size
        _progress("filling", have, goal)
    from longshore.ledger.wire import cursor

    cursor().execute("VACUUM ANALYZE ledger_movement")
    cursor().execute("VACUUM ANALYZE ledger_balance")


def _entries() -> int:
    row = send("SELECT count(*) FROM ledger_movement").fetchone()
    assert row is not None
    return int(row[0])


def _as_of(writer: Writer, questions: int) -> float:
    """p95 seconds of "what stood in this bin of this item then, as known then"."""
    times = []
    for _ in range(questions):
        item = int(writer.random.choice(writer.world.items))
        place = int(writer.random.choice(writer.world.bins))
        moment = START + timedelta(minutes=int(writer.random.integers(writer.clock)))
        began = time.perf_counter()
        as_of([item], happened_by=moment, known_by=moment + timedelta(minutes=5), places=[place])
        times.append(time.perf_counter() - began)
    return float(np.percentile(times, 95))


def _backdated(writer: Writer) -> int:
    """Entries changed or deleted by one posting dated before all others, counted by PostgreSQL itself."""
    world = writer.world
    early = START - timedelta(days=1)
    source = Key(int(world.items[0]), world.supplier, world.owner)
    target = Key(int(world.items[0]), int(world.bins[0]), world.owner)
    posting = NewPosting(uuid4(), PostingKind.RECEIPT, early, (Move(source, target, 5),))
    with transaction.atomic():
        post([posting], at=writer.now(), cause=BENCH)
        row = send(REWRITES).fetchone()
    assert row is not None
    return int(row[0])


def _cost_a_posting(writer: Writer) -> dict[str, float]:
    """Seconds a posting in batches of 1,000 movements, and one by one."""
    batches = [_post(writer, 1_000) / (1_000 / MOVES_A_POSTING) for _ in range(60)]
    singles = []
    for _ in range(300):
        posting = _one(writer)
        began = time.perf_counter()
        post([posting], at=writer.now(), cause=BENCH)
        singles.append(time.perf_counter() - began)
    return {"batched": statistics.median(batches), "single": statistics.median(singles)}


def _progress(what: str, done: int, total: int) -> None:
    print(f"{what}: {done:,} of {total:,}", file=sys.stderr)
