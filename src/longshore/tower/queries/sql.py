"""How the questions of this folder are asked: named parameters in, one frozen row for each line out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import connection

Row = TypeVar("Row")


def rows(shape: type[Row], statement: str, parameters: Mapping[str, Any]) -> tuple[Row, ...]:
    """The columns of the statement stand in the order of the fields of `shape`."""
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(parameters))
        return tuple(shape(*line) for line in cursor.fetchall())


def one(statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(parameters))
        line = cursor.fetchone()
    if line is None:
        raise LookupError(statement)
    return tuple(line)
