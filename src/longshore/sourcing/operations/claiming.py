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
from longshore.sourcing.events import ClaimAnswered, ClaimRaised
from longshore.sourcing.models import ClaimKind, ClaimState, PurchaseOrderLine, SupplierClaim
from longshore.sourcing.operations.placing import next_numbers

SERIES: Final = "SC"
# What the receipts say of a line: short once it is closed, damaged as scanned, late what came after the agreed day,
# as the scorecard counts it.
FOUND: Final = """
SELECT CASE WHEN l.closed_at IS NOT NULL AND l.ordered > l.received THEN l.ordered - l.received ELSE 0 END,
    l.damaged,
    COALESCE((SELECT SUM(r.qty) FROM sourcing_receipt r WHERE r.line_id = l.id AND (r.at AT TIME ZONE s.timezone)::date
        > (COALESCE(l.agreed_at, o.agreed_at) AT TIME ZONE s.timezone)::date), 0)::bigint
FROM sourcing_purchaseorderline l JOIN sourcing_purchaseorder o ON o.id = l.order_id
JOIN catalog_place s ON s.id = o.site_id
WHERE l.id = %(line)s
"""


class ClaimRefused(Refusal):
    """Nothing to claim, or claimed already."""


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """`credited` None: all of it. `credit_note`: the number of the document the money comes back with."""

    accepted: bool
    credited: int | None = None
    credit_note: str = ""
    reason: str = ""


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
    claim: int, said: ClaimAnswer, *, at: datetime, cause: Cause, supplier: int | None = None
) -> ClaimReceipt:
    """The supplier accepts, with what it credits, or refuses and says why.

    `supplier`: it answers itself, finds its own claims only, and names its credit note.
    """
    found = _open(claim, supplier)
    credit = (found.amount if said.credited is None else said.credited) if said.accepted else 0
    _refuse_answer(found, said, credit, itself=supplier is not None)
    found.state = ClaimState.ACCEPTED if said.accepted else ClaimState.REFUSED
    found.credited, found.answered_at, found.answered_by = credit, at, cause.actor
    found.answer, found.credit_note = said.reason.strip()[:300], said.credit_note.strip()[:60] if said.accepted else ""
    found.save()
    emit([ClaimAnswered(found.pk, str(found.state), credit)], at=at, cause=cause)
    return _receipt(found)


def _refuse_answer(found: SupplierClaim, said: ClaimAnswer, credit: int, *, itself: bool) -> None:
    if not 0 <= credit <= found.amount:
        raise ClaimRefused(
            "credit-beyond-claim",
            _("What is credited is below zero or more than was claimed."),
            _("Give an amount up to the one claimed."),
            claim=found.pk,
            field="credited",
        )
    less = credit < found.amount
    if itself and less and not said.reason.strip():
        raise ClaimRefused(
            "reason-missing",
            _("Less than what was claimed needs a reason."),
            _("Say in a few words why."),
            claim=found.pk,
            field="reason",
        )
    if itself and credit and not said.credit_note.strip():
        raise ClaimRefused(
            "credit-note-missing",
            _("A credit is booked by the number of its credit note."),
            _("Give the number of the credit note."),
            claim=found.pk,
            field="credit_note",
        )


@transaction.atomic
def withdraw_claim(claim: int, *, at: datetime, cause: Cause) -> ClaimReceipt:
    """We do not claim it any more; it may be claimed again."""
    found = _open(claim)
    found.state, found.answered_at, found.answered_by = ClaimState.WITHDRAWN, at, cause.actor
    found.save()
    return _receipt(found)


def _open(claim: int, supplier: int | None = None) -> SupplierClaim:
    """Of this supplier, where one asks: another's does not exist for it."""
    open_ = SupplierClaim.objects.select_for_update(of=("self",)).filter(pk=claim, state=ClaimState.OPEN)
    found = (open_ if supplier is None else open_.filter(line__order__supplier=supplier)).first()
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
