"""Addresses of demand, forecast accuracy and stock policy."""

from __future__ import annotations

from django.urls import path

from longshore.planning.pages.accuracy import accuracy, accuracy_run, cancel_run, run_progress, start_run
from longshore.planning.pages.backtests import policy_adopt, policy_backtest
from longshore.planning.pages.demand import (
    demand,
    demand_lines,
    mark_day,
    put_life,
    put_override,
    put_promotion,
    withdraw_override,
)
from longshore.planning.pages.limits import apply_limits, stock_limits
from longshore.planning.pages.placement import placement
from longshore.planning.pages.policies import policies, policy, save_policy

urlpatterns = [
    path("demand/", demand, name="demand"),
    path("demand/lines/", demand_lines, name="demand-lines"),
    path("demand/override/", put_override, name="demand-override"),
    path("demand/override/<int:number>/withdraw/", withdraw_override, name="demand-override-withdraw"),
    path("demand/mark/", mark_day, name="demand-mark"),
    path("demand/life/", put_life, name="demand-life"),
    path("demand/promotion/", put_promotion, name="demand-promotion"),
    path("accuracy/", accuracy, name="accuracy"),
    path("accuracy/start/", start_run, name="accuracy-start"),
    path("accuracy/<int:number>/", accuracy_run, name="accuracy-run"),
    path("accuracy/<int:number>/cancel/", cancel_run, name="accuracy-cancel"),
    path("accuracy/<int:number>/progress/", run_progress, name="accuracy-progress"),
    path("policies/", policies, name="policies"),
    path("policies/limits/", stock_limits, name="stock-limits"),
    path("policies/limits/apply/", apply_limits, name="stock-limits-apply"),
    path("policies/placement/", placement, name="placement"),
    path("policies/<int:item>/<int:site>/", policy, name="policy"),
    path("policies/<int:item>/<int:site>/save/", save_policy, name="policy-save"),
    path("policies/<int:item>/<int:site>/backtest/", policy_backtest, name="policy-backtest"),
    path("policies/<int:item>/<int:site>/adopt/", policy_adopt, name="policy-adopt"),
]
