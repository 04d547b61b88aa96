"""Tell the customers of a recall, take their answers, see whether it comes out, and end it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.outbox import emit
from longshore.tracing.events import RecallClosed, RecallNotified, RecallReconciled
from longshore.tracing.models import LetterState, Recall, RecallLetter, RecallState
from longshore.tracing.operations.holding import free_balances
from longshore.tracing.operations.mailing import tell_customers
from longshore.tracing.operations.recalling import RecallReceipt, RecallRefused, locked, look, receipt_of
from longshore.tracing.rules import MAY


@dataclass(frozen=True, slots=True)
class NotifyReceipt:
    recall: RecallReceipt
    letters: tuple[int, ...]
    partners: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReconcileReceipt:
    """`reconciled`: nothing is unexplained, nothing usable is left out, all that was shipped is told and answered."""

    recall: RecallReceipt
    reconciled: bool
    unexplained: int
    still_free: int
    unanswered: int


@retried
def notify_recall(recall: int, *, at: datetime, cause: Cause) -> NotifyReceipt:
    """Every customer that got any of it is told: what, how much, when, with which shipment. Nobody is told twice.

    Where the goods went out for an order the customer has a notice on its page and, with an address, an e-mail.
    """
    with transaction.atomic():
        found = locked(recall, "notify")
        look(found)
        waiting = list(found.letters.filter(state=LetterState.WAITING).values_list("pk", "partner_id"))
        letters = tuple(pk for pk, _partner in waiting)
        partners = tuple(sorted({partner for _pk, partner in waiting if partner}))
        RecallLetter.objects.filter(pk__in=letters).update(state=LetterState.SENT, sent_at=at)
        found.state, found.notified_at = RecallState.NOTIFIED, found.notified_at or at
        found.save()
        tell_customers(letters, "recalled", at=at, cause=cause)
        if letters:
            emit([RecallNotified(found.pk, found.number, letters, partners)], at=at, cause=cause)
        return NotifyReceipt(receipt_of(found), letters, partners)


@retried
def answer_letter(letter: int, *, recovered: int, at: datetime, cause: Cause, note: str = "") -> RecallLetter:
    """The customer says how much came back or was destroyed there. Goods that come back are posted as a return."""
    with transaction.atomic():
        row = RecallLetter.objects.filter(pk=letter).first()
        if row is None:
            raise RecallRefused("no-such-letter", _("There is no such letter."), _("Reload the recall."))
        locked(row.recall_id, "answer")
        if not 0 <= recovered <= row.qty:
            raise RecallRefused(
                "recovered-out-of-range",
                _("Between 0 and {qty} can have come back.").format(qty=row.qty),
                _("Correct the quantity."),
                qty=row.qty,
            )
        row.state, row.recovered, row.answered_at, row.note = LetterState.ANSWERED, recovered, at, note
        row.save()
        return row


@retried
def reconcile_recall(recall: int, *, at: datetime, cause: Cause) -> ReconcileReceipt:
    """Look again whether made = found + shipped + scrapped + consumed + unexplained with nothing unexplained.

    It is reconciled when that holds, all that is found is on hold or unusable, and everybody told has answered.
    """
    with transaction.atomic():
        found = locked(recall, "reconcile")
        looked = look(found)
        still_free = len(free_balances(found))
        unanswered = found.letters.filter(state__in=[LetterState.WAITING, LetterState.SENT]).count()
        unexplained = looked.balanced.unexplained
        good = unexplained == 0 and still_free == 0 and unanswered == 0 and found.complete
        if good:
            found.state, found.reconciled_at = RecallState.RECONCILED, at
        elif found.state == RecallState.RECONCILED:
            found.state, found.reconciled_at = RecallState.NOTIFIED if found.notified_at else RecallState.HELD, None
        found.save()
        emit([RecallReconciled(found.pk, found.number, good)], at=at, cause=cause)
        return ReconcileReceipt(receipt_of(found), good, unexplained, still_free, unanswered)


@retried
def close_recall(recall: int, *, at: datetime, cause: Cause) -> RecallReceipt:
    """The end of a recall that came out. What is on hold stays so until quality decides. Again changes nothing."""
    with transaction.atomic():
        found = locked(recall, "close")
        if found.state != RecallState.CLOSED:
            found.state, found.ended_at = RecallState.CLOSED, at
            found.save()
            emit([RecallClosed(found.pk, found.number)], at=at, cause=cause)
        return receipt_of(found)


def steps(recall: Recall) -> tuple[str, ...]:
    """What may be done next."""
    return tuple(verb for verb, states in MAY.items() if recall.state in states)
