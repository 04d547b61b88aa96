"""Rows out of the database for questions about thousands of item-sites at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection


def rows(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def execute(sql: str, parameters: dict[str, Any]) -> int:
    """Run a statement; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


def listed(ids: Sequence[int] | None) -> list[int] | None:
    """Ids as a bigint[] parameter; None stays None and means every one."""
    return None if ids is None else [int(each) for each in ids]
