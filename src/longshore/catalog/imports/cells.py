"""What a file is once its format is out of the way: rows of cells, numbered as the sender sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from longshore.catalog.errors import Refusal, RejectedRow, Text


@dataclass(frozen=True, slots=True)
class ErrorCell:
    """A cell that holds no value but a spreadsheet's complaint, such as #REF!, or a formula nobody has calculated."""

    text: str
    calculated: bool = True


Cell = str | int | Decimal | bool | datetime | date | time | ErrorCell | None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """`number` counts from 1 including titles and blank lines, as the sender's program counts."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole file. `ragged` says that rows may be shorter or longer than the header only by mistake."""

    rows: tuple[SourceRow, ...]
    format: str
    encoding: str = ""
    delimiter: str = ""
    name: str = ""
    merged: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    ragged: bool = False


class BadValue(Refusal):
    """A cell that cannot be what its column wants."""


class UnreadableFile(Refusal):
    """The file as a whole cannot be taken; `row` names the line where it went wrong, 0 when there is none."""

    def __init__(self, code: str, sentence: Text, remedy: Text = "", *, row: int = 0, **fields: object) -> None:
        super().__init__(code, sentence, remedy, **fields)
        self.row = row


def is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def shown(cell: Cell) -> str:
    """A cell as the sender would recognise it."""
    if cell is None:
        return ""
    if isinstance(cell, ErrorCell):
        return cell.text
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return format(cell, "f") if isinstance(cell, Decimal) else str(cell)


def rejected(row: int, field: str, refusal: Refusal, value: str = "") -> RejectedRow:
    """A refusal as a line of the error list, in the language in force now."""
    fields: dict[str, object] = {name: value for name, value in refusal.fields.items() if isinstance(value, str | int)}
    return RejectedRow(row, field, refusal.code, str(refusal.sentence), str(refusal.remedy), value[:200], fields)
