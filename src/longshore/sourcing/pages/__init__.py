"""Purchase orders from proposal to receipt."""

from __future__ import annotations

from django.urls import path

from longshore.sourcing.pages.orders import act, purchase, purchases

urlpatterns = [
    path("purchases/", purchases, name="purchases"),
    path("purchases/<str:number>/", purchase, name="purchase"),
    path("purchases/<str:number>/do/<slug:verb>/", act, name="purchase-act"),
]
