"""POST /ingest/<device>: JSON, newline-delimited JSON or CBOR; the answer comes after the commit.

A small HTTP/1.1 server of its own, because it shares the batch and the writer with MQTT in one process and needs five
header fields. Requests on one connection are answered one after the other.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from longshore.sensing.gateway import cbor
from longshore.sensing.gateway.directory import Known
from longshore.sensing.gateway.gate import Gate
from longshore.sensing.gateway.requests import BadRequest, Request, Requests

COMMIT_S = 25.0
MOST_BODIES = 20_000
STATUS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]
    headers: tuple[tuple[str, str], ...] = ()

    def wire(self, *, keep: bool) -> bytes:
        body = json.dumps(self.body).encode()
        head = [f"HTTP/1.1 {self.status} {STATUS[self.status]}", "content-type: application/json"]
        head += [f"{name}: {value}" for name, value in self.headers]
        head += [f"content-length: {len(body)}", f"connection: {'keep-alive' if keep else 'close'}", "", ""]
        return "\r\n".join(head).encode() + body


class HttpConnection(asyncio.Protocol):
    """One client; its next request is read when the one before has been answered."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.requests = Requests(gate.choices.packet_bytes * 16)
        self.transport: asyncio.Transport | None = None
        self.busy = False
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._be_patient()

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if self.timer is not None:
            self.timer.cancel()

    def _be_patient(self) -> None:
        """A request has so long to arrive, and a quiet connection so long to stay."""
        if self.timer is not None:
            self.timer.cancel()
        self.timer = asyncio.get_running_loop().call_later(self.gate.choices.join_s * 3, self._too_slow)

    def _too_slow(self) -> None:
        if self.transport is not None and not self.busy:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.requests.feed(data)
        self._next()

    def _next(self) -> None:
        if self.busy or self.transport is None:
            return
        try:
            request = self.requests.take()
        except BadRequest as error:
            self.gate.refusals.count("", "malformed", self.requests.glimpse(), stranger=True)
            self.transport.write(Answer(error.status, {"code": error.code}).wire(keep=False))
            self.transport.close()
            return
        if request is None:
            if self.requests.wants_continue():
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        self.busy = True
        self.transport.pause_reading()
        self.gate.spawn(self._serve(request))

    async def _serve(self, request: Request) -> None:
        answer = await respond(self.gate, request)
        self.busy = False
        if self.transport is None:
            return
        self.transport.write(answer.wire(keep=request.keep_alive))
        if not request.keep_alive:
            self.transport.close()
            return
        self._be_patient()
        self.transport.resume_reading()
        self._next()


class _Waiting:
    """A request in a batch; its future ends at the commit."""

    __slots__ = ("future",)

    def __init__(self) -> None:
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def committed(self, receipts: list[bytes]) -> None:
        if not self.future.done():
            self.future.set_result(None)


async def respond(gate: Gate, request: Request) -> Answer:
    """Whoever sends for another device, without a key, too much or at a bad moment hears why."""
    parts = request.path.split("/")
    if len(parts) != 3 or parts[1] != "ingest":
        return Answer(404, {"code": "not-found", "remedy": "POST to /ingest/<device>."})
    if request.method != "POST":
        return Answer(405, {"code": "post-only"}, (("allow", "POST"),))
    found = await gate.admit(parts[2], request.token)
    if found.device is None:
        known = parts[2] in gate.directory.by_code
        gate.refusals.count(parts[2], found.reason, request.body, stranger=not known)
        status = 401 if found.reason in ("unknown-device", "bad-key") else 403
        code = "bad-key" if status == 401 else found.reason  # nobody learns which names exist
        return Answer(status, {"code": code}, (("www-authenticate", "Bearer"),) if status == 401 else ())
    if gate.intake.full:
        return Answer(503, {"code": "later"}, (("retry-after", "1"),))
    bodies = _bodies(request)
    if isinstance(bodies, Answer):
        gate.refusals.count(found.device.code, "malformed", request.body)
        return bodies
    waiting = _Waiting()
    refused = _take(gate, found.device, bodies)
    gate.intake.owe(waiting, b"")
    try:
        await asyncio.wait_for(waiting.future, COMMIT_S)
    except TimeoutError:
        # it may still be written later; sending it again is harmless
        return Answer(503, {"code": "later"}, (("retry-after", "5"),))
    status = 400 if refused and len(refused) == len(bodies) else 200
    return Answer(status, {"accepted": len(bodies) - len(refused), "refused": refused})


def _bodies(request: Request) -> list[Any] | Answer:
    kind = request.content_type
    try:
        if kind in ("application/json", ""):
            said = msgspec.json.decode(request.body)
        elif kind in ("application/x-ndjson", "application/ndjson", "application/jsonl"):
            said = [msgspec.json.decode(line) for line in request.body.splitlines() if line.strip()]
        elif kind == "application/cbor":
            said = cbor.decode(request.body)
        else:
            return Answer(415, {"code": "unknown-type", "remedy": "Send JSON, NDJSON or CBOR."})
    except (msgspec.DecodeError, cbor.NotCbor, RecursionError, ValueError) as error:
        return Answer(400, {"code": "malformed", "sentence": str(error)[:200]})
    bodies = said if isinstance(said, list) else [said]
    if len(bodies) > MOST_BODIES:
        return Answer(413, {"code": "too-many", "remedy": f"At most {MOST_BODIES} in one request."})
    return bodies


def _take(gate: Gate, device: Known, bodies: list[Any]) -> list[dict[str, Any]]:
    """Rows that are refused come back with their number, from 1, and the reason."""
    refused: list[dict[str, Any]] = []
    now_us = gate.now_us()
    for row, body in enumerate(bodies, start=1):
        kind = body.get("kind", "t") if isinstance(body, dict) else ""
        reason = "malformed"
        if isinstance(kind, str) and kind:
            plain = {key: value for key, value in body.items() if key != "kind"}
            reason = gate.decoding.take_object(gate.intake.current.columns, device, kind, plain, now_us)
        if reason:
            refused.append({"row": row, "code": reason})
            if reason == "malformed" or reason == "unknown-kind" or kind != "t":
                gate.refusals.count(device.code, reason, str(body)[:300].encode())
    return refused


async def listen(gate: Gate, port: int, tls: ssl.SSLContext | None = None) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: HttpConnection(gate), gate.choices.host, port, ssl=tls, backlog=1024, reuse_address=True
    )
