"""Orders: the list, one order with the reason of its promise, a new order, and what can be done to one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Item, Partner, Place
from longshore.catalog.typed import HOME_ZONE, key_of_form, moment, pk_or_none, whole_or_none
from longshore.catalog.wording import local_name
from longshore.ledger.cause import Cause
from longshore.ordering import operations, queries
from longshore.ordering.models import CustomerNotice, OrderState
from longshore.ordering.operations import LineChange, NewLine, NewOrder, OrderChanges
from longshore.ordering.queries import LineRow, OrderDetail, OrderFilter, PromiseRow
from longshore.ordering.wording import Reason, notice_of, reason_of

OPEN: Final = tuple(state.value for state in OrderState if state not in (OrderState.DELIVERED, OrderState.CANCELLED))
MARKS: Final = {
    "new": "idle",
    "promised": "info",
    "released": "info",
    "picked": "info",
    "packed": "info",
    "loaded": "info",
    "in_transit": "info",
    "delivered": "ok",
    "cancelled": "idle",
}
ENTRY_ROWS: Final = 6
MOST_URGENT: Final = 1


@dataclass(frozen=True, slots=True)
class View:
    """A saved view of the list: a tab."""

    name: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Told:
    """A promise with its reason in words."""

    promise: PromiseRow
    reason: Reason


@dataclass(frozen=True, slots=True)
class Line:
    row: LineRow
    told: tuple[Told, ...]
    open: int


class OrderForm(forms.Form):
    """The head of a new order; its lines are read from the table below it."""

    number = forms.CharField(label=gettext_lazy("Number"), max_length=40)
    customer = forms.CharField(
        label=gettext_lazy("Customer"), max_length=64, widget=forms.TextInput(attrs={"list": "customers"})
    )
    requested_at = forms.DateTimeField(
        label=gettext_lazy("Wanted by"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    priority = forms.IntegerField(label=gettext_lazy("Priority, 1 first"), min_value=1, max_value=9, initial=5)
    ship_complete = forms.BooleanField(label=gettext_lazy("Deliver complete"), required=False)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)


def _cause(request: HttpRequest) -> Cause:
    return Cause(actor=request.user.get_username(), because="page")


def _view(request: HttpRequest) -> str:
    asked = request.GET.get("view", "open")
    return asked if asked in OrderState.values or asked in ("late", "unpromised", "all") else "open"


def _filter(request: HttpRequest) -> OrderFilter:
    asked = request.GET
    view = _view(request)
    states: tuple[str, ...] = OPEN if view in ("open", "late", "unpromised") else () if view == "all" else (view,)
    return OrderFilter(
        states=states,
        search=asked.get("q", ""),
        item=pk_or_none(asked.get("item")),
        late=view == "late",
        unpromised=view == "unpromised",
        sort=asked.get("sort", "-received"),
        page=pk_or_none(asked.get("page")) or 1,
    )


@needs("view")
@require_GET
def orders(request: HttpRequest) -> HttpResponse:
    wanted = _filter(request)
    found = queries.list_orders(wanted)
    words = dict(OrderState.choices)
    context = {
        "nav": "orders",
        "topics": "order,kpi",
        "rows": found.rows,
        "total": found.total,
        "page": Paginator(range(found.total), wanted.rows).get_page(found.page),
        "views": _views(found.by_state),
        "asked": _view(request),
        "search": wanted.search,
        "states": words,
        "marks": MARKS,
    }
    return render(request, "ordering/orders.html", context)


def _views(by_state: Any) -> list[View]:
    """Counts stand beside states only: they are what the query counted."""
    open_count = sum(by_state[state] for state in OPEN)
    views = [View("open", _("Open"), open_count), View("late", _("Late"), -1), View("unpromised", _("No date"), -1)]
    views += [View(state, str(OrderState(state).label), by_state[state]) for state in OPEN if by_state[state]]
    views.append(View("delivered", str(OrderState.DELIVERED.label), by_state["delivered"]))
    views.append(View("all", _("All"), sum(by_state.values())))
    return views


def _found(number: str) -> OrderDetail:
    order_id = queries.order_id_of(number)
    detail = None if order_id is None else queries.order_detail(order_id)
    if detail is None:
        raise Http404(number)
    return detail


def _site_names() -> dict[int, str]:
    rows = Place.objects.filter(kind="site").values_list("pk", "name", "name_zh")
    return {pk: local_name(name, name_zh) for pk, name, name_zh in rows}


@dataclass(frozen=True, slots=True)
class Notice:
    """What the customer was told, in the reader's language."""

    text: str
    at: datetime
    email: str
    sent_at: datetime | None


def _notice(row: CustomerNotice) -> Notice:
    return Notice(notice_of(row.kind, row.facts), row.at, row.email, row.sent_at)


def _detail(request: HttpRequest, detail: OrderDetail, refusal: Refusal | None = None) -> HttpResponse:
    names = _site_names()
    lines = [
        Line(
            row,
            tuple(Told(promise, reason_of(promise.explanation, names)) for promise in row.promises),
            row.qty - row.cancelled - row.delivered,
        )
        for row in detail.lines
    ]
    context = {
        "nav": "orders",
        "topics": "order",
        "order": detail.head,
        "lines": lines,
        "state_word": OrderState(detail.head.state).label,
        "mark": "late" if detail.head.is_late else MARKS[detail.head.state],
        "open": detail.head.state in OPEN,
        "first": lines[0] if lines else None,
        "notices": [_notice(row) for row in CustomerNotice.objects.filter(order=detail.head.id)],
        "refusal": refusal,
    }
    return render(request, "ordering/order.html", context, status=422 if refusal else 200)


@needs("view")
@require_GET
def order(request: HttpRequest, number: str) -> HttpResponse:
    return _detail(request, _found(number))


@needs("ordering")
@require_POST
def act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """One of the verbs of an order; a refusal is shown on the order's page."""
    detail = _found(number)
    try:
        messages.success(request, _act(request, detail, verb))
    except Refusal as refusal:
        return _detail(request, _found(number), refusal)
    return redirect("order", number=number)


def _act(request: HttpRequest, detail: OrderDetail, verb: str) -> str:
    """Do it; the sentence says what became of it."""
    at, cause, order_id = now_of(request), _cause(request), detail.head.id
    if verb == "repromise":
        promised = operations.repromise([line.id for line in detail.lines], at=at, cause=cause)
        return _("Promised again, lines with a different promise: %(count)s.") % {"count": len(promised.lines)}
    if verb == "urgent":
        # Only less urgent orders give way, so this one becomes the most urgent first.
        if detail.head.priority > MOST_URGENT:
            operations.change_order(order_id, OrderChanges(priority=MOST_URGENT), at=at, cause=cause)
        pushed = operations.insert_urgent(order_id, at=at, cause=cause)
        return _("In front now, lines of other orders that gave way: %(count)s.") % {"count": len(pushed.others.lines)}
    if verb == "cancel":
        cancelled = operations.cancel_order(order_id, at=at, cause=cause, rest_only=True)
        return _("Cancelled, lines: %(count)s.") % {"count": len(cancelled.lines)}
    if verb == "change":
        changed = operations.change_order(order_id, _changes(request, detail), at=at, cause=cause)
        return _("Changed, lines promised again: %(count)s.") % {"count": len(changed.promises.lines)}
    raise Http404(verb)


def _changes(request: HttpRequest, detail: OrderDetail) -> OrderChanges:
    """What differs from what stands there: date, priority and quantities."""
    asked = request.POST
    when = asked.get("requested_at", "")
    priority = whole_or_none(asked.get("priority"), _("Priority"))
    lines = tuple(
        LineChange(line.line, asked[f"qty-{line.line}"])
        for line in detail.lines
        if asked.get(f"qty-{line.line}", "") not in ("", str(line.qty - line.cancelled))
    )
    return OrderChanges(
        requested_at=moment(when, _("Wanted by")) if when else None,
        priority=None if priority == detail.head.priority else priority,
        lines=lines,
    )


@needs("ordering")
@require_http_methods(["GET", "POST"])
def new_order(request: HttpRequest) -> HttpResponse:
    form = OrderForm(request.POST or None, initial={"number": f"WEB-{now_of(request):%y%m%d%H%M%S}"})
    refusal: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        try:
            taken = operations.take_orders([_entered(request, form)], at=now_of(request), cause=_cause(request))
            fresh = [row.order_id for row in taken.accepted]
            operations.promise(fresh, at=now_of(request), cause=_cause(request))
            return redirect("order", number=form.cleaned_data["number"])
        except Refusal as error:
            refusal = error
    rows = [
        (n, request.POST.get(f"item-{n}", ""), request.POST.get(f"amount-{n}", ""), request.POST.get(f"unit-{n}", ""))
        for n in range(1, ENTRY_ROWS + 1)
    ]
    context = {
        "nav": "orders",
        "form": form,
        "rows": rows,
        "key": request.POST.get("key") or str(uuid4()),
        "refusal": refusal,
        "rejected": getattr(refusal, "rejected", ()),
        "customers": Partner.objects.filter(is_customer=True, active=True).order_by("code")[:500],
        "items": Item.objects.filter(active=True).order_by("code")[:2000],
    }
    bad = refusal is not None or (request.method == "POST" and not form.is_valid())
    return render(request, "ordering/new_order.html", context, status=422 if bad else 200)


def _entered(request: HttpRequest, form: OrderForm) -> NewOrder:
    facts = form.cleaned_data
    typed = request.POST
    lines = tuple(
        NewLine(n, typed[f"item-{n}"].strip(), typed.get(f"amount-{n}", ""), typed.get(f"unit-{n}") or None)
        for n in range(1, ENTRY_ROWS + 1)
        if typed.get(f"item-{n}", "").strip()
    )
    return NewOrder(
        key=key_of_form(request.POST.get("key")),
        number=facts["number"],
        customer=facts["customer"],
        requested_at=facts["requested_at"].replace(tzinfo=HOME_ZONE),
        lines=lines,
        received_at=now_of(request),
        ship_to=None,
        priority=facts["priority"],
        ship_complete=facts["ship_complete"],
        note=facts["note"],
        channel="page",
    )


urlpatterns = [
    path("orders/", orders, name="orders"),
    path("orders/new/", new_order, name="order-new"),
    path("orders/<str:number>/", order, name="order"),
    path("orders/<str:number>/do/<slug:verb>/", act, name="order-act"),
]
