"""Promises measured: three-line orders over five warehouses, in batches, one by one, and by sixteen callers at once."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from django.db import connection, transaction

from longshore.catalog.models import Item, Partner, Place, UnitOfMeasure
from longshore.catalog.operations import ensure_fixed_places, ensure_units
from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Key, Move, NewFlow, NewPosting, plan_flows, post
from longshore.ledger.wire import cursor
from longshore.ordering.operations import NewLine, NewOrder, promise, take_orders
from longshore.ordering.queries.wanted import fetch

WHO = Cause(actor="bench")
START = datetime(2026, 1, 5, tzinfo=UTC)
CALLERS = 16
LINES = 3
SITES = ((31.23, 121.47), (23.13, 113.26), (39.90, 116.40), (30.57, 104.06), (30.59, 114.30))
# Written apart from the code that promises: what is claimed against what there is, by source and in all.
OVERSOLD = """
SELECT (SELECT count(*) FROM (
    SELECT c.balance_id FROM ledger_claim c WHERE c.state = 'open' AND c.balance_id IS NOT NULL GROUP BY c.balance_id
    HAVING sum(c.qty - c.consumed) > (SELECT sum(CASE WHEN m.target_id = c.balance_id THEN m.qty ELSE -m.qty END)
        FROM ledger_movement m WHERE c.balance_id IN (m.target_id, m.source_id))) s)
+ (SELECT count(*) FROM (
    SELECT c.flow_id FROM ledger_claim c WHERE c.state = 'open' AND c.flow_id IS NOT NULL GROUP BY c.flow_id
    HAVING sum(c.qty - c.consumed) > (SELECT f.qty - f.done FROM ledger_plannedflow f WHERE f.id = c.flow_id)) f)
+ (SELECT count(*) FROM ordering_orderline l WHERE l.qty <> l.short + coalesce(
    (SELECT sum(c.qty) FROM ledger_claim c WHERE c.demand = 'order-line:' || l.id AND c.state = 'open'), 0)
    AND (l.promised_at IS NOT NULL OR l.short > 0))
"""


@dataclass(frozen=True)
class Sizes:
    items: int
    customers: int
    batches: int
    batch: int
    singles: int
    concurrent: int


FULL = Sizes(items=400, customers=200, batches=10, batch=500, singles=400, concurrent=3200)
SMALL = Sizes(items=200, customers=50, batches=3, batch=500, singles=100, concurrent=640)


class Orders:
    """Orders of three lines from a seed; half of what they want in all is on the shelves, the rest partly to come."""

    def __init__(self, sizes: Sizes, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.items = list(Item.objects.order_by("id").values_list("id", flat=True))
        self.customers = list(Partner.objects.filter(is_customer=True).order_by("id").values_list("id", flat=True))
        self.taken = 0

    def take(self, count: int) -> list[int]:
        forms = [self._form() for _ in range(count)]
        return [taken.order_id for taken in take_orders(forms, at=START, cause=WHO).accepted]

    def _form(self) -> NewOrder:
        self.taken += 1
        chosen = self.random.choice(self.items, LINES, replace=False).tolist()
        lines = tuple(NewLine(n, item, int(self.random.integers(1, 20))) for n, item in enumerate(chosen, start=1))
        customer = self.customers[int(self.random.integers(len(self.customers)))]
        wanted = START + timedelta(days=int(self.random.integers(1, 6)))
        return NewOrder(UUID(int=self.taken), f"B{self.taken:06}", customer, wanted, lines)


def run(*, small: bool) -> dict[str, dict[str, float]]:
    sizes = SMALL if small else FULL
    _world(sizes)
    orders = Orders(sizes, seed=1)
    promise(orders.take(20), at=START, cause=WHO)
    batched = _batches(orders, sizes)
    single, bare, statements = _single_against_sql(orders, sizes)
    concurrent, p99 = _concurrent(orders.take(sizes.concurrent))
    return {
        "results": {
            "per_s": round(batched),
            "lines_per_s": round(batched * LINES),
            "single_per_s": round(single),
            "single_ratio": round(single / bare, 3),
            "concurrent_per_s": round(concurrent),
            "p99_ms": round(p99 * 1000, 1),
            "oversold": int(fetch(OVERSOLD)[0][0]),
        },
        "yardsticks": {"bare_sql_per_s": round(bare), "bare_statements": statements},
        "sizes": {
            "warehouses": len(SITES),
            "items": sizes.items,
            "orders": orders.taken,
            "lines_an_order": LINES,
            "batch": sizes.batch,
            "callers": CALLERS,
            "short_lines": int(fetch("SELECT count(*) FROM ordering_orderline WHERE short > 0")[0][0]),
        },
    }


def _world(sizes: Sizes) -> None:
    ensure_units()
    ensure_fixed_places()
    each = UnitOfMeasure.objects.get(code="EA")
    random = np.random.default_rng(7)
    Item.objects.bulk_create(
        Item(code=f"I{i:04}", name=f"Item {i}", base_unit=each, weight_g=int(random.integers(100, 5000)))
        for i in range(sizes.items)
    )
    for number in range(sizes.customers):
        spot = (float(random.uniform(22, 40)), float(random.uniform(103, 121)))
        place = Place.objects.create(
            code=f"C{number:04}", name=f"C{number}", kind="party", latitude=spot[0], longitude=spot[1]
        )
        Partner.objects.create(code=f"C{number:04}", name=f"C{number}", is_customer=True, place=place)
    shelves = [_site(number, *spot) for number, spot in enumerate(SITES)]
    _goods(sizes, shelves, random)


def _site(number: int, latitude: float, longitude: float) -> tuple[int, int]:
    site = Place.objects.create(
        code=f"W{number}", name=f"W{number}", kind="site", latitude=latitude, longitude=longitude
    )
    Place.objects.filter(pk=site.pk).update(site=site)
    inside = {"site": site, "parent": site, "name": "inside"}
    shelf = Place.objects.create(code=f"W{number}-S", kind="bin", usage="storage", **inside)
    dock = Place.objects.create(code=f"W{number}-D", kind="dock", usage="receiving", **inside)
    return shelf.pk, dock.pk


def _goods(sizes: Sizes, sites: Sequence[tuple[int, int]], random: np.random.Generator) -> None:
    """About nine tenths of what will be wanted: the last orders find shelves empty, and late or no supply."""
    items = list(Item.objects.order_by("id").values_list("id", flat=True))
    owner, opening = Partner.objects.get(code="SELF").pk, Place.objects.get(code="OPENING").pk
    wanted = (sizes.batches * sizes.batch + 2 * sizes.singles + sizes.concurrent) * LINES * 10
    each = wanted // len(items) // len(sites)
    postings, flows = [], []
    for row, (item, (shelf, dock)) in enumerate((item, site) for item in items for site in sites):
        move = Move(Key(item, opening, owner), Key(item, shelf, owner), 1 + int(random.integers(each * 12 // 10)))
        postings.append(NewPosting(UUID(int=10**9 + row), PostingKind.OPENING, START, (move,)))
        arrive = START + timedelta(days=int(random.integers(2, 20)))
        qty = 1 + int(random.integers(each * 6 // 10))
        flows.append(NewFlow(UUID(int=row), "purchase", item, opening, dock, qty, START, arrive, f"PO{row}"))
    post(postings, at=START, cause=WHO)
    plan_flows(flows, at=START, cause=WHO)


def _batches(orders: Orders, sizes: Sizes) -> float:
    """Orders a second through `promise`, one caller, in batches."""
    spent = 0.0
    for number in range(sizes.batches):
        batch = orders.take(sizes.batch)
        began = time.perf_counter()
        promise(batch, at=START, cause=WHO)
        spent += time.perf_counter() - began
        _progress("batches", number + 1, sizes.batches)
    return sizes.batches * sizes.batch / spent


def _single_against_sql(orders: Orders, sizes: Sizes) -> tuple[float, float, int]:
    """Orders a second one by one, and the bare statements of such transactions, turn about in tens."""
    ours, theirs, statements = 0.0, 0.0, 0
    rounds = sizes.singles // 10
    for number in range(rounds):
        batch = orders.take(10)
        began = time.perf_counter()
        for order in batch:
            promise([order], at=START, cause=WHO)
        ours += time.perf_counter() - began
        for order in orders.take(10):
            told = _recorded(order)
            began = time.perf_counter()
            _replay(told)
            theirs += time.perf_counter() - began
            statements = len(told)
        _progress("single", number + 1, rounds)
    return rounds * 10 / ours, rounds * 10 / theirs, statements


Statement = tuple[Any, Any, bool]


class _Undo(Exception):
    """Takes the recorded transaction back."""


def _recorded(order: int) -> list[Statement]:
    """The statements a promise of this order sends, from a promise that is taken back."""
    told: list[Statement] = []
    try:
        with _listening(told), transaction.atomic():
            promise([order], at=START, cause=WHO)
            raise _Undo
    except _Undo:
        pass
    return [statement for statement in told if "SAVEPOINT" not in str(statement[0])]


@contextmanager
def _listening(told: list[Statement]) -> Iterator[None]:
    send = psycopg.Cursor.execute

    def listen(self: Any, query: Any, params: Any = None, **options: Any) -> Any:
        answer = send(self, query, params, **options)
        told.append((query, params, answer.description is not None))
        return answer

    psycopg.Cursor.execute = listen  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        psycopg.Cursor.execute = send  # type: ignore[method-assign]


def _replay(statements: Sequence[Statement]) -> None:
    with transaction.atomic():
        for query, params, answers in statements:
            done = cursor().execute(query, params, prepare=True)
            if answers:
                done.fetchall()


def _concurrent(orders: Sequence[int]) -> tuple[float, float]:
    """Orders a second and p99 seconds of one promise, sixteen threads with a connection each."""
    waiting: SimpleQueue[int] = SimpleQueue()
    for order in orders:
        waiting.put(order)
    times: list[float] = []
    failures: list[BaseException] = []
    start = threading.Barrier(CALLERS + 1)

    def call() -> None:
        try:
            connection.ensure_connection()
            start.wait()
            while True:
                order = waiting.get_nowait()
                began = time.perf_counter()
                promise([order], at=START, cause=WHO)
                times.append(time.perf_counter() - began)
        except Empty:
            return
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    callers = [threading.Thread(target=call) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    start.wait()
    began = time.perf_counter()
    for caller in callers:
        caller.join()
    spent = time.perf_counter() - began
    if failures:
        raise failures[0]
    return len(orders) / spent, float(np.percentile(times, 99))


def _progress(what: str, done: int, total: int) -> None:
    print(f"{what}: {done:,} of {total:,}", file=sys.stderr)
