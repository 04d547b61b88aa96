"""Take the proposed action: the verb of the app it belongs to, and the exception closed, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ordering.operations.repromise import repromise
from longshore.planning.operations import approve
from longshore.shipping.operations import accept_losses, refresh_eta
from longshore.storing.operations import SetApart, ask_for_counts, hold_stock
from longshore.tower.models import ExceptionState, OpenException
from longshore.tower.operations.closing import open_row
from longshore.tower.operations.telling import tell_live

_ACTS = UUID("5f0d7a52-6a0c-4d3e-9c3b-1f6f5b7f4a10")

Facts = Mapping[str, Any]
Verb = Callable[[OpenException, datetime, Cause], dict[str, object]]


@dataclass(frozen=True, slots=True)
class ActReceipt:
    exception: int
    action: str
    facts: dict[str, object]


class NothingProposed(Refusal):
    """This exception has no action that could be taken by itself."""


def _promise_again(row: OpenException, at: datetime, cause: Cause) -> dict[str, object]:
    receipt = repromise([int(line) for line in row.action_facts["ids"]], at=at, cause=cause)
    changed = [line for line in receipt.lines if line.promised_at != line.before]
    return {"changed": len(changed), "lines": [line.line for line in changed]}


def _approve(row: OpenException, at: datetime, cause: Cause) -> dict[str, object]:
    receipt = approve(int(row.action_facts["proposal"]), at=at, cause=cause)
    return {"proposal": receipt.proposal, "state": receipt.state, "qty": receipt.qty}


def _ask_count(row: OpenException, at: datetime, cause: Cause) -> dict[str, object]:
    tasks = ask_for_counts([(int(row.action_facts["place_id"]), int(row.action_facts["item_id"]))], at=at, cause=cause)
    return {"tasks": list(tasks)}


def _expect_again(row: OpenException, at: datetime, cause: Cause) -> dict[str, object]:
    receipt = refresh_eta(at=at, cause=cause, trip_ids=[int(row.action_facts["trip"])])
    return {"stops": len(receipt.stops), "late": list(receipt.late)}


def _hold(row: OpenException, at: datetime, cause: Cause) -> dict[str, object]:
    balance = int(row.action_facts["balance"])
    apart = SetApart(uuid5(_ACTS, row.key), balance, at, note=f"exception:{row.pk}")
    receipt = hold_stock([apart], at=at, cause=cause)
    return {"qty": int(row.action_facts["qty"]), "postings": [posted.posting_id for posted in receipt.accepted]}


def _accept(row: OpenException, at: datetime, cause: Cause) -> dict[str, object]:
    receipt = accept_losses(int(row.action_facts["excursion"]), at=at, cause=cause)
    return {"notices": len(receipt.notices), "cases": len(receipt.cases), "orders": len(receipt.orders)}


_VERBS: Mapping[str, Verb] = {
    "repromise": _promise_again,
    "approve-purchase": _approve,
    "approve-transfer": _approve,
    "supply-purchase": _approve,
    "supply-transfer": _approve,
    "refresh-eta": _expect_again,
    "accept-excursion": _accept,
    "ask-count": _ask_count,
    "hold-lot": _hold,
}


@transaction.atomic
def act_on_exception(id: int, *, at: datetime, cause: Cause) -> ActReceipt:
    """What the verb refuses, this refuses, and the exception stays open."""
    row = open_row(id)
    verb = _VERBS.get(row.action)
    if verb is None:
        raise NothingProposed(
            "nothing-proposed",
            _("There is no action to take for this one by itself."),
            _("Open what it is about and decide there."),
            exception=id,
        )
    facts = verb(row, at, cause)
    row.state, row.closed_at, row.closed_by = ExceptionState.DONE, at, cause.actor
    row.outcome = {"action": row.action, "facts": facts}
    row.save(update_fields=["state", "closed_at", "closed_by", "outcome"])
    tell_live("exception", {"changed": [id]}, at=at)
    return ActReceipt(id, row.action, facts)
