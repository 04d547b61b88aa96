"""Tells subscribers what is new: a signed POST for each batch, at once or by their schedule.

What is new is known by the database's snapshots, not by time: a subscriber was told everything its mark holds, so an
event that commits late, or happened long ago, is told all the same, once.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from django.db import transaction

from longshore.ledger.wire import run
from longshore.tracing.epcis.documents import Spelling, query_document
from longshore.tracing.epcis.querying import Query
from longshore.tracing.epcis.selecting import FoundEvent, Reader, select_events
from longshore.tracing.epcis.subscribing import SubscriptionRefused, check_destination, next_time, query_of, snapshot
from longshore.tracing.models import EpcisReader, EpcisSubscription

logger = logging.getLogger(__name__)

EVENTS_AT_ONCE = 100
SECONDS_TO_ANSWER = 10.0
LEASE = timedelta(seconds=60)
FIRST_RETRY = timedelta(seconds=2)
LONGEST_WAIT = timedelta(hours=1)
SUBSCRIPTIONS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Told:
    """What one round did."""

    subscriptions: int
    reports: int
    events: int
    failed: int


class NotTaken(Exception):
    """The subscriber did not answer with success."""


def signature(body: bytes, token: str) -> str:
    """What stands in `GS1-Signature`: HMAC-SHA-256 of the body with the subscriber's own token."""
    return "sha256=" + hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


def tell_due(*, at: datetime) -> Told:
    """Every subscription that is due at `at`, each leased so that another worker leaves it alone."""
    total = Told(0, 0, 0, 0)
    for subscription in _due(at):
        reports, events, failed = _tell(subscription, at)
        total = Told(total.subscriptions + 1, total.reports + reports, total.events + events, total.failed + failed)
    return total


DUE = """
SELECT s.id FROM tracing_epcissubscription s WHERE s.next_at <= %s AND (NOT s.stream OR EXISTS (
    SELECT 1 FROM tracing_epcisevent e WHERE e.written_in >= pg_snapshot_xmin(s.mark::pg_snapshot)::text::bigint
        AND NOT pg_visible_in_snapshot(e.written_in::text::xid8, s.mark::pg_snapshot)
)) ORDER BY s.next_at, s.id LIMIT %s FOR UPDATE SKIP LOCKED
"""


def _due(at: datetime) -> list[EpcisSubscription]:
    """Streams are due when something was committed since their mark, schedules when their time has come."""
    with transaction.atomic():
        ids = [row[0] for row in run(DUE, at, SUBSCRIPTIONS_AT_ONCE).fetchall()]
        EpcisSubscription.objects.filter(id__in=ids).update(next_at=at + LEASE)
    return list(EpcisSubscription.objects.filter(id__in=ids).select_related("query", "user").order_by("id"))


def _tell(subscription: EpcisSubscription, at: datetime) -> tuple[int, int, int]:
    upto = snapshot()
    reports = events = 0
    try:
        for batch in _batches(subscription, upto):
            if batch or (subscription.report_if_empty and not subscription.stream):
                _post(subscription, report_body(subscription, batch, at))
                reports, events = reports + 1, events + len(batch)
    except (NotTaken, SubscriptionRefused, OSError) as error:
        _put_off(subscription, error, at)
        return reports, events, 1
    schedule = subscription.schedule
    EpcisSubscription.objects.filter(id=subscription.id).update(
        mark=upto,
        failures=0,
        error="",
        next_at=at if schedule is None else next_time(schedule, at),
        **({"last_at": at} if reports else {}),
    )
    return reports, events, 0


def _batches(subscription: EpcisSubscription, upto: str) -> Iterator[tuple[FoundEvent, ...]]:
    """At least one batch, perhaps empty: who wants to hear of nothing hears of nothing."""
    partner_id = EpcisReader.objects.filter(user=subscription.user).values_list("partner_id", flat=True).first()
    query = fresh_query(subscription.query.query, subscription.initial_record_time)
    while True:
        page = select_events(query, Reader(partner_id), window=(subscription.mark, upto))
        yield page.events
        if not page.next_page:
            return
        query.page = page.next_page


def fresh_query(saved: dict[str, object], since: datetime | None) -> Query:
    """A named query as a subscription asks it: everything, in the order of capture."""
    query = query_of(saved)
    query.order_by, query.limit, query.most, query.per_page = "", None, None, EVENTS_AT_ONCE
    if since is not None:
        query.add("e.record_time >= %s", since)
    return query


def report_body(subscription: EpcisSubscription, events: tuple[FoundEvent, ...], at: datetime) -> bytes:
    document = query_document(
        events,
        Spelling(subscription.settings.get("epc_format", "Always_GS1_Digital_Link")),
        at=at,
        query_name=subscription.query.name,
        subscription_id=str(subscription.key),
    )
    return orjson.dumps(document)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect could lead where the subscriber's address was not allowed to point."""

    def redirect_request(self, *_request: object) -> None:
        return None


def _post(subscription: EpcisSubscription, body: bytes) -> None:
    if subscription.settings.get("public_only"):
        check_destination(subscription.destination, True)
    headers = {"Content-Type": "application/json", "GS1-EPCIS-Version": "2.0.0", "GS1-CBV-Version": "2.0.0"}
    if subscription.token:
        headers["GS1-Signature"] = signature(body, subscription.token)
    request = urllib.request.Request(subscription.destination, body, headers, method="POST")
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=SECONDS_TO_ANSWER) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        raise NotTaken(f"The subscriber answered {error.code}.") from error
    if not 200 <= status < 300:
        raise NotTaken(f"The subscriber answered {status}.")


def _put_off(subscription: EpcisSubscription, error: Exception, at: datetime) -> None:
    """The mark stays: everything since is told again, because nobody knows how much of it arrived."""
    logger.warning("Subscription %s: %s: %s", subscription.key, type(error).__name__, error)
    wait = min(FIRST_RETRY * 2 ** min(subscription.failures, 12), LONGEST_WAIT)
    EpcisSubscription.objects.filter(id=subscription.id).update(
        failures=min(subscription.failures + 1, 30_000),
        error=f"{type(error).__name__}: {error}"[:500],
        next_at=at + wait,
    )
