"""The tower's verbs."""

from longshore.tower.operations.acting import ActReceipt, NothingProposed, act_on_exception
from longshore.tower.operations.closing import (
    AlreadyClosed,
    CloseReceipt,
    close_exception,
    reopen_exception,
    snooze_exception,
)
from longshore.tower.operations.measuring import MeasuresReceipt, record_measures
from longshore.tower.operations.telling import LiveReceipt, tell_live, tell_movements, tell_positions
from longshore.tower.operations.watching import SweepReceipt, raise_exceptions, sweep

__all__ = [
    "ActReceipt",
    "AlreadyClosed",
    "CloseReceipt",
    "LiveReceipt",
    "MeasuresReceipt",
    "NothingProposed",
    "SweepReceipt",
    "act_on_exception",
    "close_exception",
    "raise_exceptions",
    "record_measures",
    "reopen_exception",
    "snooze_exception",
    "sweep",
    "tell_live",
    "tell_movements",
    "tell_positions",
]
