"""From whom to buy a proposal: every offer weighed, weights that move the choice, and the split that is bought."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.typed import pk_or_none, whole_or_none
from longshore.catalog.wording import local_name
from longshore.planning.queries import proposal as proposal_of
from longshore.sourcing import operations, queries
from longshore.sourcing.operations import Part, Weights
from longshore.sourcing.pages.suppliers import cause_of
from longshore.sourcing.queries import ChoiceRow

TENTH_BP = 10  # shown to a tenth of a per cent: rounded up, for it is a limit
CRITERIA = {
    "cost": gettext_lazy("Cost"),
    "time": gettext_lazy("Time"),
    "quality": gettext_lazy("Quality"),
    "risk": gettext_lazy("Risk"),
}
LIMITS = {
    "moq": gettext_lazy("least order quantity"),
    "price-break": gettext_lazy("price break"),
    "min-share": gettext_lazy("least share"),
    "max-share": gettext_lazy("greatest share"),
    "capacity": gettext_lazy("capacity"),
    "shares": gettext_lazy("shares"),
    "offers": gettext_lazy("offers"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An offer with its parts for one unit in minor units."""

    row: ChoiceRow
    landed: int
    time: int
    quality: int
    risk: int


@needs("view")
@require_GET
def choice(request: HttpRequest, number: int) -> HttpResponse:
    return _choice(request, number)


def _choice(request: HttpRequest, number: int, refusal: Refusal | None = None) -> HttpResponse:
    found = proposal_of(number)
    if found is None or found.kind != "purchase":
        raise Http404(number)
    kept = operations.weights()
    wanted = _weights(request, kept)
    chosen = queries.choose(found.item, found.site, found.qty, wanted, at=now_of(request))
    named = {row.name: local_name(row.name, row.name_zh) for row in chosen.rows}
    context = {
        "nav": "proposals",
        "row": found,
        "open": found.state == "proposed",
        "weights": wanted,
        "moved": wanted != kept,
        "sliders": [(name, word, getattr(wanted, name)) for name, word in CRITERIA.items()],
        "choice": chosen,
        "offers": [
            Shown(r, r.landed_milli // 1000, r.time_milli // 1000, r.quality_milli // 1000, r.risk_milli // 1000)
            for r in chosen.rows
        ],
        "parts": [(CRITERIA[name], ours, dict(chosen.rival_parts).get(name)) for name, ours in chosen.parts],
        "flip_word": CRITERIA.get(chosen.flip_criterion, ""),
        "flip_who": named.get(chosen.flip_supplier, ""),
        "binding": [(LIMITS[code], named[who]) for code, who in chosen.binding],
        "gap": -(-chosen.gap_bp // TENTH_BP) * TENTH_BP,
        "impossible": LIMITS.get(chosen.impossible, ""),
        "refusal": refusal,
    }
    return render(request, "sourcing/choice.html", context, status=422 if refusal else 200)


def _weights(request: HttpRequest, kept: Weights) -> Weights:
    """As the sliders stand; where they say nothing, as they were kept. What makes no sense stays as it was."""
    values = {name: getattr(kept, name) for name in Weights.__dataclass_fields__}
    asked = request.GET if request.method == "GET" else request.POST
    for name in values:
        text = asked.get(name, "")
        values[name] = int(text) if text.isdecimal() and len(text) < 6 else values[name]
    wanted = Weights(**values)
    fine = wanted.cost >= 1 and wanted.min_share <= wanted.max_share <= 100 and wanted.min_suppliers >= 1
    return wanted if fine else kept


@needs("sourcing")
@require_POST
def keep_weights(request: HttpRequest, number: int) -> HttpResponse:
    """These weights count for everybody from now on."""
    try:
        operations.set_weights(_weights(request, operations.weights()), at=now_of(request), cause=cause_of(request))
    except Refusal as refusal:
        return _choice(request, number, refusal)
    messages.success(request, _("These weights count from now on."))
    return redirect("choice", number=number)


@needs("sourcing")
@require_POST
def split(request: HttpRequest, number: int) -> HttpResponse:
    """Buy the proposal from the suppliers that have a quantity."""
    try:
        parts = []
        for supplier in request.POST.getlist("supplier"):
            qty = whole_or_none(request.POST.get(f"qty-{supplier}"), _("Quantity"))
            if qty:
                parts.append(Part(pk_or_none(supplier) or 0, qty))
        note = request.POST.get("note", "").strip()
        done = operations.split_proposal(number, parts, at=now_of(request), cause=cause_of(request), note=note)
    except Refusal as refusal:
        return _choice(request, number, refusal)
    messages.success(request, _("Bought from %(count)s suppliers.") % {"count": len(done.proposals)})
    return redirect("proposals")
