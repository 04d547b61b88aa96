"""A backup is one pg_dump file with a manifest beside it: rows of each table and a checksum, both checked on return."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.db import connection, connections
from django.utils.translation import gettext as _
from psycopg import sql

from longshore import __version__
from longshore.catalog.errors import Refusal
from longshore.project import embedded


class BackupFailed(Refusal):
    """pg_dump or pg_restore did not finish; the message is theirs."""

    def __init__(self, program: str, message: str) -> None:
        sentence = _("%(program)s failed: %(message)s") % {"program": program, "message": message}
        super().__init__("backup-failed", sentence, _("Nothing was changed. Correct the cause and try again."))


class BackupDamaged(Refusal):
    """The file is not the one the manifest speaks of."""

    def __init__(self, file: Path) -> None:
        sentence = _("%(file)s is damaged or not a backup: its checksum is not that of its manifest.") % {"file": file}
        super().__init__("backup-damaged", sentence, _("Use another backup; nothing was changed."))


class DatabaseInUse(Refusal):
    """There is data where the backup should go."""

    def __init__(self, name: str) -> None:
        sentence = _("Database %(name)s holds data.") % {"name": name}
        super().__init__(
            "database-in-use", sentence, _("Add --replace: the data now there is kept under another name.")
        )


@dataclass(frozen=True, slots=True)
class Backup:
    file: str
    made_at: str
    version: str
    bytes: int
    sha256: str
    rows: int
    tables: dict[str, int]


@dataclass(frozen=True, slots=True)
class Restored:
    database: str
    rows: int
    tables: int
    kept_as: str


def back_up(file: Path, *, at: datetime) -> Backup:
    """Dump, count and write the manifest from one snapshot, so that the counts are those of the dump."""
    connection.ensure_connection()
    partial = file.with_name(f"{file.name}.partial")
    with connection.cursor() as cursor:
        cursor.execute("begin isolation level repeatable read read only")
        try:
            cursor.execute("select pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            tables = _count_rows()
            _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", "--file", str(partial), *_address(_database()))
        finally:
            cursor.execute("rollback")
    made = Backup(
        file=str(file),
        made_at=at.isoformat(),
        version=__version__,
        bytes=partial.stat().st_size,
        sha256=_digest(partial),
        rows=sum(tables.values()),
        tables=tables,
    )
    partial.replace(file)
    _manifest(file).write_text(json.dumps(asdict(made), indent=1))
    return made


def restore(file: Path, *, replace: bool, at: datetime) -> Restored:
    """Load into a new database, compare with the manifest, and only then swap names; the old one is kept."""
    manifest = json.loads(_manifest(file).read_text())
    if _digest(file) != manifest["sha256"]:
        raise BackupDamaged(file)
    target = _database()
    connection.ensure_connection()
    occupied = "ledger_posting" in connection.introspection.table_names() and any(_count_rows().values())
    if occupied and not replace:
        raise DatabaseInUse(target)
    fresh = f"{target}_restoring"
    connections.close_all()
    _execute("drop database if exists {} with (force)", fresh)
    _execute("create database {} template template0", fresh)
    _run("pg_restore", "--exit-on-error", "--no-owner", *_address(fresh), str(file))
    kept_as = f"{target}_before_{at:%Y%m%d_%H%M%S}"
    _end_sessions(target)
    _execute("alter database {} rename to {}", target, kept_as)
    _execute("alter database {} rename to {}", fresh, target)
    if not occupied:
        _execute("drop database {} with (force)", kept_as)
    restored = _count_rows()
    if restored != manifest["tables"]:
        raise BackupDamaged(file)
    return Restored(target, sum(restored.values()), len(restored), kept_as if occupied else "")


def _count_rows() -> dict[str, int]:
    counts: dict[str, int] = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table)))
            counts[table] = int(cursor.fetchone()[0])
    return counts


def _database() -> str:
    return str(connection.settings_dict["NAME"])


def _manifest(file: Path) -> Path:
    return file.with_name(f"{file.name}.json")


def _digest(file: Path) -> str:
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _address(database: str) -> list[str]:
    known = connection.settings_dict
    given = (
        ("--host", known["HOST"]),
        ("--port", known["PORT"]),
        ("--username", known["USER"]),
        ("--dbname", database),
    )
    return [part for option, value in given if value for part in (option, str(value))]


def _run(program: str, *arguments: str) -> None:
    password = str(connection.settings_dict.get("PASSWORD") or "")
    done = subprocess.run(
        [str(embedded.binaries() / program), "--no-password", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **({"PGPASSWORD": password} if password else {})},
    )
    if done.returncode != 0:
        raise BackupFailed(program, done.stderr.strip())


def _execute(statement: str, *names: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))


def _end_sessions(database: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()",
            (database,),
        )
