"""We ask for another quantity or date, or that it comes sooner; nothing changes until the supplier agrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.sourcing.events import ChangeAsked
from longshore.sourcing.models import ChangeState, OrderChange, PurchaseOrder, PurchaseOrderLine, PurchaseState
from longshore.sourcing.operations.agreeing import LineTerms, TermsReceipt, confirm, refuse_twice
from longshore.sourcing.operations.approving import may_spend
from longshore.sourcing.rules import DayWish, agreed_by_wish, conceivable


class ChangeRefused(Refusal):
    """This cannot be asked, or was answered."""


@dataclass(frozen=True, slots=True)
class ChangeReceipt:
    order: int
    changes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AnswerReceipt:
    """`terms`: what the answer did to supply, None where it was no."""

    change: int
    state: str
    terms: TermsReceipt | None


@transaction.atomic
def ask_change(
    order: int, lines: Sequence[LineTerms], *, at: datetime, cause: Cause, reason: str = "", expedite: bool = False
) -> ChangeReceipt:
    """Ask for other quantities or dates of open lines; a later wish takes the place of one not answered yet."""
    found = PurchaseOrder.objects.select_for_update().filter(pk=order).first()
    open_lines = PurchaseOrderLine.objects.filter(order=order, closed_at__isnull=True).select_related("flow")
    known = {line.pk: line for line in open_lines}
    if found is None or found.state in (PurchaseState.RECEIVED, PurchaseState.CANCELLED) or not lines:
        raise ChangeRefused(
            "order-closed-to-change", _("This order is closed, or nothing is asked."), _("Order again."), order=order
        )
    refuse_twice([wish.line for wish in lines], known)
    for wish in lines:
        _refuse(wish, known.get(wish.line), at, expedite=expedite)
    numbers = [wish.line for wish in lines]
    _refuse_dear(found, lines, known, cause)
    OrderChange.objects.filter(line__in=numbers, state=ChangeState.ASKED).update(
        state=ChangeState.REFUSED, answered_at=at, answered_by=cause.actor
    )
    made = OrderChange.objects.bulk_create(
        OrderChange(
            line_id=wish.line,
            expedite=expedite,
            qty=wish.qty,
            wanted_at=wish.expected_at,
            expected_at=known[wish.line].flow.arrive_at,
            reason=reason[:300],
            asked_at=at,
            asked_by=cause.actor,
        )
        for wish in lines
    )
    changes = tuple(each.pk for each in made)
    emit([ChangeAsked(order, list(changes))], at=at, cause=cause)
    return ChangeReceipt(order, changes)


def expedite(order: int, wanted_at: datetime, *, at: datetime, cause: Cause, reason: str = "") -> ChangeReceipt:
    """Ask that everything still to come of an order comes by then; what does so anyway is not asked for."""
    lines = PurchaseOrderLine.objects.filter(order=order, closed_at__isnull=True).order_by("line")
    later = lines.filter(flow__arrive_at__gt=wanted_at) or lines  # none: refused, with the reason
    wishes = [LineTerms(line.pk, expected_at=wanted_at) for line in later]
    return ask_change(order, wishes, at=at, cause=cause, reason=reason, expedite=True)


@transaction.atomic
def answer_change(change: int, *, agreed: bool, at: datetime, cause: Cause) -> AnswerReceipt:
    """The supplier's yes makes it so: supply changes, and only what stands on it; a no leaves everything.

    What was asked for counts from then on as ordered: nobody is held to have kept short what we gave up ourselves. The
    day counts as agreed, too; a later one not where it was late already when we asked.
    """
    # The order first, as whoever asks does; its lines and wishes are nobody else's then.
    PurchaseOrder.objects.select_for_update().filter(lines__changes=change).first()
    row = (
        OrderChange.objects.select_for_update(of=("self",))
        .select_related("line__order__site", "line__flow")
        .filter(pk=change)
        .first()
    )
    if row is None or row.state != ChangeState.ASKED:
        raise ChangeRefused(
            "change-answered",
            _("There is no such wish, or it was answered."),
            _("Open the order again."),
            change=change,
        )
    row.state = ChangeState.ACCEPTED if agreed else ChangeState.REFUSED
    row.answered_at, row.answered_by = at, cause.actor
    row.save()
    terms = None
    if agreed:
        wish = LineTerms(row.line_id, row.qty, row.wanted_at)
        if row.qty is not None:
            PurchaseOrderLine.objects.filter(pk=row.line_id).update(ordered=row.qty)
        before = row.line.order.agreed_at
        terms = confirm(row.line.order_id, at=at, cause=cause, lines=[wish])
        if row.wanted_at is not None:
            _agree(row, row.wanted_at, before)
    return AnswerReceipt(row.pk, row.state, terms)


def _agree(row: OrderChange, wanted_at: datetime, before: datetime) -> None:
    """From now on the line has an agreed day of its own, and the others keep theirs, `before` where it was the order's.
    The order's is the last of them."""
    line, expected = row.line, row.expected_at or row.line.flow.arrive_at
    wish = DayWish(wanted_at, expected, row.asked_at)
    line.agreed_at = agreed_by_wish(line.agreed_at or before, wish, line.order.site.timezone)
    line.save(update_fields=["agreed_at"])
    lines = PurchaseOrderLine.objects.filter(order=line.order_id)
    lines.filter(agreed_at__isnull=True).update(agreed_at=before)
    counting = lines.filter(Q(closed_at__isnull=True) | Q(received__gt=0))
    last = counting.aggregate(last=Max("agreed_at"))["last"]
    PurchaseOrder.objects.filter(pk=line.order_id).update(agreed_at=last)


def _refuse_dear(
    order: PurchaseOrder, lines: Sequence[LineTerms], known: dict[int, PurchaseOrderLine], cause: Cause
) -> None:
    """A raised order is an order, too: it may not pass the limit of who raises it.

    What else is asked for counts, as if the supplier said yes to every raise and no to whatever is asked for less.
    """
    asked = OrderChange.objects.filter(line__in=known, state=ChangeState.ASKED)
    wanted = dict(asked.values_list("line", "qty")) | {wish.line: wish.qty for wish in lines}
    more = sum(
        (qty - known[line].qty) * known[line].unit_price
        for line, qty in wanted.items()
        if qty is not None and qty > known[line].qty
    )
    limit = may_spend(cause.actor) if more > 0 else None
    if limit is not None and order.value + more > limit:
        raise ChangeRefused(
            "above-limit",
            _("The order would be worth more than you may approve."),
            _("Ask somebody with a higher limit."),
            limit=limit,
        )


def _refuse(wish: LineTerms, line: PurchaseOrderLine | None, at: datetime, *, expedite: bool) -> None:
    if line is None:
        raise ChangeRefused(
            "no-such-line",
            _("Line %(line)s is not open on this purchase order.") % {"line": wish.line},
            _("Open the purchase order again."),
        )
    if wish.qty is None and wish.expected_at is None:
        raise ChangeRefused("nothing-wanted", _("Neither a quantity nor a date was given."), _("Give one of them."))
    if wish.qty is not None and (wish.qty < 1 or 0 < line.received >= wish.qty):
        raise ChangeRefused(
            "less-than-received",
            _("Line %(line)s: %(received)s were received already.") % {"line": line.line, "received": line.received},
            _("Ask for more than that, or close the line short."),
        )
    if wish.expected_at is None:
        return
    if not conceivable(wish.expected_at, at):
        raise ChangeRefused(
            "expected-never", _("The new date is more than ten years away."), _("Give the day it should come.")
        )
    if wish.expected_at < at or (expedite and wish.expected_at >= line.flow.arrive_at):
        raise ChangeRefused(
            "not-sooner",
            _("The date wanted has passed, or is not sooner than what is expected."),
            _("Give a date between now and the one expected."),
        )
