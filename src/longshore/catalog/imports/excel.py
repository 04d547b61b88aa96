"""Reading .xlsx: values as they stand, error cells and uncalculated formulas named, merged cells found."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from longshore.catalog.imports.cells import Cell, ErrorCell, Sheet, SourceRow, UnreadableFile

LARGEST_UNPACKED = 1 << 30
MOST_ROWS = 1_048_576
_MERGED = re.compile(rb'<mergeCell\s[^>]*ref="([A-Z]+\d+:[A-Z]+\d+)"')
_FORMULA = re.compile(rb"<f[ />]")
_NOT_EXCEL = _("Open it in Excel or WPS and save it again as .xlsx, or send CSV.")


def read_excel(content: bytes, sheet: str = "") -> Sheet:
    _refuse_strange_archives(content)
    workbook = _opened(content, values=True)
    try:
        names = [one.title for one in workbook.worksheets if one.sheet_state == "visible"]
        title = sheet or (names[0] if names else "")
        if title not in workbook.sheetnames:
            raise UnreadableFile(
                "unknown-sheet",
                _("There is no sheet “%(sheet)s”.") % {"sheet": title},
                _("Choose one of: %(sheets)s.") % {"sheets": ", ".join(names)},
            )
        merged, formulas = _marks(content, workbook[title])
        rows = tuple(_with_formulas(content, title, workbook) if formulas else _plain(workbook[title]))
    finally:
        workbook.close()
    return Sheet(rows, "xlsx", name=title, merged=merged, others=tuple(name for name in names if name != title))


def _refuse_strange_archives(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            named = archive.namelist()
    except zipfile.BadZipFile as wrong:
        raise UnreadableFile("not-excel", _("This is not an .xlsx workbook, or it is damaged."), _NOT_EXCEL) from wrong
    if unpacked > LARGEST_UNPACKED:
        raise UnreadableFile(
            "file-too-large", _("The workbook unpacks to more than 1 GiB."), _("Split it into several files.")
        )
    if "xl/workbook.xml" not in named:
        raise UnreadableFile("not-excel", _("This is not an .xlsx workbook, or it is damaged."), _NOT_EXCEL)


def _opened(content: bytes, *, values: bool) -> Any:
    from openpyxl import load_workbook

    try:
        return load_workbook(io.BytesIO(content), read_only=True, data_only=values)
    except Exception as wrong:  # openpyxl lets the errors of zip, XML and its own checks through
        raise UnreadableFile(
            "not-excel", _("This is not an .xlsx workbook, or it is damaged."), _NOT_EXCEL, reason=str(wrong)
        ) from wrong


def _marks(content: bytes, worksheet: Any) -> tuple[tuple[str, ...], bool]:
    """Merged ranges and whether there are formulas: the streaming reader does not tell."""
    merged: list[str] = []
    formulas = False
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(worksheet._worksheet_path) as part:
        tail = b""
        while chunk := part.read(1 << 20):
            window = tail + chunk
            formulas = formulas or bool(_FORMULA.search(window))
            merged.extend(found.decode() for found in _MERGED.findall(window))
            tail = window[window.rfind(b"<") :][-200:] if b"<" in window else b""
    return tuple(dict.fromkeys(merged)), formulas


def _plain(worksheet: Any) -> Iterator[SourceRow]:
    for number, row in _numbered(worksheet):
        yield SourceRow(number, tuple(_cell(cell) for cell in row))


def _with_formulas(content: bytes, title: str, values: Any) -> Iterator[SourceRow]:
    """Formula cells have a value only if the program that saved the file calculated them."""
    formulas = _opened(content, values=False)
    try:
        for (number, row), (_same, source) in zip(_numbered(values[title]), _numbered(formulas[title]), strict=True):
            cells = tuple(_cell(cell) for cell in row)
            yield SourceRow(number, tuple(_calculated(*pair) for pair in zip(cells, source, strict=True)))
    finally:
        formulas.close()


def _calculated(cell: Cell, source: Any) -> Cell:
    if cell is None and source.data_type == "f":
        return ErrorCell(str(source.value), calculated=False)
    return cell


def _numbered(worksheet: Any) -> Iterable[tuple[int, Any]]:
    worksheet.reset_dimensions()  # some programs write a wrong size, which would cut rows off
    return enumerate(worksheet.iter_rows(max_row=MOST_ROWS), 1)


def _cell(cell: Any) -> Cell:
    value = cell.value
    if cell.data_type == "e":
        return ErrorCell(str(value))
    if isinstance(value, float):
        # repr gives the shortest decimal that is this number: what the sender typed
        exact = Decimal(repr(value))
        return int(exact) if exact == exact.to_integral_value() and abs(exact) < 10**15 else exact
    return value if value is None or isinstance(value, str | int) or hasattr(value, "isoformat") else str(value)
