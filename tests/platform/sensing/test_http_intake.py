"""POST /ingest/<device>: three ways to write the same, one answer after the commit."""

from __future__ import annotations

import http.client
import json
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from longshore.sensing.gateway import cbor
from longshore.sensing.models import Reading, RefusedMessage, Signal
from tests.platform.sensing.conftest import CHOICES, Running, register


def post(
    gateway: Running, device: str, body: bytes, kind: str = "application/json", token: str = ""
) -> tuple[int, dict[str, Any]]:
    line = http.client.HTTPConnection("127.0.0.1", gateway.ports["http"], timeout=10)
    headers = {"content-type": kind, "authorization": f"Bearer {token or 'token-of-' + device}"}
    line.request("POST", f"/ingest/{device}", body, headers)
    answer = line.getresponse()
    found = (answer.status, json.loads(answer.read()))
    line.close()
    return found


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def to_cbor(value: Any) -> bytes:
    """Just enough of an encoder to say things to the decoder."""
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(to_cbor(key) + to_cbor(one) for key, one in value.items())
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(to_cbor(one) for one in value)
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    return head(0, value) if value >= 0 else head(1, -1 - value)


def head(major: int, size: int) -> bytes:
    return bytes((major << 5 | 27,)) + size.to_bytes(8, "big")


def test_json_lines_and_cbor_say_the_same(gateway: Running) -> None:
    """The three formats are stored alike; the same scan over each of them is one signal."""
    register("d1")
    at = now_ms()
    scan = {"kind": "scan", "at": at, "code": "0104012345123456", "verb": "pick"}
    for number, (kind, encode) in enumerate(
        (
            ("application/json", lambda rows: json.dumps(rows).encode()),
            ("application/x-ndjson", lambda rows: "\n".join(map(json.dumps, rows)).encode()),
            ("application/cbor", to_cbor),
        )
    ):
        rows = [{"kind": "t", "at": at + number, "v": {"temperature": 4.5}}, scan]
        assert post(gateway, "d1", encode(rows), kind) == (200, {"accepted": 2, "refused": []})
    assert list(Reading.objects.values_list("value", flat=True)) == [4.5] * 3
    assert Signal.objects.get().body == {"at": at, "code": "0104012345123456", "verb": "pick"}


def test_refused_rows_come_back_with_their_numbers(gateway: Running) -> None:
    """Good rows of a batch are kept; the others are named by row and reason, and counted."""
    register("d1")
    rows = [
        {"at": now_ms(), "v": {"temperature": 0}},
        {"at": now_ms() + 3 * 86_400_000, "v": {"temperature": 1}},
        {"kind": "song", "text": "la"},
        "what",
        {"kind": "fix", "lat": 131, "lon": 0},
    ]
    status, answer = post(gateway, "d1", json.dumps(rows).encode())
    assert (status, answer["accepted"]) == (200, 1)
    assert answer["refused"] == [
        {"row": 2, "code": "future"},
        {"row": 3, "code": "unknown-kind"},
        {"row": 4, "code": "malformed"},
        {"row": 5, "code": "malformed"},
    ]
    assert Reading.objects.get().value == 0
    gateway.store()
    counted = {(row.claimed, row.reason): row.count for row in RefusedMessage.objects.all()}
    assert counted == {("d1", "future"): 1, ("d1", "unknown-kind"): 1, ("d1", "malformed"): 2}


def test_only_itself_with_its_own_key(gateway: Running) -> None:
    """Wrong key, unknown device, another's key, quarantine: refused, counted, nothing written."""
    register("d1")
    register("d2")
    register("q", state="quarantined")
    body = json.dumps({"at": now_ms(), "v": {"temperature": 9}}).encode()
    for device, token, status in (
        ("d1", "wrong", 401),
        ("nobody", "x", 401),
        ("d2", "token-of-d1", 403),
        ("q", "token-of-q", 403),
    ):
        assert post(gateway, device, body, token=token)[0] == status
    assert not Reading.objects.exists()
    gateway.store()
    counted = {(row.claimed, row.reason): row.count for row in RefusedMessage.objects.all()}
    assert counted == {
        ("d1", "bad-key"): 1,
        ("nobody", "unknown-device"): 1,
        ("d2", "forged"): 1,
        ("q", "quarantined"): 1,
    }


def test_other_types_paths_and_methods(gateway: Running) -> None:
    """415, 404, 405, 400 and 413 where they belong, on one connection that stays open as long as it can."""
    register("d1")
    assert post(gateway, "d1", b"a,b", "text/csv")[0] == 415
    assert post(gateway, "d1", b"{")[0] == 400
    assert post(gateway, "d1", b"\xa1", "application/cbor")[0] == 400
    line = http.client.HTTPConnection("127.0.0.1", gateway.ports["http"], timeout=10)
    for method, path, status in (("GET", "/ingest/d1", 405), ("POST", "/", 404), ("POST", "/ingest/d1/x", 404)):
        line.request(method, path)
        answer = line.getresponse()
        answer.read()
        assert answer.status == status
    line.request("POST", "/ingest/d1", b"x" * 10, {"content-length": "99999999"})
    assert line.getresponse().status == 413


def test_a_full_queue_answers_later(start_gateway: Callable[..., Running]) -> None:
    """While the database takes nothing: 503 with Retry-After once the queue is full, and nothing is lost or refused twice."""
    gateway = start_gateway(replace(CHOICES, waiting_rows=8))
    register("d1")
    held = threading.Event()
    write = gateway.gate.writer.write
    gateway.gate.intake.writer.write = lambda columns: (held.wait(10), write(columns))[1]  # type: ignore[method-assign]
    at, answers = now_ms(), []

    def send(number: int) -> None:
        rows = [{"at": at - number * 100 - n, "v": {"temperature": 1}} for n in range(10)]
        answers.append(post(gateway, "d1", json.dumps(rows).encode())[0])

    waiting = []
    for number in range(2):  # the first is being written, the second fills the queue
        waiting.append(threading.Thread(target=send, args=(number,)))
        waiting[-1].start()
        time.sleep(0.3)
    send(2)
    assert answers == [503]
    held.set()
    for thread in waiting:
        thread.join()
    send(2)
    assert answers == [503, 200, 200, 200]
    assert Reading.objects.count() == 30


def test_requests_in_pieces_and_in_chunks(gateway: Running) -> None:
    """A body in chunks, sent a few bytes at a time, is one request."""
    import socket

    register("d1")
    body = json.dumps({"at": now_ms(), "v": {"temperature": 2}}).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:])) + b"0\r\n\r\n"
    raw = (
        b"POST /ingest/d1 HTTP/1.1\r\nauthorization: Bearer token-of-d1\r\ntransfer-encoding: chunked\r\n\r\n" + chunks
    )
    with socket.create_connection(("127.0.0.1", gateway.ports["http"]), timeout=10) as line:
        for at in range(0, len(raw), 20):
            line.sendall(raw[at : at + 20])
        assert line.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
    assert Reading.objects.count() == 1


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("00", 0),
        ("1864", 100),
        ("3863", -100),
        ("f93c00", 1.0),
        ("fb3ff199999999999a", 1.1),
        ("f5", True),
        ("f6", None),
        ("6449455446", "IETF"),
        ("83010203", [1, 2, 3]),
        ("9f0102ff", [1, 2]),
        ("a26161016162820203", {"a": 1, "b": [2, 3]}),
        ("bf6346756ef563416d7421ff", {"Fun": True, "Amt": -2}),
        ("7f657374726561646d696e67ff", "streaming"),
    ],
)
def test_cbor_examples_of_the_standard(raw: str, value: Any) -> None:
    """Appendix A of RFC 8949, as far as JSON can say it."""
    assert cbor.decode(bytes.fromhex(raw)) == value


@pytest.mark.parametrize(
    "raw", ["", "18", "ff", "9f01", "4401020304", "f97e00", "a1", "a10102", "0000", "1c", "81" * 40]
)
def test_cbor_that_is_none(raw: str) -> None:
    """Cut off, stray stops, byte strings, NaN, keys that are no text, two items, too deep: refused."""
    with pytest.raises(cbor.NotCbor):
        cbor.decode(bytes.fromhex(raw))
