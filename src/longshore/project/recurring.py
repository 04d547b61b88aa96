"""The bodies of the periodic jobs: each asks one app to do one thing. The table of times is in jobs.py.

The apps are imported when a job runs: every process knows the table, but only a worker should load the solvers.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

LIVE_EVENTS_KEPT = timedelta(days=1)
LINES_AT_ONCE = 2000


def expire_claims(at: datetime) -> object:
    from longshore.ledger.cause import Cause
    from longshore.ledger.operations import expire_claims as expire

    return expire(at=at, cause=Cause(actor="system", because="clock"))


def value_stock(at: datetime) -> object:
    from longshore.ledger.operations import value_stock as value

    return value(at=at)


def recheck_promises(at: datetime) -> object:
    """Lines that could not be promised when they came may be by now."""
    from longshore.ledger.cause import Cause
    from longshore.ordering.models import OrderLine
    from longshore.ordering.operations import repromise

    waiting = OrderLine.objects.filter(promised_at__isnull=True, order__state="new").order_by("order__priority", "id")
    line_ids = list(waiting.values_list("id", flat=True)[:LINES_AT_ONCE])
    return repromise(line_ids, at=at, cause=Cause(actor="system", because="clock")) if line_ids else None


def review_replenishment(at: datetime) -> object:
    from longshore.ledger.cause import Cause
    from longshore.planning.operations import replenish

    return replenish(at=at, cause=Cause(actor="system", because="clock"))


def refresh_plan(at: datetime) -> object:
    """The night's work: prices of contracts that begin or end, forecast, then policy, then what to order."""
    from longshore.ledger.cause import Cause
    from longshore.planning.operations import company_today, make_forecasts, plan_network, replenish, set_policies
    from longshore.sourcing.operations import apply_contracts

    by_the_clock = Cause(actor="system", because="clock")
    apply_contracts(day=company_today(at))
    make_forecasts(at=at, cause=by_the_clock)
    set_policies(at=at, cause=by_the_clock)
    return replenish(at=at, cause=by_the_clock), plan_network(at=at, cause=by_the_clock)


def predict_lateness(at: datetime) -> object:
    from longshore.sourcing.operations import predict_lateness as predict

    return predict(at=at)


def send_notices(at: datetime) -> object:
    from longshore.ordering.operations import send_notices as send

    return send(at=at)


def forget_old_live_events(at: datetime) -> object:
    from longshore.tower.models import LiveEvent

    return LiveEvent.objects.filter(at__lt=at - LIVE_EVENTS_KEPT).delete()


def roll_up_telemetry(at: datetime) -> object:
    """All that was touched since the last time, in pieces: a long outage is caught up with, not done at once."""
    from longshore.sensing.operations import roll_up

    receipt = roll_up(at=at)
    while receipt.more:
        receipt = roll_up(at=at)
    return receipt


def forget_old_telemetry(at: datetime) -> object:
    from longshore.sensing.operations import Keeping, retain

    kept = Keeping(
        raw=_days("LONGSHORE_KEEP_READINGS_DAYS", 400),
        five_minutes=_days("LONGSHORE_KEEP_5MIN_DAYS", 800),
        hours=_days("LONGSHORE_KEEP_HOURLY_DAYS", 3650),
    )
    return retain(kept, at=at)


def _days(setting: str, usual: int) -> timedelta:
    return timedelta(days=max(1, int(os.environ.get(setting, usual))))
