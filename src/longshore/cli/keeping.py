"""backup, restore: the whole database in one file with a manifest beside it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from longshore.cli.answer import Answer

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add(commands: Commands) -> None:
    backup = commands.add_parser("backup", help="write the whole database into one file, while it is in use")
    backup.add_argument("file", type=Path)
    backup.add_argument("--json", action="store_true", help="answer in JSON")
    backup.set_defaults(run=_backup)
    restore = commands.add_parser("restore", help="put a backup in the place of the database; the old one is kept")
    restore.add_argument("file", type=Path)
    restore.add_argument("--replace", action="store_true", help="needed when the database holds data")
    restore.add_argument("--json", action="store_true", help="answer in JSON")
    restore.set_defaults(run=_restore)


def _backup(asked: argparse.Namespace) -> Answer:
    from django.utils import timezone

    from longshore.project.backup import back_up

    made = back_up(asked.file, at=timezone.now())
    lines = (f"{made.file}: {made.bytes} bytes, {made.rows} rows in {len(made.tables)} tables, SHA-256 {made.sha256}",)
    return Answer({"file": made.file, "bytes": made.bytes, "rows": made.rows, "sha256": made.sha256}, lines)


def _restore(asked: argparse.Namespace) -> Answer:
    from django.utils import timezone

    from longshore.project.backup import restore

    done = restore(asked.file, replace=asked.replace, at=timezone.now())
    lines = [f"{done.rows} rows in {done.tables} tables are back in {done.database}."]
    if done.kept_as:
        lines.append(f"What was there before is kept as database {done.kept_as}.")
    return Answer({"database": done.database, "rows": done.rows, "kept_as": done.kept_as}, tuple(lines))
