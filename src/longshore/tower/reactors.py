"""What the tower shows at once, without waiting for its next look."""

from __future__ import annotations

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import Told
from longshore.tower.operations import sweep


def show_excursion(event: Told) -> None:
    """storing.goods-held and storing.quality-decided: one exception an excursion, there before anybody asks."""
    _look(event, "excursion")


def show_passage(event: Told) -> None:
    """sensing.passed: a pallet that nobody announced."""
    units = [each for each in event.payload["passages"] if each["sscc"] and each["direction"] == "in"]
    if units or event.payload["withdrawn"]:
        _look(event, "pallet-unannounced")


def show_anomaly(event: Told) -> None:
    """sensing.device-quarantined. Anomalies come by the thousand: the next look of the tower shows them together."""
    _look(event, "anomaly")


def show_stray(event: Told) -> None:
    """shipping.strayed: a truck that is not where its trip leads, while it is not."""
    _look(event, "truck-astray", "truck-standing")


def show_recall(event: Told) -> None:
    """tracing.recall-…: what has to be done next about goods that are called back."""
    _look(event, "recall-open")


def _look(event: Told, *kinds: str) -> None:
    sweep(at=event.at, cause=Cause(actor="tower", because=f"event:{event.id}"), kinds=kinds)
