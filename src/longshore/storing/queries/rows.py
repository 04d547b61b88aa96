"""SQL in, frozen rows out."""

from __future__ import annotations

from typing import Any, LiteralString, NamedTuple, TypeVar

from longshore.ledger import wire

Row = TypeVar("Row", bound=NamedTuple)


def fetch(row: type[Row], sql: LiteralString, parameters: dict[str, Any]) -> list[Row]:
    """Every row of the statement as a `row`, columns by position."""
    return [row._make(values) for values in wire.ask(sql, parameters)]


def change(sql: LiteralString, parameters: dict[str, Any]) -> int:
    """Run a statement that writes; how many rows it touched."""
    return int(wire.ask(sql, parameters).rowcount)
