"""Brings the demo company in: its files through the importer everybody uses."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from longshore.catalog.imports.registry import target_named
from longshore.catalog.imports.running import ImportOptions, run_import
from longshore.catalog.imports.targets import Occasion
from longshore.catalog.operations import ensure_fixed_places, ensure_units, load_china_holidays
from longshore.catalog.queries import item_ids, place_ids
from longshore.ledger.cause import Cause
from longshore.ledger.operations import value_stock
from longshore.planning.operations import NewPolicy, put_policies
from longshore.shipping.models import Vehicle
from longshore.twin.company.generate import Company
from longshore.twin.company.writing import write_company

FILES = ("calendars", "places", "partners", "items", "item_units", "lanes", "supplier_items", "lots", "vehicles", "devices",
         "opening_stock", "demand_history")  # fmt: skip
DAY = 1440
ACTOR = "company set-up"
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Rows brought in, by table."""

    rows: Mapping[str, int]


def load_company(company: Company, folder: Path, *, at: datetime, progress: Told) -> Loaded:
    """Write the company's files into `folder` and import them; stock stands there and history is known as of `at`."""
    ensure_units()
    ensure_fixed_places()
    files = write_company(company, folder)
    rows: dict[str, int] = {}
    for table in FILES:
        progress(f"importing {table} …")
        rows[table] = _import(table, files[table], at)
    for calendar in ("DAYS", "ALWAYS"):
        load_china_holidays(calendar=calendar, years=[at.year])
    _long_hauls(company)
    rows["stock_policies"] = _policies(_read(files["stock_policies"]), at)
    value_stock(at=at)
    return Loaded(rows)


def _import(table: str, path: Path, at: datetime) -> int:
    receipt = run_import(path.read_bytes(), target_named(table), ImportOptions(), Occasion(at=at, actor=ACTOR))
    return receipt.new


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _policies(rows: list[dict[str, str]], at: datetime) -> int:
    items = item_ids(row["item"] for row in rows)
    sites = place_ids(code for row in rows for code in (row["site"], row["source"]))
    policies = [
        NewPolicy(items[row["item"]], sites[row["site"]], sites[row["source"]], automatic=row["automatic"] == "1")
        for row in rows
    ]
    put_policies(policies, at=at, cause=Cause(ACTOR))
    return len(policies)


def _long_hauls(company: Company) -> None:
    """A file knows shifts within a day; a truck with two drivers is away for days, as set in the administration."""
    away = [truck for truck in company.network.trucks if truck.shift_ends > DAY]
    Vehicle.objects.filter(plate__in=[truck.plate for truck in away]).update(
        shift_ends_minute=max(t.shift_ends for t in away)
    )
