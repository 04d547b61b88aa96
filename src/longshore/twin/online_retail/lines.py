"""The file's lines, each told apart: an order line, something coming back, or bad with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from longshore.catalog.errors import Refusal
from longshore.twin.online_retail.network import Network

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")

# Why a line is refused, in the order the reasons are looked for.
REASONS: dict[str, str] = {
    "no-stock-code": "The line names no stock code.",
    "not-goods": "The stock code is a fee, a voucher, a discount or a manual correction, not goods.",
    "not-an-invoice": "The invoice is an accounting adjustment, neither a sale nor a credit.",
    "no-quantity": "The quantity is zero.",
    "stock-adjustment": "A negative quantity without a credit note is a stock correction (broken, lost, found).",
    "no-price": "Goods without a price are a stock correction or a sample, not a sale.",
    "return-without-delivery": "The customer was never sent this item in the period, so nothing can come back.",
    "return-exceeds-delivery": "More comes back than the customer was sent in the period.",
}


class NotTheFile(Refusal):
    """The file cannot be read as online_retail."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Columns: row, invoice, code, name, quantity (> 0 both ways), at (local, naive), price (pence), customer, country,
    kind (order, return, or refused) and reason (empty unless refused). Sorted by time, then row."""

    frame: pl.DataFrame
    first_day: date
    days: int

    @property
    def count(self) -> int:
        return self.frame.height


def read_lines(path: Path, network: Network, days: int | None) -> Lines:
    """The first `days` calendar days of the file (all without), classified. Raises NotTheFile."""
    raw = _read(path)
    first: datetime = raw["InvoiceDate"].min()  # type: ignore[assignment]
    last: datetime = raw["InvoiceDate"].max()  # type: ignore[assignment]
    span = (last.date() - first.date()).days + 1
    days = span if days is None else min(days, span)
    until = datetime.combine(first.date() + timedelta(days=days), datetime.min.time())
    frame = raw.filter(pl.col("InvoiceDate") < until).select(
        pl.col("row"),
        pl.col("InvoiceNo").fill_null("").str.strip_chars().alias("invoice"),
        pl.col("StockCode").fill_null("").str.strip_chars().str.to_uppercase().alias("code"),
        pl.col("Description").fill_null("").str.strip_chars().alias("name"),
        pl.col("Quantity").fill_null(0).alias("signed"),
        pl.col("InvoiceDate").cast(pl.Datetime("us")).alias("at"),
        (pl.col("UnitPrice").fill_null(0) * 100).round(0).cast(pl.Int64).alias("price"),
        _customer().alias("customer"),
        pl.col("Country").fill_null("Unspecified").alias("country"),
    )
    return Lines(_classify(frame, network), first.date(), days)


def _read(path: Path) -> pl.DataFrame:
    try:
        raw = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, try_parse_dates=True)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise NotTheFile(
            "unreadable-file", f"{path} cannot be read: {error}.", "Give a parquet or CSV file."
        ) from error
    missing = [name for name in COLUMNS if name not in raw.columns]
    if missing or raw.height == 0:
        raise NotTheFile(
            "not-online-retail",
            f"{path} has no rows, or lacks the columns {', '.join(missing) or '-'}.",
            f"The file needs {', '.join(COLUMNS)}.",
        )
    # The file is not in time order throughout; the row number keeps equal times apart.
    return raw.with_row_index("row", offset=1).sort("InvoiceDate", "row")


def _customer() -> pl.Expr:
    """Sales without a customer number are cash sales: one customer a country."""
    return (
        pl.when(pl.col("CustomerID").is_null())
        .then(pl.lit("CASH ") + pl.col("Country").fill_null("Unspecified"))
        .otherwise(pl.col("CustomerID").cast(pl.Int64).cast(pl.String))
    )


def _classify(frame: pl.DataFrame, network: Network) -> pl.DataFrame:
    credit = pl.col("invoice").str.starts_with("C")
    reason = (
        pl.when(pl.col("code") == "")
        .then(pl.lit("no-stock-code"))
        .when(~pl.col("code").str.contains(network.goods))
        .then(pl.lit("not-goods"))
        .when(~pl.col("invoice").str.contains(r"^C?\d+$"))
        .then(pl.lit("not-an-invoice"))
        .when(pl.col("signed") == 0)
        .then(pl.lit("no-quantity"))
        .when(~credit & (pl.col("signed") < 0))
        .then(pl.lit("stock-adjustment"))
        .when(~credit & (pl.col("price") <= 0))
        .then(pl.lit("no-price"))
        .otherwise(pl.lit(""))
    )
    kind = pl.when(pl.col("reason") != "").then(pl.lit("refused")).when(credit).then(pl.lit("return"))
    return (
        frame.with_columns(reason.alias("reason"))
        .with_columns(kind.otherwise(pl.lit("order")).alias("kind"), pl.col("signed").abs().alias("quantity"))
        .drop("signed")
    )
