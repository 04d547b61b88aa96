"""The supplier says what it has sent and when it arrives."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal, RejectedRow
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.sourcing.events import Dispatched
from longshore.sourcing.models import DispatchNotice, PurchaseOrder, PurchaseOrderLine
from longshore.sourcing.operations.agreeing import TermsReceipt, report_delay
from longshore.sourcing.price_rules import told
from longshore.sourcing.rules import conceivable, most_taken_in

LONGEST_NUMBER = 60


class NoticeRefused(Refusal):
    """A dispatch notice that does not fit its order; `rejected` says which of its lines, counted from 1."""

    rejected: tuple[RejectedRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """`lines`: (line, quantity) in the parcel."""

    number: str
    shipped_at: datetime
    arrives_at: datetime
    lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class NoticeReceipt:
    """`terms`: what another date of arrival did to supply, None where it is the one expected."""

    notice: int
    replayed: bool
    terms: TermsReceipt | None


@transaction.atomic
def notify_dispatch(order: int, sent: Sent, *, at: datetime, cause: Cause) -> NoticeReceipt:
    """Write a dispatch notice down; lines that come at another time than expected are moved. Twice is once."""
    found = PurchaseOrder.objects.select_for_update().filter(pk=order).first()
    known = DispatchNotice.objects.filter(order=order, number=sent.number).first()
    if known is not None:
        return NoticeReceipt(known.pk, True, None)
    lines = {
        line.pk: line
        for line in PurchaseOrderLine.objects.filter(order=order, closed_at__isnull=True).select_related("flow")
    }
    _refuse_notice(order, found, sent, lines, at)
    assert found is not None
    notice = DispatchNotice.objects.create(
        order=found,
        number=sent.number,
        lines=[list(each) for each in sent.lines],
        shipped_at=sent.shipped_at,
        arrives_at=sent.arrives_at,
        told_at=at,
        told_by=cause.actor,
    )
    together: Counter[int] = Counter()
    for line, qty in sent.lines:
        together[line] += qty
    moved = [line for line, qty in together.items() if _moves(lines[line], qty, sent.arrives_at)]
    terms = report_delay(order, sent.arrives_at, at=at, cause=cause, lines=moved) if moved else None
    emit([Dispatched(order, notice.pk)], at=at, cause=cause)
    return NoticeReceipt(notice.pk, False, terms)


def _moves(line: PurchaseOrderLine, qty: int, arrives_at: datetime) -> bool:
    """All that is still to come comes then; of a part only what makes it later is believed, for the rest is not sent."""
    everything = qty >= line.qty - line.received
    return arrives_at != line.flow.arrive_at if everything else arrives_at > line.flow.arrive_at


def _refuse_notice(
    order: int, found: PurchaseOrder | None, sent: Sent, lines: dict[int, PurchaseOrderLine], at: datetime
) -> None:
    days = sent.arrives_at >= at and conceivable(sent.arrives_at, at) and conceivable(sent.shipped_at, at)
    if found is None or not sent.lines or not 0 < len(sent.number) <= LONGEST_NUMBER or not days:
        raise NoticeRefused(
            "notice-does-not-fit",
            _("The notice has no number or one of more than 60 characters, names nothing, or has days that cannot be."),
            _("Send it again with lines of the order and a time to come."),
            order=order,
            lines=[],
        )
    named: Counter[int] = Counter()
    rejected: list[RejectedRow] = []
    for n, (line, qty) in enumerate(sent.lines, start=1):
        fault = _fault(lines.get(line), qty, named[line])
        named[line] += qty
        if fault is not None:
            field, code, sentence, remedy = fault
            rejected.append(RejectedRow(n, field, code, str(sentence), str(remedy), str(qty), {"line": line}))
    if rejected:
        first = rejected[0]
        refused = NoticeRefused(first.code, first.sentence, first.remedy, order=order, rows=told(rejected))
        refused.rejected = tuple(rejected)
        raise refused


def _fault(line: PurchaseOrderLine | None, qty: int, before: int) -> tuple[str, str, object, object] | None:
    """`before`: how much of the line the notice named already, further up."""
    if line is None:
        return "line", "notice-does-not-fit", _("This line is not open on the order."), _("Open the order again.")
    if qty <= 0:
        return "qty", "quantity-not-positive", _("Nothing is sent of this line."), _("Leave the line out.")
    most = most_taken_in(line.qty) - line.received
    if before + qty > most:
        sentence = _("At most %(most)s more will be taken in of this line.") % {"most": most}
        return "qty", "more-than-ordered", sentence, _("Send less, or ask for a change of the order.")
    return None


def lines_by_number(order: int) -> dict[int, int]:
    """Line numbers as they stand on the order → ids."""
    return dict(PurchaseOrderLine.objects.filter(order=order).values_list("line", "id"))
