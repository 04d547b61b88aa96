"""The wholesaler's history of the policy benchmark: which item-sites are looked at, and the days they share."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from longshore.twin.online_retail.facts import homes_of
from longshore.twin.online_retail.lines import Lines, read_lines
from longshore.twin.online_retail.network import Network, read_network

TYPED_AFTER = 62
"""Days the planner looks back on: December and January, then the levels are typed."""
MEASURED_AFTER = TYPED_AFTER + 28
"""Four weeks later both worlds live by their own orders; from then on they are measured."""
SEED = 7


@dataclass(frozen=True, slots=True)
class Sizes:
    """Every `part`-th item, by its code, over the first `days` of the file (None: all)."""

    part: int
    days: int | None


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """`lines` of the sampled items; of these, `kept` are of item-sites that sold in the first two months: for the others
    nobody could have typed anything."""

    network: Network
    lines: Lines
    kept: Lines

    @property
    def typed_on(self) -> date:
        return self.lines.first_day + timedelta(days=TYPED_AFTER)

    @property
    def measured_from(self) -> date:
        return self.lines.first_day + timedelta(days=MEASURED_AFTER)

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
    chosen = [code for code in whole.frame["code"].unique() if zlib.crc32(code.encode()) % sizes.part == 0]
    goods = whole.frame.filter((pl.col("kind") != "refused") & pl.col("code").is_in(chosen))
    homes, _zones = homes_of(goods, network)
    goods = goods.with_columns(pl.col("customer").replace_strict(homes).alias("home"))
    until = whole.first_day + timedelta(days=TYPED_AFTER)
    early = goods.filter((pl.col("kind") == "order") & (pl.col("at").dt.date() < until))
    kept = goods.join(early.select("code", "home").unique(), on=["code", "home"], how="semi").sort("at", "row")
    return History(network, replace(whole, frame=goods.drop("home")), replace(whole, frame=kept.drop("home")))
