"""Stock policies: the textbook's optima, a million item-places, networks proven optimal, levels against value iteration."""

from __future__ import annotations

import itertools
import sys
import time

import numpy as np

from bench import _iterating, _textbook, _willems
from bench._iterating import Case
from longshore.engine.stocking.check import check as check_policy
from longshore.engine.stocking.classic import demands, levels
from longshore.engine.stocking.guaranteed.check import check as check_placement
from longshore.engine.stocking.guaranteed.solve import solve as place
from longshore.engine.stocking.problem import AUTO, CYCLE, FILL, StockingProblem
from longshore.engine.stocking.solve import solve

NEEDS_DATABASE = False
ROWS, ROWS_SMALL = 1_000_000, 100_000
EQUAL = 1e-6
"""The reference's optima are proven to this share."""
SMALL_CHAINS = ("1", "2", "4", "5", "6", "9")


def run(*, small: bool) -> dict[str, dict[str, float]]:
    textbook = _textbook.compared()
    if not textbook:
        print(f"stocking: the textbook's set is not in {_textbook.folder()}: NOT COMPARED", file=sys.stderr)
    for name, equal, told in textbook:
        if not equal:
            print(f"textbook: {name}: {told}", file=sys.stderr)
    policy = _policies(ROWS_SMALL if small else ROWS)
    chains = [chain for chain in _willems.chains() if not small or chain.name in SMALL_CHAINS]
    network = _networks(chains)
    level = _levels(step=10 if small else 1)
    results = {
        "textbook_total": len(textbook),
        "textbook_equal": sum(equal for _, equal, _ in textbook),
        "policy_1m_s": round(policy["ours"], 4),
        "gsm_equal": int(network["equal"]),
        "gsm_total": len(chains),
        "gsm_time_ratio": round(network["ours"] / network["mip"], 5) if network["mip"] else float("nan"),
        "ss_gap_max": float(f"{level['gap']:.2e}"),
    }
    yardsticks = {
        "policy_one_thread_s": round(policy["one_thread"], 4),
        "policy_cpu_s": round(policy["cpu"], 4),
        "gsm_s": round(network["ours"], 4),
        "gsm_mip_s": round(network["mip"], 3),
        "gsm_mip_equal": int(network["mip_equal"]),
        "ss_power_approximation_gap_mean": level["power_mean"],
        "ss_s": round(level["ours"], 4),
        "ss_value_iteration_s": round(level["theirs"], 2),
    }
    sizes = {
        "rows": policy["rows"],
        "chains": len(chains),
        "ss_cases": level["cases"],
        "checked_rows": policy["checked"],
    }
    return {"results": results, "yardsticks": yardsticks, "sizes": sizes}


def _policies(rows: int) -> dict[str, float]:
    """Best of three with warm kernels (compiling or loading them is not counted), brought to a million rows; `cpu` is
    the work of all threads together, whatever else runs on the machine."""
    problem = _item_places(rows)
    solve(_item_places(1000))
    seconds: dict[str, list[float]] = {"ours": [], "one_thread": [], "cpu": []}
    for name, threads in (("ours", None), ("one_thread", 1)) * 3:
        began, worked = time.perf_counter(), time.process_time()
        policy = solve(problem, threads)
        seconds[name].append((time.perf_counter() - began) * ROWS / rows)
        seconds["cpu"].append((time.process_time() - worked) * ROWS / rows)
    sample = _item_places(500)
    faults = check_policy(sample, solve(sample))
    if faults:
        raise AssertionError(f"policies are wrong: {faults[:3]}")
    fill = float((problem.measure == FILL).mean())
    shapes = np.bincount(policy.shape, minlength=3) / rows
    print(f"policies: {fill:.0%} fill rate; normal, gamma, Poisson {np.round(shapes, 2)}; {seconds}", file=sys.stderr)
    return {**{name: min(times) for name, times in seconds.items()}, "rows": rows, "checked": 500}


def _item_places(rows: int) -> StockingProblem:
    """A company's usual mix: slow movers and fast ones, half on fill rate with their own lots, variable lead times."""
    chance = np.random.default_rng(4)

    def whole(values: object) -> np.ndarray:
        return np.asarray(values).astype(np.int64)

    mean = np.exp(chance.normal(0.0, 1.8, rows))
    poisson = chance.random(rows) < 0.5
    spread = np.where(poisson, np.sqrt(mean), mean * chance.uniform(0.2, 2.5, rows))
    return StockingProblem(
        demand_mean=mean,
        demand_sd=spread,
        lead_mean=chance.uniform(1, 40, rows),
        lead_sd=np.where(chance.random(rows) < 0.7, chance.uniform(0, 8, rows), 0.0),
        review_days=whole(np.where(chance.random(rows) < 0.4, 7, 0)),
        service=chance.choice([0.9, 0.95, 0.98, 0.995], rows),
        measure=whole(np.where(chance.random(rows) < 0.5, CYCLE, FILL)),
        distribution=whole(np.full(rows, AUTO)),
        unit_cost=whole(chance.integers(50, 50_000, rows)),
        order_cost=whole(chance.integers(500, 20_000, rows)),
        holding_rate=np.full(rows, 0.2),
        moq=whole(chance.choice([1, 1, 10, 100], rows)),
        multiple=whole(chance.choice([1, 6, 12], rows)),
        shelf_life_days=whole(np.where(chance.random(rows) < 0.2, chance.integers(10, 200, rows), 0)),
    )


def _networks(chains: list[_willems.Chain]) -> dict[str, float]:
    """Ours and the straightforward model, each chain after the other, kernels warm."""
    found = {"equal": 0.0, "mip_equal": 0.0, "ours": 0.0, "mip": 0.0}
    for chain in chains[:2]:
        place(chain.network)
    for chain in chains:
        began = time.perf_counter()
        placement = place(chain.network)
        middle = time.perf_counter()
        cost = _willems.straightforward(chain.network)
        ended = time.perf_counter()
        found["ours"] += middle - began
        found["mip"] += ended - middle
        right = abs(placement.cost / chain.optimum - 1) <= EQUAL and placement.proven
        found["equal"] += float(right and not check_placement(chain.network, placement))
        found["mip_equal"] += float(abs(cost / chain.optimum - 1) <= EQUAL)
        told = f"{middle - began:.4f} s ({placement.branches} branches), straightforward {ended - middle:.2f} s"
        print(f"chain {chain.name}: {placement.cost:.4f} of {chain.optimum:.4f}, {told}", file=sys.stderr)
    return found


def cases() -> list[Case]:
    """200: five Poisson and five compound Poisson demands, two lead times, five order costs, four penalties."""
    geometric = tuple(0.5 * 0.5**n for n in range(30))
    kinds = [(rate, (1.0,)) for rate in (0.5, 2.0, 5.0, 11.0, 24.0)]
    kinds += [
        (0.4, (0.6, 0.4)),
        (1.0, (0.5, 0.0, 0.0, 0.0, 0.5)),
        (1.5, geometric),
        (3.0, (0.7, 0.2, 0.0, 0.1)),
        (6.0, geometric),
    ]
    grid = itertools.product(kinds, (0, 3), (2.0, 10.0, 40.0, 100.0, 250.0), (4.0, 24.0))
    return [Case(rate, sizes, lead, order, 1.0, penalty) for (rate, sizes), lead, order, penalty in grid]


def _levels(*, step: int) -> dict[str, float]:
    """Our levels' cost, computed there, above the lower bound of value iteration; the power approximation beside."""
    gaps, power, ours, theirs = [], [], 0.0, 0.0
    for case in cases()[::step]:
        size = np.array([0.0, *case.sizes]) / sum(case.sizes)
        began = time.perf_counter()
        demand = demands.compound_poisson(case.rate, demands.Demand(size))
        found = levels.exact(levels.Reviewed(demand, case.lead, case.order, case.holding, case.penalty))
        middle = time.perf_counter()
        exact = Case(case.rate, tuple(size[1:]), case.lead, case.order, case.holding, case.penalty)
        least = _iterating.bounds(exact)[0]
        gaps.append(_iterating.cost_of(exact, int(found.reorder), int(found.target)) / least - 1)
        theirs += time.perf_counter() - middle
        ours += middle - began
        normal = levels.NormalReviewed(
            demand.mean, demand.variance**0.5, case.lead, case.order, case.holding, case.penalty
        )
        quick = levels.power_approximation(normal)
        low, high = round(quick.reorder), max(round(quick.target), round(quick.reorder) + 1)
        power.append(_iterating.cost_of(exact, low, high) / least - 1)
    print(f"(s, S): {len(gaps)} cases, gap at most {max(gaps):.2e}, mean {np.mean(gaps):.2e}", file=sys.stderr)
    return {
        "gap": float(max(gaps)), "power_mean": round(float(np.mean(power)), 4),
        "ours": ours, "theirs": theirs, "cases": len(gaps),
    }  # fmt: skip
