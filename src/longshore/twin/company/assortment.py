"""The few hundred things the demo company sells, with sizes, shelf lives, prices and bar codes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from longshore.catalog.rules import DEMO_COMPANY_PREFIX, check_digit
from longshore.twin.company.tables import read_table

# family: (temperature class, English, Chinese)
FAMILIES: dict[str, tuple[str, str, str]] = {
    "dairy": ("chilled", "Dairy", "乳制品"),
    "dumplings": ("frozen", "Frozen dumplings", "速冻面点"),
    "meat": ("chilled", "Fresh meat", "冷鲜肉"),
    "seafood": ("frozen", "Seafood", "水产"),
    "juice": ("chilled", "Fruit juice", "果汁饮品"),
    "bakery": ("frozen", "Frozen bakery", "冷冻烘焙"),
    "icecream": ("frozen", "Ice cream", "冰淇淋"),
    "meals": ("chilled", "Ready meals", "鲜食"),
    "greens": ("chilled", "Cut greens and tofu", "净菜豆制品"),
    "vaccine": ("pharma", "Vaccines", "疫苗"),
    "insulin": ("pharma", "Insulin", "胰岛素"),
    "biologics": ("pharma", "Biologics", "生物制品"),
    "reagents": ("pharma", "Diagnostic reagents", "诊断试剂"),
    "otc": ("ambient", "OTC medicines", "非处方药"),
    "infusion": ("ambient", "Infusions and consumables", "输液耗材"),
    "formula": ("ambient", "Infant and medical nutrition", "婴幼儿与特医营养"),
}
FOOD = ("dairy", "dumplings", "meat", "seafood", "juice", "bakery", "icecream", "meals", "greens")
PREFIXES = {"meals": "RTE"}  # the others start with their family's first three letters
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(千克|克|毫升|升|片|枚|粒|袋|支|人份|只)")
UNIT_SIZES = {
    "千克": 1000,
    "升": 1000,
    "克": 1,
    "毫升": 1,
    "片": 1,
    "枚": 1,
    "粒": 1,
    "袋": 1,
    "支": 1,
    "人份": 1,
    "只": 1,
}
PRICE_POWER = 0.94
FAMILY_PACK_FROM = 44  # popularity from which a food also comes as a pack of four


@dataclass(frozen=True, slots=True)
class Goods:
    """One item as the demo company knows it; `carton` pieces a carton, `pallet` cartons a pallet."""

    code: str
    family: str
    name: str
    name_zh: str
    gtin: str
    temperature: str
    shelf_days: int
    weight_g: int
    volume_cm3: int
    carton: int
    pallet: int
    cost: int
    price: int
    popularity: int
    service_level_bp: int


def make_assortment() -> tuple[Goods, ...]:
    """Every product in every size, in the order of the written table."""
    goods: list[Goods] = []
    counters: dict[str, int] = {}
    for row in read_table("assortment"):
        variants = [pair.split("=", 1) for pair in row["variants"].split("|")]
        for place, (zh, en) in enumerate(variants):
            goods.append(_make(row, len(goods), counters, (zh, en, place, 1)))
        if row["family"] in FOOD and int(row["popularity"]) >= FAMILY_PACK_FROM:
            for place, (zh, en) in enumerate(variants[:2]):
                goods.append(
                    _make(row, len(goods), counters, (f"{zh} 家庭装×4", f"{en} family pack x 4", place + 2, 4))
                )
    return tuple(goods)


def _make(row: dict[str, str], index: int, counters: dict[str, int], variant: tuple[str, str, int, int]) -> Goods:
    """One size. Twice the size weighs twice as much, and costs a little less than two."""
    zh, en, place, pieces = variant
    family = row["family"]
    counters[family] = counters.get(family, 0) + 1
    body = f"{DEMO_COMPANY_PREFIX}{index + 1:05d}"
    base_zh = row["variants"].split("=", 1)[0]
    size = pieces * _size(zh) / _size(base_zh)
    money = size**PRICE_POWER
    return Goods(
        code=f"{PREFIXES.get(family, family[:3].upper())}-{counters[family]:03d}",
        family=family,
        name=f"{row['en']} {en}",
        name_zh=f"{row['zh']} {zh}",
        gtin=body + check_digit(body),
        temperature=FAMILIES[family][0],
        shelf_days=int(row["shelf_days"]),
        weight_g=round(int(row["weight_g"]) * size),
        volume_cm3=round(int(row["volume_cm3"]) * size),
        carton=max(2, min(400, round(int(row["carton"]) / size))),
        pallet=int(row["cartons_a_pallet"]),
        cost=round(int(row["cost"]) * money),
        price=round(int(row["price"]) * money),
        popularity=max(2, int(row["popularity"]) * 2 // (2 + place)),
        service_level_bp=9900 if FAMILIES[family][0] == "pharma" else 9700 if family in ("otc", "infusion") else 9500,
    )


def _size(variant_zh: str) -> float:
    """How much is in it, as its own label says; 1 where it does not say, or differs by something else."""
    found = SIZE.search(variant_zh)
    return float(found[1]) * UNIT_SIZES[found[2]] if found else 1.0
