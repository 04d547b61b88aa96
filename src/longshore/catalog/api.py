"""The catalog over HTTP: read it, bring rows and files in, take files out."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import File, Form, Router, Schema
from ninja.files import UploadedFile
from ninja.pagination import LimitOffsetPagination, paginate

from longshore.catalog import queries
from longshore.catalog.access import may_of, now_of
from longshore.catalog.errors import RejectedRow
from longshore.catalog.imports import exporting, runs
from longshore.catalog.imports.readers import Formats
from longshore.catalog.imports.reading import ReadOptions
from longshore.catalog.imports.registry import all_targets, target_named
from longshore.catalog.imports.running import ALL_OR_NOTHING, ImportOptions, ImportRefused, run_import
from longshore.catalog.imports.targets import Occasion, Target
from longshore.catalog.models import ImportRun, Item, Lane, Lot, Partner
from longshore.catalog.tasks import carry_out_import

router = Router()
_OURS = ImportOptions(read=ReadOptions(encoding="utf-8", delimiter=","), formats=Formats())


class UnitOut(Schema):
    unit: str
    numerator: int
    denominator: int
    barcode: str

    @staticmethod
    def resolve_unit(obj: Any) -> str:
        return str(obj.unit.code)


class ItemOut(Schema):
    """Quantities in base units, money in minor units."""

    id: int
    code: str
    name: str
    name_zh: str
    family: str
    family_zh: str
    gtin: str
    base_unit: str
    temperature_class: str
    shelf_life_days: int | None
    min_remaining_days: int
    weight_g: int
    volume_cm3: int
    lot_tracked: bool
    serial_tracked: bool
    unit_cost: int
    unit_price: int
    service_level_bp: int
    active: bool
    units: list[UnitOut]

    @staticmethod
    def resolve_base_unit(obj: Item) -> str:
        return obj.base_unit.code

    @staticmethod
    def resolve_units(obj: Item) -> list[Any]:
        return list(obj.units.all())


class PlaceOut(Schema):
    id: int
    code: str
    name: str
    name_zh: str
    kind: str
    usage: str
    parent: int | None
    site: int | None
    depth: int
    path: str


class PartnerOut(Schema):
    id: int
    code: str
    name: str
    name_zh: str
    is_owner: bool
    is_supplier: bool
    is_customer: bool
    is_carrier: bool
    place_id: int | None
    home_site_id: int | None
    priority: int
    active: bool


class LaneOut(Schema):
    id: int
    origin_id: int
    destination_id: int
    carrier_id: int | None
    transit_minutes: int
    transit_sd_minutes: int
    distance_m: int
    fixed_cost: int
    cost_per_kg: int
    active: bool


class LotOut(Schema):
    id: int
    item_id: int
    code: str
    produced_on: date | None
    expires_on: date | None
    supplier_id: int | None


class FaultOut(Schema):
    row: int
    field: str
    code: str
    sentence: str
    remedy: str
    value: str


class ColumnOut(Schema):
    name: str
    label: str
    needed: bool
    aliases: list[str]


class TargetOut(Schema):
    name: str
    label: str
    columns: list[ColumnOut]


class OptionsIn(Schema):
    """`columns` maps names in the file to ours ("" leaves one out); empty formats mean: find out."""

    target: str
    columns: dict[str, str] = {}
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    decimal_mark: str = ""
    date_order: str = ""
    mode: str = ALL_OR_NOTHING


class ModeIn(Schema):
    mode: str = ALL_OR_NOTHING


class PreviewOut(Schema):
    rows: int
    new: int
    changed: int
    unchanged: int
    fatal: bool
    rejected: list[FaultOut]
    columns: dict[str, str]
    unused: list[str]


class RunOut(Schema):
    key: UUID
    file_name: str
    target: str
    mode: str
    state: str
    done: int
    total: int
    counts: dict[str, Any]
    errors: list[FaultOut]
    uploaded_at: datetime
    finished_at: datetime | None


class RowsIn(Schema):
    """Rows as objects, with the columns of the target."""

    rows: list[dict[str, str | int | float | bool | None]]
    mode: str = ALL_OR_NOTHING


class RowsOut(Schema):
    rows: int
    new: int
    changed: int
    unchanged: int
    rejected: list[FaultOut]


@router.get("/items", response=list[ItemOut])
@paginate(LimitOffsetPagination)
def items(request: HttpRequest, search: str = "", family: str = "", active: bool | None = None) -> QuerySet[Item]:
    found = Item.objects.select_related("base_unit").prefetch_related("units__unit")
    if search:
        found = found.filter(
            Q(code__icontains=search) | Q(name__icontains=search) | Q(name_zh__icontains=search) | Q(gtin=search)
        )
    if family:
        found = found.filter(family=family)
    return found if active is None else found.filter(active=active)


@router.get("/items/{code}", response=ItemOut)
def item(request: HttpRequest, code: str) -> Item:
    return get_object_or_404(Item.objects.select_related("base_unit").prefetch_related("units__unit"), code=code)


@router.get("/places", response=list[PlaceOut])
@paginate(LimitOffsetPagination)
def places(request: HttpRequest, root: str = "") -> Sequence[queries.PlaceRow]:
    """A place with everything inside it, parents first; without `root` all of them."""
    return queries.place_tree(root or None)


@router.get("/partners", response=list[PartnerOut])
@paginate(LimitOffsetPagination)
def partners(request: HttpRequest, role: str = "") -> QuerySet[Partner]:
    """`role`: owner, supplier, customer or carrier."""
    roles = {"owner", "supplier", "customer", "carrier"}
    return Partner.objects.filter(**{f"is_{role}": True}) if role in roles else Partner.objects.all()


@router.get("/lanes", response=list[LaneOut])
@paginate(LimitOffsetPagination)
def lanes(request: HttpRequest) -> QuerySet[Lane]:
    return Lane.objects.order_by("id")


@router.get("/lots", response=list[LotOut])
@paginate(LimitOffsetPagination)
def lots(request: HttpRequest, item: str = "") -> QuerySet[Lot]:
    found = Lot.objects.order_by("id")
    return found.filter(item__code=item) if item else found


@router.get("/targets", response=list[TargetOut])
def targets(request: HttpRequest) -> list[dict[str, Any]]:
    """What can be imported and exported, with the columns and the names they are known by."""
    return [
        {
            "name": target.name,
            "label": str(target.label),
            "columns": [
                {"name": one.name, "label": str(one.label), "needed": one.needed, "aliases": list(one.aliases)}
                for one in target.columns
            ],
        }
        for target in all_targets()
    ]


@router.post("/rows/{target}", response=RowsOut)
def rows(request: HttpRequest, target: str, payload: RowsIn) -> dict[str, Any]:
    """Add or change rows directly, by a file's rules; rejected rows count from 1. Twice changes nothing."""
    wanted = _allowed(request, target)
    occasion = Occasion(now_of(request), request.user.get_username(), "api")
    try:
        done = run_import(_as_csv(payload.rows), wanted, _OURS, occasion, mode=payload.mode)
    except ImportRefused as refused:
        refused.fields["rejected"] = [asdict(fault) for fault in _from_one(refused.rejected)]
        raise
    return {**asdict(done), "rejected": [asdict(fault) for fault in _from_one(done.rejected)]}


@router.get("/imports", response=list[RunOut])
@paginate(LimitOffsetPagination)
def imports(request: HttpRequest) -> QuerySet[ImportRun]:
    _importer(request)
    return ImportRun.objects.defer("content", "rejected")


@router.post("/imports", response=RunOut)
def upload(request: HttpRequest, file: File[UploadedFile], target: Form[str] = "") -> ImportRun:
    """Keep a file for import; without a target it is found out from the column names. Changes nothing else."""
    if target:
        _allowed(request, target)
    _importer(request)
    runs.check_size(file.size or 0)
    return runs.upload(
        file.name or "file", file.read(), target=target, actor=request.user.get_username(),
        language=get_language() or "en", at=now_of(request),
    )  # fmt: skip


@router.get("/imports/{key}", response=RunOut)
def one_import(request: HttpRequest, key: UUID) -> ImportRun:
    """Where it stands: state, rows done of total, counts, errors by row and field."""
    return _run(request, key)


@router.put("/imports/{key}/options", response=RunOut)
def configure(request: HttpRequest, key: UUID, payload: OptionsIn) -> ImportRun:
    _allowed(request, _run(request, key).target)
    _allowed(request, payload.target)
    given = payload.dict(exclude={"target", "mode"})
    return runs.configure(key, target=payload.target, options=given, mode=payload.mode)


@router.get("/imports/{key}/preview", response=PreviewOut)
def preview(request: HttpRequest, key: UUID) -> dict[str, Any]:
    """What would happen, with every error by row and field. Writes nothing."""
    seen = runs.preview_of(_run(request, key), at=now_of(request))
    header = seen.header
    pairs = zip(header.names, header.columns, strict=True) if header else ()
    return {
        "rows": seen.rows, "new": seen.new, "changed": seen.changed, "unchanged": seen.unchanged, "fatal": seen.fatal,
        "rejected": [asdict(fault) for fault in seen.rejected],
        "columns": {name: column.name for name, column in pairs if column is not None},
        "unused": list(header.unused) if header else [],
    }  # fmt: skip


@router.post("/imports/{key}/apply", response=RunOut)
def apply(request: HttpRequest, key: UUID, payload: ModeIn) -> ImportRun:
    """Import it: small files at once, large ones by a worker; watch `state`, `done` and `total`."""
    run = _run(request, key)
    _allowed(request, run.target)
    run = runs.start(key, mode=payload.mode)
    if runs.is_small(run):
        at = now_of(request)
        return runs.carry_out(run.pk, now=lambda: at)
    carry_out_import.defer(run=run.pk)
    return run


@router.post("/imports/{key}/cancel", response=RunOut)
def cancel(request: HttpRequest, key: UUID) -> ImportRun:
    _allowed(request, _run(request, key).target)
    return runs.cancel(key)


@router.get("/exports/{target}.{form}")
def export(request: HttpRequest, target: str, form: str) -> StreamingHttpResponse:
    """The whole table as csv or xlsx, in the columns an import reads back."""
    pieces = exporting.export(target_named(target), form)
    answer = StreamingHttpResponse(pieces, content_type=exporting.CONTENT_TYPES[form])
    answer["Content-Disposition"] = f'attachment; filename="{target}.{form}"'
    return answer


def _importer(request: HttpRequest) -> None:
    if "catalog" not in may_of(request.user):
        raise PermissionDenied(_("Your role may not import this."))


def _run(request: HttpRequest, key: UUID) -> ImportRun:
    """What others brought is not for everybody who may log in."""
    _importer(request)
    return runs.run_of(key)


def _allowed(request: HttpRequest, name: str) -> Target:
    target = target_named(name)
    if not request.user.has_perm(target.permission):
        raise PermissionDenied(_("Your role may not import this."))
    return target


def _as_csv(given: Sequence[dict[str, Any]]) -> bytes:
    """The same way in as a file's, so the same rules hold."""
    names = list(dict.fromkeys(name for row in given for name in row))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, restval="")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in given)
    return out.getvalue().encode()


def _from_one(faults: Sequence[RejectedRow]) -> list[RejectedRow]:
    """The header that `_as_csv` added does not count."""
    return [
        RejectedRow(fault.row and fault.row - 1, fault.field, fault.code, fault.sentence, fault.remedy, fault.value)
        for fault in faults
    ]
