"""Devices as a file: registered, changed, and hung where the file says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from longshore.catalog import queries
from longshore.catalog.imports.cells import BadValue, Cell, shown
from longshore.catalog.imports.readers import Choice, Code, Day, Formats, Text, Whole
from longshore.catalog.imports.tables import CHUNK, TableTarget
from longshore.catalog.imports.targets import Column, Occasion, Plan, Record, Told
from longshore.ledger.cause import Cause
from longshore.sensing.models import Attachment, Device, DeviceKind
from longshore.sensing.operations import Attach, attach
from longshore.sensing.operations.registering import CODE

YEAR_S = 31_536_000


@dataclass(frozen=True, slots=True)
class JsonObject:
    """A JSON object in a cell, for what only one kind of device has."""

    shape: str = ""

    @property
    def empty(self) -> dict[str, Any]:
        return {}

    def read(self, cell: Cell, formats: Formats) -> dict[str, Any]:
        try:
            value = json.loads(shown(cell))
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise BadValue(
                "not-a-json-object", _("This is no JSON object."), _("Write it as {\"name\": value}, or leave it empty.")
            )  # fmt: skip
        return value

    def show(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""


class DeviceTarget(TableTarget):
    """`place` is where a device hangs from the moment of the import on; an empty cell leaves it where it is."""

    def check(self, record: Record) -> Iterator[BadValue]:
        if not CODE.fullmatch(str(record.values["code"])):
            yield BadValue(
                "bad-device-code", _("“%(code)s” cannot be a device's code.") % {"code": record.values["code"]},
                _("Use 1 to 64 letters, digits, dots, hyphens and underscores: it is a level of its topics."),
                field="code",
            )  # fmt: skip

    def _existing(self, records: Sequence[Record]) -> dict[tuple[Any, ...], Model]:
        found = super()._existing(records)
        codes = [device.pk for device in found.values()]
        hung = dict(Attachment.objects.filter(device__in=codes, until_at=None).values_list("device_id", "place_id"))
        for device in found.values():
            device.hung_at = hung.get(device.pk)  # type: ignore[attr-defined]
        return found

    def _sort(self, record: Record, existing: Model | None, missing: Sequence[Column], plan: Plan) -> None:
        values = dict(record.values)
        place = values.pop("place_id", None)
        before = len(plan.new), plan.unchanged
        super()._sort(Record(record.row, values), existing, missing, plan)
        moved = place is not None and place != getattr(existing, "hung_at", None)
        if len(plan.new) > before[0]:
            plan.new[-1].goes_to = place
        elif existing is not None and moved:
            existing.goes_to = place  # type: ignore[attr-defined]
            if plan.unchanged > before[1]:
                plan.unchanged -= 1
                plan.changed.append(existing)

    def write(self, plan: Plan, occasion: Occasion, told: Told) -> None:
        for device in plan.new:
            device.created_at = occasion.at
        super().write(plan, occasion, told)
        places = {row.code: row.goes_to for row in (*plan.new, *plan.changed) if getattr(row, "goes_to", None)}
        ids = dict(Device.objects.filter(code__in=list(places)).values_list("code", "pk"))
        hung = [Attach(ids[code], place=place) for code, place in places.items()]
        if hung:
            attach(hung, at=occasion.at, cause=Cause(occasion.actor, occasion.because or "import"))

    def export(self) -> Iterator[Sequence[str]]:
        now = Attachment.objects.filter(device=OuterRef("pk"), until_at=None, place__isnull=False)
        rows = Device.objects.exclude(state="retired").order_by("code")
        placed = rows.annotate(hangs_at=Subquery(now.values("place__code")[:1]))
        names = [column.source or column.attribute for column in self.columns]
        for row in placed.values_list(*names).iterator(chunk_size=CHUNK):
            pairs = zip(self.columns, row, strict=True)
            yield ["" if value is None else column.reader.show(value) for column, value in pairs]


DEVICES = DeviceTarget(
    "devices", _("Devices"), Device, ("code",),
    (
        Column("code", _("Code"), Code(), needed=True, aliases=("编码", "编号", "代码", "设备编号", "no", "id")),
        Column("kind", _("Kind"), Choice(DeviceKind), needed=True, aliases=("类型", "设备类型")),
        Column("name", _("Name"), Text(), aliases=("名称", "设备名称")),
        Column("name_zh", _("Chinese name"), Text(), aliases=("中文名称", "中文名", "chinese_name")),
        Column("place", _("Hangs at"), Code(), sets="place_id", refers=queries.place_ids, source="hangs_at",
               aliases=("位置", "地点", "安装位置")),
        Column("expected_every_s", _("Speaks every, s"), Whole(high=YEAR_S, empty=60), aliases=("上报间隔", "间隔秒")),
        Column("firmware", _("Firmware"), Text(80), aliases=("固件", "固件版本")),
        Column("calibration_due", _("Calibration due"), Day(), aliases=("校准到期", "校准日期")),
        Column("settings", _("Settings"), JsonObject(), aliases=("设置",)),
    ),
)  # fmt: skip
