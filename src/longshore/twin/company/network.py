"""Where the demo company is, whom it serves, who serves it, and what drives between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshore.catalog.rules import DEMO_COMPANY_PREFIX, check_digit, great_circle_m
from longshore.engine.simulating.streams import Streams
from longshore.twin.company.tables import read_table

ROAD_FACTOR_PERCENT = 128
LINEHAUL_KMH = 62
CITY_KMH = 42
OWN_REACH_M = 480_000  # farther customers are served by carriers only
ROUND_MINUTES = 180  # a delivery is one stop of a round: this much for the stops before it
PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Site:
    code: str
    kind: str  # dc, plant
    name: str
    name_zh: str
    latitude: float
    longitude: float
    address: str
    plates: str
    bins: int


@dataclass(frozen=True, slots=True)
class Customer:
    """A shop, hospital, pharmacy or clinic; `lines` is the mean number of lines it orders on an ordering day."""

    code: str
    kind: str
    name: str
    name_zh: str
    latitude: float
    longitude: float
    address: str
    home: str
    priority: int
    opens: int
    closes: int
    lines: int
    days: str  # seven digits, Monday first: chance in tenths of ordering that day


@dataclass(frozen=True, slots=True)
class Supplier:
    code: str
    name: str
    name_zh: str
    latitude: float
    longitude: float
    families: tuple[str, ...]
    lead_minutes: int
    lead_sd_minutes: int
    moq_cartons: int
    to: str  # the only site it serves; empty: all


@dataclass(frozen=True, slots=True)
class Truck:
    plate: str
    site: str
    carrier: str  # empty: our own
    capacity_g: int
    capacity_cm3: int
    temperatures: str
    fixed_cost: int
    cost_per_km: int
    speed_kmh: int
    shift_starts: int
    shift_ends: int


@dataclass(frozen=True, slots=True)
class Carrier:
    code: str
    name: str
    name_zh: str


@dataclass(frozen=True, slots=True)
class Way:
    """`carrier` empty: our own fleet."""

    origin: str
    destination: str
    carrier: str
    distance_m: int
    minutes: int
    sd_minutes: int
    fixed_cost: int
    cost_per_kg: int


@dataclass(frozen=True, slots=True)
class Network:
    sites: tuple[Site, ...]
    customers: tuple[Customer, ...]
    suppliers: tuple[Supplier, ...]
    carriers: tuple[Carrier, ...]
    trucks: tuple[Truck, ...]
    ways: tuple[Way, ...]


CARRIERS = (
    Carrier("C-YT", "Yuntu Cold Chain", "云途冷运"),
    Carrier("C-BX", "Beixing Express", "北星冷链快运"),
    Carrier("C-NH", "Nanhai Logistics", "南海冷藏物流"),
    Carrier("C-JS", "Jiangshan Pharma Logistics", "江山医药物流"),
)
# kind: (English, Chinese, priority, opens, closes, lines, ordering days)
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], int, int, int, int, str]] = {
    "supermarket": (
        ("Xianlin Supermarket", "Jiahe Fresh Market", "Ledao Hypermarket"),
        ("鲜邻超市", "嘉禾生鲜", "乐到大卖场"),
        5,
        330,
        1080,
        11,
        "8888999",
    ),
    "restaurant": (
        ("Shiguang Canteen", "Yipin Kitchen", "Nuanjia Catering"),
        ("拾光食堂", "一品小厨", "暖家餐饮"),
        5,
        330,
        990,
        7,
        "8888996",
    ),
    "hospital": (
        ("Renhe Hospital", "Boai Hospital", "Kangning Hospital"),
        ("仁和医院", "博爱医院", "康宁医院"),
        2,
        390,
        1020,
        8,
        "9788721",
    ),
    "pharmacy": (
        ("Huikang Pharmacy", "Baicao Pharmacy", "Anxin Pharmacy"),
        ("惠康大药房", "百草药房", "安心药房"),
        4,
        450,
        1200,
        7,
        "7555542",
    ),
    "clinic": (
        ("Community Health Centre", "Vaccination Clinic"),
        ("社区卫生服务中心", "预防接种门诊"),
        3,
        450,
        1020,
        5,
        "6464500",
    ),
}
ROTA = ("supermarket", "hospital", "supermarket", "pharmacy", "restaurant", "clinic")
SPREAD_DEGREES = 0.018  # a customer is somewhere in its district, not on the town hall


def make_network(seed: int) -> Network:
    """The whole network; sites and districts are given, the rest is drawn."""
    streams = Streams(seed)
    sites = tuple(_site(row) for row in read_table("sites"))
    customers = _customers(streams.stream("company", "customers"))
    suppliers = tuple(_supplier(row) for row in read_table("suppliers"))
    trucks = _trucks(sites, streams.stream("company", "trucks"))
    return Network(sites, customers, suppliers, CARRIERS, trucks, _ways(sites, customers, suppliers))


def gln(number: int) -> str:
    body = f"{DEMO_COMPANY_PREFIX}{number:05d}"
    return body + check_digit(body)


def _site(row: dict[str, str]) -> Site:
    return Site(
        row["code"],
        row["kind"],
        row["name"],
        row["name_zh"],
        float(row["latitude"]),
        float(row["longitude"]),
        row["address"],
        row["plates"],
        int(row["bins"]),
    )


def _supplier(row: dict[str, str]) -> Supplier:
    return Supplier(
        row["code"],
        row["name"],
        row["name_zh"],
        float(row["latitude"]),
        float(row["longitude"]),
        tuple(row["families"].split(";")),
        int(row["lead_days"]) * 1440,
        int(row["lead_sd_hours"]) * 60,
        int(row["moq_cartons"]),
        row["to"],
    )


def _customers(rng: np.random.Generator) -> tuple[Customer, ...]:
    customers: list[Customer] = []
    for index, row in enumerate(read_table("districts")):
        kind = ROTA[index % len(ROTA)]
        names, names_zh, priority, opens, closes, lines, days = KINDS[kind]
        brand = int(rng.integers(len(names)))
        latitude, longitude = (
            round(float(row[axis]) + float(rng.uniform(-SPREAD_DEGREES, SPREAD_DEGREES)), 5)
            for axis in ("latitude", "longitude")
        )
        customers.append(
            Customer(
                code=f"K-{index + 1:03d}",
                kind=kind,
                name=f"{names[brand]} {row['city']} {row['district']}",
                name_zh=f"{row['city_zh']}{row['district_zh']}{names_zh[brand]}",
                latitude=latitude,
                longitude=longitude,
                address=f"{row['city_zh']}市{row['district_zh']}",
                home=row["site"],
                priority=priority,
                opens=opens,
                closes=closes,
                lines=lines,
                days=days,
            )
        )
    return tuple(customers)


def _trucks(sites: tuple[Site, ...], rng: np.random.Generator) -> tuple[Truck, ...]:
    trucks: list[Truck] = []
    used: set[str] = set()
    for number, site in enumerate(sites):
        own = 6 if site.kind == "dc" else 5
        for index in range(own + 2):
            carrier = "" if index < own else CARRIERS[(number + index) % len(CARRIERS)].code
            trucks.append(_truck(site, carrier, index, _plate(site.plates, rng, used)))
    return tuple(trucks)


def _truck(site: Site, carrier: str, index: int, plate: str) -> Truck:
    """Every third truck is a large one; plants have large ones only, for the long hauls."""
    large = site.kind == "plant" or index % 3 == 0
    return Truck(
        plate=plate,
        site=site.code,
        carrier=carrier,
        capacity_g=12_000_000 if large else 3_500_000,
        capacity_cm3=45_000_000 if large else 16_000_000,
        temperatures="ambient,chilled,frozen,pharma",
        fixed_cost=(52_000 if large else 26_000) + (14_000 if carrier else 0),
        cost_per_km=(420 if large else 260) + (90 if carrier else 0),
        speed_kmh=LINEHAUL_KMH if site.kind == "plant" else 52,
        # Long hauls have two drivers and are back after days.
        shift_starts=0 if site.kind == "plant" else 120,
        shift_ends=4320 if site.kind == "plant" else 1439,
    )


def _plate(prefix: str, rng: np.random.Generator, used: set[str]) -> str:
    """A plate as on the road: province, city letter, then five of which one or two are letters."""
    while True:
        letter = PLATE_LETTERS[int(rng.integers(len(PLATE_LETTERS)))]
        digits = f"{int(rng.integers(10000)):04d}"
        at = int(rng.integers(3))
        plate = f"{prefix}·{digits[:at]}{letter}{digits[at:]}"
        if plate not in used:
            used.add(plate)
            return plate


def _ways(sites: tuple[Site, ...], customers: tuple[Customer, ...], suppliers: tuple[Supplier, ...]) -> tuple[Way, ...]:
    ways: list[Way] = []
    for number, origin in enumerate(sites):
        ends: list[tuple[Site | Customer, int]] = [(site, LINEHAUL_KMH) for site in sites if site.code != origin.code]
        if origin.kind == "dc":
            ends += [(customer, CITY_KMH) for customer in customers]
        for end, kmh in ends:
            own = _way(origin, end, kmh)
            near = isinstance(end, Site) or own.distance_m <= OWN_REACH_M
            ways += [own] if near else []
            ways.append(_hired(own, CARRIERS[number % len(CARRIERS)].code))
    for supplier in suppliers:
        ways.extend(_way(supplier, site, LINEHAUL_KMH) for site in sites if supplier.to in ("", site.code))
    return tuple(ways)


def _way(origin: Site | Supplier, destination: Site | Customer, kmh: int) -> Way:
    straight = great_circle_m(origin.latitude, origin.longitude, destination.latitude, destination.longitude)
    distance = max(500, straight * ROAD_FACTOR_PERCENT // 100)
    speed = kmh if distance < 150_000 else LINEHAUL_KMH
    driving = distance * 60 // (speed * 1000)
    rest = driving // 240 * 30  # half an hour after every four hours at the wheel
    minutes = (ROUND_MINUTES if isinstance(destination, Customer) else 20) + driving + rest
    return Way(
        origin.code, destination.code, "", distance, minutes, minutes // 10,
        2_000 + distance // 1000 * 12, 10 + distance // 1000 // 12,
    )  # fmt: skip


def _hired(own: Way, carrier: str) -> Way:
    """A carrier collects first and asks for its profit."""
    return Way(
        own.origin, own.destination, carrier, own.distance_m, own.minutes + 180, own.sd_minutes * 2,
        own.fixed_cost * 3 + 6_000, own.cost_per_kg * 2,
    )  # fmt: skip
