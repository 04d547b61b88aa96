"""Finding the header and saying which column is which, by names in English and Chinese or as the sender says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from longshore.catalog.errors import RejectedRow
from longshore.catalog.imports.cells import Sheet, SourceRow, UnreadableFile, is_empty, rejected, shown
from longshore.catalog.imports.numbers import normalised
from longshore.catalog.imports.targets import Column

OUR_NOTE = "#"  # columns that our own tables of rejected rows add
_LOOK_FOR_HEADER_IN = 20
_NOISE = re.compile(r"[\s_\-*:/.,、·]+")
_BRACKETS = re.compile(r"[(\[【][^)\]】]*[)\]】]")
_RANGE = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")


@dataclass(frozen=True, slots=True)
class Header:
    """The header row and, for each column of the file, the target's column it fills (or none)."""

    row: int
    names: tuple[str, ...]
    columns: tuple[Column | None, ...]
    body: tuple[SourceRow, ...]

    @property
    def unused(self) -> tuple[str, ...]:
        return tuple(name for name, column in zip(self.names, self.columns, strict=True) if name and column is None)


def simplified(name: str) -> str:
    return _NOISE.sub("", normalised(name).lower())


def known_names(columns: Sequence[Column]) -> dict[str, Column]:
    """Every spelling that means a column: its code, its labels in both languages, its aliases."""
    known: dict[str, Column] = {}
    for language in ("en", "zh-hans"):
        with override(language):
            for column in columns:
                known.setdefault(simplified(str(column.label)), column)
    for column in columns:
        for name in column.aliases:
            known.setdefault(simplified(name), column)
    known.update({simplified(column.name): column for column in columns})
    return known


def find_header(sheet: Sheet, columns: Sequence[Column], chosen: Mapping[str, str]) -> Header:
    """`chosen` maps names in the file to the target's column names, or to "" for: leave out."""
    known = known_names(columns)
    wanted = _chosen(columns, chosen)
    head = [row for row in sheet.rows[:_LOOK_FOR_HEADER_IN] if not all(map(is_empty, row.cells))]
    scores = {row.number: _score(row, known, wanted) for row in head}
    best = max(scores.values())
    candidates = [row for row in head if scores[row.number] == best]
    if best > 0 and len(candidates) > 1:
        raise UnreadableFile(
            "two-headers",
            _("Rows %(first)s and %(second)s both look like the header.")
            % {"first": candidates[0].number, "second": candidates[1].number},
            _("Leave only one header row in the file."),
            row=candidates[1].number,
        )
    row = candidates[0] if best > 0 else head[0]
    _refuse_merged(sheet, row.number)
    names = _trimmed(row)
    found = tuple(_column_of(name, known, wanted) for name in names)
    body = tuple(one for one in sheet.rows if one.number > row.number and not all(map(is_empty, one.cells)))
    return Header(row.number, names, found, body)


def header_problems(header: Header, columns: Sequence[Column], needed: Sequence[str]) -> list[RejectedRow]:
    """Columns that are missing, named twice, or nothing below the header. `needed` are attributes."""
    problems: list[RejectedRow] = []
    seen: dict[str, str] = {}
    for name, column in zip(header.names, header.columns, strict=True):
        if column is not None and column.attribute in seen:
            problems.append(_twice(header.row, column, seen[column.attribute], name))
        elif column is not None:
            seen[column.attribute] = name
    for attribute in needed:
        if attribute not in seen:
            problems.append(_missing(header.row, next(one for one in columns if one.attribute == attribute)))
    if not header.body and not problems:
        nothing = UnreadableFile("no-rows", _("There are no rows below the header."), _("Add at least one row."))
        problems.append(rejected(header.row, "", nothing))
    return problems


def _chosen(columns: Sequence[Column], chosen: Mapping[str, str]) -> dict[str, Column | None]:
    by_name = {column.name: column for column in columns}
    wrong = [target for target in chosen.values() if target and target not in by_name]
    if wrong:
        raise UnreadableFile(
            "unknown-column",
            _("There is no column “%(name)s” to fill.") % {"name": wrong[0]},
            _("Use one of: %(names)s.") % {"names": ", ".join(by_name)},
        )
    return {simplified(name): by_name[target] if target else None for name, target in chosen.items()}


def _column_of(name: str, known: Mapping[str, Column], wanted: Mapping[str, Column | None]) -> Column | None:
    simple = simplified(name)
    if name.startswith(OUR_NOTE):
        return None
    if simple in wanted:
        return wanted[simple]
    found = known.get(simple) or known.get(simplified(_BRACKETS.sub("", normalised(name))))
    return None if found in wanted.values() else found


def _score(row: SourceRow, known: Mapping[str, Column], wanted: Mapping[str, Column | None]) -> int:
    names = [shown(cell) for cell in row.cells if isinstance(cell, str)]
    return sum(1 for name in names if simplified(name) in wanted or _column_of(name, known, wanted) is not None)


def _trimmed(row: SourceRow) -> tuple[str, ...]:
    names = [" ".join(shown(cell).split()) for cell in row.cells]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _refuse_merged(sheet: Sheet, header: int) -> None:
    for area in sheet.merged:
        match = _RANGE.fullmatch(area)
        if match and int(match[4]) >= header:
            heading = int(match[2]) <= header
            raise UnreadableFile(
                "merged-header" if heading else "merged-cells",
                _("The cells %(area)s are merged, so it is not clear which column or row they belong to.")
                % {"area": area},
                _("Unmerge them and fill every cell."),
                row=int(match[2]),
                area=area,
            )


def _twice(row: int, column: Column, first: str, second: str) -> RejectedRow:
    problem = UnreadableFile(
        "duplicate-column",
        _("“%(first)s” and “%(second)s” both fill “%(label)s”.")
        % {"first": first, "second": second, "label": column.label},
        _("Leave one of them out, or map it to another column."),
    )
    return rejected(row, column.name, problem, second)


def _missing(row: int, column: Column) -> RejectedRow:
    problem = UnreadableFile(
        "missing-column",
        _("The column “%(label)s” (%(name)s) is missing.") % {"label": column.label, "name": column.name},
        _("Add it, or say which column of the file it is."),
    )
    return rejected(row, column.name, problem)
