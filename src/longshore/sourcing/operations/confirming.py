"""A supplier confirms what it was shown: where the order was changed since, nothing is confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.ledger.cause import Cause
from longshore.sourcing.models import PurchaseOrder
from longshore.sourcing.operations.agreeing import LineTerms, TermsReceipt, TermsRefused, confirm
from longshore.sourcing.queries.orders import LineRow, lines_of
from longshore.sourcing.queries.portal import seen_of


class OrderChangedSince(TermsRefused):
    """The order is another one than the supplier was shown; nothing was confirmed."""


@transaction.atomic
def confirm_as_seen(
    order: int,
    seen: str,
    *,
    at: datetime,
    cause: Cause,
    expected_at: datetime | None = None,
    lines: Sequence[LineTerms] = (),
) -> TermsReceipt:
    """Confirm an order as it was when the token `seen` was given out (`queries.seen_of`); OrderChangedSince otherwise.

    What says of every line just what stands there anyway is no surprise to anybody: a second click is that.
    """
    # Held, so that nobody changes it between the look and the confirmation.
    PurchaseOrder.objects.select_for_update().filter(pk=order).first()
    current = lines_of(order)
    told = list(lines)
    if seen != seen_of(current):
        if not _stands(current, told, expected_at):
            raise OrderChangedSince(
                "order-changed-since",
                _("The order was changed after you opened it; nothing was confirmed."),
                _("Look at it as it is now, and confirm again."),
                purchase_order=order,
            )
        open_lines = {line.id for line in current if line.closed_at is None}
        told = [each for each in told if each.line in open_lines]
    return confirm(order, at=at, cause=cause, expected_at=expected_at, lines=told)


def _stands(current: Sequence[LineRow], told: Sequence[LineTerms], expected_at: datetime | None) -> bool:
    """Whether every line was named with the quantity it has, a closed one with nothing, and the day it has."""
    named = {each.line: each.qty for each in told}
    open_lines = [line for line in current if line.closed_at is None]
    closed = {line.id for line in current if line.closed_at is not None}
    return (
        bool(open_lines)
        and all(named.get(line.id) == line.qty for line in open_lines)
        and all(qty == 0 for line, qty in named.items() if line in closed)
        and all(expected_at in (None, line.expected_at) for line in open_lines)
    )
