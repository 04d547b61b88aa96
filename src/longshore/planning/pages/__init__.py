"""Stock and cover, one item with its reasons, and the proposals to decide on."""

from __future__ import annotations

from django.urls import path

from longshore.planning.pages.plans import approve_many, decide, item, proposal, proposals, stock

urlpatterns = [
    path("stock/", stock, name="stock"),
    path("stock/<int:number>/", item, name="item"),
    path("proposals/", proposals, name="proposals"),
    path("proposals/approve/", approve_many, name="proposals-approve"),
    path("proposals/<int:number>/", proposal, name="proposal"),
    path("proposals/<int:number>/<slug:verb>/", decide, name="proposal-decide"),
]
