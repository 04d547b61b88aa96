"""One origin, two ways to be served: streams natively, pages and API through WSGI in threads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from a2wsgi import WSGIMiddleware

from longshore.project import clock
from longshore.project.live import LiveStream
from longshore.project.orphan import leave_when_orphaned
from longshore.project.visitor import visitor_of
from longshore.project.wsgi import application as pages
from longshore.tracing.epcis.sockets import QuerySockets, is_query_socket

THREADS = 16


class Application:
    """Routes by the first part of the path."""

    def __init__(self) -> None:
        self.pages = WSGIMiddleware(pages, workers=THREADS)  # type: ignore[arg-type]
        self.live = LiveStream()
        self.queries = QuerySockets(clock.now, visitor_of)

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"].startswith("/live/"):
            await self.live(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self.pages(scope, _as_coroutine(receive), send)  # type: ignore[arg-type]

    async def _socket(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        if is_query_socket(scope):
            await self.queries(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    async def _lifespan(
        self,
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                leave_when_orphaned()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await send({"type": "lifespan.shutdown.complete"})
                return


def _as_coroutine(
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
) -> Callable[[], Awaitable[MutableMapping[str, Any]]]:
    """granian's receive answers with a future; a2wsgi hands it to another thread, which takes coroutines only."""

    async def hear() -> MutableMapping[str, Any]:
        return await receive()

    return hear


application = Application()
