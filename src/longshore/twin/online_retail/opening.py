"""How much of each item a warehouse starts with, and when: the rule of network.toml, worked out from the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from longshore.twin.online_retail.lines import Lines
from longshore.twin.online_retail.network import Network


@dataclass(frozen=True, slots=True)
class Opening:
    """`qty` of an item is there before the orders of `day`, its first selling day, come in."""

    day: date
    code: str
    warehouse: str
    qty: int


def opening_stock(lines: Lines, network: Network, homes: Mapping[str, str]) -> list[Opening]:
    """`opening_days` of the mean daily demand of the item's first `opening_days`, by home warehouse of its customers.

    The first purchase of a new item is the wholesaler's own choice; everything after it is our planning's.
    """
    span = network.opening_days
    orders = lines.frame.filter(pl.col("kind") == "order").select(
        "code",
        pl.col("at").dt.date().alias("day"),
        pl.col("customer").replace_strict(dict(homes)).alias("warehouse"),
        pl.col("quantity").clip(upper_bound=network.opening_line_cap),
    )
    launched = orders.group_by("code").agg(pl.col("day").min().alias("launch"))
    sums = (
        orders.join(launched, on="code")
        .filter(pl.col("day") < pl.col("launch") + timedelta(days=span))
        .group_by("launch", "code", "warehouse")
        .agg(pl.col("quantity").sum())
        .sort("launch", "code", "warehouse")
    )
    return [
        Opening(day, code, warehouse, network.opening_least if qty < network.opening_least else qty)
        for day, code, warehouse, qty in sums.iter_rows()
    ]
