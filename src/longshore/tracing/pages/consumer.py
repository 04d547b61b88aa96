"""The public page behind a lot's code: a GS1 Digital Link under our own address."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from longshore.catalog.access import now_of
from longshore.planning.operations import company_today
from longshore.tracing.queries.publishing import knock, public_lot


@never_cache
@require_GET
def consumer(request: HttpRequest, gtin: str, lot: str, serial: str = "") -> HttpResponse:
    if not knock(request.META.get("REMOTE_ADDR", ""), int(now_of(request).timestamp()) // 60):
        response = render(request, "tracing/slow_down.html", status=429)
        response["Retry-After"] = "60"
        return response
    found = public_lot(gtin, lot) if gtin.isascii() and gtin.isdigit() and len(gtin) <= 14 else None
    if found is None:
        raise Http404(gtin)
    return render(request, "tracing/consumer.html", {"lot": found, "today": company_today(now_of(request))})


urlpatterns = [
    path("01/<str:gtin>/10/<str:lot>", consumer, name="consumer"),
    path("01/<str:gtin>/10/<str:lot>/21/<str:serial>", consumer, name="consumer-piece"),
]
