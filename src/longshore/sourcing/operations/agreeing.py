"""What the supplier says about an order: confirmed, late, less; and what we do when the rest does not come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.operations import FlowPatch, cancel_flows, change_flows, close_flows
from longshore.ledger.outbox import emit
from longshore.planning.reading import execute, listed, rows
from longshore.sourcing import rules
from longshore.sourcing.events import ClosedShort, Confirmed, Delayed
from longshore.sourcing.models import PurchaseOrder, PurchaseOrderLine, PurchaseState

LATE_CLAIMS = """
SELECT c.id, c.demand, c.ship_at, c.qty - c.consumed
FROM ledger_claim c JOIN ledger_plannedflow f ON f.id = c.flow_id
WHERE c.flow_id = ANY(%(flows)s) AND c.state = 'open' AND c.ship_at < f.arrive_at
ORDER BY c.id
"""
AGREED = """
UPDATE sourcing_purchaseorderline l SET qty = u.qty
FROM unnest(%(ids)s::bigint[], %(qty)s::bigint[]) AS u(id, qty) WHERE l.id = u.id
"""


class UnknownOrder(Refusal):
    """There is no purchase order, or no open line, with this number."""


class OrderClosed(Refusal):
    """Nothing more is expected on this purchase order."""


class TermsRefused(Refusal):
    """These quantities or dates cannot be."""


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What the supplier says about one line; None: as ordered. Quantity 0: it will not deliver this line."""

    line: int
    qty: int | None = None
    expected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LateClaim:
    """A demand whose goods would come after they should leave."""

    claim: int
    demand: str
    ship_at: datetime
    qty: int


@dataclass(frozen=True, slots=True)
class TermsReceipt:
    """`before` and `after`: the order's expected dates; `late` and `displaced`: the claims it hurts, and no others."""

    order: int
    before: datetime
    after: datetime
    changed_lines: tuple[int, ...]
    late: tuple[LateClaim, ...]
    displaced: tuple[int, ...]


@transaction.atomic
def confirm(
    order: int,
    *,
    at: datetime,
    cause: Cause,
    expected_at: datetime | None = None,
    lines: Sequence[LineTerms] = (),
) -> TermsReceipt:
    """Write down the supplier's confirmation. Less or later than ordered changes supply, and only the claims on it.

    The first one agrees the date; whatever it says later is late or not against that. More than was asked for, beyond
    what a receipt tolerates, is not its to decide.
    """
    found, open_lines = _open_order(order)
    refuse_twice([term.line for term in lines], {line.pk: line for line in open_lines})
    terms = {term.line: term for term in lines}
    _refuse_unknown(terms, open_lines)
    _refuse_less(terms, open_lines)
    _refuse_more(terms, open_lines)
    gone = [line for line in open_lines if line.pk in terms and terms[line.pk].qty == 0]
    kept = [line for line in open_lines if line not in gone]
    patches = [_patch(line, terms.get(line.pk, LineTerms(line.pk)), expected_at, at) for line in kept]
    changes = [*change_flows(patches, at=at, cause=cause)] if patches else []
    changes += cancel_flows([line.flow_id for line in gone], at=at, cause=cause) if gone else ()
    agreed = {line.pk: terms[line.pk].qty or line.qty for line in kept if line.pk in terms}
    execute(AGREED, {"ids": list(agreed), "qty": list(agreed.values())})
    PurchaseOrderLine.objects.filter(pk__in=[line.pk for line in gone]).update(closed_at=at)
    changed = {change.before.flow for change in changes if change.before != change.after}
    before, first = found.expected_at, found.confirmed_at is None
    if first:
        found.confirmed_at = at
    if found.state == PurchaseState.SENT:
        found.state = PurchaseState.CONFIRMED
    expected = _settle(found, at)
    if first:
        found.agreed_at = rules.agreed_first(found.agreed_at, expected, at, found.site.timezone)
    found.save()
    flows = [line.flow_id for line in open_lines]
    changed_lines = tuple(line.pk for line in open_lines if line.flow_id in changed)
    emit([Confirmed(found.pk, list(changed_lines))], at=at, cause=cause)
    return TermsReceipt(
        found.pk,
        before,
        found.expected_at,
        changed_lines,
        _late(flows),
        tuple(c for ch in changes for c in ch.displaced),
    )


@transaction.atomic
def confirm_as_ordered(orders: Sequence[int], *, at: datetime, cause: Cause) -> tuple[int, ...]:
    """Many suppliers say yes to everything at once; returns the orders that were waiting for that."""
    sent = PurchaseOrder.objects.select_for_update().filter(pk__in=orders, state=PurchaseState.SENT).order_by("id")
    found = tuple(sent.values_list("id", flat=True))
    PurchaseOrder.objects.filter(pk__in=found).update(
        state=PurchaseState.CONFIRMED, agreed_at=F("expected_at"), confirmed_at=at
    )
    emit([Confirmed(order, []) for order in found], at=at, cause=cause)
    return found


@transaction.atomic
def report_delay(
    order: int, expected_at: datetime, *, at: datetime, cause: Cause, lines: Sequence[int] | None = None
) -> TermsReceipt:
    """The order, or some of its lines, come at another time. The agreed date stays: the scorecard counts from it."""
    found, open_lines = _open_order(order)
    moved = [line for line in open_lines if lines is None or line.pk in set(lines)]
    _refuse_unknown(dict.fromkeys(lines or ()), open_lines)
    _refuse_day(expected_at, at)
    changes = change_flows([FlowPatch(line.flow_id, arrive_at=expected_at) for line in moved], at=at, cause=cause)
    before = found.expected_at
    _settle(found, at)
    found.save()
    flows = [line.flow_id for line in moved]
    late = _late(flows)
    told = Delayed(found.pk, before.isoformat(), found.expected_at.isoformat(), flows, [c.demand for c in late])
    emit([told], at=at, cause=cause)
    changed = tuple(line.pk for line, change in zip(moved, changes, strict=True) if change.before != change.after)
    return TermsReceipt(found.pk, before, found.expected_at, changed, late, ())


@transaction.atomic
def close_short(order: int, *, at: datetime, cause: Cause, lines: Sequence[int] | None = None) -> TermsReceipt:
    """What is missing will not come: its supply ends, claims on it fall and are promised anew."""
    found, open_lines = _open_order(order)
    _refuse_unknown(dict.fromkeys(lines or ()), open_lines)
    ended = [line for line in open_lines if lines is None or line.pk in set(lines)]
    changes = close_flows([line.flow_id for line in ended], at=at, cause=cause)
    PurchaseOrderLine.objects.filter(pk__in=[line.pk for line in ended]).update(closed_at=at)
    before = found.expected_at
    _settle(found, at)
    found.save()
    numbers = tuple(line.pk for line in ended)
    emit([ClosedShort(found.pk, list(numbers))], at=at, cause=cause)
    return TermsReceipt(
        found.pk, before, found.expected_at, numbers, (), tuple(c for change in changes for c in change.displaced)
    )


def cancel(order: int, *, at: datetime, cause: Cause) -> TermsReceipt:
    """Nothing of this order is wanted any more; what came already stays."""
    return close_short(order, at=at, cause=cause)


def _open_order(order: int) -> tuple[PurchaseOrder, list[PurchaseOrderLine]]:
    found = PurchaseOrder.objects.select_for_update().filter(pk=order).first()
    if found is None:
        raise UnknownOrder(
            "no-such-purchase-order",
            _("There is no purchase order %(number)s.") % {"number": order},
            _("Open the list of purchase orders again."),
            purchase_order=order,
        )
    if found.state in (PurchaseState.RECEIVED, PurchaseState.CANCELLED):
        raise OrderClosed(
            "order-closed",
            _("%(number)s is closed.") % {"number": found.number},
            _("Order again if more is needed."),
            purchase_order=order,
        )
    return found, list(found.lines.filter(closed_at__isnull=True).select_related("flow").order_by("line"))


def _refuse_unknown(wanted: dict[int, object] | dict[int, LineTerms], open_lines: Sequence[PurchaseOrderLine]) -> None:
    unknown = sorted(set(wanted) - {line.pk for line in open_lines})
    if unknown:
        raise UnknownOrder(
            "no-such-line",
            _("Line %(line)s is not open on this purchase order.") % {"line": unknown[0]},
            _("Open the purchase order again."),
            lines=unknown,
        )


def refuse_twice(named: Sequence[int], known: Mapping[int, PurchaseOrderLine]) -> None:
    """Which of two sayings about one line would count, nobody could tell."""
    twice = sorted(line for line, times in Counter(named).items() if times > 1 and line in known)
    if twice:
        raise TermsRefused(
            "line-twice",
            _("Line %(line)s is named twice.") % {"line": known[twice[0]].line},
            _("Name each line once, with what should count."),
            line=twice[0],
        )


def _refuse_less(terms: dict[int, LineTerms], open_lines: Sequence[PurchaseOrderLine]) -> None:
    for line in open_lines:
        qty = terms[line.pk].qty if line.pk in terms else None
        if qty is not None and (qty < 0 or 0 < line.received >= qty):
            raise TermsRefused(
                "less-than-received",
                _("Line %(line)s: %(received)s were received already.")
                % {"line": line.line, "received": line.received},
                _("Confirm more than that, or close the line short."),
                line=line.pk,
            )


def _refuse_more(terms: dict[int, LineTerms], open_lines: Sequence[PurchaseOrderLine]) -> None:
    """A supplier that promises more than it was asked for would raise our order, past every limit of approval."""
    for line in open_lines:
        qty = terms[line.pk].qty if line.pk in terms else None
        most = max(rules.most_taken_in(line.ordered), line.qty)
        if qty is not None and qty > most:
            raise TermsRefused(
                "more-than-ordered",
                _("Line %(line)s: at most %(most)s will be taken in.") % {"line": line.line, "most": most},
                _("Confirm that, or ask the buyer to raise the order."),
                line=line.pk,
                most=most,
            )


def _patch(line: PurchaseOrderLine, term: LineTerms, expected_at: datetime | None, at: datetime) -> FlowPatch:
    arrive_at = term.expected_at or expected_at or line.flow.arrive_at
    if arrive_at != line.flow.arrive_at:
        _refuse_day(arrive_at, at)
    return FlowPatch(line.flow_id, qty=term.qty, arrive_at=arrive_at)


def _refuse_day(expected_at: datetime, at: datetime) -> None:
    if expected_at < at:
        raise TermsRefused(
            "expected-in-the-past", _("The new date has passed."), _("Receive the goods, or give a date to come.")
        )
    if not rules.conceivable(expected_at, at):
        raise TermsRefused(
            "expected-never", _("The new date is more than ten years away."), _("Give the day it will come.")
        )


def _settle(found: PurchaseOrder, at: datetime) -> datetime:
    """Bring state, value and expected date in line with the lines; returns the expected date."""
    lines = list(found.lines.select_related("flow"))
    state = rules.order_state([(line.closed_at is not None, line.received) for line in lines], found.state)
    if state != found.state and state in (PurchaseState.RECEIVED, PurchaseState.CANCELLED):
        found.received_at = at if state == PurchaseState.RECEIVED else None
    found.state = state
    found.value = sum(line.qty * line.unit_price for line in lines)
    open_dates = [line.flow.arrive_at for line in lines if line.closed_at is None]
    found.expected_at = max(open_dates, default=found.expected_at)
    return found.expected_at


def _late(flows: Sequence[int]) -> tuple[LateClaim, ...]:
    return tuple(LateClaim(*row) for row in rows(LATE_CLAIMS, {"flows": listed(flows)}))
