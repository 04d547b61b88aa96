"""SQL in, frozen rows out."""

from __future__ import annotations

import json
from typing import Any, LiteralString, NamedTuple, TypeVar

from longshore.ledger.wire import run

Row = TypeVar("Row", bound=NamedTuple)


def fetch(row: type[Row], sql: LiteralString, *parameters: object) -> tuple[Row, ...]:
    """Every row of the statement as a `row`, columns by position."""
    return tuple(row._make(values) for values in run(sql, *parameters).fetchall())


def from_json(value: Any) -> Any:
    """Django's connection leaves jsonb as text."""
    return json.loads(value) if isinstance(value, str) else value
