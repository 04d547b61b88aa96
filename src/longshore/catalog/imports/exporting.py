"""Files out: every target as CSV or Excel, in the columns an import reads back."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.catalog.imports.targets import Target

CSV, XLSX = "csv", "xlsx"
CONTENT_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_LINES_A_PIECE = 500
_BYTES_A_PIECE = 1 << 16


class UnknownFormat(Refusal):
    """Not a format we write."""


def export(target: Target, form: str = CSV) -> Iterator[bytes]:
    """The file in pieces, so that a large table needs no large memory."""
    if form not in CONTENT_TYPES:
        raise UnknownFormat(
            "unknown-format", _("“%(form)s” is not a format we write.") % {"form": form}, _("Use csv or xlsx.")
        )
    return _csv(target) if form == CSV else _xlsx(target)


def header(target: Target) -> list[str]:
    return [column.name for column in target.columns if column.exported]


def _csv(target: Target) -> Iterator[bytes]:
    """UTF-8 with a mark, so that Excel opens Chinese names as they are."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    out.write("\ufeff")
    writer.writerow(header(target))
    for number, row in enumerate(target.export(), 1):
        writer.writerow(row)
        if number % _LINES_A_PIECE == 0:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _xlsx(target: Target) -> Iterator[bytes]:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(target.name[:31])
    sheet.append(header(target))
    for row in target.export():
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=value)
            cell.data_type = "s"  # always text: a code must not become a number, a name not a formula
            cell.number_format = "@"
            cells.append(cell if value else None)
        sheet.append(cells)
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(_BYTES_A_PIECE):
            yield piece
