"""Shipments and trips: what is on its way, on which truck, and when it comes; and the journey of an order."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from longshore.catalog.access import needs
from longshore.ledger.models import PostingKind
from longshore.ordering.queries import journey, order_id_of
from longshore.shipping import queries
from longshore.shipping.models import ShipmentState


@needs("view")
@require_GET
def shipments_of_order(request: HttpRequest, number: str) -> HttpResponse:
    """A piece of the order's page: its shipments, and every movement of its goods."""
    order = order_id_of(number)
    if order is None:
        raise Http404(number)
    shipments = queries.shipments(order=order)
    context = {
        "shipments": shipments,
        "states": dict(ShipmentState.choices),
        "moves": journey(order, documents=[row.number for row in shipments]),
        "kinds": dict(PostingKind.choices),
    }
    return render(request, "shipping/_of_order.html", context)


urlpatterns = [
    path("shipments/of-order/<str:number>/", shipments_of_order, name="shipments-of-order"),
]
