"""The verbs of tracing."""

from longshore.tracing.operations.holding import HoldReceipt, cancel_recall, hold_recall
from longshore.tracing.operations.linking import LinkReceipt, link_all, link_postings
from longshore.tracing.operations.linking_events import link_events
from longshore.tracing.operations.recalling import (
    NewRecall,
    RecallReceipt,
    RecallRefused,
    Sums,
    receipt_of,
    start_recall,
)
from longshore.tracing.operations.telling import (
    NotifyReceipt,
    ReconcileReceipt,
    answer_letter,
    close_recall,
    notify_recall,
    reconcile_recall,
)

__all__ = [
    "HoldReceipt",
    "LinkReceipt",
    "NewRecall",
    "NotifyReceipt",
    "RecallReceipt",
    "RecallRefused",
    "ReconcileReceipt",
    "Sums",
    "answer_letter",
    "cancel_recall",
    "close_recall",
    "hold_recall",
    "link_all",
    "link_events",
    "link_postings",
    "notify_recall",
    "receipt_of",
    "reconcile_recall",
    "start_recall",
]
