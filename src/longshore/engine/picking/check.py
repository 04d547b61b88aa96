"""Recompute picks row by row with plain dictionaries, sharing no code with the solver."""

from __future__ import annotations

from longshore.engine.picking.problem import PickProblem, Picks


def check(problem: PickProblem, picks: Picks) -> list[str]:
    """Every way in which the picks break a rule; empty: they are right. Keys must be unique. O(d x s per item)."""
    demands = {
        key: (item, qty, floor)
        for key, item, qty, floor in zip(
            problem.demand_key.tolist(),
            problem.demand_item.tolist(),
            problem.demand_qty.tolist(),
            problem.demand_min_usable_until.tolist(),
            strict=True,
        )
    }
    stocks = {
        key: [item, qty, until, rank]
        for key, item, qty, until, rank in zip(
            problem.stock_key.tolist(),
            problem.stock_item.tolist(),
            problem.stock_qty.tolist(),
            problem.stock_usable_until.tolist(),
            problem.stock_rank.tolist(),
            strict=True,
        )
    }
    faults: list[str] = []
    served: dict[int, dict[int, int]] = {}
    for take in picks.takes():
        served.setdefault(take.demand_key, {})[take.stock_key] = take.qty
    shorts = picks.shorts()
    for key, (item, qty, floor) in demands.items():
        mine = served.get(key, {})
        if sum(mine.values()) + shorts.get(key, 0) != qty:
            faults.append(f"demand {key}: takes and short do not add up to {qty}")
        faults.extend(_row_faults(key, (item, floor), mine, stocks))
    return faults


def _row_faults(key: int, want: tuple[int, int], mine: dict[int, int], stocks: dict[int, list[int]]) -> list[str]:
    """Faults of one demand; takes its stock away."""
    item, floor = want
    faults = []
    latest = max(((stocks[k][2], stocks[k][3]) for k in mine), default=None)
    for stock_key, qty in mine.items():
        stock = stocks[stock_key]
        if stock[0] != item or stock[2] < floor or qty <= 0 or qty > stock[1]:
            faults.append(f"demand {key}: takes {qty} of stock {stock_key} wrongly")
        stock[1] -= qty
    for stock_key, (other, left, until, rank) in stocks.items():
        sooner = latest is None or (until, rank) < latest
        if other == item and left > 0 and until >= floor and sooner and mine:
            faults.append(f"demand {key}: stock {stock_key} should have gone first")
    return faults
