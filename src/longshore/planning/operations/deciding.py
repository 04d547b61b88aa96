"""A person decides on a proposal: approve, change, reject. Each says who and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.catalog.models import SupplierItem
from longshore.catalog.rules import LARGEST_QUANTITY
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.planning.events import Decided, Proposed
from longshore.planning.models import Proposal, ProposalState
from longshore.planning.operations.releasing import release


class UnknownProposal(Refusal):
    """There is no proposal with this number."""


class AlreadyDecided(Refusal):
    """Somebody else, or a policy, was first."""


class ImpossibleChange(Refusal):
    """The supplier, or the calendar, does not allow this."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a person wants different; None leaves what is proposed."""

    qty: int | None = None
    due_at: datetime | None = None
    supplier: int | None = None


AS_PROPOSED = Change()


@dataclass(frozen=True, slots=True)
class DecisionReceipt:
    """`state` after the decision: released, or approved when the source of a transfer has nothing free yet."""

    proposal: int
    state: str
    qty: int
    due_at: datetime


@transaction.atomic
def approve(
    proposal: int, *, at: datetime, cause: Cause, change: Change = AS_PROPOSED, note: str = ""
) -> DecisionReceipt:
    """Let it happen, as proposed or changed. A transfer with nothing at its source waits and goes as soon as it can."""
    row = _undecided(proposal)
    _apply(row, change, at)
    row.state = ProposalState.APPROVED
    _sign(row, at=at, cause=cause, note=note)
    receipt = release([row.pk], at=at, cause=cause)
    if receipt.waiting:
        emit([Decided(row.pk, [row.pk], str(ProposalState.APPROVED))], at=at, cause=cause)
    row.refresh_from_db()
    return DecisionReceipt(row.pk, row.state, row.qty, row.due_at)


@transaction.atomic
def change(proposal: int, *, at: datetime, cause: Cause, change: Change, note: str = "") -> DecisionReceipt:
    """Write down what a person wants instead, without deciding yet; reviews leave it alone from then on."""
    row = _undecided(proposal)
    _apply(row, change, at)
    _sign(row, at=at, cause=cause, note=note)
    emit([Proposed([row.pk], [])], at=at, cause=cause)
    return DecisionReceipt(row.pk, row.state, row.qty, row.due_at)


@transaction.atomic
def reject(proposal: int, *, at: datetime, cause: Cause, note: str = "") -> DecisionReceipt:
    """Do not do this. The same need is not proposed again for a day, unless it becomes worse."""
    row = _undecided(proposal, (ProposalState.PROPOSED, ProposalState.APPROVED))
    row.state = ProposalState.REJECTED
    _sign(row, at=at, cause=cause, note=note)
    emit([Decided(row.pk, [row.pk], str(ProposalState.REJECTED))], at=at, cause=cause)
    return DecisionReceipt(row.pk, row.state, row.qty, row.due_at)


@transaction.atomic
def take_back_rejection(proposal: int, *, at: datetime, cause: Cause) -> DecisionReceipt:
    """Undo a rejection while nothing else is proposed for the same item and site."""
    row = _undecided(proposal, (ProposalState.REJECTED,))
    same = Proposal.objects.filter(item=row.item_id, site=row.site_id, state=ProposalState.PROPOSED)
    if same.exists():
        raise AlreadyDecided(
            "proposed-again",
            _("Another proposal for the same item and site is open."),
            _("Decide on that one."),
            proposal=same.values_list("id", flat=True)[0],
        )
    row.state, row.decided_by, row.decision_note, row.decided_at = ProposalState.PROPOSED, "", "", None
    row.save()
    emit([Proposed([row.pk], [])], at=at, cause=cause)
    return DecisionReceipt(row.pk, row.state, row.qty, row.due_at)


def _undecided(proposal: int, states: tuple[ProposalState, ...] = (ProposalState.PROPOSED,)) -> Proposal:
    row = Proposal.objects.select_for_update(of=("self",)).filter(pk=proposal).first()
    if row is None:
        raise UnknownProposal(
            "no-such-proposal",
            _("There is no proposal %(number)s.") % {"number": proposal},
            _("Open the list of proposals again."),
            proposal=proposal,
        )
    if row.state not in states:
        raise AlreadyDecided(
            "already-decided",
            _("Proposal %(number)s is %(state)s already.") % {"number": proposal, "state": row.get_state_display()},
            _("Open it to see who decided and when."),
            proposal=proposal,
            state=row.state,
            by=row.decided_by,
        )
    return row


def _sign(row: Proposal, *, at: datetime, cause: Cause, note: str) -> None:
    row.decided_at, row.decided_by = at, cause.actor
    row.decision_note = note[:300] or row.decision_note
    row.save()


def _apply(row: Proposal, wanted: Change, at: datetime) -> None:
    """Put the changes into the row, or refuse with what would be possible."""
    change = replace(wanted, qty=row.qty if wanted.qty is None else wanted.qty)
    if change.due_at is not None and change.due_at <= at:
        raise ImpossibleChange(
            "due-in-the-past", _("The date wanted has passed."), _("Give a date to come."), due_at=change.due_at
        )
    if row.kind == "purchase":
        _apply_supplier(row, change)
    elif change.supplier is not None:
        raise ImpossibleChange(
            "transfer-has-no-supplier", _("A transfer has no supplier."), _("Reject it and buy instead.")
        )
    if change.qty is None or change.qty <= 0:
        raise ImpossibleChange(
            "quantity-not-positive", _("The quantity must be above zero."), _("Reject the proposal to order nothing.")
        )
    if change.qty * max(row.unit_price, 1) > LARGEST_QUANTITY:
        raise ImpossibleChange(
            "value-out-of-range", _("The order would be worth more than can be written down."), _("Check the quantity.")
        )
    row.qty = change.qty
    if change.due_at is not None:
        row.due_at = change.due_at
        row.explanation = {**row.explanation, "due_by_hand": True}
    row.order_at = min(row.order_at, row.due_at)


def _apply_supplier(row: Proposal, change: Change) -> None:
    supplier = change.supplier or row.supplier_id
    offer = SupplierItem.objects.filter(item=row.item_id, supplier=supplier, active=True).first()
    if offer is None:
        raise ImpossibleChange(
            "supplier-does-not-offer",
            _("This supplier does not offer the item."),
            _("Choose one of the suppliers listed for it."),
            supplier=supplier,
        )
    qty = change.qty or 0
    least = offer.orderable(qty)
    if qty != least:
        raise ImpossibleChange(
            "not-orderable",
            _("The supplier takes at least %(moq)s, in multiples of %(multiple)s.")
            % {"moq": offer.moq, "multiple": offer.multiple},
            _("Order %(least)s.") % {"least": least},
            least=least,
        )
    if change.supplier is not None and change.supplier != row.supplier_id:
        row.supplier_id, row.unit_price = change.supplier, offer.unit_price
        row.group = f"supplier:{change.supplier}>site:{row.site_id}"
