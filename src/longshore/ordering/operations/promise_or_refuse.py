"""Promise all of an order by a date, or nothing at all."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ordering.operations.allocating import Outcome
from longshore.ordering.operations.contending import Contest, enter, refuse_if_changed
from longshore.ordering.operations.receipts import PromiseReceipt
from longshore.ordering.operations.writing import write
from longshore.ordering.queries.supply import lead_times
from longshore.ordering.queries.wanted import WantedOrder
from longshore.ordering.rules import DEFAULT_POLICY, MINUTE, PromisePolicy, moment


class CannotPromise(Refusal):
    """The order cannot all arrive by the date; `next_at` in the fields is the first date it could, None if unknown."""


@retried
def promise_or_refuse(
    order_id: int,
    *,
    at: datetime,
    cause: Cause,
    by: datetime | None = None,
    policy: PromisePolicy = DEFAULT_POLICY,
) -> PromiseReceipt:
    """Every line whole and there by `by` (None: the date wanted), or CannotPromise and nothing is held."""
    with transaction.atomic():
        contest = enter([order_id], at=at, policy=policy)
        order = contest.orders[0]
        refuse_if_changed(contest, order.lines)
        outcomes = contest.allocator.first(order)
        wanted = by or order.requested_at
        failing = [
            found for found in outcomes if found.short or found.promised_at is None or found.promised_at > wanted
        ]
        if failing:
            raise _refusal(contest, order, failing, wanted)
        return write(outcomes, at=at, cause=cause)


def _refusal(contest: Contest, order: WantedOrder, failing: list[Outcome], wanted: datetime) -> CannotPromise:
    dates = _next_dates(contest, order, failing)
    known = [date for date in dates if date is not None]
    next_at = max(known) if len(known) == len(dates) else None
    lines = ", ".join(str(found.line.line) for found in failing)
    fields = {
        "order": order.number,
        "wanted_at": wanted.isoformat(),
        "lines": [found.line.line for found in failing],
        "next_at": None if next_at is None else next_at.isoformat(),
    }
    if next_at is None:
        sentence = _(
            "Order %(order)s cannot be promised: no supply is planned for line %(lines)s and nobody supplies it."
        )
        remedy = _("Plan supply for the item, or name a supplier for it.")
        return CannotPromise("no-supply", sentence % {"order": order.number, "lines": lines}, remedy, **fields)
    date = next_at.isoformat(timespec="minutes")
    sentence = _("Order %(order)s cannot arrive by %(wanted)s: line %(lines)s; the next possible date is %(next)s.") % {
        "order": order.number,
        "wanted": wanted.isoformat(timespec="minutes"),
        "lines": lines,
        "next": date,
    }
    remedy = _("Ask for %(next)s or later, or for less.") % {"next": date}
    return CannotPromise("cannot-promise", sentence, remedy, **fields)


def _next_dates(contest: Contest, order: WantedOrder, failing: list[Outcome]) -> list[datetime | None]:
    """For each failing line: from supply known today, else from a supplier's lead time."""
    leads = lead_times([found.line.item for found in failing if found.short])
    ways = contest.allocator.ways.get((order.ship_to, order.customer), ())
    residual = contest.allocator.residual
    journey = min((way.transit + way.handling for way in ways), default=None)
    dates: list[datetime | None] = []
    for found in failing:
        possible = found.explanation.get("possible_at")
        lead = leads.get(found.line.item)
        if not found.short:
            dates.append(found.promised_at)
        elif possible is not None:
            dates.append(datetime.fromisoformat(str(possible)))
        elif lead is not None and journey is not None:
            arrives = moment(residual.now) + lead * MINUTE
            dates.append(arrives + (residual.policy.receiving_minutes + journey) * MINUTE)
        else:
            dates.append(None)
    return dates
