"""What a scenario lays over the live facts, and what stock, service and cost come of it: pure, on arrays.

Quantities are thousandths of a base unit where they are named `_milli`, money is minor units. Every world of a
comparison meets the same demand: a row's draw of a day is the same share of its distribution in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from longshore.engine.stocking.solve import solve as stock_policy
from longshore.planning import policy_rules, rules
from longshore.planning.policy_rules import Costs

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]
UNCHANGED: Final = 10_000  # basis points
DEMAND, LEAD_TIME, PRICE, CAPACITY, SERVICE = "demand", "lead-time", "price", "capacity", "service"
SUPPLIER_OFF, SITE_OFF = "supplier-off", "site-off"
Told = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Change:
    """One change over days `first` to `last` of the horizon; None and "" leave the scope open."""

    kind: str
    value: int
    first: int
    last: int
    item: int | None = None
    family: str = ""
    site: int | None = None
    supplier: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """Who can bring what: int64 columns of one length. `source` is the engine's number of a supplier or site."""

    row: Integers
    source: Integers
    price_milli: Integers
    moq: Integers
    multiple: Integers
    lead_minutes: Integers
    order_days: Integers
    late_minutes: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """Supply to come: int64 columns; `supplier` 0 where it is a transfer."""

    row: Integers
    day: Integers
    qty: Integers
    supplier: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """One row for each item-site with a policy, (n,) int64 unless said; `mean_milli`, `known` (n, days)."""

    item: Integers
    site: Integers
    parent: Integers  # row that feeds it, -1: bought
    family: tuple[str, ...]
    unit_cost: Integers
    volume_cm3: Integers
    lines_per_unit_milli: Integers
    on_hand: Integers
    known: Integers  # what orders ask for, by day
    mean_milli: Integers
    sigma_milli: Integers
    reorder_point: Integers
    order_up_to: Integers
    order_qty: Integers
    review_days: Integers
    inputs: tuple[Mapping[str, Any] | None, ...]  # of the policy; None: set by hand, stays
    offers: Offers
    supply: Supply
    capacity_cm3: Mapping[int, int]  # by site
    costs: Costs
    today: int

    @property
    def days(self) -> int:
        return int(self.mean_milli.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Facts with an overlay on them, ready to be lived through."""

    facts: Facts
    changes: tuple[Change, ...]
    sigma_milli: Integers  # (n, days)
    needed_milli: Integers  # (n, days): own demand and that of the sites it feeds
    open: Flags  # (n, days)


def lay_over(facts: Facts, changes: Sequence[Change]) -> World:
    """The world as it would be; with no changes the facts as they are, number for number."""
    mean = facts.mean_milli.copy()
    sigma = np.repeat(facts.sigma_milli[:, None], facts.days, axis=1)
    is_open = np.ones(mean.shape, dtype=np.bool_)
    for change in changes:
        part = np.ix_(rows_of(facts, change), _days(change, facts.days))
        if change.kind == DEMAND:
            mean[part] = mean[part] * change.value // UNCHANGED
            sigma[part] = sigma[part] * change.value // UNCHANGED
        elif change.kind == SITE_OFF:
            is_open[part] = False
    needed = rules.with_branches(mean, facts.parent)
    changed = replace(facts, mean_milli=mean, supply=_held_back(facts, changes))
    return World(_with_policies(changed, facts, needed, changes), tuple(changes), sigma, needed, is_open)


def rows_of(facts: Facts, change: Change) -> Integers:
    """Rows a change is about, by item, family and site; a supplier narrows offers, not rows."""
    holds = np.ones(len(facts.item), dtype=np.bool_)
    if change.item is not None:
        holds &= facts.item == change.item
    if change.family:
        holds &= np.array([family == change.family for family in facts.family], dtype=np.bool_)
    if change.site is not None:
        holds &= facts.site == change.site
    return np.flatnonzero(holds)


def _days(change: Change, days: int) -> Integers:
    return np.arange(change.first, min(change.last, days - 1) + 1, dtype=np.int64)


def _held_back(facts: Facts, changes: Sequence[Change]) -> Supply:
    """What a supplier that delivers nothing should have brought comes the day after."""
    day = facts.supply.day.copy()
    for change in changes:
        if change.kind == SUPPLIER_OFF:
            late = np.isin(facts.supply.row, rows_of(facts, change)) & (day >= change.first) & (day <= change.last)
            late &= (facts.supply.supplier > 0) & (
                (change.supplier is None) | (facts.supply.supplier == change.supplier)
            )
            day[late] = change.last + 1
    return replace(facts.supply, day=day)


def _with_policies(changed: Facts, before: Facts, needed: Integers, changes: Sequence[Change]) -> Facts:
    """Policies whose demand, lead time or service is different are computed again; the others stay as they stand."""
    inputs = _new_inputs(before, needed, changes)
    touched = [n for n, row in enumerate(inputs) if row is not None and row != before.inputs[n]]
    if not touched:
        return changed
    asked = [row for n in touched if (row := inputs[n]) is not None]
    policy = stock_policy(policy_rules.problem(asked))
    at = np.array(touched, dtype=np.int64)
    columns = {name: getattr(before, name).copy() for name in ("reorder_point", "order_up_to", "order_qty")}
    columns["reorder_point"][at] = policy.reorder_point
    columns["order_up_to"][at] = policy.order_up_to
    quantity = np.asarray(policy.order_quantity, dtype=np.int64)
    columns["order_qty"][at] = np.where(quantity > 0, quantity, [row["moq"] for row in asked])
    return replace(changed, **columns)


def _new_inputs(before: Facts, needed: Integers, changes: Sequence[Change]) -> list[Mapping[str, Any] | None]:
    """The policies' inputs with the overlay in them. Demand counts as its average over the horizon."""
    usual = rules.with_branches(before.mean_milli, before.parent).sum(axis=1)
    factor = np.where(usual > 0, needed.sum(axis=1) * UNCHANGED // np.where(usual > 0, usual, 1), UNCHANGED)
    inputs: list[Mapping[str, Any] | None] = list(before.inputs)
    for n in np.flatnonzero(factor != UNCHANGED).tolist():
        row = inputs[n]
        if row is not None:
            share = int(factor[n])
            inputs[n] = {**row, "mean_milli": row["mean_milli"] * share // UNCHANGED,
                         "sd_milli": row["sd_milli"] * share // UNCHANGED}  # fmt: skip
    for change in changes:
        for n in rows_of(before, change).tolist() if change.kind in (SERVICE, LEAD_TIME) else ():
            inputs[n] = _with_change(inputs[n], change)
    return inputs


def _with_change(row: Mapping[str, Any] | None, change: Change) -> Mapping[str, Any] | None:
    if row is None:
        return None
    if change.kind == SERVICE:
        return {**row, "service_bp": change.value}
    if row.get("supplier") is None or change.supplier not in (None, row["supplier"]):
        return row
    lead = row["lead_minutes"] * change.value // UNCHANGED
    return {**row, "lead_minutes": lead, "lead_sd_minutes": row["lead_sd_minutes"] * change.value // UNCHANGED}


def offers_on(world: World, day: int) -> tuple[Offers, Flags]:
    """The offers as they are on a day of the horizon, and which of them can be used at all."""
    facts = world.facts
    offers = facts.offers
    usable = world.open[offers.row, day].copy()
    fed = offers.source % 2 == 1
    usable[fed] &= world.open[facts.parent[offers.row[fed]], day]
    for change in world.changes:
        if not change.first <= day <= change.last or change.kind not in (LEAD_TIME, PRICE, SUPPLIER_OFF):
            continue
        about = np.isin(offers.row, rows_of(facts, change))
        about &= ~fed  # terms are suppliers'; the way from site to site stays as it is, as it does when it is published
        if change.supplier is not None:
            about &= offers.source == change.supplier * 2
        if change.kind == SUPPLIER_OFF:
            usable &= ~about
        elif change.kind == PRICE:
            offers = replace(offers, price_milli=_times(offers.price_milli, about, change.value))
        else:
            offers = replace(offers, lead_minutes=_times(offers.lead_minutes, about, change.value))
    return offers, usable


def capacity_on(world: World, day: int) -> dict[int, int]:
    """What fits into the sites whose capacity a change limits on a day, cm³."""
    limits = [change for change in world.changes if change.kind == CAPACITY and change.first <= day <= change.last]
    found: dict[int, int] = {}
    for change in limits:
        for site in [each for each in world.facts.capacity_cm3 if change.site in (None, each)]:
            found[site] = found.get(site, world.facts.capacity_cm3[site]) * change.value // UNCHANGED
    return found


def _times(values: Integers, about: Flags, share: int) -> Integers:
    return np.where(about, values * share // UNCHANGED, values)
