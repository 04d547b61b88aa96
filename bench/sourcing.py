"""Lateness and lead times on real deliveries in time order, beside plain boosted trees; selection against brute force."""

from __future__ import annotations

import gzip
import io
import os
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata

from longshore.engine.sourcing.check import best_score, violations
from longshore.engine.sourcing.lateness import predict_lateness
from longshore.engine.sourcing.lines import LEVELS, LatenessProblem, Lines
from longshore.engine.sourcing.problem import NoPlan, Offers, SourcingProblem
from longshore.engine.sourcing.solve import solve

NEEDS_DATABASE = False
SHARE_LEARNT = 0.8
CASES, CASES_SMALL = 500, 60
SEED = 4
# What history is kept by, the supplier first. Known when the line is ordered; shipping papers, weight and freight are not.
KEYS = ("Vendor", "Country", "Shipment Mode", "Manufacturing Site", "Item Description", "Molecule/Test Type")
KEYS += ("Project Code",)
Reals = NDArray[np.float64]


def run(*, small: bool) -> dict[str, dict[str, float]]:
    path = Path(os.environ.get("LONGSHORE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    path = path / "scms" / "scms_delivery_history.csv.gz"
    results, yardsticks, sizes = _selection(CASES_SMALL if small else CASES)
    if not path.exists():
        print(f"sourcing: {path} is absent: LATENESS WAS NOT MEASURED", file=sys.stderr)
        return {"results": results, "yardsticks": yardsticks, "sizes": sizes}
    late, beside, counts = _lateness(_read(path), rounds=40 if small else 100)
    return {"results": {**late, **results}, "yardsticks": {**beside, **yardsticks}, "sizes": {**counts, **sizes}}


def _read(path: Path) -> Lines:
    """Sorted by agreed day. The day of order is that of the purchase order, else of the quotation; the few hundred lines
    with neither were asked for the median time before."""
    table = pl.read_csv(
        io.StringIO(gzip.decompress(path.read_bytes()).decode("utf-8", "replace")), infer_schema_length=0
    )
    days = {
        name: pl.coalesce(pl.col(column).str.strptime(pl.Date, form, strict=False) for form in ("%d-%b-%y", "%m/%d/%y"))
        for name, column in (
            ("due", "Scheduled Delivery Date"),
            ("came", "Delivered to Client Date"),
            ("ordered", "PO Sent to Vendor Date"),
            ("quoted", "PQ First Sent to Client Date"),
        )
    }
    table = table.with_columns(**days).sort("due", "ID")
    due, came, ordered, quoted = (table[name].cast(pl.Int32).cast(pl.Float64).to_numpy() for name in days)
    asked = np.where(np.isfinite(ordered), ordered, quoted)
    learnt = slice(0, int(len(due) * SHARE_LEARNT))
    asked = np.where(np.isfinite(asked), asked, due - np.nanmedian((due - asked)[learnt]))
    keys = np.column_stack([_codes(table, name) for name in KEYS])
    qty, value, pack, unit = (
        table[name].cast(pl.Float64).to_numpy()
        for name in ("Line Item Quantity", "Line Item Value", "Pack Price", "Unit Price")
    )
    numbers = np.column_stack([np.log1p(qty), np.log1p(value), pack, unit, due - quoted, ordered - quoted])
    asked = np.minimum(asked, due - 1)
    whole = [part.astype(np.int64) for part in (asked, due, came)]
    return Lines(whole[0], whole[1], whole[2], _codes(table, "PO / SO #"), keys, numbers)


def _codes(table: pl.DataFrame, name: str) -> NDArray[np.int64]:
    return np.unique(table[name].fill_null("").to_numpy(), return_inverse=True)[1].astype(np.int64)


def _lateness(lines: Lines, *, rounds: int) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    count = len(lines.due_on)
    learn = np.arange(count) < int(count * SHARE_LEARNT)
    began = time.perf_counter()
    found = predict_lateness(LatenessProblem(lines, learn, LEVELS, rounds), seed=SEED, threads=1)
    took = time.perf_counter() - began
    late, test = lines.late.astype(np.float64), ~learn
    rate = float(late[test].mean())
    base = rate * (1 - rate)
    within = np.random.default_rng(SEED + 1).random(count)  # the day is known, its hour is not
    days = (lines.came_on - lines.asked_on + within)[test]
    errors = [float((days <= found.days[test, n]).mean()) - level for n, level in enumerate(LEVELS)]
    print(f"sourcing: coverage errors {[round(error, 4) for error in errors]}, {took:.0f} s", file=sys.stderr)
    plain = _plain(lines, learn)
    agreed = (lines.due_on - lines.asked_on).astype(np.float64)
    past = (lines.came_on - lines.due_on + within)[learn]
    naive = np.column_stack([agreed + np.quantile(past, level) for level in LEVELS])[test]
    return (
        {
            "auc": round(_auc(late[test], found.probability[test]), 4),
            "brier_ratio": round(float(((found.probability - late)[test] ** 2).mean()) / base, 4),
            "quantile_error_max": round(max(abs(error) for error in errors), 4),
            "calibration_gap": round(_gap(late[test], found.probability[test]), 4),
            "quantile_loss_ratio": round(_pinball(days, found.days[test]) / _pinball(days, naive), 4),
            "learnt_in_s": round(took, 1),
        },
        {
            "auc_plain_trees": round(_auc(late[test], plain[test]), 4),
            "brier_ratio_plain_trees": round(float(((plain - late)[test] ** 2).mean()) / base, 4),
            "quantile_error_max_past_delays": round(_coverage(days, naive), 4),
        },
        {"lines": count, "test_lines": int(test.sum()), "test_late": int(late[test].sum())},
    )


def _plain(lines: Lines, learn: NDArray[np.bool_]) -> Reals:
    """Boosted trees on the fields as they are: codes as categories, numbers, the time between order and agreed day."""
    import lightgbm

    columns = np.column_stack([lines.keys, lines.numbers, lines.due_on - lines.asked_on])
    data = lightgbm.Dataset(
        columns[learn], lines.late[learn].astype(int), categorical_feature=list(range(lines.keys.shape[1]))
    )
    model = lightgbm.train({"objective": "binary", "verbose": -1, "seed": SEED, "num_threads": 1}, data, 100)
    return np.asarray(model.predict(columns))


def _auc(late: Reals, score: Reals) -> float:
    ranks, bad = rankdata(score), late.sum()
    return float((ranks[late == 1].sum() - bad * (bad + 1) / 2) / (bad * (len(late) - bad)))


def _gap(late: Reals, probability: Reals) -> float:
    """Mean distance between said and seen over ten groups of equal size."""
    groups = np.array_split(np.argsort(probability, kind="stable"), 10)
    return float(np.mean([abs(late[rows].mean() - probability[rows].mean()) for rows in groups]))


def _pinball(days: Reals, said: Reals) -> float:
    errors = days[:, None] - said
    return float(np.maximum(errors * np.array(LEVELS), errors * (np.array(LEVELS) - 1)).mean())


def _coverage(days: Reals, said: Reals) -> float:
    return max(abs(float((days <= said[:, n]).mean()) - level) for n, level in enumerate(LEVELS))


def _selection(cases: int) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    rng = np.random.default_rng(SEED)
    equal = kept = impossible = 0
    seconds = 0.0
    for _case in range(cases):
        problem = small_case(rng)
        exact = best_score(problem)
        began = time.perf_counter()
        try:
            found = solve(problem)
        except NoPlan:
            equal += exact is None
            impossible += 1
            continue
        seconds += time.perf_counter() - began
        equal += exact == found.best.score
        kept += not violations(problem, found.best)
    answered = cases - impossible
    return (
        {"selection_equal": equal, "selection_total": cases, "selection_valid": kept + impossible},
        {},
        {"selection_impossible": impossible, "selection_ms": round(1000 * seconds / max(answered, 1), 1)},
    )


def small_case(rng: np.random.Generator) -> SourcingProblem:
    """One item of up to four suppliers or two of two, a few lots each: small enough to try everything."""
    items = int(rng.integers(1, 3))
    suppliers = 2 if items == 2 else int(rng.integers(2, 5))
    pairs = [(i, s) for i in range(items) for s in range(suppliers) if rng.random() < 0.9 or s == 0]
    lot = rng.integers(2, 5, len(pairs)) * 5
    demand = rng.integers(10, 60, items)
    price = rng.integers(5_000, 15_000, len(pairs))
    steps = [(n, 0, int(price[n])) for n in range(len(pairs))]
    steps += [
        (n, int(rng.integers(10, 50)), int(price[n] * 85 // 100)) for n in range(len(pairs)) if rng.random() < 0.5
    ]
    column = {name: rng.integers(0, 2_000, len(pairs)) for name in ("landed", "time", "quality", "risk")}
    offers = Offers(
        item=np.array([i for i, _s in pairs], dtype=np.int64),
        supplier=np.array([s for _i, s in pairs], dtype=np.int64),
        moq=rng.integers(1, 25, len(pairs)),
        multiple=lot,
        landed_milli=column["landed"],
        time_milli=column["time"],
        quality_milli=column["quality"],
        risk_milli=column["risk"],
        break_offer=np.array([n for n, _f, _p in steps], dtype=np.int64),
        break_from=np.array([f for _n, f, _p in steps], dtype=np.int64),
        break_price_milli=np.array([p for _n, _f, p in steps], dtype=np.int64),
    )
    weights = rng.integers(1, 20_000, 4)
    return SourcingProblem(
        demand=demand,
        surplus_milli=rng.integers(0, 3_000, items),
        fixed_milli=rng.integers(0, 60_000, suppliers),
        capacity=np.where(rng.random(suppliers) < 0.5, rng.integers(20, 80, suppliers), -1),
        offers=offers,
        weights_bp=(int(weights[0]), int(weights[1]), int(weights[2]), int(weights[3])),
        min_share_bp=int(rng.choice([0, 0, 2_000])),
        max_share_bp=int(rng.choice([10_000, 10_000, 8_000])),
        min_suppliers=int(rng.choice([1, 1, 2])),
    )
