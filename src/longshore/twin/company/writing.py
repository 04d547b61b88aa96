"""The demo company as the files an office would send: one CSV a table, read by the same importer as anybody's."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from pathlib import Path

from longshore.catalog.rules import DEMO_COMPANY_PREFIX, check_digit
from longshore.twin.company.assortment import FAMILIES
from longshore.twin.company.bins import ZONES, bin_codes, opening_bins
from longshore.twin.company.generate import MADE_AT, Company, supplies
from longshore.twin.company.network import Site, gln
from longshore.twin.company.sensors import sensors

Row = dict[str, str | int | float]

DOCKS = (
    ("IN-1", "dock", "receiving", "Receiving dock 1", "收货月台1"),
    ("IN-2", "dock", "receiving", "Receiving dock 2", "收货月台2"),
    ("STG", "zone", "staging", "Staging", "集货区"),
    ("OUT-1", "dock", "shipping", "Shipping dock 1", "发货月台1"),
    ("OUT-2", "dock", "shipping", "Shipping dock 2", "发货月台2"),
    ("RET", "zone", "returns", "Returns", "退货区"),
    ("HOLD", "zone", "hold", "Quality hold", "质量待定区"),
)
CLASS_NAMES = {
    "ambient": ("Ambient", "常温"),
    "chilled": ("Chilled", "冷藏"),
    "frozen": ("Frozen", "冷冻"),
    "pharma": ("Pharma", "医药"),
}
LEAST_LIFE_SHARE = 5  # a customer wants a fifth of the shelf life left


def write_company(company: Company, folder: Path) -> dict[str, Path]:
    """Write every table; returns table → file in the order they must be imported."""
    folder.mkdir(parents=True, exist_ok=True)
    return {name: _write(folder / f"{name}.csv", rows(company)) for name, rows in TABLES.items()}


def _write(path: Path, rows: Iterable[Row]) -> Path:
    listed = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(listed[0]))
        writer.writeheader()
        writer.writerows(listed)
    return path


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def calendars(company: Company) -> Iterable[Row]:
    yield {"code": "DAYS", "name": "Working days", "timezone": "Asia/Shanghai", "weekdays": 31,
           "opens_minute": 480, "closes_minute": 1080}  # fmt: skip
    yield {"code": "ALWAYS", "name": "Round the clock", "timezone": "Asia/Shanghai", "weekdays": 127,
           "opens_minute": 0, "closes_minute": 1440}  # fmt: skip


def _place(code: str, name: str, name_zh: str, kind: str, **more: str | int | float) -> Row:
    row: Row = {
        "code": code, "name": name, "name_zh": name_zh, "kind": kind, "parent": "", "gln": "",
        "latitude": "", "longitude": "", "address": "", "timezone": "Asia/Shanghai", "calendar": "",
        "temperature_class": "ambient", "pick_rank": 0, "usage": "",
    }  # fmt: skip
    return row | more


def places(company: Company) -> Iterable[Row]:
    network = company.network
    for number, site in enumerate(network.sites):
        yield _place(
            site.code, site.name, site.name_zh, "site", gln=gln(100 + number), latitude=site.latitude,
            longitude=site.longitude, address=site.address, calendar="ALWAYS",
        )  # fmt: skip
        yield from _inside(site)
    for number, customer in enumerate(network.customers):
        yield _place(
            f"P-{customer.code}", customer.name, customer.name_zh, "party", gln=gln(1000 + number),
            latitude=customer.latitude, longitude=customer.longitude, address=customer.address,
        )  # fmt: skip
    for number, supplier in enumerate(network.suppliers):
        yield _place(
            f"P-{supplier.code}", supplier.name, supplier.name_zh, "party", gln=gln(5000 + number),
            latitude=supplier.latitude, longitude=supplier.longitude,
        )  # fmt: skip
    for truck in network.trucks:
        yield _place(vehicle_place(truck.plate), f"Truck {truck.plate}", f"冷藏车 {truck.plate}", "vehicle")


def vehicle_place(plate: str) -> str:
    return f"V-{plate}"


def _inside(site: Site) -> Iterable[Row]:
    rank = 0
    for temperature, letter, _share in ZONES:
        name, zh = CLASS_NAMES[temperature]
        zone = f"{site.code}-{letter}"
        yield _place(
            zone, f"{site.code} {name} zone", f"{site.name_zh[:2]}{zh}区", "zone", parent=site.code,
            temperature_class=temperature,
        )  # fmt: skip
        for code in bin_codes(site, temperature):
            rank += 10
            yield _place(
                code, f"Bin {code}", f"货位 {code}", "bin", parent=zone, usage="storage",
                temperature_class=temperature, pick_rank=rank,
            )  # fmt: skip
    for suffix, kind, usage, name, zh in DOCKS:
        yield _place(
            f"{site.code}-{suffix}", f"{site.code} {name}", f"{site.name_zh[:2]}{zh}", kind, parent=site.code,
            usage=usage, temperature_class="chilled",
        )  # fmt: skip


def _partner(code: str, name: str, name_zh: str, **more: str | int) -> Row:
    row: Row = {
        "code": code, "name": name, "name_zh": name_zh, "is_supplier": 0, "is_customer": 0, "is_carrier": 0,
        "place": "", "home_site": "", "priority": 5, "window_opens_minute": 360, "window_closes_minute": 1200,
        "email": "", "phone": "",
    }  # fmt: skip
    return row | more


def partners(company: Company) -> Iterable[Row]:
    network = company.network
    for number, customer in enumerate(network.customers):
        yield _partner(
            customer.code, customer.name, customer.name_zh, is_customer=1, place=f"P-{customer.code}",
            home_site=customer.home, priority=customer.priority, window_opens_minute=customer.opens,
            window_closes_minute=customer.closes, email=f"orders-{number + 1:03d}@customer.example",
        )  # fmt: skip
    for number, supplier in enumerate(network.suppliers):
        yield _partner(
            supplier.code, supplier.name, supplier.name_zh, is_supplier=1, place=f"P-{supplier.code}",
            email=f"sales-{number + 1:02d}@supplier.example",
        )  # fmt: skip
    for carrier in network.carriers:
        yield _partner(carrier.code, carrier.name, carrier.name_zh, is_carrier=1)


def items(company: Company) -> Iterable[Row]:
    for goods in company.goods:
        side = round(goods.volume_cm3 ** (1 / 3) * 10)
        yield {
            "code": goods.code, "name": goods.name, "name_zh": goods.name_zh, "family": FAMILIES[goods.family][1],
            "family_zh": FAMILIES[goods.family][2], "gtin": goods.gtin, "base_unit": "EA", "temperature_class": goods.temperature,
            "shelf_life_days": goods.shelf_days, "min_remaining_days": goods.shelf_days // LEAST_LIFE_SHARE,
            "weight_g": goods.weight_g, "length_mm": side, "width_mm": side, "height_mm": side,
            "volume_cm3": goods.volume_cm3, "lot_tracked": 1, "unit_cost_minor": goods.cost,
            "unit_price_minor": goods.price,
            "service_level_bp": goods.service_level_bp,
        }  # fmt: skip


def item_units(company: Company) -> Iterable[Row]:
    for number, goods in enumerate(company.goods):
        body = f"1{DEMO_COMPANY_PREFIX}{number + 1:05d}"
        yield {"item": goods.code, "unit": "CT", "numerator": goods.carton, "denominator": 1,
               "barcode": body + check_digit(body)}  # fmt: skip
        yield {"item": goods.code, "unit": "PX", "numerator": goods.carton * goods.pallet, "denominator": 1,
               "barcode": ""}  # fmt: skip


def lanes(company: Company) -> Iterable[Row]:
    network = company.network
    parties = {c.code for c in network.customers} | {s.code for s in network.suppliers}
    for way in network.ways:
        origin, destination = (f"P-{end}" if end in parties else end for end in (way.origin, way.destination))
        yield {
            "origin": origin, "destination": destination, "carrier": way.carrier, "transit_minutes": way.minutes,
            "transit_sd_minutes": way.sd_minutes, "distance_m": way.distance_m, "fixed_cost_minor": way.fixed_cost,
            "cost_per_kg_minor": way.cost_per_kg,
        }  # fmt: skip


def supplier_items(company: Company) -> Iterable[Row]:
    """The first supplier of a family asks the list cost; each further one a little more, for a shorter minimum."""
    for goods in company.goods:
        makers = [supplier for supplier in company.network.suppliers if supplies(supplier, goods)]
        for place, supplier in enumerate(makers):
            yield {
                "supplier": supplier.code, "item": goods.code, "unit_price_minor": goods.cost * (100 + 4 * place) // 100,
                "moq": goods.carton * max(1, supplier.moq_cartons // (1 + place)), "multiple": goods.carton,
                "lead_time_minutes": supplier.lead_minutes, "lead_time_sd_minutes": supplier.lead_sd_minutes,
                "calendar": "ALWAYS",
            }  # fmt: skip


def vehicles(company: Company) -> Iterable[Row]:
    for truck in company.network.trucks:
        yield {
            "plate": truck.plate, "place": vehicle_place(truck.plate), "carrier": truck.carrier,
            "home_site": truck.site, "capacity_g": truck.capacity_g, "capacity_cm3": truck.capacity_cm3,
            "temperature_classes": truck.temperatures, "fixed_cost": yuan(truck.fixed_cost),
            "cost_per_km": yuan(truck.cost_per_km), "speed_kmh": truck.speed_kmh,
            "shift_starts_minute": truck.shift_starts, "shift_ends_minute": min(truck.shift_ends, 1440),
        }  # fmt: skip


def lots(company: Company) -> Iterable[Row]:
    """A lot that stands in several sites is one lot."""
    seen: set[tuple[str, str]] = set()
    for lot in company.opening:
        if (lot.goods.code, lot.lot) not in seen:
            seen.add((lot.goods.code, lot.lot))
            yield {"item": lot.goods.code, "code": lot.lot, "produced_on": lot.produced_on.isoformat(),
                   "expires_on": lot.expires_on.isoformat()}  # fmt: skip


def stock_policies(company: Company) -> Iterable[Row]:
    """What our plants make, the centres are fed from there, without asking; the numbers are computed later."""
    for goods in company.goods:
        plant = MADE_AT.get(goods.family)
        for site in company.network.sites:
            if plant is not None and site.kind == "dc":
                yield {"item": goods.code, "site": site.code, "source": plant, "automatic": 1}


def devices(company: Company) -> Iterable[Row]:
    for sensor in sensors(company):
        yield {
            "code": sensor.code, "kind": sensor.kind, "name": sensor.name, "name_zh": sensor.name_zh,
            "place": sensor.place, "expected_every_s": sensor.every_s,
            "settings": json.dumps(dict(sensor.settings), ensure_ascii=False) if sensor.settings else "",
        }  # fmt: skip


def opening_stock(company: Company) -> Iterable[Row]:
    for lot, place in opening_bins(company):
        yield {
            "item": lot.goods.code, "place": place, "lot": lot.lot, "qty": lot.qty, "unit": "EA",
            "produced_on": lot.produced_on.isoformat(), "expires_on": lot.expires_on.isoformat(),
        }  # fmt: skip


def demand_history(company: Company) -> Iterable[Row]:
    for row in company.history:
        yield {"item": row.goods.code, "site": row.site, "day": row.day.isoformat(), "qty": row.qty,
               "lines": row.lines}  # fmt: skip


TABLES: dict[str, Callable[[Company], Iterable[Row]]] = {
    "calendars": calendars,
    "places": places,
    "partners": partners,
    "items": items,
    "item_units": item_units,
    "lanes": lanes,
    "supplier_items": supplier_items,
    "vehicles": vehicles,
    "devices": devices,
    "lots": lots,
    "stock_policies": stock_policies,
    "opening_stock": opening_stock,
    "demand_history": demand_history,
}
