"""A contract with a supplier: every item it offers on one page, each with prices from several quantities on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Partner, SupplierItem
from longshore.catalog.typed import NotReadable, day_or_none
from longshore.planning.operations import company_today
from longshore.sourcing import operations
from longshore.sourcing.operations import ContractRefused, Price, PricesRefused, Terms
from longshore.sourcing.pages.pricing import StepCells, blame, cells_of
from longshore.sourcing.pages.suppliers import cause_of

BREAKS = 3


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item the supplier offers, what it costs now, and the fields for its prices."""

    offer: SupplierItem
    steps: list[StepCells]

    @property
    def given(self) -> list[StepCells]:
        """The pairs with something in them; breaks without a price of one ask for it."""
        filled = [step for step in self.steps if not step.empty]
        return filled if not filled or filled[0].first else [self.steps[0], *filled]

    @property
    def at_fault(self) -> bool:
        return any(step.faults for step in self.steps)


@needs("sourcing")
@require_http_methods(["GET", "POST"])
def contract_new(request: HttpRequest, number: int) -> HttpResponse:
    """Nothing is written unless every price can be; what is wrong stands beside its field, and what was typed stays."""
    supplier = Partner.objects.filter(pk=number, is_supplier=True).first()
    if supplier is None:
        raise Http404(number)
    offers = SupplierItem.objects.filter(supplier=number, active=True).select_related("item__base_unit")
    rows = [
        ItemRow(offer, cells_of(request.POST, str(offer.item_id), BREAKS))
        for offer in offers.order_by("item__code")
    ]  # fmt: skip
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            terms = _terms(request, number, rows)
            operations.put_contract(terms, at=now_of(request), cause=cause_of(request))
        except Refusal as refused:
            refusal = refused
            if isinstance(refused, PricesRefused):
                blame([step for row in rows for step in row.given], refused.rejected)
        else:
            messages.success(request, _("The contract counts from its first day."))
            return redirect("supplier", number=number)
    context: dict[str, Any] = {
        "nav": "suppliers",
        "supplier": supplier,
        "rows": rows,
        "faulty": sum(row.at_fault for row in rows),
        "breaks": range(1, BREAKS + 1),
        "typed": request.POST,
        "today": company_today(now_of(request)),
        "refusal": refusal,
    }
    return render(request, "sourcing/contract_new.html", context, status=422 if refusal else 200)


def _terms(request: HttpRequest, supplier: int, rows: list[ItemRow]) -> Terms:
    typed = request.POST
    prices: list[Price] = []
    unread = 0
    for row in rows:
        for step in row.given:
            read = step.read()
            unread += read is None
            if read is not None:
                prices.append(Price(row.offer.item_id, read[1], read[0]))
    if unread:
        raise ContractRefused(
            "prices-unreadable", _("Some prices cannot be read; nothing was written."), _("Correct the marked fields.")
        )
    starts_on = day_or_none(typed.get("starts_on"), _("First day"))
    ends_on = day_or_none(typed.get("ends_on"), _("Last day"))
    if starts_on is None or ends_on is None:
        raise NotReadable("no-date", _("The contract has no first or no last day."), _("Give both."))
    return Terms(typed.get("code", "").strip(), supplier, starts_on, ends_on, tuple(prices))
