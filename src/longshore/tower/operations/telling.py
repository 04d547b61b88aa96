"""What open browsers should hear of: rows of LiveEvent, written in the transaction that made them true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from longshore.tower.models import LiveEvent
from longshore.tower.queries import Moved


@dataclass(frozen=True, slots=True)
class LiveReceipt:
    event: int


def tell_live(name: str, payload: dict[str, Any], *, at: datetime) -> LiveReceipt:
    """`name` is topic and event in one: fleet, kpi, exception, movement, order."""
    return LiveReceipt(LiveEvent.objects.create(topic=name, name=name, payload=payload, at=at).pk)


def tell_movements(rows: Sequence[Moved], lines: list[dict[str, object]], *, at: datetime) -> LiveReceipt | None:
    """`lines` are `rows` as a browser shows them; nothing moved, nothing told."""
    return tell_live("movement", {"rows": lines}, at=at) if rows else None


def tell_positions(frames: list[list[object]], *, at: datetime) -> LiveReceipt | None:
    """Trucks that moved: [id, lng, lat, heading, state]."""
    return tell_live("fleet", {"trucks": frames}, at=at) if frames else None
