"""import, export: files in and out."""

from __future__ import annotations

import argparse
import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from longshore.cli.answer import REFUSED, Answer, progress

if TYPE_CHECKING:
    from longshore.catalog.errors import RejectedRow
    from longshore.catalog.imports.running import ImportOptions
    from longshore.catalog.imports.targets import Target

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

FAULTS_SHOWN = 50


def add(commands: Commands) -> None:
    load = commands.add_parser("import", help="read a CSV or Excel file; shows errors by row and field")
    load.add_argument("kind", help="what the rows are: items, places, partners, orders, … (see the manual)")
    load.add_argument("file", type=Path)
    load.add_argument("--map", action="append", default=[], metavar="FIELD=COLUMN", help="which column is which field")
    load.add_argument("--mode", choices=("all-or-nothing", "accepted-only"), default="all-or-nothing")
    load.add_argument("--partial", action="store_true", help="the same as --mode accepted-only")
    load.add_argument("--preview", "--dry-run", action="store_true", help="only check; write nothing")
    load.add_argument("--encoding", default="", help="when it is neither UTF-8, UTF-16 nor GBK")
    load.add_argument("--delimiter", default="", help="when it cannot be told from the file")
    load.add_argument("--sheet", default="", help="which sheet of a workbook; the first one otherwise")
    load.add_argument("--decimal", choices=(".", ","), default="", help="the decimal mark, where numbers do not tell")
    load.add_argument("--dates", choices=("dmy", "mdy"), default="", help="the order of day and month, where unclear")
    load.add_argument("--rejected", type=Path, metavar="FILE", help="write the rows that were not taken here, as CSV")
    load.add_argument("--json", action="store_true", help="answer in JSON")
    load.set_defaults(run=_import)
    save = commands.add_parser("export", help="write a kind of rows, or everything, as CSV or Excel")
    save.add_argument("kind", help="items, places, partners, orders, … or `all`")
    save.add_argument("target", type=Path, help="a .csv or .xlsx file, or a folder for `all`")
    save.add_argument("--json", action="store_true", help="answer in JSON")
    save.set_defaults(run=_export)


def _import(asked: argparse.Namespace) -> Answer:
    from longshore.catalog.imports.registry import target_named
    from longshore.catalog.imports.running import ImportRefused, preview, run_import
    from longshore.catalog.imports.targets import Occasion
    from longshore.project import clock

    target = target_named(asked.kind)
    content = asked.file.read_bytes()
    options = _options(asked)
    occasion = Occasion(clock.now(), getpass.getuser(), f"file:{asked.file.name}"[:120])
    if asked.preview:
        seen = preview(content, target, options, occasion)
        return _told(asked, "checked", (seen.rows, seen.new, seen.changed, seen.unchanged), seen.rejected)
    mode = "accepted-only" if asked.partial else asked.mode
    try:
        done = run_import(content, target, options, occasion, mode=mode, progress=_say)
    except ImportRefused as refused:
        _keep(asked.rejected, refused.rejected_csv)
        return _told(asked, "refused", (refused.rows, 0, 0, 0), refused.rejected)
    _keep(asked.rejected, done.rejected_csv)
    return _told(asked, "imported", (done.rows, done.new, done.changed, done.unchanged), done.rejected)


def _options(asked: argparse.Namespace) -> ImportOptions:
    from longshore.catalog.imports.readers import Formats
    from longshore.catalog.imports.reading import ReadOptions
    from longshore.catalog.imports.running import ImportOptions

    pairs = [text.partition("=") for text in asked.map]
    return ImportOptions(
        columns={column: field for field, _equals, column in pairs},
        read=ReadOptions(asked.encoding, asked.delimiter, asked.sheet),
        formats=Formats(decimal_mark=asked.decimal, date_order=asked.dates),
    )


def _say(done: int, total: int) -> None:
    if total:
        progress(f"{done} / {total}")


def _keep(path: Path | None, table: bytes) -> None:
    if path is not None and table:
        path.write_bytes(table)


def _told(
    asked: argparse.Namespace, what: str, counts: tuple[int, int, int, int], faults: tuple[RejectedRow, ...]
) -> Answer:
    rows, new, changed, unchanged = counts
    data = {
        "target": asked.kind, "file": asked.file.name, "result": what, "rows": rows, "new": new, "changed": changed,
        "unchanged": unchanged, "rejected": faults,
    }  # fmt: skip
    lines = [f"{asked.file.name}: {what}. {rows} rows: {new} new, {changed} changed, {unchanged} unchanged."]
    lines += [_line(fault) for fault in faults[:FAULTS_SHOWN]]
    if len(faults) > FAULTS_SHOWN:
        lines.append(f"… and {len(faults) - FAULTS_SHOWN} more.")
    return Answer(data, tuple(lines), REFUSED if faults and what != "imported" else 0)


def _line(fault: RejectedRow) -> str:
    where = f"row {fault.row}" + (f", {fault.field}" if fault.field else "")
    shown = f" “{fault.value}”" if fault.value else ""
    return f"  {where}{shown}: {fault.sentence} {fault.remedy} [{fault.code}]"


def _export(asked: argparse.Namespace) -> Answer:
    from longshore.catalog.imports.registry import all_targets, target_named

    if asked.kind == "all":
        asked.target.mkdir(parents=True, exist_ok=True)
        sizes = {target.name: _save(target, asked.target / f"{target.name}.csv") for target in all_targets()}
    else:
        sizes = {asked.kind: _save(target_named(asked.kind), asked.target)}
    return Answer(
        {"target": asked.target, "bytes": sizes}, tuple(f"{name}: {size} bytes" for name, size in sizes.items())
    )


def _save(target: Target, path: Path) -> int:
    from longshore.catalog.imports.exporting import export

    size = 0
    with path.open("wb") as file:
        for piece in export(target, "xlsx" if path.suffix.lower() == ".xlsx" else "csv"):
            size += file.write(piece)
    return size
