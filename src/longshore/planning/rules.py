"""Pure decisions: what the engine is asked, what its answer means, and how a stored reason is checked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from longshore.engine.replenishing.problem import REASON_CODES, Offers, Proposal, Receipts, ReplenishProblem
from longshore.engine.replenishing.solve import solve

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]

DAY_MINUTES: Final = 1440
SEASON_DAYS: Final = 7
HISTORY_DAYS: Final = 364
HORIZON_DAYS: Final = 28
ENOUGH_RECEIPTS: Final = 5  # below this the supplier's own figure is better than what we measured
HOLDING_RATE: Final = 0.25  # a year's cost of holding, share of the item's cost
ORDER_COST: Final = 5000  # minor units: writing, sending and receiving one order line
TRANSFER_COST: Final = 1500
TRANSFER_HANDLING_MINUTES: Final = 720  # pick, pack and load at the source
TRANSFER_TRANSIT_MINUTES: Final = 1440  # where no lane says
LATE_COST_SHARE: Final = 100  # one unit a day late costs 1/100 of its price
FIRST_MONDAY: Final = 4  # 1970-01-05: periodic reviews of a week fall on Mondays
MOST_LEVELS: Final = 8  # of sites feeding sites
QUIET_AFTER_REJECTION: Final = timedelta(days=1)
EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Offer:
    """Who can bring an item to a site. `source`: "supplier:<id>" or "site:<id>"; money in 1/1000 minor units.

    `most` is what another site has to spare (0: no limit); then the price is what the goods are worth (`value_milli`), less
    what keeping them there would have cost (`saved_milli`), more the freight (`freight_milli`).
    """

    source: str
    price_milli: int
    moq: int
    multiple: int
    lead_minutes: int
    order_days: int
    late_minutes: int
    closed_days: tuple[int, ...] = ()  # holidays of the supplier, epoch days
    most: int = 0
    value_milli: int = 0
    freight_milli: int = 0
    saved_milli: int = 0

    @property
    def kind(self) -> str:
        return "transfer" if self.source.startswith("site:") else "purchase"

    @property
    def source_id(self) -> int:
        return int(self.source.partition(":")[2])


@dataclass(frozen=True, slots=True)
class Position:
    """What one item-site has and owes. `receipts` are (epoch day, quantity) of supply to come."""

    item: int
    site: int
    on_hand: int
    claimed: int
    backorder: int
    reorder_point: int
    order_up_to: int
    order_quantity: int
    review_days: int
    receipts: tuple[tuple[int, int], ...]
    offers: tuple[Offer, ...]

    @property
    def stock_position(self) -> int:
        """What is compared with the reorder point."""
        return self.on_hand - self.claimed - self.backorder + sum(qty for _day, qty in self.receipts)


@dataclass(frozen=True, slots=True)
class Decision:
    """Order `qty` from `source`. `order_day` and `due_day` are epoch days, `explanation` is what gets stored."""

    row: int
    qty: int
    offer: Offer
    order_day: int
    explanation: dict[str, Any]


@lru_cache(maxsize=4096)
def local_day(at: datetime, timezone: str) -> date:
    return at.astimezone(ZoneInfo(timezone)).date()


def epoch_day(day: date) -> int:
    return (day - EPOCH).days


def day_of(day: int) -> date:
    return EPOCH + timedelta(days=day)


@lru_cache(maxsize=4096)
def start_of_day(day: int, timezone: str) -> datetime:
    """Midnight of an epoch day in a zone, as UTC."""
    local = day_of(day)
    return datetime(local.year, local.month, local.day, tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def review_days(minutes: int) -> int:
    """Reviews up to once a day watch the reorder point; longer ones order up to a level on their day."""
    return 0 if minutes <= DAY_MINUTES else -(-minutes // DAY_MINUTES)


def days_up(minutes: int) -> int:
    return -(-minutes // DAY_MINUTES)


def aligned(daily: Integers, starts: Integers, today: int, days: int) -> Integers:
    """Stored forecasts (n, stored days) read from `today` on; past their end the last week repeats."""
    stored = daily.shape[1]
    season = min(SEASON_DAYS, stored)
    wanted = (today - starts)[:, None] + np.arange(days)[None, :]
    wrapped = stored - season + (wanted - stored) % season
    column = np.where(wanted < stored, wanted, wrapped)
    return np.take_along_axis(daily, column, axis=1)


def with_branches(own: NDArray[Any], parent: Integers) -> NDArray[Any]:
    """Rows summed up a supply tree: a site must also cover what the sites it feeds will take. parent -1: bought."""
    total = own.copy()
    for level in _levels(parent):
        np.add.at(total, parent[level], total[level])
    return total


def _levels(parent: Integers) -> list[Integers]:
    """Rows that have a parent, deepest first. A ring of sites feeding each other is cut where it would close."""
    depth = np.zeros(len(parent), dtype=np.int64)
    above = parent.copy()
    while (above >= 0).any() and depth.max(initial=0) < MOST_LEVELS:
        depth[above >= 0] += 1
        above = np.where(above >= 0, parent[above], -1)
    return [np.flatnonzero(depth == each) for each in range(int(depth.max(initial=0)), 0, -1)]


def problem(
    positions: Sequence[Position], forecast_milli: Integers, today: int
) -> tuple[ReplenishProblem, list[Offer]]:
    """The engine's question for these rows, and its offers by the number the engine knows them as."""
    offers = [(row, offer) for row, position in enumerate(positions) for offer in position.offers]
    arriving = [(row, day, qty) for row, position in enumerate(positions) for day, qty in position.receipts]
    come = np.array(arriving, dtype=np.int64).reshape(-1, 3)
    asked = ReplenishProblem(
        item=_column(positions, "item"),
        site=_column(positions, "site"),
        on_hand=_column(positions, "on_hand"),
        claimed=_column(positions, "claimed") + _column(positions, "backorder"),
        reorder_point=_column(positions, "reorder_point"),
        order_up_to=_column(positions, "order_up_to"),
        order_quantity=_column(positions, "order_quantity"),
        review_days=_column(positions, "review_days"),
        review_offset=np.full(len(positions), FIRST_MONDAY, dtype=np.int64),
        forecast=forecast_milli.astype(np.float64) / 1000,
        receipts=Receipts(*(np.ascontiguousarray(come[:, column]) for column in range(3))),
        offers=_offers(offers),
        today=today,
    )
    return asked, [offer for _, offer in offers]


def _column(positions: Sequence[Position], name: str) -> Integers:
    return np.array([getattr(position, name) for position in positions], dtype=np.int64)


def _offers(offers: Sequence[tuple[int, Offer]]) -> Offers:
    def column(values: list[int]) -> Integers:
        return np.array(values, dtype=np.int64)

    late_days = np.array([offer.late_minutes / DAY_MINUTES for _, offer in offers], dtype=np.float64)
    return Offers(
        row=column([row for row, _ in offers]),
        supplier=column([_supplier_number(offer.source) for _, offer in offers]),
        unit_price_milli=column([offer.price_milli for _, offer in offers]),
        moq=column([offer.moq for _, offer in offers]),
        multiple=column([offer.multiple for _, offer in offers]),
        lead_days=column([days_up(offer.lead_minutes) for _, offer in offers]),
        order_days=column([offer.order_days for _, offer in offers]),
        late_days=late_days,
        late_cost_milli=np.array(
            [(offer.value_milli or offer.price_milli) / LATE_COST_SHARE for _, offer in offers], dtype=np.float64
        ),
        most=column([offer.most for _, offer in offers]),
    )


def _supplier_number(source: str) -> int:
    """One number for suppliers and sites, so that the engine groups and compares both: odd numbers are sites."""
    kind, _, number = source.partition(":")
    return int(number) * 2 + (kind == "site")


def source_of(number: int) -> str:
    return f"{'site' if number % 2 else 'supplier'}:{number // 2}"


def decide(
    positions: Sequence[Position], forecast_milli: Integers, today: int
) -> tuple[tuple[Decision, ...], tuple[int, ...]]:
    """What to order for which of the rows, each with its reason; and the rows in need that nobody can supply."""
    asked, _ = problem(positions, forecast_milli, today)
    answer = solve(asked)
    found = []
    for index in range(len(answer.row)):
        row = int(answer.row[index])
        inputs = inputs_of(positions[row], forecast_milli[row], today)
        found.append(_decision(positions[row], answer, index, inputs))
    return tuple(found), tuple(answer.unmet_row.tolist())


def _decision(position: Position, answer: Proposal, index: int, inputs: dict[str, Any]) -> Decision:
    source = source_of(int(answer.supplier[index]))
    offer = next(each for each in position.offers if each.source == source)
    qty = int(answer.qty[index])
    runner_up = int(answer.runner_up[index])
    explanation = {
        "rule": REASON_CODES[int(answer.reason[index])],
        "qty": qty,
        "source": source,
        "position": int(answer.position[index]),
        "projected": int(answer.projected[index]),
        "need_day": int(answer.need_at[index]) // DAY_MINUTES,
        "binding": _binding(position, offer, qty),
        "cost_milli": int(answer.cost_milli[index]),
        "runner_up": None
        if runner_up < 0
        else {"source": source_of(runner_up), "cost_milli": int(answer.runner_up_cost_milli[index])},
        "flip": {
            "more_on_hand": int(answer.flip_qty[index]),
            "price_milli": None if runner_up < 0 else int(answer.flip_price_milli[index]),
        },
        "inputs": inputs,
    }
    order_day = first_open_day(int(answer.order_at[index]) // DAY_MINUTES, offer)
    return Decision(int(answer.row[index]), qty, offer, order_day, explanation)


def first_open_day(day: int, offer: Offer) -> int:
    """The first day from `day` on that the supplier takes orders: the engine knows weekdays, not holidays."""
    closed = set(offer.closed_days)
    return next(each for each in range(day, day + 7 * len(closed) + 8) if each not in closed and _open(each, offer))


def _open(day: int, offer: Offer) -> bool:
    return bool(offer.order_days >> (day - FIRST_MONDAY) % 7 & 1)


def _binding(position: Position, offer: Offer, qty: int) -> str:
    """What made the quantity what it is: the policy's, several times it, or what the supplier sells."""
    asked = wanted(position)
    if offer.most:
        return "surplus"
    if qty > asked:
        return "moq" if asked < offer.moq else "multiple"
    if position.review_days > 0:
        return "order-up-to"
    return "order-quantity" if asked == position.order_quantity else "shortage"


def wanted(position: Position) -> int:
    """Periodic: up to the level; else so many lots that the position rises above the reorder point."""
    if position.review_days > 0:
        return position.order_up_to - position.stock_position
    lot = position.order_quantity
    return -(-(position.reorder_point - position.stock_position + 1) // lot) * lot


def inputs_of(position: Position, forecast_milli: Integers, today: int) -> dict[str, Any]:
    """Everything the decision was made from, as it is stored with it."""
    inputs = _named(position)
    inputs["receipts"] = [list(each) for each in position.receipts]
    inputs["offers"] = [{**_named(offer), "closed_days": list(offer.closed_days)} for offer in position.offers]
    inputs["forecast_milli"] = forecast_milli.tolist()
    inputs["today"] = today
    return inputs


def _named(row: Position | Offer) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(row)}


def decide_again(inputs: Mapping[str, Any], **changes: Any) -> Decision | None:
    """The same question asked again from what was stored, optionally with some inputs changed; None: order nothing."""
    known = {name: value for name, value in inputs.items() if name not in ("forecast_milli", "today")}
    known["receipts"] = tuple((day, qty) for day, qty in inputs["receipts"])
    known["offers"] = tuple(
        Offer(**{**offer, "closed_days": tuple(offer["closed_days"])}) for offer in inputs["offers"]
    )
    position = replace(Position(**known), **changes)
    forecast = np.array([inputs["forecast_milli"]], dtype=np.int64)
    decisions, _unmet = decide([position], forecast, inputs["today"])
    return decisions[0] if decisions else None
