"""The real file's lines, told apart."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from longshore.twin.online_retail.lines import NotTheFile, read_lines
from longshore.twin.online_retail.network import read_network

ROWS = [
    # invoice, stock code, quantity, price, customer → kind, reason
    ("536365", "85123a", 6, 2.55, 17850, "order", ""),
    ("536366", "22633", 2, 1.85, None, "order", ""),
    ("C536379", "22633", -1, 1.85, 17850, "return", ""),
    ("536370", "POST", 3, 18.0, 12583, "refused", "not-goods"),
    ("C536380", "D", -1, 27.5, 14527, "refused", "not-goods"),
    ("A563185", "22633", 1, 10.0, None, "refused", "not-an-invoice"),
    ("536589", "21777", -10, 0.0, None, "refused", "stock-adjustment"),
    ("536414", "22139", 56, 0.0, None, "refused", "no-price"),
    ("536415", "22139", 0, 1.0, 17850, "refused", "no-quantity"),
    ("536416", None, 1, 1.0, 17850, "refused", "no-stock-code"),
]


def _file(path: Path, rows: list[tuple[object, ...]]) -> Path:
    frame = pl.DataFrame(
        {
            "InvoiceNo": [row[0] for row in rows],
            "StockCode": [row[1] for row in rows],
            "Description": ["THING"] * len(rows),
            "Quantity": [row[2] for row in rows],
            "InvoiceDate": [datetime(2010, 12, 1 + n, 9, 30) for n in range(len(rows))],  # noqa: DTZ001 as the file has it
            "UnitPrice": [row[3] for row in rows],
            "CustomerID": [row[4] for row in rows],
            "Country": ["United Kingdom"] * len(rows),
        }
    )
    frame.write_parquet(path)
    return path


def test_every_line_is_one_of_three(tmp_path: Path) -> None:
    """Sales, credits and bad lines are told apart, each bad line with its reason; codes are upper-cased."""
    lines = read_lines(_file(tmp_path / "a.parquet", ROWS), read_network(), None)
    found = list(zip(lines.frame["kind"].to_list(), lines.frame["reason"].to_list(), strict=True))
    assert found == [(row[5], row[6]) for row in ROWS]
    assert lines.frame["code"][0] == "85123A"
    assert lines.frame["customer"].to_list()[:2] == ["17850", "CASH United Kingdom"]
    assert lines.frame["price"][0] == 255
    assert (lines.frame["quantity"].to_list()[2], lines.days) == (1, 10)


def test_days_cut_the_file(tmp_path: Path) -> None:
    """--days 3 keeps the first three calendar days and nothing else."""
    lines = read_lines(_file(tmp_path / "a.parquet", ROWS), read_network(), 3)
    assert (lines.count, lines.days) == (3, 3)


def test_another_file_is_refused(tmp_path: Path) -> None:
    """A file without the columns is refused by name, and so is one that is no parquet."""
    other = tmp_path / "other.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(other)
    with pytest.raises(NotTheFile) as refusal:
        read_lines(other, read_network(), None)
    assert refusal.value.code == "not-online-retail"
    (tmp_path / "text.parquet").write_text("no")
    with pytest.raises(NotTheFile) as refusal:
        read_lines(tmp_path / "text.parquet", read_network(), None)
    assert refusal.value.code == "unreadable-file"
