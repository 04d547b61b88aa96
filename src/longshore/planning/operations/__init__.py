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
from longshore.planning.operations.forecast_runs import (
    RunCancelled,
    RunRefused,
    ask_for_run,
    cancel_run,
    carry_out_run,
)
from longshore.planning.operations.forecasts import ForecastReceipt, make_forecasts
from longshore.planning.operations.influencing import (
    InfluenceReceipt,
    InfluenceRefused,
    NewLife,
    NewPromotion,
    NewSignalDay,
    SignalsReceipt,
    put_life,
    put_promotion,
    put_signals,
    remove_promotion,
)
from longshore.planning.operations.marking import MarkReceipt, MarkRefused, NewMark, mark_day, remove_marks
from longshore.planning.operations.measuring import measure
from longshore.planning.operations.network import NotPlannable, open_network, plan_network, refresh_network
from longshore.planning.operations.network_storing import NetworkReceipt, OpenNetwork
from longshore.planning.operations.overriding import (
    NewOverride,
    OverrideReceipt,
    OverrideRefused,
    apply_overrides,
    override,
    withdraw_override,
)
from longshore.planning.operations.planning_way import plan_by
from longshore.planning.operations.policies import PolicyReceipt, set_policies
from longshore.planning.operations.releasing import NotReleasable, ReleaseReceipt, release
from longshore.planning.operations.replenish import ReplenishReceipt, replenish
from longshore.planning.operations.surging import SurgeReceipt, note_surges, take_up_surges
from longshore.planning.queries.agreements import company_today

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
    "InfluenceReceipt",
    "InfluenceRefused",
    "MarkReceipt",
    "MarkRefused",
    "Measured",
    "NetworkReceipt",
    "NewLife",
    "NewMark",
    "NewOverride",
    "NewPolicy",
    "NewPromotion",
    "NewSignalDay",
    "NotPlannable",
    "NotReleasable",
    "OpenNetwork",
    "OverrideReceipt",
    "OverrideRefused",
    "PoliciesReceipt",
    "PoliciesRefused",
    "PolicyReceipt",
    "ReleaseReceipt",
    "ReplenishReceipt",
    "RunCancelled",
    "RunRefused",
    "SignalsReceipt",
    "SurgeReceipt",
    "UnknownProposal",
    "apply_overrides",
    "approve",
    "ask_for_run",
    "cancel_run",
    "carry_out_run",
    "change",
    "company_today",
    "make_forecasts",
    "mark_day",
    "measure",
    "note_surges",
    "open_network",
    "override",
    "plan_by",
    "plan_network",
    "put_history",
    "put_life",
    "put_policies",
    "put_promotion",
    "put_signals",
    "record_demand",
    "record_lead_times",
    "refresh_network",
    "reject",
    "release",
    "remove_marks",
    "remove_promotion",
    "replenish",
    "set_costs",
    "set_policies",
    "take_back_rejection",
    "take_up_surges",
    "withdraw_override",
]
