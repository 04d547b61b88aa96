"""Search for a thing; see what went into it, what came of it, where all of it is and what happened to it."""

from __future__ import annotations

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from longshore.catalog.access import needs
from longshore.catalog.typed import pk_or_none
from longshore.tracing import showing
from longshore.tracing.models import ConsumerPage, NodeKind
from longshore.tracing.queries.naming import Named, latest_made, meant_by, named
from longshore.tracing.queries.publishing import link_of


@needs("view")
@require_GET
def trace(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    asked = pk_or_none(request.GET.get("node"))
    hits = () if asked is not None else meant_by(text) if text else latest_made()
    node = asked if asked is not None else (hits[0] if text and len(hits) == 1 else None)
    found = None if node is None else showing.family_of(node)
    if asked is not None and found is None:
        raise Http404(asked)
    names = named(hits)
    context = {
        "nav": "trace",
        "search": text,
        "family": found,
        "box": showing.BOX,
        "hits": [(names[hit], NodeKind(names[hit].kind).label) for hit in hits if hit in names] if found is None else [],
        "code": None if found is None else code_of(request, found.focus),
    }  # fmt: skip
    return render(request, "tracing/trace.html", context)


def code_of(request: HttpRequest, focus: Named) -> dict[str, object] | None:
    """The public address of a lot and its QR code, where the item has a page."""
    link = link_of(focus.node)
    if link is None:
        return None
    address = request.build_absolute_uri(link)
    public = ConsumerPage.objects.filter(item_id=focus.row or 0, enabled=True).exists()
    drawn = segno.make(address, error="m", micro=False).svg_inline(border=2, omitsize=True)
    return {"address": address, "public": public, "svg": mark_safe(drawn)}


urlpatterns = [path("trace/", trace, name="trace")]
