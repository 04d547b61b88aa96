"""SQL in, frozen rows out."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from django.db import connection

Row = TypeVar("Row", bound=NamedTuple)


def fetch(row: type[Row], sql: str, parameters: dict[str, Any]) -> list[Row]:
    """Every row of the statement as a `row`, columns by position."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [row._make(values) for values in cursor.fetchall()]


def change(sql: str, parameters: dict[str, Any]) -> int:
    """Run a statement that writes; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
