"""HTTP/1.1 requests out of bytes. Pure; bounded; whatever the bytes are, `BadRequest` is the worst."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

HEAD_BYTES = 16 * 1024
MOST_FIELDS = 100


class BadRequest(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    fields: dict[str, str]
    body: bytes
    keep_alive: bool

    @property
    def content_type(self) -> str:
        return self.fields.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def token(self) -> bytes:
        scheme, _, token = self.fields.get("authorization", "").partition(" ")
        return token.strip().encode("latin-1", "replace") if scheme.lower() == "bearer" else b""


@dataclass(slots=True)
class _Head:
    method: str
    path: str
    fields: dict[str, str]
    keep_alive: bool
    length: int
    chunked: bool


class Requests:
    """Feed bytes, take requests. A body is bounded by `largest`; what is buffered is bounded by that and one read."""

    def __init__(self, largest: int) -> None:
        self.largest = largest
        self.waiting = bytearray()
        self.head: _Head | None = None
        self.body = bytearray()
        self.looked = 0
        self.promised = False

    def feed(self, data: bytes) -> None:
        self.waiting += data

    def glimpse(self) -> bytes:
        return bytes(self.waiting[:300])

    def wants_continue(self) -> bool:
        """Once for each request that asked for it."""
        if self.head is None or self.promised or self.head.fields.get("expect", "").lower() != "100-continue":
            return False
        self.promised = True
        return True

    def take(self) -> Request | None:
        if self.head is None and not self._read_head():
            return None
        head = self.head
        assert head is not None
        if not (self._read_chunks() if head.chunked else self._read_plain(head.length)):
            return None
        request = Request(head.method, head.path, head.fields, bytes(self.body), head.keep_alive)
        self.head, self.body, self.looked, self.promised = None, bytearray(), 0, False
        return request

    def _read_head(self) -> bool:
        end = self.waiting.find(b"\r\n\r\n", self.looked)
        if end < 0:
            if len(self.waiting) > HEAD_BYTES:
                raise BadRequest(431, "head-too-large")
            self.looked = max(len(self.waiting) - 3, 0)
            return False
        if end > HEAD_BYTES:
            raise BadRequest(431, "head-too-large")
        self.head = _parse_head(bytes(self.waiting[:end]))
        del self.waiting[: end + 4]
        self.looked = 0
        if self.head.length > self.largest:
            raise BadRequest(413, "too-large")
        return True

    def _read_plain(self, length: int) -> bool:
        if len(self.waiting) < length:
            return False
        self.body += self.waiting[:length]
        del self.waiting[:length]
        return True

    def _read_chunks(self) -> bool:
        """True at the last one. Trailers are refused: nobody needs them here."""
        while True:
            end = self.waiting.find(b"\r\n", 0, 20)
            if end < 0:
                if len(self.waiting) >= 20:
                    raise BadRequest(400, "bad-chunk")
                return False
            size = _chunk_size(bytes(self.waiting[:end]))
            if len(self.body) + size > self.largest:
                raise BadRequest(413, "too-large")
            if len(self.waiting) < end + 2 + size + 2:
                return False
            chunk = self.waiting[end + 2 : end + 2 + size]
            if self.waiting[end + 2 + size : end + 4 + size] != b"\r\n":
                raise BadRequest(400, "bad-chunk")
            self.body += chunk
            del self.waiting[: end + 4 + size]
            if size == 0:
                return True


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > 8 or any(digit not in b"0123456789abcdefABCDEF" for digit in digits):
        raise BadRequest(400, "bad-chunk")
    return int(digits, 16)


def _parse_head(raw: bytes) -> _Head:
    lines = raw.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[0].isalpha() or not words[1].startswith("/"):
        raise BadRequest(400, "bad-request-line")
    if words[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise BadRequest(505, "bad-version")
    if len(lines) > MOST_FIELDS:
        raise BadRequest(431, "head-too-large")
    fields: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip() or any(ord(letter) < 33 for letter in name):
            raise BadRequest(400, "bad-field")
        key = name.lower()
        if key in fields and key in ("content-length", "transfer-encoding", "authorization"):
            raise BadRequest(400, "field-twice")
        fields[key] = value.strip()
    chunked = _chunked(fields)
    connection = fields.get("connection", "").lower()
    keep = connection != "close" if words[2] == "HTTP/1.1" else connection == "keep-alive"
    path = unquote(words[1].partition("?")[0])
    return _Head(words[0].upper(), path, fields, keep, 0 if chunked else _length(fields), chunked)


def _chunked(fields: dict[str, str]) -> bool:
    coding = fields.get("transfer-encoding")
    if coding is None:
        return False
    if coding.lower() != "chunked" or "content-length" in fields:
        raise BadRequest(400, "bad-transfer-encoding")
    return True


def _length(fields: dict[str, str]) -> int:
    given = fields.get("content-length", "0")
    if not (given.isascii() and given.isdigit() and len(given) <= 12):
        raise BadRequest(400, "bad-length")
    return int(given)
