"""What came short, damaged or late is claimed from the supplier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.planning.reading import rows
from longshore.sourcing.events import ClaimRaised
from longshore.sourcing.models import ClaimKind, ClaimState, PurchaseOrderLine, SupplierClaim
from longshore.sourcing.operations.placing import next_numbers

SERIES: Final = "SC"
# What the receipts say of a line: short once it is closed, damaged as scanned, late what came after the agreed date.
FOUND: Final = """
SELECT CASE WHEN l.closed_at IS NOT NULL AND l.ordered > l.received THEN l.ordered - l.received ELSE 0 END,
    l.damaged,
    COALESCE((SELECT SUM(r.qty) FROM sourcing_receipt r WHERE r.line_id = l.id AND r.at > o.agreed_at), 0)::bigint
FROM sourcing_purchaseorderline l JOIN sourcing_purchaseorder o ON o.id = l.order_id
WHERE l.id = %(line)s
"""


class ClaimRefused(Refusal):
    """Nothing to claim, or claimed already."""


@dataclass(frozen=True, slots=True)
class ClaimReceipt:
    claim: int
    number: str
    state: str
    qty: int
    amount: int
    credited: int


@transaction.atomic
def raise_claim(
    line: int, kind: str, *, at: datetime, cause: Cause, amount: int | None = None, note: str = ""
) -> ClaimReceipt:
    """Claim what the receipts of a line show; without an amount the price of the goods, for lateness nothing."""
    found = PurchaseOrderLine.objects.select_for_update(of=("self",)).filter(pk=line).first()
    qty = 0 if found is None or kind not in ClaimKind.values else _qty(line, kind)
    if found is None or qty <= 0:
        raise ClaimRefused(
            "nothing-to-claim",
            _("The receipts of this line show nothing of the kind."),
            _("Receive the goods as they came first, or close the line short."),
            line=line,
            kind=kind,
        )
    if found.claims.filter(kind=kind).exclude(state=ClaimState.WITHDRAWN).exists():
        raise ClaimRefused(
            "claimed-already", _("This was claimed already."), _("Open the claims of the supplier."), line=line
        )
    if amount is not None and amount < 0:
        raise ClaimRefused("amount-below-zero", _("The amount is below zero."), _("Give zero or more."), line=line)
    worth = 0 if kind == ClaimKind.LATE else qty * found.unit_price
    claim = SupplierClaim.objects.create(
        number=f"{SERIES}-{next_numbers(SERIES, 1):06d}",
        line=found,
        kind=kind,
        qty=qty,
        amount=worth if amount is None else amount,
        note=note[:300],
        made_at=at,
        made_by=cause.actor,
    )
    emit([ClaimRaised(claim.pk, claim.amount)], at=at, cause=cause)
    return _receipt(claim)


@transaction.atomic
def answer_claim(
    claim: int, *, accepted: bool, at: datetime, cause: Cause, credited: int | None = None
) -> ClaimReceipt:
    """The supplier accepts, with what it credits (None: all of it), or refuses."""
    found = _open(claim)
    credit = (found.amount if credited is None else credited) if accepted else 0
    if not 0 <= credit <= found.amount:
        raise ClaimRefused(
            "credit-beyond-claim",
            _("What is credited is below zero or more than was claimed."),
            _("Give an amount up to the one claimed."),
            claim=claim,
        )
    found.state = ClaimState.ACCEPTED if accepted else ClaimState.REFUSED
    found.credited, found.answered_at, found.answered_by = credit, at, cause.actor
    found.save()
    return _receipt(found)


@transaction.atomic
def withdraw_claim(claim: int, *, at: datetime, cause: Cause) -> ClaimReceipt:
    """We do not claim it any more; it may be claimed again."""
    found = _open(claim)
    found.state, found.answered_at, found.answered_by = ClaimState.WITHDRAWN, at, cause.actor
    found.save()
    return _receipt(found)


def _open(claim: int) -> SupplierClaim:
    found = SupplierClaim.objects.select_for_update().filter(pk=claim, state=ClaimState.OPEN).first()
    if found is None:
        raise ClaimRefused(
            "claim-answered", _("There is no such claim, or it was answered."), _("Open the list again."), claim=claim
        )
    return found


def _qty(line: int, kind: str) -> int:
    short, damaged, late = rows(FOUND, {"line": line})[0]
    return int({ClaimKind.SHORT.value: short, ClaimKind.DAMAGED.value: damaged, ClaimKind.LATE.value: late}[kind])


def _receipt(claim: SupplierClaim) -> ClaimReceipt:
    return ClaimReceipt(claim.pk, claim.number, claim.state, claim.qty, claim.amount, claim.credited)
