"""`longshore doctor`: each finding is a sentence, and a remedy where something is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from longshore.ledger.models import Delivery, OutboxEvent
from longshore.project import embedded, home
from longshore.project.assets import missing_assets

LATE_OUTBOX = timedelta(minutes=2)
LEAST_FREE_BYTES = 2 * 2**30


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    ok: bool
    sentence: str
    remedy: str = ""


def examine(*, at: datetime) -> tuple[Finding, ...]:
    """Every check; when the database does not answer, only those that need none."""
    database = _database()
    findings = [database, _disk(), _assets(), _translations()]
    if database.ok:
        checks: tuple[Callable[[datetime], Finding], ...] = (_migrations, _outbox, _dead_letters, _jobs)
        findings += [check(at) for check in checks]
    return tuple(findings)


def _database() -> Finding:
    try:
        connection.ensure_connection()
        version = connection.connection.info.server_version
    except (DatabaseError, embedded.EmbeddedDatabaseError) as error:
        remedy = _("Start it, or correct LONGSHORE_DATABASE_URL.")
        return Finding("database", False, str(error).strip(), remedy)
    where = _("embedded") if connection.settings_dict.get("EMBEDDED") else str(connection.settings_dict["HOST"])
    if version < 160000:
        return Finding(
            "database", False, f"PostgreSQL {version // 10000}", _("Longshore needs PostgreSQL 16 or newer.")
        )
    return Finding("database", True, f"PostgreSQL {version // 10000}.{version % 10000}, {where}")


def _disk() -> Finding:
    folder = home.directory()
    free = shutil.disk_usage(folder if folder.exists() else folder.anchor).free
    sentence = _("%(free)d GB free at %(folder)s") % {"free": free // 2**30, "folder": folder}
    return Finding("disk", free >= LEAST_FREE_BYTES, sentence, _("Make room: PostgreSQL stops when the disk is full."))


def _assets() -> Finding:
    missing = missing_assets()
    if missing:
        return Finding("pages", False, _("Missing: %(files)s") % {"files": ", ".join(missing)}, _("Run `make setup`."))
    return Finding("pages", True, _("Scripts and styles are built."))


def _translations() -> Finding:
    current = get_language()
    with override("zh-hans"):
        spoken = _("Scripts and styles are built.") != "Scripts and styles are built."
    with override(current):
        sentence = _("Chinese is compiled.") if spoken else _("Chinese is not compiled.")
        return Finding("languages", spoken, sentence, _("Run `make setup`."))


def _migrations(at: datetime) -> Finding:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    sentence = _("%(count)d migrations wait.") % {"count": len(waiting)} if waiting else _("All tables are up to date.")
    return Finding("tables", not waiting, sentence, _("Run `longshore init`."))


def _outbox(at: datetime) -> Finding:
    oldest = OutboxEvent.objects.filter(dispatched=False).order_by("id").values_list("at", flat=True).first()
    if oldest is None or at - oldest < LATE_OUTBOX:
        return Finding("outbox", True, _("Events are being told."))
    sentence = _("Events wait since %(since)s.") % {"since": oldest.isoformat(timespec="seconds")}
    return Finding("outbox", False, sentence, _("Start a worker: `longshore worker`."))


def _dead_letters(at: datetime) -> Finding:
    dead = Delivery.objects.filter(state="dead").count()
    if not dead:
        return Finding("dead letters", True, _("None."))
    sentence = _("%(count)d deliveries were given up.") % {"count": dead}
    return Finding("dead letters", False, sentence, _("Read their errors in the admin, then revive them there."))


def _jobs(at: datetime) -> Finding:
    from procrastinate.contrib.django.models import ProcrastinateJob

    failed = ProcrastinateJob.objects.filter(status="failed", scheduled_at__gte=at - timedelta(days=1)).count()
    sentence = (
        _("%(count)d jobs failed within a day.") % {"count": failed} if failed else _("No job failed within a day.")
    )
    return Finding(
        "jobs", not failed, sentence, _("Look at the worker's log; failed jobs run again at their next time.")
    )
