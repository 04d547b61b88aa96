"""Named queries and who wants to be told of their results."""

from __future__ import annotations

import ipaddress
import re
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from longshore.ledger.wire import run
from longshore.tracing.epcis.checking import moment
from longshore.tracing.epcis.names import prefixes_of
from longshore.tracing.epcis.parameters import read_query
from longshore.tracing.epcis.querying import Query, QueryRefused
from longshore.tracing.models import EpcisQuery, EpcisSubscription

NAME = re.compile(r"^[^/?#\x00-\x1f]{1,200}$")
SNAPSHOT = "SELECT pg_current_snapshot()::text"
NOTHING_SEEN = "1:1:"
# part of a schedule → its smallest and largest number
PARTS = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "dayOfMonth": (1, 31),
    "month": (1, 12),
    "dayOfWeek": (1, 7),
}
RANGE = re.compile(r"^\[?(\d{1,2})-(\d{1,2})\]?$")
LOOK_AHEAD_DAYS = 366 * 5


class NameTaken(Exception):
    """A query of this name exists."""


class SubscriptionRefused(Exception):
    """The subscription cannot be made; the text says why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """When a subscriber wants to be told: at once, or by a schedule."""

    stream: bool
    schedule: dict[str, str] | None
    report_if_empty: bool
    initial_record_time: datetime | None


def query_of(saved: Mapping[str, Any]) -> Query:
    """A stored query as conditions. Raises QueryRefused."""
    return read_query(saved, prefixes_of(saved.get("@context")))


def name_query(name: object, query: object, *, user: User, at: datetime) -> EpcisQuery:
    """Raises QueryRefused for a query nobody could ask, NameTaken for a name that is taken."""
    if not isinstance(name, str) or not NAME.match(name):
        raise QueryRefused("name", "is a text without slashes.")
    if not isinstance(query, dict):
        raise QueryRefused("query", "is an object of parameters.")
    query_of(query)
    try:
        with transaction.atomic():
            return EpcisQuery.objects.create(name=name, query=query, user=user, created_at=at)
    except IntegrityError as error:
        raise NameTaken(name) from error


def subscribe(
    query: EpcisQuery, wanted: object, *, user: User, at: datetime, formats: Mapping[str, str], public_only: bool
) -> EpcisSubscription:
    """`public_only`: the address must be https on the public internet, as a partner's must."""
    if not isinstance(wanted, dict):
        raise SubscriptionRefused("A subscription is an object.")
    wish = read_wish(wanted)
    destination = wanted.get("dest")
    token = wanted.get("signatureToken", "")
    if not isinstance(destination, str) or not isinstance(token, str) or len(token) > 200:
        raise SubscriptionRefused("`dest` is the address to call, `signatureToken` a text of 200 characters at most.")
    check_destination(destination, public_only)
    return EpcisSubscription.objects.create(
        key=uuid.uuid4(),
        query=query,
        user=user,
        destination=destination,
        token=token,
        stream=wish.stream,
        schedule=wish.schedule,
        report_if_empty=wish.report_if_empty,
        initial_record_time=wish.initial_record_time,
        settings={**formats, "public_only": public_only},
        created_at=at,
        mark=NOTHING_SEEN if wish.initial_record_time is not None else snapshot(),
        next_at=at if wish.schedule is None else next_time(wish.schedule, at),
    )


def read_wish(wanted: Mapping[str, Any]) -> Wish:
    """From a body, or from the parameters of a socket's address. Raises SubscriptionRefused."""
    stream = wanted.get("stream") in (True, "true")
    schedule = wanted.get("schedule")
    if schedule is None:
        schedule = {name: wanted[name] for name in PARTS if name in wanted} or None
    if stream == (schedule is not None):
        raise SubscriptionRefused("Say either `stream`: true or a `schedule`, not both and not neither.")
    since = wanted.get("initialRecordTime")
    initial = moment(str(since).replace(" ", "+")) if since is not None else None
    if since is not None and initial is None:
        raise SubscriptionRefused("`initialRecordTime` is a time with its offset.")
    if schedule is not None:
        schedule = _checked_schedule(schedule)
    return Wish(stream, schedule, wanted.get("reportIfEmpty") in (True, "true"), initial)


def _checked_schedule(schedule: object) -> dict[str, str]:
    if not isinstance(schedule, dict) or not schedule or not set(schedule) <= set(PARTS):
        raise SubscriptionRefused(f"A schedule has some of {', '.join(PARTS)}.")
    made = {name: str(text) for name, text in schedule.items()}
    for name, text in made.items():
        numbers_of(name, text)
    return made


def numbers_of(name: str, text: str) -> frozenset[int]:
    """`1,5,[10-20]` → the numbers meant."""
    low, high = PARTS[name]
    numbers: set[int] = set()
    for part in text.split(","):
        part = part.strip()
        match = RANGE.match(part)
        if match is not None:
            numbers |= set(range(int(match[1]), int(match[2]) + 1))
        elif part.isascii() and part.isdigit() and len(part) < 3:
            numbers.add(int(part))
        elif part == "*":
            numbers |= set(range(low, high + 1))
        else:
            raise SubscriptionRefused(f"{part or 'Nothing'} is no {name}.")
    if not numbers or min(numbers) < low or max(numbers) > high:
        raise SubscriptionRefused(f"{name} goes from {low} to {high}.")
    return frozenset(numbers)


def next_time(schedule: Mapping[str, str], after: datetime) -> datetime | None:
    """The first moment after `after` (UTC) that every part of the schedule allows; a part left out allows all,
    except that seconds (and minutes) below the finest part given are 0. None: never."""
    given = [name for name in PARTS if name in schedule]
    finest = given[0]
    allowed = {}
    for name, (low, high) in PARTS.items():
        finer = list(PARTS).index(name) < list(PARTS).index(finest) and name in ("second", "minute", "hour")
        allowed[name] = (
            numbers_of(name, schedule[name]) if name in schedule else frozenset({0} if finer else range(low, high + 1))
        )
    day = after.replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(LOOK_AHEAD_DAYS):
        if (
            day.day in allowed["dayOfMonth"]
            and day.month in allowed["month"]
            and day.isoweekday() in allowed["dayOfWeek"]
        ):
            found = _first_on(day, after, allowed)
            if found is not None:
                return found
        day += timedelta(days=1)
    return None


def _first_on(day: datetime, after: datetime, allowed: Mapping[str, frozenset[int]]) -> datetime | None:
    times = (
        day.replace(hour=hour, minute=minute, second=second)
        for hour in sorted(allowed["hour"])
        if day.replace(hour=hour, minute=59, second=59) >= after.replace(microsecond=0)
        for minute in sorted(allowed["minute"])
        if day.replace(hour=hour, minute=minute, second=59) >= after.replace(microsecond=0)
        for second in sorted(allowed["second"])
    )
    return next((at for at in times if at > after), None)


def snapshot() -> str:
    """What is committed at this moment. What is not in it now but in a later one is what is new in between, however
    long its transaction took: no clock and no counter can say that."""
    row = run(SNAPSHOT).fetchone()
    assert row is not None
    return str(row[0])


def check_destination(destination: str, public_only: bool) -> None:
    """Raises SubscriptionRefused. A partner may not make us call our own machines."""
    parts = urlsplit(destination)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(destination) > 500:
        raise SubscriptionRefused("`dest` is an http or https address.")
    if not public_only:
        return
    if parts.scheme != "https":
        raise SubscriptionRefused("`dest` must be an https address.")
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise SubscriptionRefused("The host of `dest` is not known.") from error
    if not all(ipaddress.ip_address(entry[4][0]).is_global for entry in found):
        raise SubscriptionRefused("`dest` must be on the public internet.")
