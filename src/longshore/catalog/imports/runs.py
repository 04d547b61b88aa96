"""Imports that people start in a page or over the API: kept, watched, cancelled, and carried out by a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from longshore.catalog.errors import Refusal, RejectedRow
from longshore.catalog.imports import running
from longshore.catalog.imports.mapping import known_names, simplified
from longshore.catalog.imports.readers import Formats
from longshore.catalog.imports.reading import LARGEST_FILE, ReadOptions
from longshore.catalog.imports.registry import all_targets, target_named
from longshore.catalog.imports.running import ALL_OR_NOTHING, ImportOptions, ImportRefused, Preview
from longshore.catalog.imports.targets import Cancelled, Occasion
from longshore.catalog.models import ImportRun, ImportState

FAULTS_KEPT = 2000
MOST_PREVIEWED = 20_000
AT_ONCE_BYTES = 256 << 10  # a file this small is done before a page could show a bar
_OPEN = (ImportState.UPLOADED, ImportState.REFUSED, ImportState.CANCELLED, ImportState.FAILED)


class UnknownImport(Refusal):
    """There is no such import."""


class ImportNotOpen(Refusal):
    """The import is running or done, so it cannot be started or changed."""


class FileTooLarge(Refusal):
    """The upload is larger than a file may be."""


def upload(file_name: str, content: bytes, *, target: str, actor: str, language: str, at: datetime) -> ImportRun:
    """Keep a file for import. Without a target the one whose columns fit best is taken."""
    check_size(len(content))
    chosen = target_named(target).name if target else guessed_target(content)
    return ImportRun.objects.create(
        key=uuid4(), file_name=file_name[:200], content=content, target=chosen, actor=actor[:80], language=language,
        uploaded_at=at,
    )  # fmt: skip


def check_size(size: int) -> None:
    """Faces ask before they read an upload into memory."""
    if size > LARGEST_FILE:
        raise FileTooLarge(
            "file-too-large", _("The file is larger than 64 MiB."), _("Split it into several files."), size=size
        )


def guessed_target(content: bytes) -> str:
    """The target that knows most of the file's column names; the first of equals; items for a file nobody knows."""
    try:
        sheet = running.read_file(content)
    except Refusal:
        return "items"  # the preview will say what is wrong with the file
    best, best_score = "items", 0
    for target in all_targets():
        known = known_names(target.columns)
        score = max(sum(simplified(str(cell)) in known for cell in row.cells if cell) for row in sheet.rows[:20])
        if score > best_score:
            best, best_score = target.name, score
    return best


def run_of(key: UUID) -> ImportRun:
    run = ImportRun.objects.filter(key=key).first()
    if run is None:
        raise UnknownImport("unknown-import", _("There is no such import."), _("Upload the file again."), key=str(key))
    return run


def configure(key: UUID, *, target: str, options: Mapping[str, Any], mode: str) -> ImportRun:
    """Say what the file holds and how it is to be read."""
    run = run_of(key)
    changed = ImportRun.objects.filter(pk=run.pk, state__in=_OPEN).update(
        target=target_named(target).name, options=dict(options), mode=_checked_mode(mode)
    )
    if not changed:
        raise _not_open(run)
    run.refresh_from_db()
    return run


def preview_of(run: ImportRun, *, at: datetime) -> Preview:
    """What would happen; of a very long file the first rows, so that a page does not keep anybody waiting."""
    return running.preview(
        bytes(run.content), target_named(run.target), options_of(run), _occasion(run, at), most=MOST_PREVIEWED
    )


def start(key: UUID, *, mode: str) -> ImportRun:
    """Ready to be carried out: by a worker, or by the caller at once when `is_small`."""
    run = run_of(key)
    changed = ImportRun.objects.filter(pk=run.pk, state__in=_OPEN).update(
        state=ImportState.WAITING, mode=_checked_mode(mode), cancel_asked=False, done=0, total=0, errors=[], counts={},
        rejected=b"",
    )  # fmt: skip
    if not changed:
        raise _not_open(run)
    run.refresh_from_db()
    return run


def is_small(run: ImportRun) -> bool:
    return len(run.content) <= AT_ONCE_BYTES


def cancel(key: UUID) -> ImportRun:
    """Stop before the next step; what was written is undone. An import that only waits is stopped at once."""
    run = run_of(key)
    ImportRun.objects.filter(pk=run.pk, state=ImportState.WAITING).update(state=ImportState.CANCELLED)
    ImportRun.objects.filter(pk=run.pk, state=ImportState.RUNNING).update(cancel_asked=True)
    run.refresh_from_db()
    return run


def carry_out(pk: int, *, now: Callable[[], datetime]) -> ImportRun:
    """Do a started import. Calling it again after a crash does it once; two callers at once do it once."""
    with _alone(pk) as watch:
        claimed = ImportRun.objects.filter(pk=pk, state__in=(ImportState.WAITING, ImportState.RUNNING)).update(
            state=ImportState.RUNNING
        )
        run = ImportRun.objects.get(pk=pk)
        if claimed and watch is not None:
            with override(run.language):
                _settle(run, watch, now)
    return run


def _settle(run: ImportRun, watch: Callable[[int, int], None], now: Callable[[], datetime]) -> None:
    """Whatever happens, the row says so; a mistake of ours is recorded and raised on."""
    try:
        done = running.run_import(
            bytes(run.content), target_named(run.target), options_of(run), _occasion(run, now()), mode=run.mode,
            progress=watch,
        )  # fmt: skip
        run.state = ImportState.DONE
        run.content = b""  # what was in it is in the tables now, and what was not is in `rejected`
        run.counts = {"rows": done.rows, "new": done.new, "changed": done.changed, "unchanged": done.unchanged}
        _note_faults(run, done.rejected, done.rejected_csv)
    except ImportRefused as refused:
        run.state = ImportState.REFUSED
        run.counts = {"rows": refused.rows, "new": 0, "changed": 0, "unchanged": 0}
        _note_faults(run, refused.rejected, refused.rejected_csv)
    except Cancelled:
        run.state = ImportState.CANCELLED
    except Exception as error:
        run.state = ImportState.FAILED
        run.counts = {"error": f"{type(error).__name__}: {error}"[:500]}
        raise
    finally:
        run.finished_at = now()
        run.save(update_fields=["state", "content", "counts", "errors", "rejected", "finished_at"])


def _note_faults(run: ImportRun, faults: tuple[RejectedRow, ...], table: bytes) -> None:
    run.counts |= {"faults": len(faults), "rejected": len({fault.row for fault in faults})}
    run.errors = [asdict(fault) for fault in faults[:FAULTS_KEPT]]
    run.rejected = table


@contextmanager
def _alone(pk: int) -> Iterator[Callable[[int, int], None] | None]:
    """A second connection that holds the run and shows its progress while the import's own transaction is open.

    Gives None when another process holds it.
    """
    side = connection.copy()
    try:
        with side.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(hashtext('longshore.import-run'), %s)", [pk])
            row = cursor.fetchone()

        def watch(done: int, total: int) -> None:
            with side.cursor() as progress:
                progress.execute(
                    "UPDATE catalog_importrun SET done = %s, total = %s WHERE id = %s RETURNING cancel_asked",
                    [done, total, pk],
                )
                asked = progress.fetchone()
            if asked is not None and asked[0]:
                raise Cancelled("cancelled", _("The import was stopped; nothing was taken."), _("Start it again."))

        yield watch if row is not None and row[0] else None
    finally:
        side.close()


def options_of(run: ImportRun) -> ImportOptions:
    given = run.options
    return ImportOptions(
        columns=given.get("columns", {}),
        read=ReadOptions(given.get("encoding", ""), given.get("delimiter", ""), given.get("sheet", "")),
        formats=Formats(decimal_mark=given.get("decimal_mark", ""), date_order=given.get("date_order", "")),
    )


def _occasion(run: ImportRun, at: datetime) -> Occasion:
    return Occasion(at, run.actor, f"import:{run.pk}")


def _checked_mode(mode: str) -> str:
    return running.ACCEPTED_ONLY if mode == running.ACCEPTED_ONLY else ALL_OR_NOTHING


def _not_open(run: ImportRun) -> ImportNotOpen:
    return ImportNotOpen(
        "import-not-open",
        _("This import is already %(state)s.") % {"state": ImportState(run.state).label},
        _("Upload the file again to import it once more."),
    )
