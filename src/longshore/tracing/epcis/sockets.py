"""A named query as a WebSocket: `GET /epcis/queries/{name}/events?stream=true`, or with the parts of a schedule.

Every report is an EPCISQueryDocument in one text frame. Who gives a `signatureToken` in the address gets after each a
frame with its signature, the same that a webhook finds in its header.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson
from django.conf import settings
from django.contrib.auth.models import User
from django.db import close_old_connections
from django.utils.module_loading import import_string

from longshore.tracing.epcis.documents import EPC_FORMATS, Spelling, query_document
from longshore.tracing.epcis.selecting import Reader, select_events
from longshore.tracing.epcis.speaking import Problem, reader_of
from longshore.tracing.epcis.subscribing import NOTHING_SEEN, SubscriptionRefused, Wish, next_time, read_wish, snapshot
from longshore.tracing.epcis.telling import fresh_query, signature
from longshore.tracing.models import EpcisQuery

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
VisitorOf = Callable[[Scope], User | None]

POLL_SECONDS = 0.3
HEAD, TAIL = "/epcis/queries/", "/events"
# Codes of RFC 6455 and of its registry that a handshake or a stream ends with.
REFUSED, GONE = 1008, 1001


@dataclass
class Listening:
    """One open socket: what it wants, and up to where it was told."""

    query: EpcisQuery
    reader: Reader
    wish: Wish
    token: str
    epc_format: str
    mark: str
    next_at: datetime | None


class QuerySockets:
    """The ASGI application; each socket polls on its own, in a thread, while it is open."""

    def __init__(self, now: Callable[[], datetime], visitor_of: VisitorOf) -> None:
        self.now = now
        self.visitor_of = visitor_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        opened = await asyncio.to_thread(self._open, scope)
        if isinstance(opened, str):
            await send({"type": "websocket.close", "code": REFUSED, "reason": opened[:120]})
            return
        await send({"type": "websocket.accept"})
        gone = asyncio.create_task(_until_closed(receive))
        try:
            while not gone.done():
                for text in await asyncio.to_thread(self._news, opened):
                    await send({"type": "websocket.send", "text": text})
                await asyncio.wait({gone}, timeout=POLL_SECONDS)
        finally:
            gone.cancel()

    def _open(self, scope: Scope) -> Listening | str:
        """What to listen to, or why not."""
        close_old_connections()
        try:
            user = self._user(scope)
            if user is None:
                return "Send a valid token."
            name = unquote(scope["path"])[len(HEAD) : -len(TAIL)]
            reader = reader_of(user)
            visible = {"user": user} if reader.partner_id is not None else {}
            query = EpcisQuery.objects.filter(name=name, **visible).first()
            if query is None:
                return f"There is no query named {name}."
            given = dict(parse_qsl(scope["query_string"].decode("ascii", "replace")))
            return self._listening(query, reader, given)
        except (Problem, SubscriptionRefused) as refused:
            return str(refused)
        finally:
            close_old_connections()

    def _listening(self, query: EpcisQuery, reader: Reader, given: dict[str, str]) -> Listening:
        wish = read_wish(given)
        wanted = given.get("GS1-EPC-Format", "Always_GS1_Digital_Link")
        return Listening(
            query=query,
            reader=reader,
            wish=wish,
            token=given.get("signatureToken", ""),
            epc_format=wanted if wanted in EPC_FORMATS else "Always_GS1_Digital_Link",
            mark=NOTHING_SEEN if wish.initial_record_time is not None else snapshot(),
            next_at=None if wish.schedule is None else next_time(wish.schedule, self.now()),
        )

    def _user(self, scope: Scope) -> User | None:
        headers = dict(scope["headers"])
        kind, _, token = headers.get(b"authorization", b"").decode("ascii", "replace").partition(" ")
        if kind.lower() == "bearer":
            found: User | None = import_string(settings.LONGSHORE_TOKEN_USER)(token.strip())
            return found
        # A browser cannot send the header; its session may listen, but not from another site's page.
        origin = headers.get(b"origin", b"").decode("ascii", "replace")
        host = headers.get(b"host", b"").decode("ascii", "replace")
        return self.visitor_of(scope) if origin.rpartition("//")[2] == host else None

    def _news(self, listening: Listening) -> list[str]:
        """Reports that are due; the socket was told of everything before its mark."""
        close_old_connections()
        try:
            at = self.now()
            if listening.wish.schedule is not None:
                if listening.next_at is None or listening.next_at > at:
                    return []
                listening.next_at = next_time(listening.wish.schedule, at)
            upto = snapshot()
            found = self._reports(listening, upto, at)
            listening.mark = upto
            return [text for body in found for text in _signed(body, listening.token)]
        finally:
            close_old_connections()

    def _reports(self, listening: Listening, upto: str, at: datetime) -> list[bytes]:
        query = fresh_query(listening.query.query, listening.wish.initial_record_time)
        bodies: list[bytes] = []
        while True:
            page = select_events(query, listening.reader, window=(listening.mark, upto))
            if page.events or (listening.wish.report_if_empty and not listening.wish.stream and not bodies):
                spelling = Spelling(listening.epc_format)
                document = query_document(page.events, spelling, at=at, query_name=listening.query.name)
                bodies.append(orjson.dumps(document))
            if not page.next_page:
                return bodies
            query.page = page.next_page


def _signed(body: bytes, token: str) -> list[str]:
    """The frames of one report."""
    if not token:
        return [body.decode()]
    return [body.decode(), orjson.dumps({"GS1-Signature": signature(body, token)}).decode()]


def is_query_socket(scope: Scope) -> bool:
    path: str = scope["path"]
    return scope["type"] == "websocket" and path.startswith(HEAD) and path.endswith(TAIL)


async def _until_closed(receive: Receive) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass
