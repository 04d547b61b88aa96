"""Pure decisions about purchase orders and receipts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import RejectedRow

OVER_TOLERANCE_BP: Final = 500  # 5 % more than ordered is taken in; beyond it a person decides
MEASURED_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Arrived:
    """One line as it was scanned. `qty` is all that came, `damaged` the part of it that is not fit for use.

    `handling_unit`: the pallet on which it stands, where it came on one of its own.
    """

    line: int
    qty: int
    key: UUID
    lot_code: str = ""
    expires_on: date | None = None
    produced_on: date | None = None
    damaged: int = 0
    happened_at: datetime | None = None
    handling_unit: int | None = None


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line of a purchase order as a receipt must know it. `flow_open`: its planned flow can still be fulfilled."""

    id: int
    order: int
    number: str
    state: str
    site: int
    supplier: int
    supplier_place: int | None
    item: int
    item_code: str
    lot_tracked: bool
    has_shelf_life: bool
    qty: int
    received: int
    flow: int
    flow_open: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """A scanned line with what it means against the order: `due` of it was expected, `over` is more than ordered."""

    row: int
    arrived: Arrived
    line: LineFacts
    due: int
    over: int


@dataclass(frozen=True, slots=True)
class KnownLot:
    id: int
    expires_on: date | None


def judge(
    rows: Sequence[tuple[int, Arrived]],
    lines: Mapping[int, LineFacts],
    lots: Mapping[tuple[int, str], KnownLot],
    day: date,
) -> tuple[list[Accepted], list[RejectedRow]]:
    """Which rows can be taken in. Rows of one line add up, in the order they were scanned."""
    accepted: list[Accepted] = []
    rejected: list[RejectedRow] = []
    current = dict(lines)
    for row, arrived in rows:
        line = current.get(arrived.line)
        problem = _line_problem(arrived, line) or (_lot_problem(arrived, line, lots, day) if line else None)
        if line is None or problem is not None:
            rejected.append(_rejected(row, arrived, problem))
            continue
        open_qty = line.qty - line.received
        due = min(arrived.qty, open_qty) if open_qty > 0 else 0
        accepted.append(Accepted(row, arrived, line, due, arrived.qty - due))
        current[arrived.line] = replace(line, received=line.received + arrived.qty)
    return accepted, rejected


def most_taken_in(ordered: int) -> int:
    """With what comes over; beyond it a person decides."""
    return ordered + ordered * OVER_TOLERANCE_BP // 10_000


Problem = tuple[str, str, object, object]


def _rejected(row: int, arrived: Arrived, problem: Problem | None) -> RejectedRow:
    field, code, sentence, remedy = problem or _no_line(arrived)
    return RejectedRow(row, field, code, str(sentence), str(remedy), str(getattr(arrived, field)))


def _no_line(arrived: Arrived) -> Problem:
    sentence = _("There is no such line on this purchase order.")
    return "line", "no-such-line", sentence, _("Scan an item of this purchase order, or open the right one.")


def _line_problem(arrived: Arrived, line: LineFacts | None) -> Problem | None:
    if line is None:
        return _no_line(arrived)
    if line.state in ("cancelled", "received") and line.received < line.qty:
        sentence = _("%(number)s is closed.") % {"number": line.number}
        return "line", "order-closed", sentence, _("Order again, or refuse the delivery.")
    if line.supplier_place is None:
        return "line", "supplier-has-no-place", _("The supplier has no place."), _("Give the supplier a place.")
    if arrived.qty <= 0:
        return "qty", "quantity-not-positive", _("Nothing came in this row."), _("Leave the row out.")
    if not 0 <= arrived.damaged <= arrived.qty:
        sentence = _("%(damaged)s damaged of %(qty)s cannot be.") % {"damaged": arrived.damaged, "qty": arrived.qty}
        return "damaged", "more-damaged-than-came", sentence, _("Count again.")
    most = most_taken_in(line.qty)
    if line.received + arrived.qty > most:
        room = most - line.received
        sentence = _("%(item)s: %(qty)s are more than were ordered; at most %(room)s can be taken in.") % {
            "item": line.item_code,
            "qty": arrived.qty,
            "room": room if room > 0 else 0,
        }
        remedy = _("Take in what was ordered and send the rest back, or raise the order first.")
        return "qty", "too-much", sentence, remedy
    return None


def _lot_problem(
    arrived: Arrived, line: LineFacts, lots: Mapping[tuple[int, str], KnownLot], day: date
) -> Problem | None:
    if not line.lot_tracked:
        return None
    if not arrived.lot_code:
        sentence = _("%(item)s is tracked by lot and no lot was given.") % {"item": line.item_code}
        return "lot_code", "lot-missing", sentence, _("Scan or type the lot number on the package.")
    known = lots.get((line.item, arrived.lot_code))
    if known is not None and arrived.expires_on not in (None, known.expires_on):
        sentence = _("Lot %(lot)s expires on %(day)s as far as we know.") % {
            "lot": arrived.lot_code,
            "day": known.expires_on,
        }
        return "expires_on", "lot-differs", sentence, _("Look at the package again, or correct the lot first.")
    expires_on = arrived.expires_on or (known.expires_on if known else None)
    if line.has_shelf_life and expires_on is None:
        sentence = _("%(item)s has a shelf life and no expiry date was given.") % {"item": line.item_code}
        return "expires_on", "expiry-missing", sentence, _("Type the expiry date on the package.")
    if expires_on is not None and expires_on < day and arrived.damaged < arrived.qty:
        sentence = _("Lot %(lot)s expired on %(day)s.") % {"lot": arrived.lot_code, "day": expires_on}
        return "expires_on", "lot-expired", sentence, _("Refuse it, or take it in as damaged.")
    return None


def order_state(lines: Sequence[tuple[bool, int]], state: str) -> str:
    """The state of an order from its lines: (closed, received)."""
    taken = any(received > 0 for _closed, received in lines)
    if all(closed for closed, _received in lines):
        return "received" if taken else "cancelled"
    return "part_received" if taken else state


def agreed_first(asked_for: datetime, expected: datetime, at: datetime, zone: str) -> datetime:
    """The first answer agrees its day; one that only comes when the day asked for has passed does not undo that."""
    return asked_for if _day(at, zone) > _day(asked_for, zone) else expected


@dataclass(frozen=True, slots=True)
class DayWish:
    """Another day of a line: `expected` when it was asked for."""

    wanted: datetime
    expected: datetime
    asked_at: datetime


def agreed_by_wish(agreed: datetime, wish: DayWish, zone: str) -> datetime:
    """An earlier day the supplier agrees to is a promise. A later one is agreed only if nothing was late when we asked:
    who asks a late supplier for another day does not say that the first one was kept."""
    known_late = max(_day(wish.expected, zone), _day(wish.asked_at, zone)) > _day(agreed, zone)
    return agreed if wish.wanted > agreed and known_late else wish.wanted


def _day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


FURTHEST: Final = timedelta(days=3650)


def conceivable(moment: datetime, at: datetime) -> bool:
    """Within ten years: further away nobody plans, and the end of the calendar is in no zone's clock."""
    return at - FURTHEST <= moment <= at + FURTHEST


LARGEST_WEIGHT: Final = 100_000  # a thousand times the money: nothing else counts any more


@dataclass(frozen=True, slots=True)
class Weights:
    """Hundredths: 100 counts the money once. Shares in per cent."""

    cost: int = 100
    time: int = 100
    quality: int = 100
    risk: int = 100
    min_share: int = 0
    max_share: int = 100
    min_suppliers: int = 1

    @property
    def sound(self) -> bool:
        """Cost counts something, nothing counts without end, and the shares are in order."""
        shares = 0 <= self.min_share <= self.max_share <= 100 and self.max_share > 0
        weights = 1 <= self.cost <= LARGEST_WEIGHT and all(
            0 <= each <= LARGEST_WEIGHT for each in (self.time, self.quality, self.risk)
        )
        return shares and weights and 1 <= self.min_suppliers <= LARGEST_WEIGHT
