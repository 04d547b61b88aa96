"""Stock and cover, one item with its reasons, and the proposals to decide on."""

from __future__ import annotations

from django.urls import path

from longshore.planning.pages import scenarios
from longshore.planning.pages.agreements import agreements, bullwhip_page, drop_line, end, new_agreement, put_lines
from longshore.planning.pages.forecasting_addresses import urlpatterns as forecasting
from longshore.planning.pages.joint import (
    our_act,
    our_agreement,
    our_line,
    portal,
    portal_act,
    portal_agreement,
    portal_line,
)
from longshore.planning.pages.network import plan, plan_now
from longshore.planning.pages.pegging import pegging
from longshore.planning.pages.plans import approve_many, decide, item, proposal, proposals, stock

urlpatterns = [
    *forecasting,
    path("stock/", stock, name="stock"),
    path("stock/<int:number>/", item, name="item"),
    path("proposals/", proposals, name="proposals"),
    path("proposals/approve/", approve_many, name="proposals-approve"),
    path("proposals/<int:number>/", proposal, name="proposal"),
    path("proposals/<int:number>/<slug:verb>/", decide, name="proposal-decide"),
    path("plan/", plan, name="plan"),
    path("plan/now/", plan_now, name="plan-now"),
    path("plan/pegging/", pegging, name="pegging"),
    path("agreements/", agreements, name="agreements"),
    path("agreements/new/", new_agreement, name="agreement-new"),
    path("agreements/<int:number>/", our_agreement, name="joint-agreement"),
    path("agreements/<int:number>/lines/", put_lines, name="agreement-lines"),
    path("agreements/<int:number>/lines/<int:line>/drop/", drop_line, name="agreement-drop-line"),
    path("agreements/<int:number>/end/", end, name="agreement-end"),
    path("agreements/lines/<int:number>/", our_line, name="joint-line"),
    path("agreements/lines/<int:number>/<slug:verb>/", our_act, name="joint-act"),
    path("bullwhip/", bullwhip_page, name="bullwhip"),
    path("scenarios/", scenarios.scenarios, name="scenarios"),
    path("scenarios/make/", scenarios.make, name="scenario-make"),
    path("scenarios/compare/", scenarios.compare, name="scenario-compare"),
    path("scenarios/<int:number>/", scenarios.scenario, name="scenario"),
    path("scenarios/<int:number>/progress/", scenarios.progress, name="scenario-progress"),
    path("scenarios/<int:number>/<slug:verb>/", scenarios.act, name="scenario-act"),
    path("portal/", portal, name="portal"),
    path("portal/agreements/<int:number>/", portal_agreement, name="portal-agreement"),
    path("portal/lines/<int:number>/", portal_line, name="portal-line"),
    path("portal/lines/<int:number>/<slug:verb>/", portal_act, name="portal-act"),
]
