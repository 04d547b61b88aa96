"""A supplier's own orders: confirm all or less, say later, announce what is sent, answer wishes. Nothing of others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import now_of
from longshore.catalog.errors import Refusal, RejectedRow
from longshore.catalog.typed import moment, pk_or_none, whole_or_none
from longshore.ledger.cause import Cause
from longshore.planning.pages.portal import for_partners
from longshore.planning.queries.seats import Seat
from longshore.sourcing import operations, queries
from longshore.sourcing.models import ChangeState, ClaimKind, ClaimState, PurchaseState
from longshore.sourcing.operations import LineTerms, Sent
from longshore.sourcing.queries import LineRow, OrderFilter, OrderRow, QuoteRow

ROWS = 60
VIEWS: dict[str, tuple[Any, tuple[str, ...] | None]] = {
    "open": (gettext_lazy("Open"), ("sent", "confirmed", "part_received")),
    "sent": (gettext_lazy("To confirm"), ("sent",)),
    "all": (gettext_lazy("All"), None),
}


NOTICE_STATES: dict[str, tuple[str, Any]] = {
    "on_way": ("info", gettext_lazy("On its way")),
    "arrived": ("ok", gettext_lazy("Arrived")),
    "cancelled": ("idle", gettext_lazy("Cancelled")),
    "ended": ("idle", gettext_lazy("No longer expected")),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A line with what was typed for it, and what was wrong with that."""

    row: LineRow
    confirm: str
    send: str
    confirm_fault: RejectedRow | None = None
    send_fault: RejectedRow | None = None


def cause_of(seat: Seat) -> Cause:
    return Cause(actor=seat.person, because=f"portal:{seat.code}"[:120])


def tabs_of(seat: Seat, at: datetime) -> dict[str, Any]:
    """What every page of a supplier's portal shows beside its own: how much waits for an answer it can still give."""
    waiting = queries.waiting_for(seat.partner, at=at)
    return {
        "nav": "portal-orders",
        "seat": seat,
        "waiting_quotes": waiting.quotes,
        "waiting_claims": waiting.claims,
    }


def may_answer(row: QuoteRow, at: datetime) -> bool:
    return row.request_state == "open" and row.answer_by >= at


@for_partners("supplier")
@require_GET
def portal_orders(request: HttpRequest, seat: Seat) -> HttpResponse:
    asked = request.GET.get("view", "open")
    asked = asked if asked in VIEWS else "open"
    states, at = VIEWS[asked][1], now_of(request)
    by_state = queries.orders_by_state(seat.partner)
    counts = {
        name: sum(count for state, count in by_state.items() if wanted is None or state in wanted)
        for name, (_word, wanted) in VIEWS.items()
    }
    page = Paginator(range(counts[asked]), ROWS).get_page(request.GET.get("page"))
    wanted = OrderFilter(states=states, supplier=seat.partner)
    found = queries.orders(wanted, limit=ROWS, offset=(page.number - 1) * ROWS)
    context = {
        **tabs_of(seat, at),
        "tab": "orders",
        "asked": asked,
        "views": [(name, word, counts[name]) for name, (word, _states) in VIEWS.items()],
        "page": page,
        "rows": [(row, _mark(row, row.late_minutes(at))) for row in found],
        "states": dict(PurchaseState.choices),
    }
    return render(request, "sourcing/portal_orders.html", context)


def _mark(row: OrderRow, late: int) -> str:
    if row.state == "cancelled":
        return "idle"
    if late > 0 and row.is_open:
        return "late"
    return "risk" if row.state == "sent" else "ok" if row.state == "received" else "info"


@for_partners("supplier")
@require_GET
def portal_order(request: HttpRequest, seat: Seat, number: str) -> HttpResponse:
    return _order(request, seat, number)


def own_order(seat: Seat, number: str) -> OrderRow:
    """Somebody else's order does not exist here."""
    found = queries.orders(OrderFilter(number=number, supplier=seat.partner), limit=1)
    if not found:
        raise Http404(number)
    return found[0]


def _unsent(line: LineRow, on_way: Mapping[int, int]) -> str:
    """What is neither here nor announced: what the next delivery most likely holds."""
    rest = line.to_come - on_way.get(line.id, 0)
    return str(rest) if rest > 0 else ""


def _order(
    request: HttpRequest,
    seat: Seat,
    number: str,
    refusal: Refusal | None = None,
    faults: Mapping[str, Any] | None = None,
) -> HttpResponse:
    # What was typed against figures that are no more is not offered again.
    typed = QueryDict() if isinstance(refusal, operations.OrderChangedSince) else request.POST
    row = own_order(seat, number)
    lines, at = queries.lines_of(row.id), now_of(request)
    on_way = queries.lines_on_way(row.id)
    context = {
        **tabs_of(seat, at),
        "tab": "orders",
        "row": row,
        "mark": _mark(row, row.late_minutes(at)),
        "lines": [
            Shown(
                line,
                typed.get(f"qty-{line.id}", str(line.qty)),
                typed.get(f"send-{line.id}", _unsent(line, on_way)),
                (faults or {}).get(f"qty-{line.id}"),
                (faults or {}).get(f"send-{line.id}"),
            )
            for line in lines
        ],
        "sendable": any(line.to_come > 0 for line in lines),
        "typed": typed,
        "seen": queries.seen_of(lines),
        "changes": queries.changes(supplier=seat.partner, order=row.id),
        "change_states": dict(ChangeState.choices),
        "claims": queries.claims(supplier=seat.partner, order=row.id),
        "claim_kinds": dict(ClaimKind.choices),
        "claim_states": dict(ClaimState.choices),
        "notices": queries.notices(supplier=seat.partner, order=row.id),
        "notice_states": NOTICE_STATES,
        "state_word": PurchaseState(row.state).label,
        "refusal": refusal,
    }
    return render(request, "sourcing/portal_order.html", context, status=422 if refusal else 200)


@for_partners("supplier")
@require_POST
def portal_order_act(request: HttpRequest, seat: Seat, number: str, verb: str) -> HttpResponse:
    row = own_order(seat, number)
    verbs = {"confirm": _confirm, "dispatch": _dispatch, "cancel-notice": _cancel_notice, "answer": _answer}
    if verb not in verbs:
        raise Http404(verb)
    try:
        said = verbs[verb](request, seat, row)
    except operations.NoticeRefused as refused:
        faults = {f"send-{each.fields['line']}": each for each in refused.rejected}
        return _order(request, seat, number, refused, faults)
    except Refusal as refusal:
        return _order(request, seat, number, refusal)
    messages.success(request, said)
    return redirect("portal-order", number=number)


def _confirm(request: HttpRequest, seat: Seat, row: OrderRow) -> str:
    """Each line with the quantity that will come; another day moves all of it. Only what was shown is confirmed."""
    typed, at, cause = request.POST, now_of(request), cause_of(seat)
    lines = queries.lines_of(row.id)
    terms = [LineTerms(line.id, whole_or_none(typed.get(f"qty-{line.id}"), line.item_code)) for line in lines]
    told = [term for term in terms if term.qty is not None]
    later = moment(typed.get("expected_at"), _("New date")) if typed.get("expected_at") else None
    operations.confirm_as_seen(row.id, typed.get("seen", ""), at=at, cause=cause, expected_at=later, lines=told)
    return _("Thank you, it is written down.")


def _dispatch(request: HttpRequest, seat: Seat, row: OrderRow) -> str:
    """The lines with a quantity are in the delivery; the others come with another one."""
    typed = request.POST
    arrives = moment(typed.get("arrives_at"), _("Arrives at"))
    named = queries.lines_of(row.id)  # a line that was closed meanwhile is refused by its name, not left out
    given = [(line.id, whole_or_none(typed.get(f"send-{line.id}"), line.item_code)) for line in named]
    lines = tuple((line, qty) for line, qty in given if qty)
    sent = Sent(typed.get("notice", "").strip(), now_of(request), arrives, lines)
    done = operations.notify_dispatch(row.id, sent, at=now_of(request), cause=cause_of(seat))
    if done.replayed:
        return _("Delivery note %(number)s was announced before; nothing was changed.") % {"number": sent.number}
    if done.replaced:
        sentence = _("Delivery note %(number)s says this from now on; what it said before counts no more.")
        return sentence % {"number": sent.number}
    return _("Thank you, it is written down.")


def _cancel_notice(request: HttpRequest, seat: Seat, row: OrderRow) -> str:
    number = request.POST.get("notice", "").strip()
    operations.cancel_dispatch(row.id, number, at=now_of(request), cause=cause_of(seat))
    return _("Delivery note %(number)s is cancelled.") % {"number": number}


def _answer(request: HttpRequest, seat: Seat, row: OrderRow) -> str:
    change = pk_or_none(request.POST.get("change")) or 0
    if not queries.owns_change(seat.partner, change, order=row.id):
        raise Http404(change)
    agreed = request.POST.get("agreed") == "yes"
    operations.answer_change(change, agreed=agreed, at=now_of(request), cause=cause_of(seat))
    return _("Thank you, it is written down.")
