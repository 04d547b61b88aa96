"""The whole way of a file: read, map, check, and write in one transaction or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal, RejectedRow
from longshore.catalog.imports.cells import SourceRow, UnreadableFile, rejected, shown
from longshore.catalog.imports.mapping import OUR_NOTE, Header, find_header, header_problems
from longshore.catalog.imports.parsing import parse
from longshore.catalog.imports.readers import Formats
from longshore.catalog.imports.reading import ReadOptions, read_file
from longshore.catalog.imports.targets import Occasion, Plan, RowsRefused, Target, Told

ALL_OR_NOTHING, ACCEPTED_ONLY = "all-or-nothing", "accepted-only"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the sender says about the file. `columns` maps names in the file to ours, "" to leave one out."""

    columns: Mapping[str, str] = field(default_factory=dict)
    read: ReadOptions = field(default_factory=ReadOptions)
    formats: Formats = field(default_factory=lambda: Formats(decimal_mark=""))


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen. `fatal`: the file as a whole cannot be taken, whatever the mode.

    `checked` of `rows` were looked at: of a very long file the first ones, the rest is checked when it is imported.
    """

    header: Header | None
    rows: int
    new: int
    changed: int
    unchanged: int
    rejected: tuple[RejectedRow, ...]
    fatal: bool
    checked: int = 0
    format: str = ""
    encoding: str = ""
    delimiter: str = ""

    @property
    def sample(self) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """The first rows as the sender would recognise them."""
        body = self.header.body[:20] if self.header else ()
        return tuple((row.number, tuple(shown(cell) for cell in row.cells)) for row in body)

    @property
    def rejected_rows(self) -> int:
        return len({fault.row for fault in self.rejected})


@dataclass(frozen=True, slots=True)
class ImportReceipt:
    """What was done. In accepted-only mode `rejected` says what was left out."""

    target: str
    rows: int
    new: int
    changed: int
    unchanged: int
    rejected: tuple[RejectedRow, ...]
    rejected_csv: bytes = b""


class ImportRefused(Refusal):
    """Nothing was imported; `rejected` says why, by row and field."""

    def __init__(self, rows: int, faults: tuple[RejectedRow, ...], table: bytes) -> None:
        super().__init__(
            "import-refused",
            _("Nothing was imported: %(faults)s faults.") % {"faults": len(faults)},
            _("Correct the rows that are listed, or import the accepted rows only."),
            rows=rows,
        )
        self.rows = rows
        self.rejected = faults
        self.rejected_csv = table


@dataclass(frozen=True, slots=True)
class _Examined:
    preview: Preview
    plan: Plan


def preview(
    content: bytes, target: Target, options: ImportOptions, occasion: Occasion, *, most: int | None = None
) -> Preview:
    """Read and check everything, or the first `most` rows; write nothing."""
    return _examine(content, target, options, occasion, most).preview


def run_import(
    content: bytes,
    target: Target,
    options: ImportOptions,
    occasion: Occasion,
    *,
    mode: str = ALL_OR_NOTHING,
    progress: Progress | None = None,
) -> ImportReceipt:
    """Import a file in one transaction. ImportRefused when it, or in all-or-nothing mode any row, is wrong."""
    with transaction.atomic():
        _one_at_a_time(target)
        examined = _examine(content, target, options, occasion)
        seen, plan = examined.preview, examined.plan
        table = rejected_table(seen)
        if seen.fatal or (seen.rejected and mode != ACCEPTED_ONLY):
            raise ImportRefused(seen.rows, seen.rejected, table)
        total = len(plan.new) + len(plan.changed)
        if progress is not None:
            progress(0, total)
        if total:
            _write(target, examined, occasion, lambda done: progress(done, total) if progress is not None else None)
    return ImportReceipt(
        target.name, seen.rows, seen.new, seen.changed, seen.unchanged, seen.rejected, table if seen.rejected else b""
    )


def _write(target: Target, examined: _Examined, occasion: Occasion, told: Told) -> None:
    """Rows that looked right may still be refused: by the verb below, or by a constraint of the table."""
    seen = examined.preview
    try:
        target.write(examined.plan, occasion, told)
    except RowsRefused as refused:
        table = rejected_table(replace(seen, rejected=refused.rejected))
        raise ImportRefused(seen.rows, refused.rejected, table) from refused
    except IntegrityError as broken:
        name = getattr(getattr(broken.__cause__, "diag", None), "constraint_name", None) or "?"
        fault = UnreadableFile(
            "against-a-rule",
            _("A row would break the rule “%(name)s” of the database.") % {"name": name},
            _("Compare the file with what is there already; give all columns of the rows that change."),
        )
        raise ImportRefused(seen.rows, (rejected(0, "", fault),), b"") from broken


def _one_at_a_time(target: Target) -> None:
    """Two imports of the same thing wait for each other, so that what was checked still holds when it is written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"longshore.import.{target.name}"])


def _examine(
    content: bytes, target: Target, options: ImportOptions, occasion: Occasion, most: int | None = None
) -> _Examined:
    try:
        sheet = read_file(content, options.read)
        header = find_header(sheet, target.columns, options.columns)
    except UnreadableFile as bad:
        return _Examined(Preview(None, 0, 0, 0, 0, (rejected(bad.row, "", bad),), True), Plan())
    needed = [name for name in target.key if any(one.attribute == name and one.needed for one in target.columns)]
    problems = tuple(header_problems(header, target.columns, needed))
    if problems:
        return _Examined(Preview(header, len(header.body), 0, 0, 0, problems, True), Plan())
    rows, header = len(header.body), replace(header, body=header.body[:most])
    parsed = parse(sheet, header, options.formats)
    given = frozenset(column.attribute for column in header.columns if column is not None)
    plan = target.plan(parsed.records, given, occasion)
    found = (*parsed.rejected, *plan.rejected, *target.look_up(parsed.partial))
    faults = tuple(sorted(found, key=lambda fault: fault.row))
    seen = Preview(
        header, rows, len(plan.new), len(plan.changed), plan.unchanged, faults, False, len(header.body),
        sheet.format, sheet.encoding, sheet.delimiter,
    )  # fmt: skip
    return _Examined(seen, plan)


def rejected_table(seen: Preview) -> bytes:
    """The rows that were not taken, as they came, with the faults beside them: correct it and import it again."""
    if not seen.rejected or seen.header is None:
        return b""
    faults: dict[int, list[RejectedRow]] = {}
    for fault in seen.rejected:
        faults.setdefault(fault.row, []).append(fault)
    return _as_csv(seen.header, [row for row in seen.header.body if row.number in faults], faults)


def _as_csv(header: Header, rows: Sequence[SourceRow], faults: Mapping[int, Sequence[RejectedRow]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*header.names, f"{OUR_NOTE}row", f"{OUR_NOTE}errors"])
    width = len(header.names)
    for row in rows:
        cells = [shown(cell).replace("\x00", "") for cell in row.cells[:width]]
        padding = [""] * (width - len(cells))
        notes = "\n".join(_note(fault) for fault in faults[row.number])
        writer.writerow([*cells, *padding, row.number, notes])
    return out.getvalue().encode("utf-8-sig")


def _note(fault: RejectedRow) -> str:
    return f"{fault.field}: {fault.sentence} {fault.remedy} [{fault.code}]".removeprefix(": ")
