"""Planning's verbs."""

from longshore.planning.operations.by_hand import (
    Measured,
    NewPolicy,
    PoliciesReceipt,
    PoliciesRefused,
    put_policies,
    record_lead_times,
)
from longshore.planning.operations.costs import CostsReceipt, CostsRefused, set_costs
from longshore.planning.operations.deciding import (
    AlreadyDecided,
    Change,
    DecisionReceipt,
    ImpossibleChange,
    UnknownProposal,
    approve,
    change,
    reject,
    take_back_rejection,
)
from longshore.planning.operations.demand import (
    DemandReceipt,
    HistoryDay,
    HistoryReceipt,
    put_history,
    record_demand,
)
from longshore.planning.operations.forecasts import ForecastReceipt, make_forecasts
from longshore.planning.operations.policies import PolicyReceipt, set_policies
from longshore.planning.operations.releasing import NotReleasable, ReleaseReceipt, release
from longshore.planning.operations.replenish import ReplenishReceipt, replenish

__all__ = [
    "AlreadyDecided",
    "Change",
    "CostsReceipt",
    "CostsRefused",
    "DecisionReceipt",
    "DemandReceipt",
    "ForecastReceipt",
    "HistoryDay",
    "HistoryReceipt",
    "ImpossibleChange",
    "Measured",
    "NewPolicy",
    "NotReleasable",
    "PoliciesReceipt",
    "PoliciesRefused",
    "PolicyReceipt",
    "ReleaseReceipt",
    "ReplenishReceipt",
    "UnknownProposal",
    "approve",
    "change",
    "make_forecasts",
    "put_history",
    "put_policies",
    "record_demand",
    "record_lead_times",
    "reject",
    "release",
    "replenish",
    "set_costs",
    "set_policies",
    "take_back_rejection",
]
