"""What an import needs to know about the thing it fills: its columns, how rows become records, how they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from longshore.catalog.errors import Refusal, RejectedRow, Text
from longshore.catalog.imports.readers import Reader

Lookup = Callable[[set[str]], Mapping[str, int]]
Told = Callable[[int], None]  # called with the number of rows written so far; raises Cancelled to stop


class Cancelled(Refusal):
    """The person who started the import stopped it; nothing was written."""


class RowsRefused(Refusal):
    """A verb below refused rows that had looked right; nothing was written. `rejected` names them as in the file."""

    def __init__(self, faults: tuple[RejectedRow, ...]) -> None:
        super().__init__(faults[0].code, faults[0].sentence, faults[0].remedy)
        self.rejected = faults


@dataclass(frozen=True, slots=True)
class Column:
    """One thing a row can say.

    `sets` is the attribute it fills when it has another name or two columns can fill the same one; `refers` finds the
    ids of the codes in it; `source` is the ORM path that an export reads.
    """

    name: str
    label: Text
    reader: Reader
    needed: bool = False
    aliases: tuple[str, ...] = ()
    sets: str = ""
    refers: Lookup | None = None
    source: str = ""
    exported: bool = True

    @property
    def attribute(self) -> str:
        return self.sets or self.name


@dataclass(frozen=True, slots=True)
class Record:
    """One row, read: attribute → value. `row` is its number in the file."""

    row: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Occasion:
    """When, by whom and because of what an import happens."""

    at: datetime
    actor: str
    because: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """What an import would do: worked out by reading only, then written as it stands."""

    new: list[Any] = field(default_factory=list)
    changed: list[Any] = field(default_factory=list)
    unchanged: int = 0
    rejected: list[RejectedRow] = field(default_factory=list)


class Target(Protocol):
    """Something that can be imported and exported. `permission` is the Django permission an import needs."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> Text: ...
    @property
    def permission(self) -> str: ...
    @property
    def columns(self) -> tuple[Column, ...]: ...
    @property
    def key(self) -> tuple[str, ...]: ...  # the attributes a row cannot be without

    def plan(self, records: Sequence[Record], given: frozenset[str], occasion: Occasion) -> Plan:
        """Which records are new, changed, the same or refused. Reads the database with a fixed number of queries."""

    def look_up(self, records: Sequence[Record]) -> list[RejectedRow]:
        """The unknown codes in rows that are refused anyway, so that one look at the list shows all faults."""

    def write(self, plan: Plan, occasion: Occasion, told: Told) -> None:
        """Write the plan inside the caller's transaction."""

    def export(self) -> Iterator[Sequence[str]]:
        """Every row as text, in the order of the exported columns."""
