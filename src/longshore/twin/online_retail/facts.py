"""Puts the replay's catalog in place: warehouses, items and customers of the file, suppliers and ways of network.toml."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from django.db import transaction

from longshore.catalog.models import Calendar, Item, Lane, Partner, Place, PlaceKind, SupplierItem, UnitOfMeasure
from longshore.catalog.operations import ensure_fixed_places, ensure_units
from longshore.twin.online_retail.lines import Lines
from longshore.twin.online_retail.network import Network, Warehouse, Zone

AREAS = (("IN", "dock", "receiving"), ("STG", "zone", "staging"), ("OUT", "dock", "shipping"), ("RET", "zone", "returns"),
         ("HOLD", "zone", "hold"))  # fmt: skip
AT_ONCE = 5000
CARRIER = "PARCEL"


@dataclass(frozen=True, slots=True)
class Facts:
    """Ids by the codes the file uses. `homes`: customer → warehouse code, `zones`: customer → zone."""

    items: Mapping[str, int]
    customers: Mapping[str, int]
    sites: Mapping[str, int]
    homes: Mapping[str, str]
    zones: Mapping[str, Zone]
    bins: Mapping[str, Sequence[int]]


@transaction.atomic
def make_facts(lines: Lines, network: Network) -> Facts:
    ensure_units()
    ensure_fixed_places()
    goods = lines.frame.filter(pl.col("kind") != "refused")
    sites, bins = _warehouses(network)
    items = _items(goods, network)
    _suppliers(network, items)
    customers, homes, zones = _customers(goods, network, sites)
    _lanes(network, sites, customers, zones)
    return Facts(items, {code: partner.pk for code, partner in customers.items()}, sites, homes, zones, bins)


def _warehouses(network: Network) -> tuple[dict[str, int], dict[str, list[int]]]:
    # One departure a day: who promises has to know it, or every date that waits for a truck is hours too early.
    gate = Calendar.objects.create(
        code="OR-GATE", name="Departures", timezone=network.timezone, opens_minute=network.departure_hour * 60
    )
    rows = [
        Place(code=w.code, name=w.name, name_zh=w.name_zh, kind=PlaceKind.SITE, latitude=w.latitude,
              longitude=w.longitude, timezone=network.timezone, calendar=gate)
        for w in network.warehouses
    ]  # fmt: skip
    made = {place.code: place for place in Place.objects.bulk_create(rows)}
    inside = [place for w in network.warehouses for place in _inside(w, made[w.code], network)]
    bins: dict[str, list[int]] = {w.code: [] for w in network.warehouses}
    for place in Place.objects.bulk_create(inside):
        if place.usage == "storage":
            bins[place.code.split("-")[0]].append(place.pk)
    return {code: place.pk for code, place in made.items()}, bins


def _inside(warehouse: Warehouse, site: Place, network: Network) -> list[Place]:
    areas = [
        Place(code=f"{warehouse.code}-{suffix}", name=f"{warehouse.name} {usage}", kind=kind, parent=site, site=site,
              usage=usage, timezone=network.timezone)
        for suffix, kind, usage in AREAS
    ]  # fmt: skip
    shelves = [
        Place(code=f"{warehouse.code}-B{number:03d}", name=f"Bin {warehouse.code}-B{number:03d}", kind=PlaceKind.BIN,
              parent=site, site=site, usage="storage", pick_rank=number * 10, timezone=network.timezone)
        for number in range(1, network.bins + 1)
    ]  # fmt: skip
    return areas + shelves


def _items(goods: pl.DataFrame, network: Network) -> dict[str, int]:
    each = UnitOfMeasure.objects.get(code="EA")
    priced = goods.filter(pl.col("kind") == "order")
    facts = (
        goods.group_by("code")
        .agg(pl.col("name").filter(pl.col("name") != "").mode().sort().first())
        .join(priced.group_by("code").agg(pl.col("price").median().round(0).cast(pl.Int64)), on="code", how="left")
        .sort("code")
    )
    rows = [
        Item(
            code=code, name=(name or code).title()[:200], family=code[:2], base_unit=each, weight_g=network.unit_weight_g,
            volume_cm3=network.unit_volume_cm3, unit_price=price or 0, unit_cost=(price or 0) * network.cost_percent // 100,
            service_level_bp=network.service_level_bp,
        )
        for code, name, price in facts.iter_rows()
    ]  # fmt: skip
    return {item.code: item.pk for item in Item.objects.bulk_create(rows, batch_size=AT_ONCE)}


def _suppliers(network: Network, items: Mapping[str, int]) -> None:
    places = Place.objects.bulk_create(
        [Place(code=f"P-{s.code}", name=s.name, name_zh=s.name_zh, kind=PlaceKind.PARTY) for s in network.suppliers]
    )
    partners = Partner.objects.bulk_create(
        [
            Partner(code=s.code, name=s.name, name_zh=s.name_zh, is_supplier=True, place=place)
            for s, place in zip(network.suppliers, places, strict=True)
        ]
    )
    by_code = {partner.code: partner for partner in partners}
    costs = dict(Item.objects.values_list("code", "unit_cost"))
    offers = []
    for code, item in items.items():
        supplier = network.supplier_of(code)
        offers.append(
            SupplierItem(
                supplier=by_code[supplier.code], item_id=item, unit_price=costs[code], moq=12, multiple=6,
                lead_time_minutes=supplier.days * 1440, lead_time_sd_minutes=supplier.sd_hours * 60,
            )
        )  # fmt: skip
    SupplierItem.objects.bulk_create(offers, batch_size=AT_ONCE)


def _customers(
    goods: pl.DataFrame, network: Network, sites: Mapping[str, int]
) -> tuple[dict[str, Partner], dict[str, str], dict[str, Zone]]:
    homes, zones = homes_of(goods, network)
    places = Place.objects.bulk_create(
        [
            Place(code=f"P-{code}", name=f"Customer {code}", name_zh=f"客户{code}", kind=PlaceKind.PARTY,
                  latitude=round(zone.latitude + _jitter(code, 0), 5), longitude=round(zone.longitude + _jitter(code, 1), 5))
            for code, zone in zones.items()
        ],
        batch_size=AT_ONCE,
    )  # fmt: skip
    partners = Partner.objects.bulk_create(
        [
            Partner(code=code, name=f"Customer {code}", name_zh=f"客户{code}", is_customer=True, place=place,
                    home_site_id=sites[homes[code]], window_opens_minute=0, window_closes_minute=1440)
            for code, place in zip(zones, places, strict=True)
        ],
        batch_size=AT_ONCE,
    )  # fmt: skip
    return {partner.code: partner for partner in partners}, homes, zones


def homes_of(goods: pl.DataFrame, network: Network) -> tuple[dict[str, str], dict[str, Zone]]:
    """Each customer's warehouse and zone. A customer who ordered from two countries belongs to the first."""
    found = goods.group_by("customer").agg(pl.col("country").first()).sort("customer")
    zones = {code: network.zone_of(country) for code, country in found.iter_rows()}
    return {code: _home(code, zone, network) for code, zone in zones.items()}, zones


def _home(code: str, zone: Zone, network: Network) -> str:
    """One of the zone's warehouses by share, fixed by the customer's number."""
    shares = [(w.code, w.share) for w in network.warehouses if w.code in zone.homes]
    draw = zlib.crc32(code.encode()) % sum(share for _code, share in shares)
    for warehouse, share in shares:
        if draw < share:
            return warehouse
        draw -= share
    raise AssertionError("the shares were drawn from")


def _jitter(code: str, axis: int) -> float:
    """Up to one and a half degrees around the middle of the zone: the file names countries only."""
    return zlib.crc32(f"{axis}/{code}".encode()) % 3001 / 1000 - 1.5


def _lanes(
    network: Network, sites: Mapping[str, int], customers: Mapping[str, Partner], zones: Mapping[str, Zone]
) -> None:
    Partner.objects.create(code=CARRIER, name="Parcel carrier", name_zh="包裹承运商", is_carrier=True)
    Lane.objects.bulk_create(
        [
            Lane(origin_id=site, destination=partner.place, transit_minutes=zones[code].transit_hours[warehouse] * 60,
                 transit_sd_minutes=120, fixed_cost=zones[code].fixed_cost[warehouse], cost_per_kg=20)
            for code, partner in customers.items()
            for warehouse, site in sites.items()
        ],
        batch_size=AT_ONCE,
    )  # fmt: skip
