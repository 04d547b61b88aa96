"""Replay candidates on the same paths and choose by what was measured."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from longshore.engine.invalid import require
from longshore.engine.stocking.replaying.problem import Candidates, History, Integers, Interval, Plan, Reals, Replayed

ITEMS_PER_THREAD = 200


def solve(history: History, candidates: Candidates, fill: Reals, plan: Plan | None = None) -> Replayed:
    """Every candidate on every path with common random numbers, so that differences between candidates are not chance.

    `fill` float64 (n,): share of demand to be served from stock at least. For each item the cheapest candidate that
    reaches it; where none does, the one that serves most. Work: candidates x paths x items x periods, about 5 ns each.
    Raises InvalidProblem.
    """
    wanted = plan or Plan()
    items, periods = history.demand.shape
    require(candidates.reorder.shape[1] == items, "reorder", None, "has other items", "One column for each item")
    require(fill.shape == (items,), "fill", None, "has another length", "One share for each item")
    require(wanted.paths >= 2, "paths", None, "is below 2", "Half of the paths choose, half judge")
    require(0 <= wanted.warm < periods, "warm", None, "leaves nothing to measure", "Choose fewer periods")
    cost, asked, served, stock = _run(history, candidates, wanted)
    chosen = _choose(cost[:, 1::2], _share(served[:, 1::2].sum(axis=1), asked[:, 1::2].sum(axis=1)), fill)
    judge = slice(0, None, 2)
    at = (chosen, slice(None), np.arange(items))
    ours = cost[:, judge][at].sum(axis=0)
    filled = _share(served[:, judge][at].sum(axis=0), asked[:, judge][at].sum(axis=0))
    measured = tuple(
        (
            _interval(cost[row, judge].sum(axis=1)),
            _interval(_share(served[row, judge].sum(axis=1), asked[row, judge].sum(axis=1))),
        )
        for row in range(len(cost))
    )
    return Replayed(
        cost=cost,
        asked=asked,
        served=served,
        stock=stock,
        chosen=chosen,
        cost_chosen=_interval(ours),
        fill_chosen=_interval(filled),
        saving=_interval(cost[0, judge].sum(axis=1) - ours),
        candidates=measured,
    )


def paths_of(periods: int, plan: Plan) -> Integers:
    """(paths, t) which period of history comes when: first as it was, then circular blocks (Politis and Romano 1992)."""
    chance = np.random.default_rng(plan.seed)
    blocks = -(-periods // plan.block)
    starts = chance.integers(0, periods, size=(plan.paths, blocks))
    drawn = (starts[:, :, None] + np.arange(plan.block)[None, None, :]).reshape(plan.paths, -1)[:, :periods] % periods
    drawn[0] = np.arange(periods)
    return drawn.astype(np.int64)


def draws_of(periods: int, plan: Plan) -> Reals:
    """(paths, t) numbers in [0, 1) that pick the lead time of an order placed in that period."""
    return np.random.default_rng([plan.seed, 1]).random((plan.paths, periods))


def _run(history: History, candidates: Candidates, plan: Plan) -> tuple[Reals, Integers, Integers, Reals]:
    from longshore.engine.stocking.replaying.stepping import Given, Measured, some

    items, periods = history.demand.shape
    given = Given(
        np.ascontiguousarray(history.demand), np.ascontiguousarray(history.leads),
        history.holding, history.penalty, history.order,
        np.ascontiguousarray(candidates.reorder), np.ascontiguousarray(candidates.target),
        np.ascontiguousarray(candidates.review),
        paths_of(periods, plan), draws_of(periods, plan), plan.warm, history.lost,
    )  # fmt: skip
    shape = (len(candidates.reorder), plan.paths, items)
    measured = Measured(np.empty(shape), np.empty(shape, np.int64), np.empty(shape, np.int64), np.empty(shape))
    workers = min(os.cpu_count() or 1, items // ITEMS_PER_THREAD + 1)
    some(given, measured, 0, 0)
    edges = np.linspace(0, items, 4 * workers + 1).astype(int).tolist()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda part: some(given, measured, *part), pairwise(edges)))
    return measured.cost, measured.asked, measured.served, measured.stock


def _choose(cost: Reals, filled: Reals, fill: Reals) -> Integers:
    mean = cost.mean(axis=1)
    reaching = filled >= fill
    cheapest = np.argmin(np.where(reaching, mean, np.inf), axis=0)
    return np.where(reaching.any(axis=0), cheapest, np.argmax(filled, axis=0)).astype(np.int64)


def _share(served: Integers, asked: Integers) -> Reals:
    return np.where(asked > 0, served / np.maximum(asked, 1), 1.0)


def _interval(values: Reals) -> Interval:
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(float(values.mean()), float(low), float(high))
