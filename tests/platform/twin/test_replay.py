"""A small history through the production verbs: every line is accounted for, and nothing in the ledger disagrees."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from longshore.catalog.errors import Refusal
from longshore.ordering.models import CustomerOrder, OrderLine
from longshore.returning.models import ReturnLine
from longshore.shipping.models import Shipment
from longshore.twin.replay import UnknownHistory, run_replay
from tests.simulation.auditor import findings

pytestmark = pytest.mark.django_db

HISTORY = [
    # day, hour, invoice, code, quantity, price, customer
    (1, 9, "500001", "22633", 6, 1.85, 17850),
    (1, 9, "500001", "84029G", 4, 3.39, 17850),
    (1, 9, "500001", "POST", 1, 18.0, 17850),
    (1, 10, "500002", "22633", 12, 1.85, 13047),
    (1, 11, "C500003", "22633", -12, 1.85, 13047),  # still open: cancelled
    (2, 12, "500004", "84029G", 3, 3.39, None),
    (2, 12, "500005", "22633", -5, 0.0, None),
    (7, 10, "C500006", "84029G", -2, 3.39, 17850),  # delivered: comes back
    (7, 11, "C500007", "84029G", -9, 3.39, 17850),  # more than was sent
    (7, 12, "C500008", "21730", -1, 4.25, 17850),  # never sent
    (8, 10, "500009", "22633", 2, 1.85, 17850),  # wanted in three days: open
]


def _history(path: Path) -> Path:
    columns = list(zip(*HISTORY, strict=True))
    pl.DataFrame(
        {
            "InvoiceNo": columns[2],
            "StockCode": columns[3],
            "Description": ["A THING"] * len(HISTORY),
            "Quantity": columns[4],
            "InvoiceDate": [datetime.fromisoformat(f"2011-03-0{row[0]}T{row[1]:02d}:05") for row in HISTORY],
            "UnitPrice": columns[5],
            "CustomerID": columns[6],
            "Country": ["United Kingdom"] * len(HISTORY),
        }
    ).write_parquet(path)
    return path


def test_every_line_ends_somewhere(tmp_path: Path) -> None:
    """Delivered, open, cancelled, returned and refused add up to the input, line by line as the history tells."""
    report = run_replay(
        "online-retail", _history(tmp_path / "h.parquet"), days=None, seed=7, progress=lambda text: None
    )
    assert report["lines"] == {
        "input": 11,
        "delivered": 3,
        "open": 1,
        "cancelled": 2,  # the order line, and the credit that cancelled it
        "returned": 1,
        "refused": 4,
        "sum": 11,
    }
    reasons = {reason: row["lines"] for reason, row in report["refused"].items()}
    assert reasons == {
        "not-goods": 1,
        "stock-adjustment": 1,
        "return-exceeds-delivery": 1,
        "return-without-delivery": 1,
    }
    assert report["discrepancies"] == 0
    assert findings() == []
    back = OrderLine.objects.get(order__number="500001", item__code="84029G")
    assert (back.delivered, back.returned) == (4, 2)
    assert [row.qty for row in ReturnLine.objects.all()] == [2]
    brought = CustomerOrder.objects.filter(state="delivered")
    doors = {row.order_id: row.delivered_at for row in Shipment.objects.filter(order__in=brought)}
    assert doors
    assert {order.pk: order.delivered_at for order in brought} == doors, "not when the day's proofs were told"
    assert all(order.delivered_at <= order.first_promised_at for order in brought if order.delivered_at)


def test_unknown_history() -> None:
    """A history nobody knows is refused by name and writes nothing."""
    with pytest.raises(UnknownHistory) as refusal:
        run_replay("offline-retail", Path("none.parquet"), days=None, seed=7, progress=lambda text: None)
    assert isinstance(refusal.value, Refusal)
    assert refusal.value.code == "unknown-history"
    assert not OrderLine.objects.exists()
