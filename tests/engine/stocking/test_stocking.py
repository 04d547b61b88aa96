"""Stock policies: textbook numbers, targets met and not exceeded, limits, refusals."""

from __future__ import annotations

import csv
import json
import math
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longshore.engine.invalid import InvalidProblem
from longshore.engine.stocking.check import check
from longshore.engine.stocking.problem import (
    AUTO,
    BINDING_CODES,
    CYCLE,
    FILL,
    GAMMA,
    NEGATIVE_BINOMIAL,
    NORMAL,
    POISSON,
    Policy,
    StockingProblem,
)
from longshore.engine.stocking.solve import solve

WHOLE = ("review_days", "measure", "distribution", "unit_cost", "order_cost", "moq", "multiple", "shelf_life_days")
BASE: dict[str, float] = {
    "demand_mean": 10.0, "demand_sd": 3.0, "lead_mean": 9.0, "lead_sd": 0.0, "review_days": 0, "service": 0.95,
    "measure": CYCLE, "distribution": NORMAL, "unit_cost": 100, "order_cost": 5000, "holding_rate": 0.25, "moq": 1,
    "multiple": 1, "shelf_life_days": 0,
}  # fmt: skip


def problem(*rows: dict[str, float]) -> StockingProblem:
    """A problem of rows that differ from the base as given."""
    full = [{**BASE, **row} for row in rows]
    columns = {
        name: np.array([row[name] for row in full], dtype=np.int64 if name in WHOLE else np.float64) for name in BASE
    }
    return StockingProblem(**columns)  # type: ignore[arg-type]


def test_a_textbook_row() -> None:
    """10 a day, sd 3, 9 days, 95 %: 90 + 1.645 x 9 = 104.8 -> 105; EOQ sqrt(2 x 3650 x 5000 / 25) = 1208.3 -> 1209."""
    policy = solve(problem({}))
    assert (policy.reorder_point[0], policy.safety_stock[0]) == (105, 15)
    assert (policy.order_quantity[0], policy.order_up_to[0]) == (1209, 1314)
    assert policy.economic_quantity[0] == pytest.approx(1208.30, abs=0.01)
    assert BINDING_CODES[policy.binding_stock[0]] == "service"
    assert BINDING_CODES[policy.binding_quantity[0]] == "eoq"
    assert 0.94 < policy.flip_service[0] < 0.95


def test_lead_time_variability_adds_safety_stock() -> None:
    """A lead time with sd 2 days: variance 81 + 400, so 1.645 x 21.93 = 36.08 -> 37 of safety."""
    assert solve(problem({"lead_sd": 2.0})).safety_stock.tolist() == [37]


def test_periodic_review_covers_the_review_period() -> None:
    """7 days of review: 160 + 1.645 x 12 = 179.7 -> 180; quantity at least 70; up to 180 + (1209 - 70)."""
    policy = solve(problem({"review_days": 7}, {"review_days": 7, "order_cost": 0}))
    assert policy.reorder_point.tolist() == [180, 180]
    assert policy.order_quantity.tolist() == [1209, 70]
    assert policy.order_up_to.tolist() == [180 + 1139, 180]
    assert BINDING_CODES[policy.binding_quantity[1]] == "review"


@pytest.mark.parametrize(
    ("changes", "quantity", "code"),
    [
        ({"moq": 2000}, 2000, "moq"),
        ({"moq": 2000, "multiple": 48}, 2016, "moq"),
        ({"multiple": 500}, 1500, "multiple"),
        ({"shelf_life_days": 30}, 285, "shelf-life"),
        ({"shelf_life_days": 30, "multiple": 50}, 250, "shelf-life"),
        ({"shelf_life_days": 30, "moq": 400}, 400, "moq"),
        ({"holding_rate": 0.0}, 10, "nothing"),
        ({"demand_mean": 0.0, "demand_sd": 0.0}, 1, "nothing"),
    ],
)
def test_what_sets_the_quantity(changes: dict[str, float], quantity: int, code: str) -> None:
    """Minimum, multiple, shelf life and absence of costs each set the quantity and say so."""
    policy = solve(problem(changes))
    assert (policy.order_quantity[0], BINDING_CODES[policy.binding_quantity[0]]) == (quantity, code)


def test_slow_movers_use_poisson_and_wild_ones_gamma() -> None:
    """AUTO: 0.1 a day over 9 days is Poisson(0.9): 3 units give 98.7 %, 2 give 93.7 %; sd 30 a day is gamma."""
    slow = {"demand_mean": 0.1, "demand_sd": 0.1**0.5, "distribution": AUTO}
    policy = solve(problem(slow, {"demand_sd": 30.0, "distribution": AUTO}, {"distribution": AUTO}))
    assert policy.shape.tolist() == [POISSON, GAMMA, NORMAL]
    assert policy.reorder_point[0] == 3


def test_a_fill_rate_needs_less_stock_the_larger_the_lot() -> None:
    """The same 98 % fill rate asks for a lower reorder point with a lot of 500 than with one of 20."""
    rows = problem(
        {"measure": FILL, "service": 0.98, "order_cost": 0, "moq": 20},
        {"measure": FILL, "service": 0.98, "order_cost": 0, "moq": 500},
    )
    policy = solve(rows)
    assert policy.reorder_point[0] > policy.reorder_point[1]
    assert check(rows, policy) == []


ROWS = st.fixed_dictionaries(
    {
        "demand_mean": st.sampled_from([0.0, 0.05, 0.7, 4.0, 55.5]),
        "demand_sd": st.sampled_from([0.0, 0.3, 2.0, 40.0]),
        "lead_mean": st.sampled_from([0.0, 1.0, 12.5]),
        "lead_sd": st.sampled_from([0.0, 3.0]),
        "review_days": st.sampled_from([0, 7]),
        "service": st.sampled_from([0.3, 0.9, 0.97, 0.995]),
        "measure": st.sampled_from([CYCLE, FILL]),
        "distribution": st.sampled_from([NORMAL, GAMMA, POISSON, NEGATIVE_BINOMIAL, AUTO]),
        "order_cost": st.sampled_from([0, 700, 90_000]),
        "moq": st.sampled_from([1, 30]),
        "multiple": st.sampled_from([1, 12]),
        "shelf_life_days": st.sampled_from([0, 20]),
    }
)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_the_reorder_point_meets_the_target_and_no_more(row: dict[str, float]) -> None:
    """For every mix the independent check finds the target met, and missed with one unit less."""
    asked = problem(row)
    assert check(asked, solve(asked)) == []


def test_the_flip_is_where_the_reorder_point_falls() -> None:
    """Just above the stated service the reorder point stays, just below it falls."""
    for row in ({}, {"measure": FILL, "order_cost": 0, "moq": 50}, {"distribution": POISSON}, {"distribution": GAMMA}):
        policy = solve(problem(row))
        at, level = float(policy.flip_service[0]), int(policy.reorder_point[0])
        assert solve(problem({**row, "service": at + 1e-6})).reorder_point[0] == level
        assert solve(problem({**row, "service": at - 1e-6})).reorder_point[0] == level - 1


def test_textbook_optima() -> None:
    """Snyder and Shen's EOQ and newsvendor optima are met (their data set, where it is at hand)."""
    folder = Path(os.environ.get("LONGSHORE_DATA", Path(__file__).parents[4] / "shared" / "data")) / "stockpyl"
    if not (folder / "expected_values.csv").exists():
        pytest.skip(f"the textbook set is not at {folder}: set LONGSHORE_DATA to check against it")
    instances = {
        one["name"]: one["data"] for one in json.loads((folder / "stockpyl_instances.json").read_text())["instances"]
    }
    compared = 0
    with (folder / "expected_values.csv").open() as lines:
        for row in csv.DictReader(lines):
            optimum, data = row["value"].split(";")[0], instances.get(row["instance"], {})
            if row["model"] == "EOQ":
                assert economic(data) == pytest.approx(float(optimum), rel=1e-12)
                compared += 1
            if row["model"].startswith("newsvendor"):
                assert base_stock(data) == math.ceil(float(optimum))
                compared += 1
    assert compared == 6


def economic(data: dict[str, Any]) -> float:
    """Our economic quantity of a textbook instance (yearly demand rate, holding cost per unit and year)."""
    costs = {"order_cost": data["fixed_cost"], "unit_cost": 1, "holding_rate": data["holding_cost"]}
    return float(solve(problem({"demand_mean": data["demand_rate"] / 365, **costs})).economic_quantity[0])


def base_stock(data: dict[str, Any]) -> int:
    """Our reorder point at the critical ratio over the lead time and one period of review."""
    ratio = data["stockout_cost"] / (data["stockout_cost"] + data["holding_cost"])
    sd = data.get("demand_sd", data["demand_mean"] ** 0.5)
    shape = NORMAL if "demand_sd" in data else POISSON
    row = {"demand_mean": data["demand_mean"], "demand_sd": sd, "lead_mean": data.get("lead_time", 0)}
    return int(solve(problem({**row, "review_days": 1, "service": ratio, "distribution": shape})).reorder_point[0])


def test_many_rows_are_quick() -> None:
    """200,000 rows are done in well under a second."""
    many = problem(*[{}] * 1)
    columns = {name: np.repeat(getattr(many, name), 200_000) for name in BASE}
    large = StockingProblem(**columns)
    start = time.perf_counter()
    policy = solve(large)
    assert time.perf_counter() - start < 1.0
    assert (policy.reorder_point == 105).all()


def test_threads_do_not_change_the_answer() -> None:
    """60,000 different rows by one thread and by several: the same policy."""
    chance = np.random.default_rng(3)
    rows = 60_000
    few = problem({"measure": FILL, "distribution": NEGATIVE_BINOMIAL, "service": 0.96, "order_cost": 20, "moq": 5})
    columns = {name: np.repeat(getattr(few, name), rows) for name in BASE}
    columns["demand_mean"] = chance.uniform(0.05, 4, rows)
    columns["demand_sd"] = np.sqrt(columns["demand_mean"] * 3)
    large = StockingProblem(**columns)
    one, three = solve(large, 1), solve(large, 3)
    assert all((getattr(one, name) == getattr(three, name)).all() for name in Policy.__dataclass_fields__)
    assert set(one.shape.tolist()) == {NEGATIVE_BINOMIAL}


def test_wrong_rows_are_refused() -> None:
    """A service of 1, a minimum of 0, NaN demand and float quantities are refused with field and row."""
    with pytest.raises(InvalidProblem, match=r"service\[1\]"):
        problem({}, {"service": 1.0})
    with pytest.raises(InvalidProblem, match=r"moq\[0\]"):
        problem({"moq": 0})
    with pytest.raises(InvalidProblem, match=r"demand_mean\[0\]"):
        problem({"demand_mean": math.nan})
    with pytest.raises(InvalidProblem, match=r"measure\[0\]"):
        problem({"measure": 7})
