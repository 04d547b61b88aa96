"""From agreed numbers to the forecast planning uses: the one place that turns them into overrides of the forecast."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from longshore.ledger.cause import Cause
from longshore.planning.joint_rules import WEEK
from longshore.planning.models import OverrideKind
from longshore.planning.operations.overriding import NewOverride, override
from longshore.planning.queries.agreements import Line, company_today
from longshore.planning.queries.hierarchy import Node

NAMESPACE = UUID("0b1f0c5a-6d1f-4a53-9d55-6a0c1e5c2f10")


def use_as_forecast(line: Line, week: date, qty: int, *, at: datetime, cause: Cause) -> int:
    """What both sides committed for a week is what planning goes by; returns the number of the override."""
    wanted = NewOverride(
        key=uuid5(NAMESPACE, f"commit:{line.id}:{week.isoformat()}"),
        node=Node(item=line.item, site=line.site),
        starts_on=week,
        ends_on=week + timedelta(days=WEEK - 1),
        kind=OverrideKind.SET,
        amount=qty,
        reason=cause.because,
    )
    return override(wanted, at=at, today=company_today(at), cause=cause).override
