"""Follows what happens and shows it live: one thread in one worker, whatever the number of events.

A simulated year posts millions of movements nobody watches, so the tower subscribes to none of them one by one: it
reads the outbox a few times a second, gathers what is new into a few live events, and looks again at the kinds of
exception the news may have made or ended. A killed follower loses nothing but the moment: the next one starts from now.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction

from longshore.ledger.cause import Cause
from longshore.ledger.models import OutboxEvent
from longshore.tower import showing
from longshore.tower.operations import record_measures, sweep, tell_live, tell_movements, tell_positions
from longshore.tower.queries import moved_by, moved_vehicles, newest_fix, trucks
from longshore.tower.queries.watching import WATCHES

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.25
LOOK_SECONDS = 3.0  # a kind of exception is looked at no more often than this when something has happened
TIME_PASSES_SECONDS = 30.0  # and no less often than this when nothing has: orders become late by themselves
MEASURE_SECONDS = 60.0
LOOK_BACK = 300  # events get their numbers before they are committed, so a smaller number may come a moment later
AT_ONCE = 1000
TOWER = Cause(actor="tower")

ORDER_KINDS = ("order-late", "order-slipping", "order-unpromised")
LOOKED_AT: dict[str, tuple[str, ...]] = {
    "ordering.promised": ("excursion", *ORDER_KINDS),
    "ordering.unpromised": ("excursion", *ORDER_KINDS),
    "ordering.order-cancelled": ORDER_KINDS,
    "planning.proposed": ("stock-short",),
    "planning.decided": ("stock-short",),
    "sourcing.delayed": ("purchase-late", "purchase-risk"),
    "sourcing.confirmed": ("purchase-late", "purchase-risk"),
    "sourcing.received": ("purchase-late", "purchase-risk", "pallet-unannounced"),
    "storing.picked-short": ("pick-short",),
    "storing.goods-held": ("excursion", *ORDER_KINDS),
    "storing.quality-decided": ("excursion",),
    "shipping.eta-changed": ("trip-late",),
    "shipping.arrived": ("trip-late", "truck-astray", "truck-standing"),
    "shipping.finished": ("truck-astray", "truck-standing"),
    "shipping.delivered": ("trip-late", *ORDER_KINDS),
}
FLEET_EVENTS = frozenset({"shipping.departed", "shipping.arrived", "shipping.eta-changed", "shipping.finished"})


@dataclass(slots=True)
class News:
    """What has happened since the last look."""

    postings: list[int] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


class Follower:
    """Where the following stands; `seconds` is a clock that only goes forward."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.floor: int | None = None
        self.seen: set[int] = set()
        self.fix_at: datetime | None = None
        self.dirty: set[str] = set(WATCHES)
        self.looked: dict[str, float] = {}
        self.measured = float("-inf")

    def step(self, at: datetime) -> bool:
        """One look; true when there was something to show."""
        news = self._news()
        positions = self._show_positions(at)
        if news.postings:
            rows = moved_by(news.postings)
            tell_movements(rows, showing.moved_json(rows), at=at)
        if any(name.startswith(("ordering.", "storing.", "shipping.")) for name in news.names):
            tell_live("order", {"names": sorted(news.names)}, at=at)
        if news.names & FLEET_EVENTS:
            tell_live("fleet", {"reload": True, "trucks": []}, at=at)
        for name in news.names:
            self.dirty.update(LOOKED_AT.get(name, ()))
        self._look_again(at)
        self._measure(at)
        return bool(news.names) or positions

    def _news(self) -> News:
        if self.floor is None:
            newest = OutboxEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
            self.floor = newest
            self.seen = set(range(max(newest - LOOK_BACK, 0), newest + 1))
        found = OutboxEvent.objects.filter(id__gt=max(self.floor - LOOK_BACK, 0)).order_by("id")
        news = News()
        for id, name, payload in found.values_list("id", "name", "payload")[: AT_ONCE + LOOK_BACK]:
            if id in self.seen:
                continue
            self.seen.add(id)
            self.floor = max(self.floor, id)
            news.names.add(name)
            if name == "ledger.posted":
                news.postings += payload["postings"][-showing.FEED_ROWS :]
        self.seen = {id for id in self.seen if id >= self.floor - LOOK_BACK}
        return news

    def _show_positions(self, at: datetime) -> bool:
        newest = newest_fix()
        if newest is None or newest == self.fix_at:
            return False
        since, self.fix_at = self.fix_at, newest
        moved = moved_vehicles(since) if since is not None else ()
        frames = [showing.truck_frame(truck, at) for truck in trucks(moved)] if moved else []
        return tell_positions(frames, at=at) is not None

    def _look_again(self, at: datetime) -> None:
        now = self.seconds()
        for kind in WATCHES:
            waited = now - self.looked.get(kind, float("-inf"))
            if waited >= TIME_PASSES_SECONDS or (kind in self.dirty and waited >= LOOK_SECONDS):
                self.dirty.discard(kind)
                self.looked[kind] = now
                sweep(at=at, cause=TOWER, kinds=(kind,))

    def _measure(self, at: datetime) -> None:
        now = self.seconds()
        if now - self.measured >= MEASURE_SECONDS:
            self.measured = now
            record_measures(at=at)


def run_follower(*, now: Callable[[], datetime], stopping: Callable[[], bool]) -> None:
    """The worker's loop. Of several workers the one that holds the lock follows; the next takes over when it dies."""
    follower = Follower()
    try:
        while not stopping():
            try:
                busy = _alone() and follower.step(now())
            except (OperationalError, InterfaceError) as error:
                logger.warning("The database went away (%s); following again.", error)
                connection.close()
                follower = Follower()
                time.sleep(1.0)
                continue
            if not busy:
                time.sleep(POLL_SECONDS)
    finally:
        close_old_connections()


def _alone() -> bool:
    """The lock belongs to the connection: asking again for what one holds costs nothing and is given back below."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "select exists (select 1 from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and granted"
            " and classid = hashtext('tower.follow')::oid and objid = 1)"
            " or pg_try_advisory_lock(hashtext('tower.follow'), 1)"
        )
        line = cursor.fetchone()
    return bool(line and line[0])
