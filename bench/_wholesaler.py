"""The wholesaler's history of the policy benchmark: which item-sites are looked at, and the days they share."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from longshore.twin.online_retail.facts import homes_of
from longshore.twin.online_retail.lines import Lines, read_lines
from longshore.twin.online_retail.network import Network, read_network

SEED = 7


@dataclass(frozen=True, slots=True)
class Sizes:
    """Items whose code leaves one of `rests` when its CRC-32 is divided by `parts`, over the first `days` of the file (None:
    all). After `typed` days, December and January, the levels are typed; after `measured` days both worlds live by their
    own orders and are measured."""

    parts: int
    rests: Sequence[int]
    days: int | None
    typed: int = 62
    measured: int = 90


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """`lines` of the sampled items; of these, `kept` are of item-sites that sold in the first two months: for the others
    nobody could have typed anything."""

    sizes: Sizes
    network: Network
    lines: Lines
    kept: Lines

    @property
    def typed_on(self) -> date:
        return self.lines.first_day + timedelta(days=self.sizes.typed)

    @property
    def measured_from(self) -> date:
        return self.lines.first_day + timedelta(days=self.sizes.measured)

    @property
    def last_day(self) -> date:
        return self.lines.first_day + timedelta(days=self.lines.days - 1)


def file() -> Path:
    """Where the order lines are expected."""
    folder = os.environ.get("LONGSHORE_DATA", Path(__file__).parents[2] / "shared" / "data")
    return Path(folder) / "online_retail" / "online_retail.parquet"


def read_history(sizes: Sizes) -> History:
    network = read_network()
    whole = read_lines(file(), network, sizes.days)
    chosen = [code for code in whole.frame["code"].unique() if zlib.crc32(code.encode()) % sizes.parts in sizes.rests]
    goods = whole.frame.filter((pl.col("kind") != "refused") & pl.col("code").is_in(chosen))
    homes, _zones = homes_of(goods, network)
    goods = goods.with_columns(pl.col("customer").replace_strict(homes).alias("home"))
    until = whole.first_day + timedelta(days=sizes.typed)
    early = goods.filter((pl.col("kind") == "order") & (pl.col("at").dt.date() < until))
    kept = goods.join(early.select("code", "home").unique(), on=["code", "home"], how="semi").sort("at", "row")
    return History(sizes, network, replace(whole, frame=goods.drop("home")), replace(whole, frame=kept.drop("home")))
