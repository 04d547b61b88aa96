"""Planning against typed min-max on a real wholesaler's orders, both lived through the production verbs in one run.

Two worlds have the same orders, the same first two months (what was sold is bought back), the same suppliers and trucks. Then one
planner types, for every item and warehouse, min = average day of the two months x (lead time + a day + weeks of
safety) and max = min + four weeks, and leaves it; in the other world planning is switched on. Weeks of safety: as many
whole weeks as a rehearsal without a database (`_shelves.py`) needs to come closest to planning's fill rate from below.

Stock value: everything inside the warehouses at cost, every evening. Fill rate: pieces at the customer's door by the day he
wants them, of the pieces wanted. Intervals: 95 %, paired bootstrap over items and over blocks of four weeks; the
wider one is printed. `order_lines_ratio` says who has more work.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import _shelves
from bench._policy_world import Job, Lived, live, quick
from bench._shelves import Outcome, Shop, buying_back
from bench._wholesaler import Sizes, read_history
from longshore.planning.policy_rules import Costs

Reals = NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[1]
# Planning's rules and numbers were tried out on items of rest 1 (earlier ones on an eighth, of rest 0): rests 2
# and 3 are measured, whatever they show. Half of the items is what two worlds live through within twenty minutes.
FULL = Sizes(parts=4, rests=(2, 3), days=None)
SMALL = Sizes(parts=60, rests=(0,), days=49, typed=28, measured=35)
COVER_WEEKS = 4
SAFETY_WEEKS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 18, 20, 23, 26, 30, 35, 40, 46, 52)
USUAL = 4
"""Weeks of safety many a planner types by rule of thumb."""
BELOW = 0.01
"""How far under planning's rehearsed fill rate the typed one has to stay: the rehearsal is not the replay, and it is only with
a fill rate at least as good that less stock says anything."""
DRAWS, BLOCK_WEEKS = 2000, 4


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """By item and week (n, weeks), rows and columns alike in both worlds."""

    stock: Reals
    wanted: Reals
    in_time: Reals

    @property
    def fill(self) -> float:
        return float(self.in_time.sum() / self.wanted.sum())


def run(*, small: bool) -> dict[str, dict[str, Any]]:
    sizes = SMALL if small else FULL
    began = time.perf_counter()
    rehearsed, weeks = _rehearse(sizes, small=small)
    rehearsal_s = time.perf_counter() - began
    with _beside(Job(sizes, (weeks, COVER_WEEKS))) as answer:
        quick()
        planned = live(Job(sizes, None), lambda text: print(f"planned: {text}", file=sys.stderr, flush=True))
    typed = Lived(**json.loads(answer.read_text()))
    answer.unlink()
    return _report(planned, typed, {**rehearsed, "rehearsal_s": round(rehearsal_s, 1)}, weeks)


def _rehearse(sizes: Sizes, *, small: bool) -> tuple[dict[str, Any], int]:
    """Weeks of safety to type, and what the rehearsal found on the way."""
    history = read_history(sizes)
    shop = _shelves.read_shop(history)
    expected = _shelves.expectations(shop)
    costs = replace(Costs(), order_line=history.network.order_line_cost)

    def planning(service_bp: int) -> Outcome:
        return _shelves.live(shop, buying_back(shop, _shelves.planned(shop, expected, costs, service_bp)))

    ours = planning(shop.service_bp)
    tried, weeks = _typed(shop, ours.fill_rate - BELOW)
    found = {
        "rehearsed_planning": _told(ours),
        "rehearsed_typed_by_weeks_of_safety": {str(each): _told(outcome) for each, outcome in tried.items()},
    }
    if not small:
        found["rehearsed_planning_by_service"] = {
            str(service): _told(planning(service)) for service in (7500, 8500, 9300, 9900)
        }
    return found, weeks


def _typed(shop: Shop, fill: float) -> tuple[dict[int, Outcome], int]:
    """Outcomes by weeks of safety, until they fill more than `fill`; and the last that does not."""
    tried: dict[int, Outcome] = {}
    chosen = SAFETY_WEEKS[0]
    for weeks in SAFETY_WEEKS:
        tried[weeks] = _shelves.live(shop, buying_back(shop, _shelves.typed(shop, (weeks, COVER_WEEKS))))
        if tried[weeks].fill_rate > fill:
            break
        chosen = weeks
    if USUAL not in tried:
        tried[USUAL] = _shelves.live(shop, buying_back(shop, _shelves.typed(shop, (USUAL, COVER_WEEKS))))
    return tried, chosen


def _told(outcome: Outcome) -> dict[str, float]:
    return {
        "stock_value": round(outcome.stock_value / 100),
        "fill_rate": round(outcome.fill_rate, 4),
        "order_lines": outcome.order_lines,
    }


@contextmanager
def _beside(job: Job) -> Iterator[Path]:
    """The typed world in a process and a database of its own; its answer is there when the block is left."""
    handle, name = tempfile.mkstemp(suffix=".json")
    os.close(handle)
    command = [sys.executable, "-m", "bench._policy_child", json.dumps(asdict(job)), name]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield Path(name)
        if process.wait(3600):
            raise RuntimeError(f"the typed world ended with status {process.returncode}")
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(40)


def _report(planned: Lived, typed: Lived, rehearsed: dict[str, Any], weeks: int) -> dict[str, dict[str, Any]]:
    ours, theirs = aligned(planned, typed)
    ratio = float(ours.stock.sum() / theirs.stock.sum())
    ratios, differences = intervals(ours, theirs)
    return {
        "results": {
            "stock_value_ratio": round(ratio, 4),
            "stock_value_ratio_low": round(ratios[0], 4),
            "stock_value_ratio_high": round(ratios[1], 4),
            "fill_rate_difference": round(ours.fill - theirs.fill, 4),
            "fill_rate_difference_low": round(differences[0], 4),
            "fill_rate_difference_high": round(differences[1], 4),
            "stock_value": round(ours.stock.sum() / 100),
            "fill_rate": round(ours.fill, 4),
            "lines_in_time": round(planned.lines_in_time / planned.lines, 4),
            "order_lines_ratio": round(planned.order_lines / typed.order_lines, 3),
            "discrepancies": planned.discrepancies + typed.discrepancies,
        },
        "yardsticks": {
            "typed_weeks_of_safety": weeks,
            "typed_weeks_of_cover": COVER_WEEKS,
            "typed_stock_value": round(theirs.stock.sum() / 100),
            "typed_fill_rate": round(theirs.fill, 4),
            "typed_lines_in_time": round(typed.lines_in_time / typed.lines, 4),
            "typed_order_lines": typed.order_lines,
            "typed_purchase_orders": typed.purchase_orders,
            **rehearsed,
        },
        "sizes": {
            "items": len(planned.items),
            "lines_measured": planned.lines,
            "weeks_measured": ours.stock.shape[1],
            "order_lines": planned.order_lines,
            "purchase_orders": planned.purchase_orders,
            "seconds": [planned.seconds, typed.seconds],
        },
    }


def aligned(planned: Lived, typed: Lived) -> tuple[Measured, Measured]:
    """Both worlds with the same items in the same rows; an item that one of them never had is zero there."""
    items = sorted({*planned.items, *typed.items})
    row_of = {code: row for row, code in enumerate(items)}

    def spread(lived: Lived, name: str) -> Reals:
        values = np.array(getattr(lived, name), dtype=np.float64)
        found = np.zeros((len(items), values.shape[1]))
        found[[row_of[code] for code in lived.items]] = values
        return found

    def measured(lived: Lived) -> Measured:
        return Measured(spread(lived, "stock_value"), spread(lived, "wanted"), spread(lived, "in_time"))

    return measured(planned), measured(typed)


def intervals(ours: Measured, theirs: Measured) -> tuple[tuple[float, float], tuple[float, float]]:
    """95 % of the ratio of stock values and of the difference of fill rates: the wider of the two bootstraps."""
    rng = np.random.default_rng(7)
    rows, weeks = ours.stock.shape
    by_item = rng.multinomial(rows, np.full(rows, 1 / rows), DRAWS).astype(np.float64)
    blocks = -(-weeks // BLOCK_WEEKS)
    starts = rng.integers(0, weeks, (DRAWS, blocks))
    picked = (starts[:, :, None] + np.arange(BLOCK_WEEKS)).reshape(DRAWS, -1)[:, :weeks] % weeks
    by_week = np.stack([np.bincount(each, minlength=weeks) for each in picked]).astype(np.float64)
    found = [_drawn(by_item, ours, theirs, axis=1), _drawn(by_week, ours, theirs, axis=0)]
    return _widest([ratio for ratio, _difference in found]), _widest([difference for _ratio, difference in found])


def _drawn(weights: Reals, ours: Measured, theirs: Measured, *, axis: int) -> tuple[Reals, Reals]:
    """Ratio and difference in every draw; the same draw for both worlds."""

    def total(values: Reals) -> Reals:
        return np.asarray(weights @ values.sum(axis=axis), dtype=np.float64)

    ratio = total(ours.stock) / total(theirs.stock)
    fills = [total(world.in_time) / total(world.wanted) for world in (ours, theirs)]
    return ratio, fills[0] - fills[1]


def _widest(samples: list[Reals]) -> tuple[float, float]:
    ends = [np.quantile(sample, (0.025, 0.975)) for sample in samples]
    return float(min(end[0] for end in ends)), float(max(end[1] for end in ends))
