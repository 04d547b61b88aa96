"""Purchase orders from proposal to receipt; suppliers, quotes, the weighed choice; a supplier's own orders."""

from __future__ import annotations

from django.urls import path

from longshore.sourcing.pages.choosing import choice, keep_weights, split
from longshore.sourcing.pages.contracts import contract_new
from longshore.sourcing.pages.orders import act, purchase, purchases
from longshore.sourcing.pages.portal import portal_order, portal_order_act, portal_orders
from longshore.sourcing.pages.portal_claims import portal_claim_act, portal_claims
from longshore.sourcing.pages.portal_offers import portal_propose, portal_quote, portal_quotes
from longshore.sourcing.pages.quotes import ask, quote_act, quote_request, requests
from longshore.sourcing.pages.suppliers import approvals, approvals_act, supplier, supplier_act, suppliers

urlpatterns = [
    path("purchases/", purchases, name="purchases"),
    path("purchases/<str:number>/", purchase, name="purchase"),
    path("purchases/<str:number>/do/<slug:verb>/", act, name="purchase-act"),
    path("suppliers/", suppliers, name="suppliers"),
    path("suppliers/quotes/", requests, name="quote-requests"),
    path("suppliers/quotes/ask/", ask, name="quote-ask"),
    path("suppliers/quotes/<int:number>/", quote_request, name="quote-request"),
    path("suppliers/quotes/<int:number>/<slug:verb>/", quote_act, name="quote-act"),
    path("suppliers/approvals/", approvals, name="approvals"),
    path("suppliers/approvals/<int:number>/<slug:verb>/", approvals_act, name="approval-act"),
    path("suppliers/choice/<int:number>/", choice, name="choice"),
    path("suppliers/choice/<int:number>/weights/", keep_weights, name="choice-weights"),
    path("suppliers/choice/<int:number>/split/", split, name="choice-split"),
    path("suppliers/<int:number>/", supplier, name="supplier"),
    path("suppliers/<int:number>/contracts/new/", contract_new, name="contract-new"),
    path("suppliers/<int:number>/<slug:verb>/", supplier_act, name="supplier-act"),
    path("portal/orders/", portal_orders, name="portal-orders"),
    path("portal/orders/<str:number>/", portal_order, name="portal-order"),
    path("portal/orders/<str:number>/<slug:verb>/", portal_order_act, name="portal-order-act"),
    path("portal/quotes/", portal_quotes, name="portal-quotes"),
    path("portal/quotes/propose/", portal_propose, name="portal-propose"),
    path("portal/quotes/<int:number>/", portal_quote, name="portal-quote"),
    path("portal/claims/", portal_claims, name="portal-claims"),
    path("portal/claims/<int:number>/<slug:verb>/", portal_claim_act, name="portal-claim-act"),
]
