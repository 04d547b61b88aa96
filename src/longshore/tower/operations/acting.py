"""Take the proposed action: the verb of the app it belongs to, and the exception closed, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ordering.operations.repromise import repromise
from longshore.planning.operations import approve, make_forecasts, set_policies
from longshore.sensing.operations import NewCommand, quarantine, send_command
from longshore.shipping.operations import accept_losses, refresh_eta
from longshore.sourcing.operations import expedite, receive_pallet
from longshore.storing.operations import SetApart, ask_for_counts, hold_stock
from longshore.tower.models import ExceptionState, OpenException
from longshore.tower.operations.closing import open_row
from longshore.tower.operations.telling import tell_live
from longshore.tracing.operations import close_recall, hold_recall, notify_recall, reconcile_recall

_ACTS = UUID("5f0d7a52-6a0c-4d3e-9c3b-1f6f5b7f4a10")
LISTEN_FOR: Final = timedelta(hours=1)

Facts = Mapping[str, Any]
Verb = Callable[[OpenException, datetime, Cause], dict[str, object]]


@dataclass(frozen=True, slots=True)
class ActReceipt:
    exception: int
    action: str
    facts: dict[str, object]


class NothingProposed(Refusal):
    """This exception has no action that could be taken by itself."""


class NotReconciled(Refusal):
    """The recall does not come out yet."""


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


def _receive_pallet(row: OpenException, at: datetime, cause: Cause) -> dict[str, object]:
    facts = row.action_facts
    receipt = receive_pallet(int(facts["passage"]), int(facts["line"]), int(facts["qty"]), at=at, cause=cause)
    return {"qty": sum(each.qty for each in receipt.taken.accepted), "handling_unit": receipt.handling_unit}


def _expedite(row: OpenException, at: datetime, cause: Cause) -> dict[str, object]:
    facts = row.action_facts
    wanted_at = datetime.fromisoformat(str(facts["wanted_at"]))
    reason = str(_("By experience it would come late."))
    receipt = expedite(int(facts["order"]), wanted_at, at=at, cause=cause, reason=reason)
    return {"lines": len(receipt.changes), "changes": list(receipt.changes)}


def _listen_closely(row: OpenException, at: datetime, cause: Cause) -> dict[str, object]:
    body = {"report_every_s": 10, "for_s": int(LISTEN_FOR.total_seconds())}
    command = NewCommand(int(row.action_facts["device"]), body, expires_at=at + LISTEN_FOR)
    receipt = send_command(command, at=at, cause=cause)
    return {"command": receipt.command, "code": row.action_facts["code"]}


def _shut_out(row: OpenException, at: datetime, cause: Cause) -> dict[str, object]:
    reason = f"{row.action_facts['signal']}, exception {row.pk}"
    receipt = quarantine([int(row.action_facts["device"])], reason=reason, at=at, cause=cause)
    return {"devices": list(receipt.changed), "code": row.action_facts["code"]}


def _hold_recalled(row: OpenException, at: datetime, cause: Cause) -> dict[str, object]:
    receipt = hold_recall(int(row.action_facts["recall"]), at=at, cause=cause)
    return {"qty": receipt.qty, "moves": receipt.moves}


def _tell_of_recall(row: OpenException, at: datetime, cause: Cause) -> dict[str, object]:
    receipt = notify_recall(int(row.action_facts["recall"]), at=at, cause=cause)
    return {"letters": len(receipt.letters), "partners": list(receipt.partners)}


def _reconcile(row: OpenException, at: datetime, cause: Cause) -> dict[str, object]:
    receipt = reconcile_recall(int(row.action_facts["recall"]), at=at, cause=cause)
    if not receipt.reconciled:
        raise NotReconciled(
            "not-reconciled",
            _("Not everything is accounted for: %(unexplained)s unexplained, %(free)s not on hold.")
            % {"unexplained": receipt.unexplained, "free": receipt.still_free},
            _("Open the recall: its lots show where something is missing."),
            unexplained=receipt.unexplained,
        )
    return {"lots": receipt.recall.lots}


def _close_recall(row: OpenException, at: datetime, cause: Cause) -> dict[str, object]:
    return {"state": close_recall(int(row.action_facts["recall"]), at=at, cause=cause).state}


def _forecast_again(row: OpenException, at: datetime, cause: Cause) -> dict[str, object]:
    items = [int(row.action_facts["item"])]
    made = make_forecasts(at=at, cause=cause, items=items, fast=False)
    return {"series": made.series, "policies": len(set_policies(at=at, cause=cause, items=items).changed)}


_VERBS: Mapping[str, Verb] = {
    "repromise": _promise_again,
    "approve-purchase": _approve,
    "approve-transfer": _approve,
    "supply-purchase": _approve,
    "supply-transfer": _approve,
    "refresh-eta": _expect_again,
    "accept-excursion": _accept,
    "ask-count": _ask_count,
    "reforecast": _forecast_again,
    "hold-lot": _hold,
    "expedite": _expedite,
    "receive-pallet": _receive_pallet,
    "listen-closely": _listen_closely,
    "shut-out-device": _shut_out,
    "recall-hold": _hold_recalled,
    "recall-notify": _tell_of_recall,
    "recall-reconcile": _reconcile,
    "recall-close": _close_recall,
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
