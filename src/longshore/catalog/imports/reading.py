"""One door for every file: by its first bytes, not by its name."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from longshore.catalog.imports.cells import Sheet, SourceRow, UnreadableFile, is_empty
from longshore.catalog.imports.delimited import read_delimited
from longshore.catalog.imports.excel import read_excel

LARGEST_FILE = 64 << 20
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the sender says about the file; empty means: find out."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""


def read_file(content: bytes, options: ReadOptions | None = None) -> Sheet:
    """The rows of a .csv, .tsv, .txt or .xlsx file, or UnreadableFile."""
    options = options or ReadOptions()
    if len(content) > LARGEST_FILE:
        raise UnreadableFile("file-too-large", _("The file is larger than 64 MiB."), _("Split it into several files."))
    if content.startswith(_OLD_EXCEL):
        raise UnreadableFile(
            "old-excel",
            _("This is a workbook of Excel 97–2003 (.xls), or one with a password."),
            _("Open it, remove the password and save it as .xlsx or CSV UTF-8."),
        )
    if content.startswith(b"PK\x03\x04"):
        sheet = read_excel(content, options.sheet)
    else:
        sheet = read_delimited(content, options.encoding, options.delimiter)
    if all(_blank(row) for row in sheet.rows):
        raise UnreadableFile("empty-file", _("The file is empty."), _("Send a file with a header row and data rows."))
    return sheet


def _blank(row: SourceRow) -> bool:
    return all(is_empty(cell) for cell in row.cells)
