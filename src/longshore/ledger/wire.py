"""The data plane's way to PostgreSQL, on Django's own connection: prepared statements, arrays, binary COPY."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, LiteralString

import numpy as np
import psycopg
from django.db import connection
from psycopg.adapt import Buffer, Dumper, Loader
from psycopg.pq import Format

from longshore.ledger.posting import IntArray

INT8_OID, INT8_ARRAY_OID = 20, 1016
UUID_OID, UUID_ARRAY_OID = 2950, 2951
BYTEA_OID, BYTEA_ARRAY_OID = 17, 1001


class Ints:
    """An int64 array on its way into a bigint[] parameter."""

    __slots__ = ("values",)

    def __init__(self, values: IntArray) -> None:
        self.values = values


class _IntsDumper(Dumper):
    format = Format.BINARY
    oid = INT8_ARRAY_OID

    def dump(self, obj: Ints) -> Buffer:
        values = obj.values
        head = np.array([1, 0, INT8_OID, len(values), 1], dtype=">i4").tobytes()
        cells = np.empty(len(values), dtype=[("size", ">i4"), ("value", ">i8")])
        cells["size"] = 8
        cells["value"] = values
        return head + cells.tobytes()


class Sixteens:
    """Cells of 16 bytes on their way into a uuid[] parameter."""

    __slots__ = ("cells",)

    def __init__(self, cells: Iterable[bytes]) -> None:
        self.cells = b"".join(cells)


class _SixteensDumper(Dumper):
    format = Format.BINARY
    oid = UUID_ARRAY_OID
    cell_oid = UUID_OID

    def dump(self, obj: Sixteens) -> Buffer:
        count = len(obj.cells) // 16
        head = np.array([1, 0, self.cell_oid, count, 1], dtype=">i4").tobytes()
        cells = np.empty(count, dtype=[("size", ">i4"), ("value", "V16")])
        cells["size"] = 16
        cells["value"] = np.frombuffer(obj.cells, dtype="V16")
        return head + cells.tobytes()


class _RawSixteensDumper(_SixteensDumper):
    oid = BYTEA_ARRAY_OID
    cell_oid = BYTEA_OID


class RawSixteens(Sixteens):
    """The same into a bytea[] parameter."""

    __slots__ = ()


def cursor() -> psycopg.Cursor[Any]:
    """A server-binding cursor on the current Django connection, inside its current transaction; binary both ways."""
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    made = psycopg.Cursor(raw)
    made.format = Format.BINARY  # a moment in text costs ten times as much to read
    made.adapters.register_dumper(Ints, _IntsDumper)
    made.adapters.register_dumper(Sixteens, _SixteensDumper)
    made.adapters.register_dumper(RawSixteens, _RawSixteensDumper)
    return made


def run(sql: LiteralString, *parameters: object) -> psycopg.Cursor[Any]:
    """Execute as a prepared statement (planned once per connection). Errors are Django's, as everywhere."""
    with connection.wrap_database_errors:
        return cursor().execute(sql, [_packed(each) for each in parameters], prepare=True)


def ask(sql: LiteralString, parameters: Mapping[str, object]) -> psycopg.Cursor[Any]:
    """The same with named parameters."""
    with connection.wrap_database_errors:
        return cursor().execute(sql, {name: _packed(each) for name, each in parameters.items()}, prepare=True)


def _packed(parameter: object) -> object:
    """Lists of whole numbers as one array, and always a bigint[]: cell by cell costs more, and each width its own plan."""
    if isinstance(parameter, list | tuple) and parameter and all(type(cell) is int for cell in parameter):
        return Ints(np.array(parameter, dtype=np.int64))
    return parameter


class _IntsLoader(Loader):
    """A bigint[] without NULLs as an int64 array."""

    format = Format.BINARY

    def load(self, data: Buffer) -> IntArray:
        cells = np.frombuffer(
            data, dtype=[("size", ">i4"), ("value", ">i8")], offset=20 if len(data) > 20 else len(data)
        )
        values: IntArray = cells["value"].astype(np.int64)
        return values


def arrays(sql: LiteralString, *parameters: object) -> tuple[IntArray, ...]:
    """The one row of a question for bigint[] columns, as int64 arrays: what many rows of numbers travel fastest in."""
    with connection.wrap_database_errors:
        asked = cursor()
        asked.adapters.register_loader(INT8_ARRAY_OID, _IntsLoader)
        row = asked.execute(sql, parameters, prepare=True, binary=True).fetchone()
    assert row is not None
    return tuple(np.zeros(0, dtype=np.int64) if cells is None else cells for cells in row)


def arrays_of(sql: str, parameters: Mapping[str, object]) -> tuple[IntArray, ...]:
    """The same for a question put together at run time: planned for these parameters, and never kept."""
    with connection.wrap_database_errors, connection.cursor() as asked:
        text = asked.mogrify(sql, parameters) if parameters else sql
    with connection.wrap_database_errors:
        raw = cursor()
        raw.adapters.register_loader(INT8_ARRAY_OID, _IntsLoader)
        row = raw.execute(text.encode(), prepare=False, binary=True).fetchone()
    assert row is not None
    return tuple(np.zeros(0, dtype=np.int64) if cells is None else cells for cells in row)


def note_sizes() -> None:
    """Let PostgreSQL's planner see how large the tables are now, after much was written at once."""
    run("ANALYZE")


def copy_integers(into: LiteralString, columns: tuple[tuple[IntArray, int], ...]) -> None:
    """Binary COPY of equally long integer columns, each with its width in bytes (2, 4 or 8), none NULL."""
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for index, (_, width) in enumerate(columns):
        layout += [(f"size{index}", ">i4"), (f"value{index}", f">i{width}")]
    rows = np.empty(len(columns[0][0]), dtype=layout)
    rows["fields"] = len(columns)
    for index, (values, width) in enumerate(columns):
        rows[f"size{index}"] = width
        rows[f"value{index}"] = values
    head = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
    with connection.wrap_database_errors, cursor().copy("COPY " + into + " FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(head + rows.tobytes() + b"\xff\xff")
