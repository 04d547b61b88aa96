"""The load on the gateway, as a process of its own that imports nothing but the standard library.

`python bench/_load.py '{"mode": "pipelined" | "waiting" | "idle" | "paced", …}'` prints one JSON object at the end.
"""

from __future__ import annotations

import json
import random
import resource
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any

CHUNK = 64 * 1024


def text(value: str) -> bytes:
    raw = value.encode()
    return len(raw).to_bytes(2, "big") + raw


def packet(first: int, body: bytes) -> bytes:
    size, head = len(body), bytearray((first,))
    while True:
        size, digit = size >> 7, size & 0x7F
        head.append(digit | 0x80 if size else digit)
        if not size:
            return bytes(head) + body


def connect_packet(code: str) -> bytes:
    flags = b"\x00\x04MQTT\x04\xc2\x00\x00"
    return packet(0x10, flags + text(code) + text(code) + text(f"token-of-{code}"))


def message(code: str, at_ms: int, number: int) -> bytes:
    """Two readings, as a logger of temperature and humidity sends them."""
    body = f'{{"at":{at_ms},"seq":{number},"v":{{"temperature":{number % 97 / 10:.1f},"humidity":{number % 41}}}}}'
    return packet(0x32, text(f"ls/{code}/t") + (number % 65_535 + 1).to_bytes(2, "big") + body.encode())


@dataclass
class Line:
    code: str
    socket: socket.socket
    messages: list[bytes] = field(default_factory=list)
    sent: int = 0
    acked: int = 0
    waiting: memoryview = field(default_factory=lambda: memoryview(b""))
    sent_at: float = 0.0


def open_lines(asked: dict[str, Any]) -> list[Line]:
    """All of them joined: CONNECT goes out on every line before the first answer is read."""
    lines = []
    for first in range(0, asked["connections"], 500):
        some = []
        for number in range(first, min(first + 500, asked["connections"])):
            made = socket.create_connection((asked["host"], asked["port"]))
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            code = f"{asked['prefix']}{number}"
            made.sendall(connect_packet(code))
            some.append(Line(code, made))
        for line in some:
            if line.socket.recv(4) != b"\x20\x02\x00\x00":
                raise SystemExit(f"{line.code} was not let in")
            line.socket.setblocking(False)
        lines += some
    return lines


def fill(lines: list[Line], asked: dict[str, Any]) -> None:
    """Every message is another moment of its device, so every reading is a row."""
    each = asked["messages"] // len(lines)
    for line in lines:
        line.messages = [message(line.code, asked["at_ms"] + n * asked["step_ms"], n) for n in range(each)]


def pipelined(lines: list[Line], window: int) -> dict[str, float]:
    """Each line keeps up to `window` messages in flight."""
    chooser = selectors.DefaultSelector()
    both = selectors.EVENT_READ | selectors.EVENT_WRITE
    for line in lines:
        chooser.register(line.socket, both, line)
    began, unfinished = time.perf_counter(), len(lines)
    while unfinished:
        for key, mask in chooser.select():
            line = key.data
            if mask & selectors.EVENT_READ:
                line.acked += len(line.socket.recv(CHUNK)) // 4  # every PUBACK of 3.1.1 has four bytes
                unfinished -= line.acked >= len(line.messages)
            if mask & selectors.EVENT_WRITE and not push(line, window):
                chooser.modify(line.socket, selectors.EVENT_READ, line)
            elif not mask & selectors.EVENT_WRITE and line.sent < len(line.messages):
                chooser.modify(line.socket, both, line)
    return {"seconds": time.perf_counter() - began, "messages": sum(line.acked for line in lines)}


def push(line: Line, window: int) -> bool:
    """Whether there is more to send at once."""
    if not line.waiting:
        room = min(window - (line.sent - line.acked), len(line.messages) - line.sent, 500)
        if room <= 0:
            return False
        line.waiting = memoryview(b"".join(line.messages[line.sent : line.sent + room]))
        line.sent += room
    try:
        line.waiting = line.waiting[line.socket.send(line.waiting) :]
    except BlockingIOError:
        return True
    return True


def waiting(lines: list[Line]) -> dict[str, float]:
    """Each device waits for its PUBACK before it says the next thing."""
    chooser = selectors.DefaultSelector()
    times: list[float] = []
    began, unfinished = time.perf_counter(), len(lines)
    for line in lines:
        chooser.register(line.socket, selectors.EVENT_READ, line)
        line.socket.send(line.messages[0])
        line.sent, line.sent_at = 1, time.perf_counter()
    while unfinished:
        for key, _ in chooser.select():
            line = key.data
            line.socket.recv(64)
            now = time.perf_counter()
            times.append(now - line.sent_at)
            if line.sent == len(line.messages):
                unfinished -= 1
                chooser.unregister(line.socket)
                continue
            line.socket.send(line.messages[line.sent])
            line.sent, line.sent_at = line.sent + 1, now
    times.sort()
    return {
        "seconds": time.perf_counter() - began,
        "messages": len(times),
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[len(times) * 99 // 100] * 1000,
    }


def paced(lines: list[Line], asked: dict[str, Any]) -> dict[str, float]:
    """So many messages a second over all lines, now, until the time is over."""
    chooser = selectors.DefaultSelector()
    for line in lines:
        chooser.register(line.socket, selectors.EVENT_READ, line)
    dice, began, sent = random.Random(1), time.perf_counter(), 0
    numbers = {line.code: 0 for line in lines}
    while (passed := time.perf_counter() - began) < asked["seconds"]:
        due = int(passed * asked["per_s"]) - sent
        for _ in range(due):
            line = lines[dice.randrange(len(lines))]
            numbers[line.code] += 1
            line.socket.send(message(line.code, time.time_ns() // 1_000_000, numbers[line.code]))
        sent += due
        for key, _ in chooser.select(0.005):
            key.data.acked += len(key.data.socket.recv(CHUNK)) // 4
    return {"seconds": passed, "messages": sent, "acked": sum(line.acked for line in lines)}


def main() -> None:
    asked = json.loads(sys.argv[1])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    lines = open_lines(asked)
    if asked["mode"] == "idle":
        print(json.dumps({"connected": len(lines)}), flush=True)
        sys.stdin.read()
        return
    if asked["mode"] == "paced":
        print(json.dumps(paced(lines, asked)))
        return
    fill(lines, asked)
    done = pipelined(lines, asked["window"]) if asked["mode"] == "pipelined" else waiting(lines)
    print(json.dumps(done))


if __name__ == "__main__":
    main()
