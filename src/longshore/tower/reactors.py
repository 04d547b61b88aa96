"""What the tower shows at once, without waiting for its next look."""

from __future__ import annotations

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import Told
from longshore.tower.operations import sweep


def show_excursion(event: Told) -> None:
    """storing.goods-held and storing.quality-decided: one exception an excursion, there before anybody asks."""
    sweep(at=event.at, cause=Cause(actor="tower", because=f"event:{event.id}"), kinds=("excursion",))
