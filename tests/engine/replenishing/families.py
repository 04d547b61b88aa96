"""The families of golden cases: one idea each, ten numbers a family. `python -m tests.engine.replenishing.families` writes
them with the plain planner's answer beside; the difference is reviewed before it is committed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.engine.replenishing.plain import planned

GOLDEN = Path(__file__).parent / "golden"
Case = dict[str, Any]
VARIANTS = 10


def _one(shows: str, node: Case, **more: Any) -> Case:
    return {"shows": shows, "days": 30, **more, "nodes": {"shop": node}}


def safety_stock(n: int) -> Case:
    return _one(
        "Stock is refilled on the day it would fall below safety stock, not on the day it runs out.",
        {
            "demand": 2 + n % 3,
            "safety": 3 * n,
            "cover": 7,
            "supply": [[0, 20 + n]],
            "ways": [{"kind": "buy", "lead": 2}],
        },
    )


def least_quantity(n: int) -> Case:
    return _one(
        "A small need is raised to the supplier's least quantity, and what is too much lasts for later needs.",
        {"demand": 1, "cover": 3, "supply": [[0, n]], "ways": [{"kind": "buy", "lead": 1, "moq": 5 + 2 * n}]},
    )


def multiples(n: int) -> Case:
    return _one(
        "Orders come in whole packs above the least quantity.",
        {
            "demand": [3, 1, 4, 1, 5, 9, 2, 6] * 4,
            "cover": 4,
            "supply": [[0, 10]],
            "ways": [{"kind": "buy", "lead": 3, "moq": 10, "multiple": 3 + n}],
        },
    )


def order_days(n: int) -> Case:
    opened = [day for day in range(30) if day % 7 in (n % 7, (n + 3) % 7)]
    return _one(
        "The supplier takes orders on two days a week, so each order goes out on the last open day that is in time.",
        {
            "demand": 4,
            "cover": 4,
            "supply": [[0, 12 + n]],
            "ways": [{"kind": "buy", "lead": 2 + n % 4, "calendar": "supplier"}],
        },
        calendars={"supplier": opened},
    )


def price_breaks(n: int) -> Case:
    return _one(
        "A larger quantity is taken where its lower price outweighs carrying what is not needed yet.",
        {
            "demand": 5,
            "cover": 7,
            "supply": [[0, 8]],
            "ways": [
                {
                    "kind": "buy",
                    "lead": 2,
                    "price": 1000,
                    "breaks": [[50, 1000 - 4 * n], [100 + 10 * n, 985 - 9 * n]],
                }
            ],
        },
    )


def two_suppliers(n: int) -> Case:
    return _one(
        "The cheap supplier is slow: it gets what can wait, the fast one what would come late.",
        {
            "demand": 6,
            "cover": 5,
            "supply": [[0, 20 + 3 * n]],
            "ways": [
                {"kind": "buy", "lead": 9, "price": 900, "late": 20 + 5 * n},
                {"kind": "buy", "lead": 2, "price": 960 + 4 * n, "late": 20 + 5 * n},
            ],
        },
    )


def supplier_capacity(n: int) -> Case:
    ways = [{"kind": "buy", "lead": 2, "multiple": 1 + n % 3, "capacity": "mill"}]
    nodes = {
        name: {"demand": 3 + k, "cover": 7, "supply": [[0, 15 + 2 * n]], "ways": ways}
        for k, name in enumerate(("flour", "bran", "grits"))
    }
    return {
        "shows": "One supplier gives so many units a week over all its items: orders move to earlier weeks, then later.",
        "days": 30,
        "capacities": {"mill": [7, 60 + 5 * n]},
        "nodes": nodes,
    }


def frozen_days(n: int) -> Case:
    return _one(
        "Nothing new is sent within the frozen days, so an early need is met late and said to be.",
        {
            "demand": 3,
            "cover": 5,
            "supply": [[0, 4 * n], [6, 5]],
            "ways": [{"kind": "buy", "lead": 2, "fence": 1 + n}],
        },
    )


def kept_orders(n: int) -> Case:
    return _one(
        "Orders of the plan before are kept as they were if they are a little early or a little more than needed.",
        {
            "demand": 4,
            "cover": 6,
            "supply": [[0, 18 + n]],
            "ways": [{"kind": "buy", "lead": 3, "former": [[1, 26], [2, 25], [7, 24 + n], [13, 25], [20, 60]]}],
        },
        keep=[2, 500 + 300 * n],
    )


def spoiling_stock(n: int) -> Case:
    return _one(
        "Stock that ends before it is used does not count, and the order comes when the rest is used up.",
        {
            "demand": 3,
            "cover": 4,
            "life": 8 + n,
            "supply": [[0, 30, 4 + n % 5], [0, 10, 15], [5, 6, 12]],
            "ways": [{"kind": "buy", "lead": 2}],
        },
    )


def short_life(n: int) -> Case:
    return _one(
        "No more is ordered than is used within its life, whatever pack or safety stock would say.",
        {
            "demand": [2, 0, 3, 1, 0, 4, 2] * 5,
            "cover": 10,
            "life": 3 + n,
            "safety": n % 3,
            "supply": [[0, 5, 3]],
            "ways": [{"kind": "buy", "lead": 1, "moq": 2, "multiple": 2 + n % 2}],
        },
    )


def _three_sites(n: int, ways: list[Case]) -> dict[str, Case]:
    return {
        "shop": {"demand": 4, "safety": 2, "cover": 3, "supply": [[0, 10 + n]], "ways": ways},
        "other": {"demand": 1, "safety": 2, "cover": 3, "supply": [[0, 60 + 4 * n], [4, 8]],
                  "ways": [{"kind": "buy", "lead": 5}]},
        "third": {"demand": 1, "cover": 3, "supply": [[0, 35 + n]]},
    }  # fmt: skip


def rebalancing(n: int) -> Case:
    ways = [
        {"kind": "surplus", "lead": 1, "multiple": 1 + n % 4, "parts": [["other", 1, 1]]},
        {"kind": "surplus", "lead": 2, "parts": [["third", 1, 1]]},
        {"kind": "buy", "lead": 4, "price": 100},
    ]
    return {
        "shows": "What another warehouse will not need is moved before anything is bought; it keeps what it needs.",
        "days": 30,
        "nodes": _three_sites(n, ways),
    }


def substitutes(n: int) -> Case:
    ways = [{"kind": "buy", "lead": 6 + n}, {"kind": "surplus", "lead": 0, "parts": [["other", 3, 2]]}]
    return {
        "shows": "A substitute's surplus fills the gap until an order can be there; three of it stand for two.",
        "days": 30,
        "nodes": _three_sites(n, ways),
    }


def three_echelons(n: int) -> Case:
    return {
        "shows": "Shops draw on a regional store, it on the central one, which buys: each order becomes demand a step up.",
        "days": 40,
        "nodes": {
            "central": {"cover": 7, "safety": n, "supply": [[0, 20]], "ways": [{"kind": "buy", "lead": 5, "moq": 20}]},
            "region": {
                "cover": 4,
                "supply": [[0, 15]],
                "ways": [{"kind": "move", "lead": 2, "multiple": 5, "parts": [["central", 1, 1]]}],
            },
            "shop-1": {
                "demand": 2,
                "cover": 3,
                "supply": [[0, 10 + n]],
                "ways": [{"kind": "move", "lead": 1, "parts": [["region", 1, 1]]}],
            },
            "shop-2": {
                "demand": {"4": 10, "11": 12, "23": 9 + n},
                "supply": [[0, 6]],
                "ways": [{"kind": "move", "lead": 1, "multiple": 4, "parts": [["region", 1, 1]]}],
            },
        },
    }


def four_levels(n: int) -> Case:
    return {
        "shows": "A bill of four levels: the bicycle's wheels, their rims, the rims' aluminium; fractions are rounded up.",
        "days": 60,
        "nodes": {
            "bicycle": {"demand": {"30": 10 + n, "45": 20}, "ways": [
                {"kind": "make", "lead": 2, "parts": [["wheel", 2, 1], ["frame", 1, 1]]}]},
            "wheel": {"supply": [[0, 5]], "cover": 3, "ways": [
                {"kind": "make", "lead": 3, "multiple": 4, "parts": [["rim", 1, 1], ["spoke", 36, 1]]}]},
            "frame": {"ways": [{"kind": "make", "lead": 4, "parts": [["tube", 7, 2]]}]},
            "rim": {"ways": [{"kind": "make", "lead": 2, "parts": [["aluminium", 2 + n, 7]]}]},
            "spoke": {"supply": [[0, 100]], "ways": [{"kind": "buy", "lead": 6, "moq": 500, "multiple": 100}]},
            "tube": {"supply": [[3, 40]], "ways": [{"kind": "buy", "lead": 8, "multiple": 6}]},
            "aluminium": {"safety": 2, "ways": [{"kind": "buy", "lead": 5 + n % 3, "multiple": 10}]},
        },
    }  # fmt: skip


def whole_loads(n: int) -> Case:
    def shop(daily: int, held: int) -> Case:
        return {
            "demand": daily,
            "cover": 5,
            "supply": [[0, held]],
            "ways": [
                {"kind": "move", "lead": 2, "multiple": 2, "load": "truck", "size": 3, "parts": [["store", 1, 1]]}
            ],
        }

    return {
        "shows": "A truck that goes anyway takes whole orders of the next days until it is full.",
        "days": 30,
        "loads": {"truck": [60 + 15 * n, 2 + n % 4]},
        "nodes": {
            "shop-1": shop(3, 9),
            "shop-2": shop(2, 9),
            "shop-3": shop(4, 22),
            "store": {"cover": 7, "supply": [[0, 100]], "ways": [{"kind": "buy", "lead": 3}]},
        },
    }


def no_way_out(n: int) -> Case:
    ways: list[Case] = [[], [{"kind": "buy", "lead": 40}], [{"kind": "buy", "lead": 2, "fence": 28}]][n % 3]
    return _one(
        "Without a source, or with one that cannot be there within the days planned, the need is named and stays open.",
        {"demand": 1 + n, "cover": 4, "supply": [[0, 10 + 3 * n]], "ways": ways},
    )


def least_quantity_spoils(n: int) -> Case:
    return _one(
        "Where the least quantity would spoil nothing is ordered there: the dearer supplier of small lots gets it, or nobody.",
        {
            "demand": 1 + n % 2,
            "cover": 3,
            "life": 5,
            "ways": [
                {"kind": "buy", "lead": 1, "moq": 12, "price": 10},
                *([{"kind": "buy", "lead": 1, "moq": 2, "price": 30}] if n % 3 else []),
            ],
        },
    )


def capacity_and_overflow(n: int) -> Case:
    return _one(
        "What the cheap supplier cannot give in time is bought late from it only where nobody else has it sooner.",
        {
            "demand": 5 + n,
            "cover": 7,
            "supply": [[0, 10]],
            "ways": [
                {"kind": "buy", "lead": 3, "price": 100, "late": 1, "moq": 4, "multiple": 4, "capacity": "small"},
                {"kind": "buy", "lead": 6, "price": 140, "late": 1},
            ],
        },
        capacities={"small": [5, 24]},
    )


def made_and_moved(n: int) -> Case:
    return {
        "shows": "A plant makes on weekdays from parts that another plant's store moves; shops are fed from it.",
        "days": 45,
        "calendars": {"weekdays": [day for day in range(45) if day % 7 < 5]},
        "nodes": {
            "shop": {"demand": 3, "safety": 4, "cover": 5, "supply": [[0, 25]], "ways": [
                {"kind": "move", "lead": 2, "calendar": "weekdays", "parts": [["plant", 1, 1]]}]},
            "plant": {"cover": 5, "safety": n, "ways": [
                {"kind": "make", "lead": 3, "calendar": "weekdays", "moq": 10, "parts": [["part@plant", 3, 2]]}]},
            "part@plant": {"cover": 4, "supply": [[0, 12]], "ways": [
                {"kind": "move", "lead": 1, "multiple": 3 + n, "parts": [["part@store", 1, 1]]}]},
            "part@store": {"cover": 10, "supply": [[0, 30], [8, 20]], "ways": [
                {"kind": "buy", "lead": 4, "calendar": "weekdays", "price": 10, "breaks": [[60, 9]]}]},
        },
    }  # fmt: skip


FAMILIES: tuple[Callable[[int], Case], ...] = (
    safety_stock, least_quantity, multiples, order_days, price_breaks, two_suppliers, supplier_capacity, frozen_days,
    kept_orders, spoiling_stock, short_life, rebalancing, substitutes, three_echelons, four_levels, whole_loads,
    no_way_out, least_quantity_spoils, capacity_and_overflow, made_and_moved,
)  # fmt: skip


def cases() -> Iterator[tuple[str, Case]]:
    for family in FAMILIES:
        for number in range(VARIANTS):
            yield f"{family.__name__.replace('_', '-')}-{number:02}", family(number)


def write() -> None:
    for name, case in cases():
        folder = GOLDEN / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "case.json").write_text(json.dumps(case, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (folder / "expected.txt").write_text(planned(case), encoding="utf-8")


if __name__ == "__main__":
    write()
