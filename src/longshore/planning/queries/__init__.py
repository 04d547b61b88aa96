"""Planning's questions."""

from longshore.planning.queries.costs import costs
from longshore.planning.queries.cover import CoverRow, cover
from longshore.planning.queries.demand_history import Asked
from longshore.planning.queries.hierarchy import Grid, GridRow, Node, grid
from longshore.planning.queries.positions import Review, review_of
from longshore.planning.queries.projection import (
    DemandPoint,
    DemandView,
    ForecastPoint,
    PolicyView,
    ProjectedDay,
    Projection,
    demand_of,
    policy_of,
    projected_stock,
)
from longshore.planning.queries.proposals import (
    Filter,
    OfferRow,
    ProposalCount,
    ProposalRow,
    counts,
    offers_for,
    proposal,
    proposals,
)

__all__ = [
    "Asked",
    "CoverRow",
    "DemandPoint",
    "DemandView",
    "Filter",
    "ForecastPoint",
    "Grid",
    "GridRow",
    "Node",
    "OfferRow",
    "PolicyView",
    "ProjectedDay",
    "Projection",
    "ProposalCount",
    "ProposalRow",
    "Review",
    "costs",
    "counts",
    "cover",
    "demand_of",
    "grid",
    "offers_for",
    "policy_of",
    "projected_stock",
    "proposal",
    "proposals",
    "review_of",
]
