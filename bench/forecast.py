"""Forecasts on public sets, beside what planners use, in one run: error, coverage, stock, speed.

M5 by store and department and M4 weekly are each forecast once for their last weeks, which nothing was chosen by;
bands are also judged on the origins before, each calibrated on what came before it. Carparts are judged by the stock
that serves the same share of demand.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace

import numpy as np

from bench import _forecast_sets as sets
from bench import _forecast_yardsticks as yardsticks
from longshore.engine.forecasting.conformal import coverage, rolled
from longshore.engine.forecasting.costing import Cover, stock_at_fill
from longshore.engine.forecasting.features import prepare, recent_steps
from longshore.engine.forecasting.panel import solve_panel
from longshore.engine.forecasting.problem import PanelForecast, PanelOptions, PanelProblem, Reals, Regressors
from longshore.engine.forecasting.rare import Maker, choose_by_stock, makers, normal_cover
from longshore.engine.forecasting.tail import tail_forecast

NEEDS_DATABASE = False
THREADS = 2
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
WEEKS = 13
SERVED, LEAD, MONTHS = 0.95, 1, 6
Figures = dict[str, float]


def _options(methods: tuple[str, ...], origins: int, measure: str, *, small: bool) -> PanelOptions:
    full = PanelOptions(methods, origins, measure=measure, threads=THREADS)
    return replace(full, origins=4, rounds=40, most_rows=20_000) if small else full


def _finely(options: PanelOptions, *, small: bool) -> PanelOptions:
    """More and smaller steps, fitted thrice on the way: for few series that sell a lot."""
    return options if small else replace(options, rounds=400, leaves=31, refits=3)


def run(*, small: bool) -> dict[str, Figures]:
    missing = sets.missing()
    if missing:
        print(f"forecast: {', '.join(missing)} not in {sets.folder()}: NOTHING WAS MEASURED", file=sys.stderr)
        return {"results": {}, "yardsticks": {}, "sizes": {"series": 0}}
    results: Figures = {}
    beside: Figures = {}
    sizes: Figures = {}
    covered = []
    for part in (_stores, _weekly):
        found = part(small)
        results |= found.results
        beside |= found.yardsticks
        sizes |= found.sizes
        covered.append(found.covered)
    results["coverage_error_max"] = round(max(_coverage_error(one.rolling) for one in covered), 2)
    results["coverage_error_max_last_window"] = round(max(_coverage_error(one.last) for one in covered), 2)
    found = _parts(small)
    return {
        "results": results | found.results,
        "yardsticks": beside | found.yardsticks,
        "sizes": sizes | found.sizes,
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Covered:
    """Share below each level, in all judged windows and in the last one."""

    rolling: Reals
    last: Reals


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    results: Figures
    yardsticks: Figures
    sizes: Figures
    covered: _Covered


def _coverage_error(shares: Reals) -> float:
    """Percentage points."""
    return float(100 * np.abs(shares - np.array(LEVELS)).max()) if len(shares) else 0.0


def _stores(small: bool) -> _Found:
    read, began = sets.stores(small=small), time.perf_counter()
    until, horizon = sets.M5_TRAINED, sets.M5_HORIZON
    end = until + horizon
    known = read.known
    problem = PanelProblem(
        np.ascontiguousarray(read.sales[:, :until]),
        7,
        horizon,
        LEVELS,
        year=365.25,
        groups=read.groups,
        traits=read.traits,
        regressors=Regressors(known.codes[:end], known.events[:end], known.own[:, :end], known.names),
    )
    options = _finely(_options(("smoothing", "calendar", "lightgbm"), 13, "squared", small=small), small=small)
    made, actual = solve_panel(problem, options), read.sales[:, until:end]
    took = time.perf_counter() - began
    told = {
        "snaive": np.tile(problem.history[:, -7:], horizon // 7),
        "autoets": yardsticks.automatic("AutoETS", problem.history, 7, horizon)[0],
        "autotheta": yardsticks.automatic("AutoTheta", problem.history, 7, horizon)[0],
        "plain_lightgbm": yardsticks.plain_lightgbm(read, until, horizon, THREADS),
    }
    beside: Figures = {}
    for name, values in told.items():
        beside[f"m5_wape_{name}"] = round(sets.wape(values, actual), 2)
        beside[f"m5_rmsse_{name}"] = round(sets.rmsse(values, actual, problem.history), 4)
    results = {
        "m5_wape": round(sets.wape(made.mean, actual), 2),
        "m5_rmsse": round(sets.rmsse(made.mean, actual, problem.history), 4),
        "m5_s": round(took, 1),
        "m5_value_added": round(float(made.value_added.mean()), 3),
    }
    _tell("m5", made, results | beside)
    return _Found(results, beside, {"m5_series": len(actual)}, _covered(problem, made, actual))


def _weekly(small: bool) -> _Found:
    (history, actual), began = sets.weekly(small=small), time.perf_counter()
    problem = PanelProblem(history, 52, WEEKS, LEVELS)
    options = _options(("smoothing", "theta", "linear", "lightgbm"), 8, "absolute", small=small)
    made = solve_panel(problem, options)
    took = time.perf_counter() - began
    beside: Figures = {
        "m4w_mase_naive": round(sets.mase(np.repeat(history[:, -1:], WEEKS, axis=1), actual, history), 3)
    }
    told, speed = {}, {}
    for name in yardsticks.MODELS:
        told[name], speed[name] = yardsticks.automatic(name, history, 1, WEEKS)
    told["median"] = np.median(np.stack(list(told.values())), axis=0)
    for name, values in told.items():
        beside[f"m4w_mase_{name.lower()}"] = round(sets.mase(values, actual, history), 3)
    beside |= {f"m4w_series_per_s_{name.lower()}": round(value, 2) for name, value in speed.items()}
    kernels, per_s = _tail(history)
    best = min(beside[f"m4w_mase_{name.lower()}"] for name in told)
    results = {
        "m4w_mase": round(sets.mase(made.mean, actual, history), 3),
        "m4w_best_yardstick_mase": best,
        "m4w_s": round(took, 1),
        "m4w_value_added": round(float(made.value_added.mean()), 3),
        "tail_mase": round(sets.mase(kernels, actual, history), 3),
        "tail_series_per_s": round(per_s),
        "tail_speedup": round(per_s / speed["AutoETS"], 1),
    }
    _tell("m4 weekly", made, results | beside)
    return _Found(results, beside, {"m4w_series": len(actual)}, _covered(problem, made, actual))


def _tail(history: Reals) -> tuple[Reals, float]:
    """Forecasts of the kernels alone and series a second, the best of three runs once compiled."""
    made = tail_forecast(history, 52, WEEKS, threads=THREADS).mean
    taken = []
    for _turn in range(3):
        began = time.perf_counter()
        tail_forecast(history, 52, WEEKS, threads=THREADS)
        taken.append(time.perf_counter() - began)
    return made, len(history) / min(taken)


def _covered(problem: PanelProblem, made: PanelForecast, actual: Reals) -> _Covered:
    """Judged from the third origin on, then on the last window."""
    back, periods = made.backtest, problem.history.shape[1]
    begun = prepare(problem)
    units = recent_steps(begun, np.append(back.origins, periods))
    first = min(3, len(back.origins) - 1)
    past = coverage(rolled(back.weighed, back.actual, back.origins, begun.first), units, LEVELS, first)
    last = (actual[:, :, None] <= made.quantiles).mean(axis=(0, 1))
    windows = len(back.origins) - first
    return _Covered((past * windows + last) / (windows + 1), last)


def _parts(small: bool) -> _Found:
    months = sets.carparts(small=small)
    origins = range(months.shape[1] - MONTHS, months.shape[1])
    demand = months[:, origins.start :]
    rules: dict[str, Maker] = {
        "zero": lambda history, periods: normal_cover(np.zeros(len(history)), history, periods),
        "lightgbm": lambda history, periods: normal_cover(
            yardsticks.plain_lightgbm_rate(history, THREADS), history, periods
        ),
    }
    for name in ("CrostonSBA", "TSB", "ADIDA"):
        rules[name.lower()] = _textbook(name)
    choice = choose_by_stock(np.ascontiguousarray(months[:, : origins.start]), LEAD, SERVED)
    rules["ours"] = makers()[choice.method]
    stock = {}
    for name, rule in rules.items():
        covers: list[Cover] = [rule(np.ascontiguousarray(months[:, :t]), LEAD + 1) for t in origins]
        stock[name] = stock_at_fill(covers, demand, LEAD, SERVED)
    ours = stock.pop("ours")
    print(f"carparts: {choice.method} chosen of {choice.stock}", file=sys.stderr)
    best = min(stock.values())
    results = {"carparts_cost_ratio_to_best_yardstick": round(ours / best, 4), "carparts_stock": round(ours, 1)}
    beside = {f"carparts_stock_{name}": round(value, 1) for name, value in stock.items()}
    print(f"carparts: {results | beside}", file=sys.stderr, flush=True)
    none = np.zeros(0)
    return _Found(results, beside, {"carparts_items": len(months), "carparts_fill": SERVED}, _Covered(none, none))


def _textbook(name: str) -> Maker:
    return lambda history, periods: normal_cover(yardsticks.intermittent(name, history), history, periods)


def _tell(name: str, made: PanelForecast, figures: Figures) -> None:
    weights = dict(zip(made.methods, made.weights.mean(axis=0).round(2).tolist(), strict=True))
    print(f"{name}: {figures}; weights {weights}", file=sys.stderr, flush=True)
