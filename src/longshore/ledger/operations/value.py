"""What stock is worth: a second append-only ledger of cost entries beside the movements, by two methods at once."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from longshore.ledger.locks import retried
from longshore.ledger.models import CostEntry, CostMethod
from longshore.ledger.rules import average_out, fifo_out
from longshore.ledger.wire import run

# Only movements between us and the outside change what stock is worth; inside, goods keep their value.
UNVALUED = """
SELECT m.id, s.item_id, CASE WHEN t.bounded THEN m.qty ELSE -m.qty END,
    coalesce(r.unit_price, i.unit_cost), p.kind = 'party' AND NOT s.bounded AND r.unit_price IS NULL
FROM ledger_movement m
JOIN ledger_balance s ON s.id = m.source_id JOIN ledger_balance t ON t.id = m.target_id
JOIN catalog_place p ON p.id = s.place_id
JOIN catalog_item i ON i.id = s.item_id
LEFT JOIN ledger_receiptprice r ON r.posting_id = m.posting_id AND r.item_id = s.item_id
WHERE s.bounded <> t.bounded AND NOT EXISTS (SELECT 1 FROM ledger_costentry c WHERE c.movement_id = m.id)
ORDER BY m.id
"""
STATE = """
SELECT item_id, sum(qty)::bigint, sum(value)::bigint FROM ledger_costentry WHERE method = 'average' GROUP BY item_id
"""
LAYERS = """
SELECT c.item_id, c.id, c.qty + coalesce(sum(u.qty), 0)::bigint, c.value + coalesce(sum(u.value), 0)::bigint
FROM ledger_costentry c LEFT JOIN ledger_costentry u ON u.layer_id = c.id
WHERE c.method = 'fifo' AND c.qty > 0 GROUP BY c.id HAVING c.qty + coalesce(sum(u.qty), 0) > 0 ORDER BY c.id
"""
LOCK = "SELECT pg_advisory_xact_lock(hashtext('ledger.value_stock'))"  # two valuations at once would value twice


@dataclass(frozen=True, slots=True)
class ValueReceipt:
    movements: int
    entries: int


@dataclass(slots=True)
class Layer:
    """What is left of a receipt: quantity and value; `entry` is its cost entry, or None while it is new."""

    qty: int
    value: int
    entry: CostEntry | None = None
    entry_id: int | None = None


@dataclass(slots=True)
class _Books:
    average: dict[int, tuple[int, int]] = field(default_factory=dict)
    layers: dict[int, deque[Layer]] = field(default_factory=lambda: defaultdict(deque))


@retried
def value_stock(*, at: datetime) -> ValueReceipt:
    """Write cost entries for all movements that have none yet, in the order of the ledger."""
    with transaction.atomic():
        run(LOCK)
        books = _Books()
        for item, qty, value in run(STATE):
            books.average[item] = (qty, value)
        for item, entry, qty, value in run(LAYERS):
            books.layers[item].append(Layer(qty, value, entry_id=entry))
        rows = run(UNVALUED).fetchall()
        receipts: list[CostEntry] = []
        others: list[CostEntry] = []
        for movement, item, qty, unit_price, comes_back in rows:
            base = {"movement_id": movement, "item_id": item, "recorded_at": at}
            others.append(_average(books, base, item, qty, unit_price, comes_back))
            if qty > 0:
                receipts.append(_fifo_in(books, base, item, qty, unit_price))
            else:
                others += _fifo_out(books, base, item, -qty, unit_price)
        CostEntry.objects.bulk_create(receipts, batch_size=5000)
        CostEntry.objects.bulk_create(_with_layers(others), batch_size=5000)
        return ValueReceipt(len(rows), len(receipts) + len(others))


def _average(
    books: _Books, base: dict[str, object], item: int, qty: int, unit_price: int, comes_back: bool
) -> CostEntry:
    stock, value = books.average.get(item, (0, 0))
    if qty > 0 and comes_back and stock > 0:
        worth = average_out(stock, value, qty)  # what a customer sends back comes in at what such goods are worth now
    elif qty > 0:
        worth = qty * unit_price
    else:
        worth = -average_out(stock, value, -qty) if stock > 0 else qty * unit_price
    books.average[item] = (stock + qty, value + worth)
    return CostEntry(method=CostMethod.AVERAGE, qty=qty, value=worth, **base)


def _fifo_in(books: _Books, base: dict[str, object], item: int, qty: int, unit_price: int) -> CostEntry:
    entry = CostEntry(method=CostMethod.FIFO, qty=qty, value=qty * unit_price, **base)
    books.layers[item].append(Layer(qty, qty * unit_price, entry=entry))
    return entry


def _fifo_out(books: _Books, base: dict[str, object], item: int, qty: int, unit_price: int) -> list[CostEntry]:
    entries = []
    layers = books.layers[item]
    while qty > 0 and layers:
        layer = layers[0]
        taken, worth = fifo_out(layer.qty, layer.value, qty)
        entry = CostEntry(method=CostMethod.FIFO, qty=-taken, value=-worth, layer_id=layer.entry_id, **base)
        entry.fresh_layer = layer.entry  # type: ignore[attr-defined]
        entries.append(entry)
        layer.qty -= taken
        layer.value -= worth
        qty -= taken
        if layer.qty == 0:
            layers.popleft()
    if qty > 0:
        entries.append(CostEntry(method=CostMethod.FIFO, qty=-qty, value=-qty * unit_price, **base))
    return entries


def _with_layers(entries: Iterable[CostEntry]) -> list[CostEntry]:
    """Receipts of this run have their ids now."""
    done = []
    for entry in entries:
        fresh: CostEntry | None = getattr(entry, "fresh_layer", None)
        if fresh is not None:
            entry.layer_id = fresh.pk
        done.append(entry)
    return done
