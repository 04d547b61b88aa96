"""What we claim from a supplier, as it sees it: accept with a credit note, or refuse with a reason."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.typed import money_or_none
from longshore.planning.pages.portal import for_partners
from longshore.planning.queries.seats import Seat
from longshore.sourcing import operations, queries
from longshore.sourcing.models import ClaimKind, ClaimState
from longshore.sourcing.operations import ClaimAnswer
from longshore.sourcing.pages.portal import cause_of, tabs_of

MARKS = {"open": "risk", "accepted": "ok", "refused": "idle", "withdrawn": "idle"}


@for_partners("supplier")
@require_GET
def portal_claims(request: HttpRequest, seat: Seat) -> HttpResponse:
    return _claims(request, seat)


def _claims(request: HttpRequest, seat: Seat, refusal: Refusal | None = None, claim: int = 0) -> HttpResponse:
    rows = queries.claims(supplier=seat.partner)
    context = {
        **tabs_of(seat, now_of(request)),
        "tab": "claims",
        "open": [row for row in rows if row.state == ClaimState.OPEN],
        "closed": [row for row in rows if row.state != ClaimState.OPEN],
        "kinds": dict(ClaimKind.choices),
        "states": dict(ClaimState.choices),
        "marks": MARKS,
        "refusal": refusal,
        "refused": claim,
        "still_open": any(row.id == claim and row.state == ClaimState.OPEN for row in rows),
        "typed": request.POST,
    }
    return render(request, "sourcing/portal_claims.html", context, status=422 if refusal else 200)


@for_partners("supplier")
@require_POST
def portal_claim_act(request: HttpRequest, seat: Seat, number: int, verb: str) -> HttpResponse:
    typed = request.POST
    if verb not in ("accept", "refuse") or not queries.owns_claim(seat.partner, number):
        raise Http404(number)
    try:
        said = ClaimAnswer(
            accepted=verb == "accept",
            credited=money_or_none(typed.get("credited"), _("Credited")) if verb == "accept" else None,
            credit_note=typed.get("credit_note", ""),
            reason=typed.get("reason", ""),
        )
        operations.answer_claim(number, said, at=now_of(request), cause=cause_of(seat), supplier=seat.partner)
    except Refusal as refusal:
        return _claims(request, seat, refusal, number)
    messages.success(request, _("Thank you, it is written down."))
    return redirect("portal-claims")
