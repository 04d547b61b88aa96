"""Imports and exports: upload, check by row and field, take over, watch, download."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.imports import exporting, runs
from longshore.catalog.imports.registry import all_targets, target_named
from longshore.catalog.imports.running import Preview, rejected_table
from longshore.catalog.imports.targets import Target
from longshore.catalog.models import ImportRun, ImportState
from longshore.catalog.tasks import carry_out_import

FAULTS_SHOWN = 200
FORMAT_FIELDS = ("encoding", "delimiter", "sheet", "decimal_mark", "date_order")


def _importable(request: HttpRequest) -> list[Target]:
    return [target for target in all_targets() if request.user.has_perm(target.permission)]


def _run(key: UUID) -> ImportRun:
    try:
        return runs.run_of(key)
    except runs.UnknownImport as unknown:
        raise Http404(str(unknown.sentence)) from unknown


def _must_import(request: HttpRequest, target: str) -> None:
    if not request.user.has_perm(target_named(target).permission):
        raise PermissionDenied(_("Your role may not import this."))


def _list(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    page = Paginator(ImportRun.objects.defer("content", "rejected", "errors"), 25).get_page(request.GET.get("page"))
    labels = {target.name: target.label for target in all_targets()}
    context = {
        "nav": "imports",
        "page": page,
        "rows": [(run, labels.get(run.target, run.target)) for run in page],
        "targets": _importable(request),
        "exports": all_targets(),
        "refusal": refusal,
    }
    return render(request, "catalog/imports.html", context, status=422 if refusal else 200)


@needs("catalog")
@require_GET
def imports(request: HttpRequest) -> HttpResponse:
    return _list(request)


@needs("catalog")
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None:
        return _list(request, Refusal("no-file", _("No file was chosen."), _("Choose a CSV or Excel file.")))
    target = request.POST.get("target", "")
    try:
        if target:
            _must_import(request, target)
        runs.check_size(file.size or 0)
        run = runs.upload(
            file.name or "file", file.read(), target=target, actor=request.user.get_username(),
            language=get_language() or "en", at=now_of(request),
        )  # fmt: skip
    except Refusal as refusal:
        return _list(request, refusal)
    return redirect("import", key=run.key)


@needs("catalog")
@require_GET
def one_import(request: HttpRequest, key: UUID) -> HttpResponse:
    return _detail(request, _run(key))


def _detail(request: HttpRequest, run: ImportRun, refusal: Refusal | None = None) -> HttpResponse:
    target = target_named(run.target)
    context: dict[str, Any] = {
        "nav": "imports", "run": run, "target": target, "refusal": refusal, "targets": _importable(request),
        "allowed": request.user.has_perm(target.permission), "shares": _share(run),
    }  # fmt: skip
    if run.state in (ImportState.UPLOADED, ImportState.REFUSED, ImportState.CANCELLED, ImportState.FAILED):
        seen = runs.preview_of(run, at=now_of(request))
        context |= {"seen": seen, "faults": _labelled(target, seen.rejected), **_mapping(target, seen)}
    else:
        context["faults"] = _labelled(target, run.errors)
    return render(request, "catalog/import.html", context, status=422 if refusal else 200)


def _labelled(target: Target, faults: Sequence[Any]) -> list[tuple[Any, Any]]:
    """The first faults, each with its column's name in the reader's language."""
    labels = {column.name: column.label for column in target.columns}
    shown = faults[:FAULTS_SHOWN]
    return [(one, labels.get(one["field"] if isinstance(one, dict) else one.field, "")) for one in shown]


def _mapping(target: Target, seen: Preview) -> dict[str, Any]:
    """The file's columns with what each fills, and the first rows with their faults."""
    if seen.header is None:
        return {"mapping": [], "sample": []}
    bad: dict[int, set[str]] = {}
    for fault in seen.rejected:
        bad.setdefault(fault.row, set()).add(fault.field)
    fields = [column.name if column else "" for column in seen.header.columns]
    return {
        "mapping": [
            (index, name, column.name if column else "")
            for index, (name, column) in enumerate(zip(seen.header.names, seen.header.columns, strict=True))
        ],
        "columns": target.columns,
        "sample": [
            (number, _marked(cells, fields, bad.get(number, set())), number in bad) for number, cells in seen.sample
        ],
        "missing": [
            column for column in target.columns if column.needed and column.exported and column.name not in fields
        ],
    }


def _marked(cells: Sequence[str], fields: Sequence[str], bad: set[str]) -> list[tuple[str, bool, str]]:
    """Each cell with whether it is at fault and the name of its column."""
    padded = [*cells[: len(fields)], *[""] * (len(fields) - len(cells))]
    return [(cell, bool(field) and field in bad, field) for cell, field in zip(padded, fields, strict=True)]


def _share(run: ImportRun) -> int:
    return 100 * run.done // run.total if run.total else 0


@needs("catalog")
@require_POST
def options(request: HttpRequest, key: UUID) -> HttpResponse:
    """Another target, mapping or format: shows the preview anew."""
    run = _run(key)
    target = request.POST.get("target", run.target)
    given: dict[str, Any] = {name: request.POST.get(name, "") for name in FORMAT_FIELDS}
    given["columns"] = _columns(request) if target == run.target else {}
    try:
        _must_import(request, target)
        run = runs.configure(key, target=target, options=given, mode=request.POST.get("mode", ""))
    except Refusal as refusal:
        return _detail(request, run, refusal)
    return redirect("import", key=run.key)


def _columns(request: HttpRequest) -> dict[str, str]:
    """What the selects beside each column of the file say."""
    count = min(int(request.POST.get("column_count", "0") or 0), 1000)
    pairs = [(request.POST.get(f"name_{index}", ""), request.POST.get(f"field_{index}", "")) for index in range(count)]
    return {name: field for name, field in pairs if name}


@needs("catalog")
@require_POST
def apply(request: HttpRequest, key: UUID) -> HttpResponse:
    run = _run(key)
    _must_import(request, run.target)
    try:
        run = runs.start(key, mode=request.POST.get("mode", ""))
    except Refusal as refusal:
        return _detail(request, run, refusal)
    if runs.is_small(run):
        now = now_of(request)
        runs.carry_out(run.pk, now=lambda: now)
    else:
        carry_out_import.defer(run=run.pk)
    return redirect("import", key=run.key)


@needs("catalog")
@require_POST
def cancel(request: HttpRequest, key: UUID) -> HttpResponse:
    run = _run(key)
    _must_import(request, run.target)
    runs.cancel(key)
    return redirect("import", key=run.key)


@needs("catalog")
@require_GET
def progress(request: HttpRequest, key: UUID) -> HttpResponse:
    """The bar alone; when the import is over, the whole page is asked for."""
    run = _run(key)
    if run.state not in (ImportState.WAITING, ImportState.RUNNING):
        answer = HttpResponse()
        answer["HX-Redirect"] = reverse("import", args=[run.key])
        return answer
    return render(request, "catalog/_progress.html", {"run": run, "shares": _share(run)})


@needs("catalog")
@require_GET
def rejected(request: HttpRequest, key: UUID) -> StreamingHttpResponse:
    """The rows that were, or would be, left out, with the faults beside them."""
    run = _run(key)
    table = bytes(run.rejected)
    if not table:
        table = rejected_table(runs.preview_of(run, at=now_of(request)))
    return _file(table, f"rejected-{run.file_name.rpartition('.')[0] or run.file_name}.csv", "csv")


@needs("view")
@require_GET
def export(request: HttpRequest, target: str, form: str) -> StreamingHttpResponse:
    try:
        wanted = target_named(target)
        pieces = exporting.export(wanted, form)
    except Refusal as unknown:
        raise Http404(str(unknown.sentence)) from unknown
    return _file(pieces, f"{wanted.name}.{form}", form)


def _file(content: Any, name: str, form: str) -> StreamingHttpResponse:
    pieces = iter([content]) if isinstance(content, bytes) else content
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
    answer = StreamingHttpResponse(pieces, content_type=exporting.CONTENT_TYPES[form])
    plain = safe.encode("ascii", "replace").decode().replace("?", "_")
    answer["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe)}"
    return answer


urlpatterns = [
    path("imports/", imports, name="imports"),
    path("imports/upload/", upload, name="import-upload"),
    path("imports/<uuid:key>/", one_import, name="import"),
    path("imports/<uuid:key>/options/", options, name="import-options"),
    path("imports/<uuid:key>/apply/", apply, name="import-apply"),
    path("imports/<uuid:key>/cancel/", cancel, name="import-cancel"),
    path("imports/<uuid:key>/progress/", progress, name="import-progress"),
    path("imports/<uuid:key>/rejected.csv", rejected, name="import-rejected"),
    path("exports/<slug:target>.<slug:form>", export, name="export"),
]
