"""Subscribers are told, signed: by a webhook on a real local receiver, and through a WebSocket of a real server."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from longshore.tracing.epcis.subscribing import next_time
from longshore.tracing.epcis.telling import tell_due
from longshore.tracing.models import EpcisSubscription
from tests.platform.tracing.repository import Repository, build, document, object_event

TOKEN = "13df38d8275b13f05704629e5f1cf3d45d6132d5"
ROOT = Path(__file__).resolve().parents[3]


class Receiver:
    """A client's callback address: keeps what it is sent, and answers with `status`."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append(({name.lower(): text for name, text in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/callback"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def ids(self) -> list[list[str]]:
        bodies = [json.loads(body) for _, body in self.received]
        return [
            [event["eventID"] for event in body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]
            for body in bodies
        ]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def committed(transactional_db: None) -> Repository:
    """Subscribers hear of what is committed, so these tests commit."""
    return build()


def _capture(repository: Repository, number: int, **more: Any) -> None:
    event = object_event(str(number), eventID=f"urn:uuid:{number}", **more)
    assert repository.house.capture(document(event))["success"] is True


def _subscribe(repository: Repository, **wish: Any) -> str:
    query = {"name": "shipped", "query": {"EQ_bizStep": ["shipping"]}}
    assert repository.house.call("POST", "/queries", query).status_code in (201, 409)
    made = repository.house.call("POST", "/queries/shipped/subscriptions", {"signatureToken": TOKEN, **wish})
    assert made.status_code == 201, made.content
    assert TOKEN not in made.content.decode()
    key: str = json.loads(made.content)["subscriptionID"]
    return key


def test_a_webhook_stream_is_signed_and_loses_nothing(committed: Repository, receiver: Receiver) -> None:
    """New matching events are posted once, signed; a receiver that fails gets them again; an unsubscribed one nothing."""
    now = datetime.now(UTC)
    _capture(committed, 1)
    key = _subscribe(committed, dest=receiver.url, stream=True)
    later = now + timedelta(minutes=1)
    assert tell_due(at=later).reports == 0  # it was captured before the subscription
    _capture(committed, 2)
    _capture(committed, 3, bizStep="receiving")
    assert tell_due(at=later).events == 1
    assert tell_due(at=later).events == 0
    assert receiver.ids() == [["urn:uuid:2"]]
    headers, body = receiver.received[0]
    assert headers["gs1-signature"] == "sha256=" + hmac.new(TOKEN.encode(), body, hashlib.sha256).hexdigest()
    assert json.loads(body)["epcisBody"]["queryResults"]["subscriptionID"] == key
    receiver.status = 500
    _capture(committed, 4)
    assert tell_due(at=later).failed == 1
    assert tell_due(at=later).failed == 0  # it waits a little before it tries again
    receiver.status = 200
    assert tell_due(at=later + timedelta(minutes=5)).events == 1
    assert receiver.ids()[-2:] == [["urn:uuid:4"], ["urn:uuid:4"]]
    assert EpcisSubscription.objects.get(key=key).failures == 0
    assert committed.house.call("DELETE", f"/queries/shipped/subscriptions/{key}").status_code == 204
    _capture(committed, 5)
    assert tell_due(at=later + timedelta(hours=1)).reports == 0


def test_an_event_that_commits_late_is_told(committed: Repository, receiver: Receiver) -> None:
    """An event written by a transaction that began before others were told is not lost when it commits after them."""
    _capture(committed, 0)
    _subscribe(committed, dest=receiver.url, stream=True)
    later = datetime.now(UTC) + timedelta(minutes=1)
    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        from longshore.tracing.epcis.rows import rows_of
        from longshore.tracing.epcis.storing import Captor, store

        with transaction.atomic():
            store([rows_of(object_event("9", eventID="urn:uuid:9"), None)], at=datetime.now(UTC), captor=Captor("slow"))
            begun.set()
            go.wait(20)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert begun.wait(20)
    _capture(committed, 1)
    tell_due(at=later)
    go.set()
    thread.join()
    tell_due(at=later + timedelta(minutes=1))
    assert sorted(event for report in receiver.ids() for event in report) == ["urn:uuid:1", "urn:uuid:9"]


def test_a_webhook_by_schedule(committed: Repository, receiver: Receiver) -> None:
    """By schedule all that is new comes at the hour; with reportIfEmpty the hour comes without news too."""
    _subscribe(committed, dest=receiver.url, schedule={"hour": "1", "minute": "5"}, reportIfEmpty=True)
    subscription = EpcisSubscription.objects.get()
    assert subscription.next_at is not None
    assert (subscription.next_at.hour, subscription.next_at.minute, subscription.next_at.second) == (1, 5, 0)
    EpcisSubscription.objects.update(report_if_empty=True)
    _capture(committed, 1)
    assert tell_due(at=subscription.next_at - timedelta(seconds=1)).reports == 0
    assert tell_due(at=subscription.next_at).events == 1
    assert tell_due(at=subscription.next_at + timedelta(days=1)).reports == 1
    assert receiver.ids() == [["urn:uuid:1"], []]


def test_schedules_say_when() -> None:
    """Parts and ranges of a schedule; a part left out below the finest is its first, above it is every one."""
    start = datetime(2026, 11, 22, 8, 30, 15, tzinfo=UTC)  # a Sunday
    assert next_time({"second": "30"}, start) == start.replace(second=30)
    assert next_time({"minute": "[0-10],45"}, start) == start.replace(minute=45, second=0)
    assert next_time({"hour": "8"}, start) == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert next_time({"dayOfWeek": "1", "hour": "6"}, start) == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert next_time({"month": "2", "dayOfMonth": "29"}, start) == datetime(2028, 2, 29, tzinfo=UTC)
    assert next_time({"month": "2", "dayOfMonth": "30"}, start) is None


def test_what_a_subscription_may_not_be(committed: Repository) -> None:
    """Stream and schedule together, neither, nonsense, and a partner's address inside our own network are refused."""
    committed.house.call("POST", "/queries", {"name": "all", "query": {}})
    committed.customer.call("POST", "/queries", {"name": "mine", "query": {}})
    wrong: tuple[dict[str, Any], ...] = (
        {"dest": "http://127.0.0.1/x"},
        {"dest": "http://127.0.0.1/x", "stream": True, "schedule": {"hour": "1"}},
        {"dest": "ftp://127.0.0.1/x", "stream": True},
        {"dest": "http://127.0.0.1/x", "schedule": {"hour": "25"}},
        {"dest": "http://127.0.0.1/x", "schedule": {"fortnight": "1"}},
    )
    for body in wrong:
        made = committed.house.call("POST", "/queries/all/subscriptions", body)
        assert (made.status_code, json.loads(made.content)["type"]) == (
            400,
            "epcisException:SubscriptionControlsException",
        )
    for dest in ("http://example.com/x", "https://127.0.0.1/x", "https://localhost/x"):
        made = committed.customer.call("POST", "/queries/mine/subscriptions", {"dest": dest, "stream": True})
        assert made.status_code == 400, dest
    assert EpcisSubscription.objects.count() == 0


class WebSocket:
    """The client's side of RFC 6455, as much of it as the test needs."""

    def __init__(self, port: int, path: str, token: str) -> None:
        self.line = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.key = base64.b64encode(os.urandom(16)).decode()
        self.buffer = b""
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {self.key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
        self.line.sendall(request.encode())
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        self.status = int(head.split()[1])

    def _more(self) -> None:
        got = self.line.recv(65536)
        if not got:
            raise ConnectionError("closed")
        self.buffer += got

    def read(self) -> Any:
        """The next text frame, as JSON."""
        while True:
            opcode, payload = self._frame()
            if opcode == 1:
                return json.loads(payload)
            if opcode == 8:
                raise ConnectionError("closed")

    def _frame(self) -> tuple[int, bytes]:
        first, second = self._take(2)
        size = second & 0x7F
        if size > 125:
            size = int.from_bytes(self._take(2 if size == 126 else 8), "big")
        return first & 0x0F, self._take(size)

    def _take(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self._more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken


@pytest.fixture
def port(committed: Repository) -> Iterator[int]:
    """A real web process on the test's own database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
    name = str(connection.settings_dict["NAME"])
    environment = {**os.environ, "LONGSHORE_DATABASE_NAME": name}
    url = os.environ.get("LONGSHORE_DATABASE_URL")
    if url:
        environment["LONGSHORE_DATABASE_URL"] = f"{url.rpartition('/')[0]}/{name}"
    serve = f"from longshore.project.serving import serve; serve(host='127.0.0.1', port={free})"
    environment["DJANGO_SETTINGS_MODULE"] = "longshore.project.settings"
    server = subprocess.Popen(
        [sys.executable, "-c", f"from django import setup; setup(); {serve}"], env=environment, cwd=ROOT
    )
    try:
        _wait_for(free, server)
        yield free
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert server.poll() is None, "The web process ended."
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("The web process did not listen within a minute.")


def test_a_websocket_stream_is_signed(committed: Repository, port: int) -> None:
    """A socket on a named query gets what is captured while it is open, signed; strangers and nonsense are refused."""
    committed.house.call("POST", "/queries", {"name": "shipped", "query": {"EQ_bizStep": ["shipping"]}})
    _capture(committed, 1)
    path = "/epcis/queries/shipped/events"
    line = WebSocket(port, f"{path}?stream=true&signatureToken={TOKEN}", committed.house.token)
    assert line.status == 101
    time.sleep(0.5)
    _capture(committed, 2)
    _capture(committed, 3, bizStep="receiving")
    told, signed = line.read(), line.read()
    listed = told["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert [event["eventID"] for event in listed] == ["urn:uuid:2"]
    body = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
    assert signed == {"GS1-Signature": "sha256=" + hmac.new(TOKEN.encode(), body, hashlib.sha256).hexdigest()}
    by_clock = WebSocket(port, f"{path}?second=[0-59]&reportIfEmpty=true", committed.house.token)
    assert by_clock.read()["epcisBody"]["queryResults"]["resultsBody"]["eventList"] == []
    for refused, token in (
        (f"{path}?stream=true", "lsh_wrong"),
        (path, committed.house.token),
        ("/epcis/x", "lsh_wrong"),
    ):
        assert WebSocket(port, refused, token).status in (400, 403)
