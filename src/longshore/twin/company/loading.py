"""Brings the demo company in: its files through the importer everybody uses, the rest through the apps' own verbs."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID, uuid5

from longshore.catalog.imports.registry import target_named
from longshore.catalog.imports.running import ImportOptions, run_import
from longshore.catalog.imports.targets import Occasion
from longshore.catalog.models import Lot
from longshore.catalog.operations import SELF, ensure_fixed_places, ensure_units, load_china_holidays
from longshore.catalog.queries import item_ids, partner_ids, place_ids
from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post, value_stock
from longshore.planning.operations import HistoryDay, NewPolicy, put_history, put_policies
from longshore.shipping.models import Vehicle
from longshore.twin.company.generate import Company
from longshore.twin.company.writing import TABLES, write_company

FILES = ("calendars", "places", "partners", "items", "item_units", "lanes", "supplier_items", "lots")
NAMES = UUID("c6f3a9de-6b25-5b5c-9c0a-5c8f2f1b7a10")
MOVES_A_POSTING = 200
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
    for table, bring in VERBS.items():
        progress(f"bringing in {table} …")
        rows[table] = bring(_read(files[table]), at)
    value_stock(at=at)
    assert set(rows) == set(TABLES)
    return Loaded(rows)


def _import(table: str, path: Path, at: datetime) -> int:
    receipt = run_import(path.read_bytes(), target_named(table), ImportOptions(), Occasion(at=at, actor=ACTOR))
    return receipt.new


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _vehicles(rows: list[dict[str, str]], at: datetime) -> int:
    places = place_ids([*(row["place"] for row in rows), *(row["home_site"] for row in rows)])
    carriers = partner_ids(row["carrier"] for row in rows if row["carrier"])
    numbers = ("capacity_g", "capacity_cm3", "speed_kmh", "shift_starts_minute", "shift_ends_minute")
    money = ("fixed_cost", "cost_per_km")
    Vehicle.objects.bulk_create(
        Vehicle(
            plate=row["plate"],
            place_id=places[row["place"]],
            carrier_id=carriers.get(row["carrier"]),
            home_site_id=places[row["home_site"]],
            temperature_classes=row["temperature_classes"],
            **{name: int(row[name]) for name in numbers},
            **{name: int(row[name].replace(".", "")) for name in money},
        )
        for row in rows
    )
    return len(rows)


def _policies(rows: list[dict[str, str]], at: datetime) -> int:
    items = item_ids(row["item"] for row in rows)
    sites = place_ids(code for row in rows for code in (row["site"], row["source"]))
    policies = [
        NewPolicy(items[row["item"]], sites[row["site"]], sites[row["source"]], automatic=row["automatic"] == "1")
        for row in rows
    ]
    put_policies(policies, at=at, cause=Cause(ACTOR))
    return len(policies)


def _stock(rows: list[dict[str, str]], at: datetime) -> int:
    items = item_ids(row["item"] for row in rows)
    places = place_ids(["OPENING", *(row["place"] for row in rows)])
    owner = partner_ids([SELF])[SELF]
    lots = {(item, code): pk for pk, item, code in Lot.objects.values_list("id", "item_id", "code")}
    moves = []
    for row in rows:
        item = items[row["item"]]
        lot = lots[item, row["lot"]]
        source, target = Key(item, places["OPENING"], owner, lot), Key(item, places[row["place"]], owner, lot)
        moves.append(Move(source, target, int(row["qty"])))
    postings = [
        NewPosting(
            uuid5(NAMES, f"opening/{start}"), PostingKind.OPENING, at, tuple(moves[start : start + MOVES_A_POSTING]), "opening"
        )
        for start in range(0, len(moves), MOVES_A_POSTING)
    ]
    post(postings, at=at, cause=Cause(ACTOR))
    return len(moves)


def _history(rows: list[dict[str, str]], at: datetime) -> int:
    items, sites = item_ids(row["item"] for row in rows), place_ids(row["site"] for row in rows)
    days = [
        HistoryDay(items[row["item"]], sites[row["site"]], date.fromisoformat(row["day"]), int(row["qty"])) for row in rows
    ]
    put_history(days)
    return len(days)


VERBS: dict[str, Callable[[list[dict[str, str]], datetime], int]] = {
    "vehicles": _vehicles,
    "stock_policies": _policies,
    "opening_stock": _stock,
    "demand_history": _history,
}
