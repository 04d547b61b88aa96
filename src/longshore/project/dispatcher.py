"""Tells what happened to those who subscribed: at least once, each reactor in its own transaction.

Two steps, so that a crash between any two statements repeats work instead of losing it:
`_plan` turns committed events into deliveries; `_deliver` runs them and marks each in the transaction of the reactor
itself. A delivery that fails is tried again later, and after MAX_ATTEMPTS is dead: it stays
in the table, in the admin and in `longshore doctor` until a person revives it.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction

from longshore.ledger.models import Delivery, OutboxEvent
from longshore.ledger.outbox import Told
from longshore.ledger.wire import run
from longshore.project.subscriptions import SUBSCRIPTIONS, reactor_name, reactors_by_name

logger = logging.getLogger(__name__)

TAKE = """
SELECT d.reactor, e.id, e.name, e.payload::text, e.at, e.cause
FROM ledger_delivery d JOIN ledger_outboxevent e ON e.id = d.event_id
WHERE d.id = %s AND d.state = 'waiting' FOR NO KEY UPDATE OF d SKIP LOCKED
"""
DONE = "UPDATE ledger_delivery SET state = 'done', error = '' WHERE id = %s"
EVENTS_AT_ONCE = 500
DELIVERIES_AT_ONCE = 200
MAX_ATTEMPTS = 8
FIRST_RETRY = timedelta(seconds=2)
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Drained:
    """What one call of `drain_outbox` did."""

    events: int
    delivered: int
    failed: int
    dead: int

    def __add__(self, other: Drained) -> Drained:
        return Drained(
            self.events + other.events,
            self.delivered + other.delivered,
            self.failed + other.failed,
            self.dead + other.dead,
        )


NOTHING = Drained(0, 0, 0, 0)


def drain_outbox(*, at: datetime) -> Drained:
    """Deliver everything that is due at `at`, including what reactors themselves emit."""
    total = NOTHING
    while True:
        planned = _plan(at)
        delivered = _deliver(at)
        if planned == NOTHING and delivered == NOTHING:
            return total
        total = total + planned + delivered


def run_dispatcher(*, now: Callable[[], datetime], stopping: Callable[[], bool]) -> None:
    """The worker's loop. The outbox is polled: a NOTIFY would serialise every posting's commit (decision 0008)."""
    while not stopping():
        try:
            drained = drain_outbox(at=now())
        except (OperationalError, InterfaceError) as error:
            logger.warning("The database went away (%s); trying again.", error)
            connection.close()
            time.sleep(1.0)
            continue
        if drained == NOTHING:
            time.sleep(POLL_SECONDS)


def _plan(at: datetime) -> Drained:
    with transaction.atomic():
        waiting = OutboxEvent.objects.select_for_update(skip_locked=True).filter(dispatched=False)
        events = list(waiting.order_by("id").values_list("id", "name")[:EVENTS_AT_ONCE])
        if not events:
            return NOTHING
        Delivery.objects.bulk_create(
            [
                Delivery(event_id=event_id, reactor=reactor_name(reactor), next_try_at=at)
                for event_id, name in events
                for reactor in SUBSCRIPTIONS.get(name, ())
            ],
            ignore_conflicts=True,
        )
        OutboxEvent.objects.filter(id__in=[event_id for event_id, _ in events]).update(dispatched=True)
    return Drained(len(events), 0, 0, 0)


def _deliver(at: datetime) -> Drained:
    """Each due delivery, oldest event first; another worker's are skipped."""
    due = Delivery.objects.filter(state="waiting", next_try_at__lte=at).order_by("event_id", "id")
    total = NOTHING
    for delivery_id in list(due.values_list("id", flat=True)[:DELIVERIES_AT_ONCE]):
        total = total + _deliver_one(delivery_id, at)
    return total


def _deliver_one(delivery_id: int, at: datetime) -> Drained:
    """Run the reactor and mark the delivery done in one transaction; what failed leaves nothing but its reason."""
    try:
        with transaction.atomic():
            row = run(TAKE, delivery_id).fetchone()
            if row is None:
                return NOTHING
            name, event_id, event_name, payload, event_at, cause = row
            reactor = reactors_by_name().get(name)
            if reactor is None:
                reason = f"No reactor is called {name}; it was renamed or removed."
                return _write_dead(Delivery.objects.get(id=delivery_id), reason)
            reactor(Told(id=event_id, name=event_name, payload=json.loads(payload), at=event_at, cause=cause))
            run(DONE, delivery_id)
            return Drained(0, 1, 0, 0)
    except Exception as error:
        if connection.connection is None or connection.connection.closed:
            raise
        logger.warning("Delivery %s failed: %s: %s", delivery_id, type(error).__name__, error)
        return _write_failure(delivery_id, error, at)


@transaction.atomic
def _write_failure(delivery_id: int, error: Exception, at: datetime) -> Drained:
    delivery = Delivery.objects.select_for_update().filter(id=delivery_id, state="waiting").first()
    if delivery is None:
        return NOTHING  # another worker took it as soon as we let go
    sentence = f"{type(error).__name__}: {error}"[:2000]
    if delivery.attempts + 1 >= MAX_ATTEMPTS:
        return _write_dead(delivery, sentence)
    delivery.attempts += 1
    delivery.error = sentence
    delivery.next_try_at = at + FIRST_RETRY * 2 ** (delivery.attempts - 1)
    delivery.save(update_fields=["attempts", "error", "next_try_at"])
    return Drained(0, 0, 1, 0)


def _write_dead(delivery: Delivery, reason: str) -> Drained:
    Delivery.objects.filter(id=delivery.id).update(state="dead", error=reason, attempts=delivery.attempts + 1)
    return Drained(0, 0, 0, 1)
