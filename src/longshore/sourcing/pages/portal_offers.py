"""Prices in a supplier's portal: requests answered with price breaks, and prices offered without being asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from longshore.catalog.access import now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Item
from longshore.catalog.typed import day_or_none, pk_or_none, whole, whole_or_none
from longshore.planning.pages.portal import for_partners
from longshore.planning.queries.seats import Seat
from longshore.sourcing import operations, queries
from longshore.sourcing.models import QuoteState
from longshore.sourcing.operations import Offered, OfferRefused, QuoteRefused
from longshore.sourcing.pages.portal import cause_of, may_answer, tabs_of
from longshore.sourcing.pages.pricing import StepCells, blame, cells_of
from longshore.sourcing.queries import QuoteRow

BREAKS = 4
DAY = 1440


@dataclass(frozen=True, slots=True)
class Fields:
    """The rest of an offer as it was typed, or as it stands."""

    lead_days: str = ""
    moq: str = ""
    multiple: str = ""
    capacity: str = ""
    valid_until: str = ""
    note: str = ""


@for_partners("supplier")
@require_GET
def portal_quotes(request: HttpRequest, seat: Seat) -> HttpResponse:
    rows = queries.quotes(supplier=seat.partner)
    context = {
        **tabs_of(seat, now_of(request)),
        "tab": "quotes",
        "rows": rows,
        "states": dict(QuoteState.choices),
        "marks": {"asked": "risk", "quoted": "info", "declined": "idle", "won": "ok"},
    }
    return render(request, "sourcing/portal_quotes.html", context)


@for_partners("supplier")
@require_http_methods(["GET", "POST"])
def portal_quote(request: HttpRequest, seat: Seat, number: int) -> HttpResponse:
    """Offer, change the offer, or decline; after the date it is only read."""
    row = _own(seat, number)
    steps = cells_of(request.POST, "1", max(BREAKS, len(row.breaks)), _known(row))
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            offered = None if request.POST.get("verb") == "decline" else _offered(request.POST, steps)
            operations.answer_quote(number, seat.partner, offered, at=now_of(request), cause=cause_of(seat))
        except Refusal as refused:
            refusal = _blamed(steps, refused)
        else:
            messages.success(request, _("Thank you, it is written down."))
            return redirect("portal-quotes")
    context = {
        **tabs_of(seat, now_of(request)),
        "tab": "quotes",
        "row": row,
        "open": may_answer(row, now_of(request)),
        "state_word": QuoteState(row.state).label,
        **_form(request.POST, steps, row),
        "refusal": refusal,
    }
    return render(request, "sourcing/portal_quote.html", context, status=422 if refusal else 200)


@for_partners("supplier")
@require_http_methods(["GET", "POST"])
def portal_propose(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Other prices for what it delivers, without being asked."""
    steps = cells_of(request.POST, "1", BREAKS)
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            offered = _offered(request.POST, steps)
            item = pk_or_none(request.POST.get("item")) or 0
            operations.propose_prices(seat.partner, item, offered, at=now_of(request), cause=cause_of(seat))
        except Refusal as refused:
            refusal = _blamed(steps, refused)
        else:
            messages.success(request, _("Your prices are with the buyer; nothing is ordered by them before a yes."))
            return redirect("portal-quotes")
    context = {
        **tabs_of(seat, now_of(request)),
        "tab": "quotes",
        "items": Item.objects.filter(active=True, suppliers__supplier=seat.partner, suppliers__active=True)
        .order_by("code"),
        "chosen": pk_or_none(request.POST.get("item")),
        **_form(request.POST, steps, None),
        "refusal": refusal,
    }  # fmt: skip
    return render(request, "sourcing/portal_propose.html", context, status=422 if refusal else 200)


def _own(seat: Seat, number: int) -> QuoteRow:
    """A request this supplier was not asked does not exist here."""
    found = queries.quotes(supplier=seat.partner, request=number)
    if not found:
        raise Http404(number)
    return found[0]


def _known(row: QuoteRow) -> list[tuple[int, int]]:
    if row.unit_price is None:
        return []
    return [(1, row.unit_price), *((start, price) for start, price in row.breaks)]


def _form(typed: QueryDict, steps: list[StepCells], row: QuoteRow | None) -> dict[str, Any]:
    if typed:
        fields = Fields(**{name: typed.get(name, "") for name in Fields.__dataclass_fields__})
    elif row is not None and row.lead_minutes is not None:
        fields = Fields(
            str(-(-row.lead_minutes // DAY)), str(row.moq), str(row.multiple), str(row.capacity or ""),
            row.valid_until.isoformat() if row.valid_until else "", row.note,
        )  # fmt: skip
    else:
        fields = Fields()
    return {"steps": steps, "fields": fields}


def _offered(typed: QueryDict, steps: list[StepCells]) -> Offered:
    given = [step for step in steps if step.first or not step.empty]
    read = [step.read() for step in given]
    prices = [each for each in read if each is not None]
    if len(prices) < len(read):
        raise QuoteRefused(
            "prices-unreadable", _("Some prices cannot be read; nothing was sent."), _("Correct the marked fields.")
        )
    return Offered(
        unit_price=prices[0][1],
        breaks=tuple(prices[1:]),
        lead_minutes=whole(typed.get("lead_days"), _("Lead time, days")) * DAY,
        moq=_or_one(typed.get("moq"), _("Least order quantity")),
        multiple=_or_one(typed.get("multiple"), _("Order multiple")),
        capacity=whole_or_none(typed.get("capacity"), _("Most you can deliver")),
        valid_until=day_or_none(typed.get("valid_until"), _("Valid until")),
        note=typed.get("note", "").strip(),
    )


def _or_one(text: str | None, name: str) -> int:
    given = whole_or_none(text, name)
    return 1 if given is None else given


def _blamed(steps: list[StepCells], refusal: Refusal) -> Refusal:
    if isinstance(refusal, OfferRefused):
        blame([step for step in steps if step.first or not step.empty], refusal.rejected)
    return refusal
