"""The file's sales as customer orders: one an invoice, in the order they came in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import polars as pl

from longshore.ordering.operations import NewLine, NewOrder
from longshore.twin.online_retail.facts import Facts
from longshore.twin.online_retail.lines import Lines
from longshore.twin.online_retail.network import Network

NAMES = UUID("3b0b6b7e-8a9f-5d5e-8c6b-0a2a6a0b7a55")
WANTED_BY = time(17)


@dataclass(frozen=True, slots=True)
class Credit:
    """One line of a credit note: `quantity` of an item comes back, or is not wanted any more."""

    row: int
    at: datetime
    customer: str
    code: str
    quantity: int


class Calendar:
    """Local times of the wholesaler as moments."""

    def __init__(self, timezone: str) -> None:
        self.zone = ZoneInfo(timezone)

    def at(self, day: date, hour: int) -> datetime:
        return datetime.combine(day, time(hour), tzinfo=self.zone).astimezone(UTC)

    def moment(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self.zone).astimezone(UTC)


class Sales:
    """Orders and credits by day, ready to be handed in."""

    def __init__(self, lines: Lines, network: Network, facts: Facts) -> None:
        self._facts = facts
        self._calendar = Calendar(network.timezone)
        sold = lines.frame.filter(pl.col("kind") == "order").with_columns(
            # The lines of a few invoices are a minute apart: an order comes in with its first line.
            pl.col("at").min().over("invoice").alias("first")
        )
        self._sold = _by_day(sold.sort("first", "invoice", "row"), "first")
        self._credits = _by_day(lines.frame.filter(pl.col("kind") == "return").sort("at", "row"), "at")

    def orders(self, day: date) -> list[NewOrder]:
        frame = self._sold.get(day)
        if frame is None:
            return []
        orders = []
        for (invoice,), rows in frame.group_by("invoice", maintain_order=True):
            orders.append(self._order(str(invoice), rows))
        return orders

    def credits(self, day: date) -> Iterator[Credit]:
        frame = self._credits.get(day)
        if frame is None:
            return
        for row, at, customer, code, quantity in frame.select("row", "at", "customer", "code", "quantity").iter_rows():
            yield Credit(row, self._calendar.moment(at), customer, code, quantity)

    def _order(self, invoice: str, rows: pl.DataFrame) -> NewOrder:
        local, customer = rows["first"][0], rows["customer"][0]
        zone = self._facts.zones[customer]
        wanted = datetime.combine(local.date() + timedelta(days=zone.promise_days), WANTED_BY)
        items = self._facts.items
        columns = rows.select("code", "quantity", "price").iter_rows()
        return NewOrder(
            key=uuid5(NAMES, invoice),
            number=invoice,
            customer=self._facts.customers[customer],
            received_at=self._calendar.moment(local),
            requested_at=self._calendar.moment(wanted),
            channel="replay",
            priority=5,
            lines=tuple(
                NewLine(line, items[code], quantity, None, price)
                for line, (code, quantity, price) in enumerate(columns, 1)
            ),
        )


def _by_day(frame: pl.DataFrame, column: str) -> Mapping[date, pl.DataFrame]:
    dated = frame.with_columns(pl.col(column).dt.date().alias("day"))
    return {key[0]: part for key, part in dated.partition_by("day", as_dict=True).items()}  # type: ignore[misc]
