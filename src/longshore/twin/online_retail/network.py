"""Reads network.toml: warehouses, zones, suppliers and rules of the replay."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from typing import Any, TypeVar


@dataclass(frozen=True, slots=True)
class Warehouse:
    code: str
    name: str
    name_zh: str
    latitude: float
    longitude: float
    share: int


@dataclass(frozen=True, slots=True)
class Zone:
    """Countries served alike; `transit_hours` and `fixed_cost` (pence a shipment) by warehouse."""

    code: str
    latitude: float
    longitude: float
    countries: tuple[str, ...]
    homes: tuple[str, ...]
    promise_days: int
    transit_hours: Mapping[str, int]
    fixed_cost: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Supplier:
    code: str
    name: str
    name_zh: str
    prefixes: tuple[str, ...]
    days: int
    sd_hours: int


@dataclass(frozen=True, slots=True)
class Network:
    timezone: str
    goods: str
    cost_percent: int
    opening_days: int
    opening_least: int
    opening_line_cap: int
    service_level_bp: int
    order_line_cost: int
    forecast_every_days: int
    wave_hour: int
    departure_hour: int
    plan_hour: int
    bins: int
    unit_weight_g: int
    unit_volume_cm3: int
    warehouses: tuple[Warehouse, ...]
    zones: tuple[Zone, ...]
    suppliers: tuple[Supplier, ...]

    def zone_of(self, country: str) -> Zone:
        """The zone that names the country; one that nobody names goes the far way."""
        return next((zone for zone in self.zones if country in zone.countries), self.zones[-1])

    def supplier_of(self, stock_code: str) -> Supplier:
        return next(
            (supplier for supplier in self.suppliers if stock_code[:2] in supplier.prefixes), self.suppliers[-1]
        )


Row = TypeVar("Row")


def read_network() -> Network:
    with files("longshore.twin.online_retail").joinpath("network.toml").open("rb") as file:
        found = tomllib.load(file)
    return Network(
        **{name: found[name] for name in found if not isinstance(found[name], list)},
        warehouses=tuple(_row(Warehouse, row) for row in found["warehouse"]),
        zones=tuple(_row(Zone, row) for row in found["zone"]),
        suppliers=tuple(_row(Supplier, row) for row in found["supplier"]),
    )


def _row(kind: type[Row], row: dict[str, Any]) -> Row:
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: tuple(row[name]) if isinstance(row[name], list) else row[name] for name in names})
