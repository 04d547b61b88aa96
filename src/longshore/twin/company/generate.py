"""The demo company as a whole, from a seed and the day it comes to life."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from longshore.engine.simulating.streams import Streams
from longshore.twin.company.assortment import Goods, make_assortment
from longshore.twin.company.demand import FAR_KM, Demand
from longshore.twin.company.network import Network, Supplier, make_network

HISTORY_DAYS = 120
MADE_AT = {"dumplings": "ZZ", "icecream": "ZZ", "seafood": "QD", "bakery": "QD"}
COVER_DAYS = 11
SHORTEST_LIFE_DAYS = 2


@dataclass(frozen=True, slots=True)
class OpeningLot:
    """What stands in a site on the first day."""

    goods: Goods
    site: str
    lot: str
    qty: int
    produced_on: date
    expires_on: date


@dataclass(frozen=True, slots=True)
class DemandRow:
    goods: Goods
    site: str
    day: date
    qty: int
    lines: int


@dataclass(frozen=True, slots=True)
class Company:
    seed: int
    first_day: date
    goods: tuple[Goods, ...]
    network: Network
    demand: Demand
    history: tuple[DemandRow, ...]
    opening: tuple[OpeningLot, ...]


def make_company(seed: int, first_day: date) -> Company:
    """Everything, with HISTORY_DAYS of demand before `first_day` and the stock on its morning."""
    goods = make_assortment()
    network = make_network(seed)
    demand = Demand(seed, goods, network.customers, far_customers(network))
    history = _history(demand, first_day)
    return Company(seed, first_day, goods, network, demand, history, _opening(seed, first_day, goods, history))


def makes(site: str, goods: Goods) -> bool:
    """Whether a plant makes this."""
    return MADE_AT.get(goods.family) == site


def supplies(supplier: Supplier, goods: Goods) -> bool:
    return goods.family in supplier.families


def far_customers(network: Network) -> frozenset[str]:
    """Customers so far from their usual site that a delivery takes until the day after."""
    home = {customer.code: customer.home for customer in network.customers}
    return frozenset(
        way.destination
        for way in network.ways
        if home.get(way.destination) == way.origin and way.distance_m > FAR_KM * 1000
    )


def _history(demand: Demand, first_day: date) -> tuple[DemandRow, ...]:
    """Past orders, summed by item, home site of the customer and day."""
    rows: list[DemandRow] = []
    for back in range(HISTORY_DAYS, 0, -1):
        day = first_day - timedelta(days=back)
        sums: dict[tuple[Goods, str], list[int]] = defaultdict(lambda: [0, 0])
        for order in demand.orders_of(day):
            for line in order.lines:
                total = sums[line.goods, order.customer.home]
                total[0] += line.pieces
                total[1] += 1
        rows.extend(DemandRow(goods, site, day, qty, lines) for (goods, site), (qty, lines) in sums.items())
    return tuple(rows)


def _opening(
    seed: int, first_day: date, goods: tuple[Goods, ...], history: tuple[DemandRow, ...]
) -> tuple[OpeningLot, ...]:
    """Some days of cover of everything, in one to three lots of different age; plants hold the network's need again."""
    rng = Streams(seed).stream("company", "opening")
    wanted: dict[tuple[str, str], int] = defaultdict(int)
    sites = sorted({row.site for row in history})
    for row in history:
        wanted[row.site, row.goods.code] += row.qty
        plant = MADE_AT.get(row.goods.family)
        if plant is not None:
            wanted[plant, row.goods.code] += row.qty
    lots: list[OpeningLot] = []
    for site in [*sites, *sorted(set(MADE_AT.values()))]:
        for each in goods:
            mean = wanted[site, each.code] / HISTORY_DAYS
            if mean > 0:
                lots.extend(_lots(each, site, mean, first_day, rng.random(6).tolist()))
    return tuple(lots)


def _lots(goods: Goods, site: str, mean: float, first_day: date, draw: list[float]) -> list[OpeningLot]:
    cover = min(COVER_DAYS * (0.5 + draw[0]), goods.shelf_days * 0.45)
    cartons = max(1, round(mean * cover / goods.carton) + (2 if mean * 3 < goods.carton else 0))
    count = min(1 + int(draw[1] * 3), cartons, 1 if goods.shelf_days < 10 else 3)
    lots: list[OpeningLot] = []
    for index in range(count):
        share = cartons // count + (1 if index < cartons % count else 0)
        oldest = max(1, goods.shelf_days // 3)
        age = 1 + int(draw[2 + index] * oldest) if goods.shelf_days > SHORTEST_LIFE_DAYS else 0
        produced = first_day - timedelta(days=min(age, goods.shelf_days - SHORTEST_LIFE_DAYS))
        code = f"{produced:%y%m%d}{site[0]}{index + 1}"
        lots.append(
            OpeningLot(goods, site, code, share * goods.carton, produced, produced + timedelta(days=goods.shelf_days))
        )
    return lots
