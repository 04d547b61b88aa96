"""One ledger in three tenses, and what was turned into what."""

from longshore.ledger.models.books import (
    Balance,
    Claim,
    ClaimState,
    ClosedPeriod,
    Condition,
    CostEntry,
    CostMethod,
    Delivery,
    FlowKind,
    FlowStatus,
    Movement,
    Observation,
    OutboxEvent,
    PlannedFlow,
    Posting,
    PostingKind,
    ReceiptPrice,
)
from longshore.ledger.models.fulfilments import Fulfilment
from longshore.ledger.models.transforms import Transform, TransformReason

__all__ = [
    "Balance",
    "Claim",
    "ClaimState",
    "ClosedPeriod",
    "Condition",
    "CostEntry",
    "CostMethod",
    "Delivery",
    "FlowKind",
    "FlowStatus",
    "Fulfilment",
    "Movement",
    "Observation",
    "OutboxEvent",
    "PlannedFlow",
    "Posting",
    "PostingKind",
    "ReceiptPrice",
    "Transform",
    "TransformReason",
]
