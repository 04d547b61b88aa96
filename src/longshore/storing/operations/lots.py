"""Which lots a wave takes: first expired, first out, among what is free at the moment of release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from longshore.engine.picking.problem import NEVER, Demand, PickProblem, Stock
from longshore.engine.picking.solve import solve
from longshore.storing.queries.releasing import LotStock, ReleasableRow


class Choice(NamedTuple):
    """`qty` of this claim should stand on this balance."""

    claim: int
    balance: int
    qty: int


def choose_lots(rows: Sequence[ReleasableRow], stock: Sequence[LotStock]) -> list[Choice]:
    """Where the claims should stand instead, most urgent claim first; only claims that change are named.

    An item whose claims could not all be served (a lot grew too old for a line) is left as it is.
    """
    dated = [row for row in rows if row.expires_on is not None]
    if not dated or not _worth_choosing(dated, stock):
        return []
    standing: dict[int, int] = defaultdict(int)
    for row in dated:
        standing[row.balance] += row.qty
    items = {row.item for row in dated}
    problem = PickProblem.of(
        [Demand(row.claim, row.item, row.qty, row.due_on.toordinal() + row.min_remaining_days) for row in dated],
        [
            Stock(lot.balance, lot.item, lot.free + standing[lot.balance], _until(lot), lot.pick_rank)
            for lot in stock
            if lot.item in items and lot.free + standing[lot.balance] > 0
        ],
    )
    picks = solve(problem)
    item_of = {row.claim: row.item for row in dated}
    short_items = {item_of[claim] for claim in picks.shorts()}
    taken: dict[int, list[Choice]] = defaultdict(list)
    for take in picks.takes():
        taken[take.demand_key].append(Choice(*take))
    return _changed({row.claim: row for row in dated if row.item not in short_items}, taken)


def _worth_choosing(rows: Sequence[ReleasableRow], stock: Sequence[LotStock]) -> bool:
    """Whether any item has more than one lot balance to choose among."""
    items = {row.item for row in rows}
    seen: dict[int, int] = defaultdict(int)
    for lot in stock:
        seen[lot.item] += lot.item in items
    return any(count > 1 for count in seen.values())


def _changed(rows: Mapping[int, ReleasableRow], taken: Mapping[int, list[Choice]]) -> list[Choice]:
    choices: list[Choice] = []
    for claim, row in rows.items():
        if taken[claim] != [Choice(claim, row.balance, row.qty)]:
            choices += taken[claim]
    return choices


def _until(lot: LotStock) -> int:
    return NEVER if lot.expires_on is None else lot.expires_on.toordinal()
