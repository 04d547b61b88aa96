"""From agreed numbers to the forecast planning uses: the one place that turns them into overrides of the forecast."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from longshore.ledger.cause import Cause
from longshore.planning.joint_rules import WEEK
from longshore.planning.models import DemandOverride, OverrideKind
from longshore.planning.queries.agreements import Line

NAMESPACE = UUID("0b1f0c5a-6d1f-4a53-9d55-6a0c1e5c2f10")


def use_as_forecast(line: Line, week: date, qty: int, *, at: datetime, cause: Cause) -> int:
    """What both sides committed for a week is what planning goes by; returns the number of the override."""
    last = week + timedelta(days=WEEK - 1)
    return DemandOverride.objects.create(
        key=uuid5(NAMESPACE, f"commit:{line.id}:{week.isoformat()}"),
        item_id=line.item,
        site_id=line.site,
        starts_on=week,
        ends_on=last,
        kind=OverrideKind.SET,
        amount=qty,
        reason=cause.because,
        actor=cause.actor,
        made_at=at,
        expires_on=last,
    ).pk
