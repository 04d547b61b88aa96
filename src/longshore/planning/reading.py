"""Rows out of the database for questions about thousands of item-sites at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, LiteralString

from django.db import connection

from longshore.ledger import wire

JSONB_OID = 3802


def rows(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a query; jsonb columns are read, which Django leaves to its model fields."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        documents = [n for n, column in enumerate(cursor.description) if column.type_code == JSONB_OID]
    return [_read(row, documents) for row in found] if documents else found


def _read(row: tuple[Any, ...], documents: Sequence[int]) -> tuple[Any, ...]:
    return tuple(json.loads(value) if n in documents and value is not None else value for n, value in enumerate(row))


def prepared(sql: LiteralString, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The same for a question that is asked after every event: planned once per connection, which costs more than it."""
    cursor = wire.ask(sql, parameters)
    return cursor.fetchall() if cursor.description else []


def execute(sql: str, parameters: dict[str, Any]) -> int:
    """Run a statement; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def listed(ids: Sequence[int] | None) -> list[int] | None:
    """Ids as a bigint[] parameter; None stays None and means every one."""
    return None if ids is None else [int(each) for each in ids]
