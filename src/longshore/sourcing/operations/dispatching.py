"""The supplier says what it has sent and when it arrives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.sourcing.events import Dispatched
from longshore.sourcing.models import DispatchNotice, PurchaseOrder, PurchaseOrderLine
from longshore.sourcing.operations.agreeing import TermsReceipt, report_delay


class NoticeRefused(Refusal):
    """A dispatch notice that does not fit its order."""


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
    unknown = [line for line, qty in sent.lines if line not in lines or qty <= 0]
    if found is None or unknown or not sent.lines or not sent.number or sent.arrives_at < at:
        raise NoticeRefused(
            "notice-does-not-fit",
            _("The notice names lines that are not open, nothing at all, or an arrival that has passed."),
            _("Send it again with lines of the order and a time to come."),
            order=order,
            lines=unknown,
        )
    notice = DispatchNotice.objects.create(
        order=found,
        number=sent.number,
        lines=[list(each) for each in sent.lines],
        shipped_at=sent.shipped_at,
        arrives_at=sent.arrives_at,
        told_at=at,
        told_by=cause.actor,
    )
    moved = [line for line, _qty in sent.lines if lines[line].flow.arrive_at != sent.arrives_at]
    terms = report_delay(order, sent.arrives_at, at=at, cause=cause, lines=moved) if moved else None
    emit([Dispatched(order, notice.pk)], at=at, cause=cause)
    return NoticeReceipt(notice.pk, False, terms)


def lines_by_number(order: int) -> dict[int, int]:
    """Line numbers as they stand on the order → ids."""
    return dict(PurchaseOrderLine.objects.filter(order=order).values_list("line", "id"))
