"""Demand, forecasts, stock policies, proposals, and who plans with us."""

from longshore.planning.models.plans import (
    DemandDay,
    Forecast,
    LeadTime,
    Proposal,
    ProposalState,
    StockPolicy,
)

__all__ = [
    "DemandDay",
    "Forecast",
    "LeadTime",
    "Proposal",
    "ProposalState",
    "StockPolicy",
]
