"""From rows of cells to records: each cell through its column's reader, each fault named by row and column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import RejectedRow
from longshore.catalog.imports.cells import (
    BadValue,
    Cell,
    ErrorCell,
    Sheet,
    SourceRow,
    is_empty,
    rejected,
    shown,
)
from longshore.catalog.imports.dates import day_orders
from longshore.catalog.imports.mapping import Header
from longshore.catalog.imports.numbers import decimal_marks
from longshore.catalog.imports.readers import Formats
from longshore.catalog.imports.targets import Column, Record

_ERROR_TEXTS = {"#REF!", "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#VALUE!", "#SPILL!", "#CALC!", "########"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """`partial` are the cells that could be read of rows that are refused: their codes can still be looked up."""

    records: tuple[Record, ...]
    partial: tuple[Record, ...]
    rejected: tuple[RejectedRow, ...]


@dataclass(frozen=True, slots=True)
class _Used:
    """A column of the file that fills a column of the target."""

    place: int
    column: Column
    formats: Formats
    known: dict[str, Any] = field(default_factory=dict)  # columns repeat themselves: each text is read once


def parse(sheet: Sheet, header: Header, formats: Formats) -> Parsed:
    used = tuple(
        _Used(place, column, _formats_of(header.body, place, column, sheet, formats))
        for place, column in enumerate(header.columns)
        if column is not None
    )
    records: list[Record] = []
    partial: list[Record] = []
    problems: list[RejectedRow] = []
    for row in header.body:
        found = _ragged(row, header, sheet)
        if not found:
            record, found = _read(row, used)
            (partial if found else records).append(record)
        problems.extend(found)
    return Parsed(tuple(records), tuple(partial), tuple(problems))


def _formats_of(body: Sequence[SourceRow], place: int, column: Column, sheet: Sheet, formats: Formats) -> Formats:
    """What the sender said, else what the whole column proves, else the usual where the file is not a western one."""
    cells = [row.cells[place] for row in body if place < len(row.cells)]
    if column.reader.shape == "number" and not formats.decimal_mark:
        marks = decimal_marks(cells)
        usual = "" if marks or sheet.delimiter == ";" else "."
        return replace(formats, decimal_mark=marks.pop() if len(marks) == 1 else usual)
    if column.reader.shape == "date" and not formats.date_order:
        orders = day_orders(cells)
        return replace(formats, date_order=orders.pop() if len(orders) == 1 else "")
    return formats


def _ragged(row: SourceRow, header: Header, sheet: Sheet) -> list[RejectedRow]:
    extra = row.cells[len(header.names) :]
    filled = next((cell for cell in extra if not is_empty(cell)), None)
    if filled is not None and sheet.ragged:
        many = BadValue(
            "too-many-cells",
            _("The row has %(cells)s cells, the header %(names)s.")
            % {"cells": len(row.cells), "names": len(header.names)},
            _("A text with the separator in it needs quotation marks around it."),
        )
        return [rejected(row.number, "", many, shown(filled))]
    if sheet.ragged and len(row.cells) < len(header.names):
        few = BadValue(
            "too-few-cells",
            _("The row has %(cells)s cells, the header %(names)s.")
            % {"cells": len(row.cells), "names": len(header.names)},
            _("Add the missing separators, even where cells are empty."),
        )
        return [rejected(row.number, "", few)]
    return []


def _read(row: SourceRow, used: Sequence[_Used]) -> tuple[Record, list[RejectedRow]]:
    values: dict[str, Any] = {}
    problems: list[RejectedRow] = []
    for one in used:
        cell = row.cells[one.place] if one.place < len(row.cells) else None
        try:
            values[one.column.attribute] = _value(cell, one)
        except BadValue as bad:
            problems.append(rejected(row.number, one.column.name, bad, shown(cell)))
    return Record(row.number, values), problems


def _value(cell: Cell, one: _Used) -> Any:
    if isinstance(cell, ErrorCell):
        raise _formula(cell)
    if isinstance(cell, str) and cell.strip().upper() in _ERROR_TEXTS:
        raise _formula(ErrorCell(cell.strip()))
    if is_empty(cell):
        if one.column.needed:
            raise BadValue("missing-value", _("The cell is empty."), _("Fill it in."))
        return one.column.reader.empty
    if not isinstance(cell, str):
        return one.column.reader.read(cell, one.formats)
    if cell not in one.known:
        one.known[cell] = one.column.reader.read(cell, one.formats)
    return one.known[cell]


def _formula(cell: ErrorCell) -> BadValue:
    if not cell.calculated:
        return BadValue(
            "formula-not-calculated",
            _("The formula %(text)s has no stored result.") % {"text": cell.text},
            _("Open the file in Excel or WPS and save it, or paste values over the formulas."),
        )
    return BadValue(
        "formula-error",
        _("The spreadsheet shows %(text)s here.") % {"text": cell.text},
        _("Repair the formula, or paste the value over it."),
    )
