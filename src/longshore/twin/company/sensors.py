"""The devices of the demo company: thermometers in rooms and trucks, trackers, portals at docks, scales, machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from longshore.twin.company.bins import opening_bins
from longshore.twin.company.generate import Company
from longshore.twin.company.network import Site, Truck

# class: (letter of the zone, English, Chinese)
COLD = {"chilled": ("C", "chilled", "冷藏"), "frozen": ("F", "frozen", "冷冻"), "pharma": ("P", "pharma", "医药")}
TARE_KG = 2.0
SCALES_A_SITE = 2
MACHINES_A_PLANT = 3


@dataclass(frozen=True, slots=True)
class Sensor:
    """`place` is where it hangs; `classes` in its settings: the part of a truck it is for."""

    code: str
    kind: str
    name: str
    name_zh: str
    place: str
    every_s: int
    settings: Mapping[str, Any] = field(default_factory=dict)


def sensors(company: Company) -> Iterator[Sensor]:
    for site in company.network.sites:
        yield from _in_rooms(site)
        yield from _at_docks(site)
        if site.kind == "plant":
            yield from _machines(site)
        else:
            yield from _scales(company, site)
    numbers: dict[str, int] = {}
    for truck in (truck for truck in company.network.trucks if not truck.carrier):
        numbers[truck.site] = numbers.get(truck.site, 0) + 1
        yield from _in_truck(truck, f"{truck.site}-{numbers[truck.site]:02d}")


def _in_rooms(site: Site) -> Iterator[Sensor]:
    for letter, name, name_zh in COLD.values():
        for number in (1, 2):
            yield Sensor(
                f"TH-{site.code}-{letter}{number}", "logger", f"{site.code} {name} room, sensor {number}",
                f"{site.name_zh[:2]}{name_zh}库 {number} 号温度计", f"{site.code}-{letter}", 60,
            )  # fmt: skip


def _at_docks(site: Site) -> Iterator[Sensor]:
    for dock, name, name_zh in (("IN-1", "receiving", "收货"), ("OUT-1", "shipping", "发货")):
        place = f"{site.code}-{dock}"
        yield Sensor(
            f"RFID-{place}", "portal", f"{site.code} {name} portal", f"{site.name_zh[:2]}{name_zh}月台射频门", place, 0,
            {"antennas": {"1": "inner", "2": "outer"}},
        )  # fmt: skip


def _scales(company: Company, site: Site) -> Iterator[Sensor]:
    """Under bins of ambient goods that stand there on the first day."""
    found = [(lot.goods, code) for lot, code in opening_bins(company) if lot.site == site.code]
    ambient = [(goods, code) for goods, code in found if goods.temperature == "ambient"]
    for number, (goods, code) in enumerate(ambient[:SCALES_A_SITE], 1):
        settings = {"item": goods.code, "per_unit": goods.weight_g / 1000, "tare": TARE_KG, "noise": 0.05}
        yield Sensor(
            f"SC-{site.code}-{number}", "scale", f"{site.code} shelf scale {number}",
            f"{site.name_zh[:2]}货架秤 {number}", code, 60, settings,
        )  # fmt: skip


def _machines(site: Site) -> Iterator[Sensor]:
    for number in range(1, MACHINES_A_PLANT + 1):
        yield Sensor(
            f"MC-{site.code}-{number}", "machine", f"{site.code} packing line {number}",
            f"{site.name_zh[:2]}包装线 {number}", site.code, 60,
        )  # fmt: skip


def _in_truck(truck: Truck, number: str) -> Iterator[Sensor]:
    place = f"V-{truck.plate}"
    yield Sensor(f"GPS-{number}", "tracker", f"Tracker of {truck.plate}", f"{truck.plate} 定位器", place, 300)
    for temperature, (letter, name, name_zh) in COLD.items():
        yield Sensor(
            f"TH-{number}-{letter}", "logger", f"{truck.plate}, {name} compartment", f"{truck.plate} {name_zh}厢", place,
            60, {"classes": [temperature]},
        )  # fmt: skip
