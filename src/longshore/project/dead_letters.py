"""Deliveries that were given up: a person's second chance for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from longshore.ledger.models import Delivery


def revive(*, delivery_ids: Sequence[int], at: datetime) -> int:
    """Dead deliveries are due again, with all their attempts; returns how many there were."""
    return Delivery.objects.filter(id__in=delivery_ids, state="dead").update(
        state="waiting", attempts=0, next_try_at=at, error=""
    )
