"""Reading comma, semicolon, tab and bar separated text."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from longshore.catalog.imports.cells import Sheet, SourceRow, UnreadableFile
from longshore.catalog.imports.encodings import decode

DELIMITERS = (",", ";", "\t", "|")
LONGEST_CELL = 32_767  # what a spreadsheet cell can hold
# The csv module keeps this limit for the whole process; the widest any reader here needs.
_FIELD_LIMIT = 1_000_000


def read_delimited(content: bytes, encoding: str = "", delimiter: str = "") -> Sheet:
    _refuse_binary(content)
    text, encoding = decode(content, encoding)
    text, declared = _declared_delimiter(text)
    chosen = delimiter or declared or _sniffed(text)
    rows = tuple(_records(text, chosen, first=2 if declared else 1))
    return Sheet(rows, "csv", encoding=encoding, delimiter=chosen, ragged=True)


def _refuse_binary(content: bytes) -> None:
    """Pictures and programs are full of control bytes; NUL is not counted, as UTF-16 is full of it."""
    controls = sum(content.count(code) for code in range(1, 9))
    if controls > 8 and controls > len(content) / 50:
        raise UnreadableFile(
            "not-a-table",
            _("This is not a text file: it is full of control characters."),
            _("Send CSV, TSV or XLSX."),
        )


def _declared_delimiter(text: str) -> tuple[str, str]:
    """Excel's own first line `sep=;`."""
    first, _newline, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        return rest, first.strip()[4]
    return text, ""


def _sniffed(text: str) -> str:
    """The delimiter that cuts most lines into the same number of cells, at least two."""
    sample = text[:20_000].splitlines()[:60]
    best, best_score = ",", (0, 0)
    for delimiter in DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(sample, delimiter=delimiter) if any(row))
        wide = {width: times for width, times in widths.items() if width > 1}
        if wide:
            width, times = max(wide.items(), key=lambda pair: (pair[1], pair[0]))
            best, best_score = max((best, best_score), (delimiter, (times, width)), key=lambda pair: pair[1])
    return best


def _records(text: str, delimiter: str, first: int) -> Iterator[SourceRow]:
    csv.field_size_limit(_FIELD_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = first
    while True:
        started = reader.line_num + first
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as wrong:
            raise _bad_quotes(number, started, str(wrong)) from wrong
        if len(cells) and max(map(len, cells)) > LONGEST_CELL:
            raise _bad_quotes(number, started, "cell too long")
        yield SourceRow(number, tuple(cells))
        number += 1


def _bad_quotes(number: int, line: int, why: str) -> UnreadableFile:
    return UnreadableFile(
        "unclosed-quote",
        _("A quotation mark in row %(row)s (line %(line)s) is never closed, or text follows it.")
        % {"row": number, "line": line},
        _('Close it, or write a quotation mark inside text twice: "".'),
        row=number,
        reason=why,
    )
