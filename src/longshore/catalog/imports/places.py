"""Places as a file: a tree, so parents come from the file or the catalog, and nothing may lie inside itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import connection
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import RejectedRow
from longshore.catalog.imports.cells import BadValue, rejected
from longshore.catalog.imports.readers import LARGE, Choice, Code, Degrees, Gs1, Text, Whole, YesNo
from longshore.catalog.imports.tables import CHUNK, TableTarget, unknown
from longshore.catalog.imports.targets import Column, Occasion, Plan, Record, Told
from longshore.catalog.models import Calendar, Place, PlaceKind, TemperatureClass

_NEED_A_SITE = {"zone", "bin", "dock", "machine"}
_TEMPERATURES = (("常温", "ambient"), ("冷藏", "chilled"), ("冷冻", "frozen"), ("医药", "pharma"))
_KINDS = (
    ("warehouse", "site"), ("仓库", "site"), ("站点", "site"), ("库区", "zone"), ("分区", "zone"), ("货位", "bin"),
    ("库位", "bin"), ("月台", "dock"), ("车辆", "vehicle"),
    ("customer", "party"), ("客户", "party"), ("供应商", "party"),
)  # fmt: skip


def calendar_ids(codes: Iterable[str]) -> dict[str, int]:
    return dict(Calendar.objects.filter(code__in=set(codes)).values_list("code", "id"))


GEOGRAPHY = (
    Column("gln", _("GLN"), Gs1(key="gln"), aliases=("全球位置码",)),
    Column("latitude", _("Latitude"), Degrees(90), aliases=("lat", "纬度")),
    Column("longitude", _("Longitude"), Degrees(180), aliases=("lon", "lng", "经度")),
    Column("address", _("Address"), Text(300), aliases=("地址", "详细地址", "送货地址")),
)
_COLUMNS = (
    Column("code", _("Place code"), Code(), needed=True,
           aliases=("code", "place", "编码", "货位编码", "库位", "仓库编码")),
    Column("name", _("Place name"), Text(), needed=True, aliases=("name", "名称", "仓库名称", "货位名称")),
    Column("name_zh", _("Chinese name"), Text(), aliases=("中文名称", "中文名")),
    Column("kind", _("Kind"), Choice(PlaceKind, also=_KINDS), needed=True, aliases=("type", "类型", "种类")),
    Column("parent", _("Inside"), Code(), source="parent__code", aliases=("inside", "上级", "所属", "上级编码")),
    *GEOGRAPHY,
    Column("timezone", _("Time zone"), Text(60), aliases=("时区",)),
    Column("calendar", _("Calendar"), Code(longest=40), sets="calendar_id", refers=calendar_ids,
           source="calendar__code", aliases=("日历",)),
    Column("temperature_class", _("Temperature class"), Choice(TemperatureClass, empty="ambient", also=_TEMPERATURES),
           aliases=("temperature", "温区", "温层")),
    Column("capacity_g", _("Capacity, g"), Whole(high=LARGE, empty=None)),
    Column("capacity_kg", _("Capacity, kg"), Whole(high=LARGE, scale=1000, empty=None), sets="capacity_g",
           exported=False, aliases=("载重", "承重", "capacity")),
    Column("capacity_cm3", _("Capacity, cm³"), Whole(high=LARGE, empty=None)),
    Column("pick_rank", _("Walking order"), Whole(), aliases=("拣货顺序", "走位顺序")),
    Column("usage", _("Use"), Text(20), aliases=("用途",)),
    Column("active", _("Active"), YesNo(empty=True), aliases=("启用", "有效")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Node:
    code: str
    kind: str
    parent: str


@dataclass(slots=True)
class _Tree:
    """The place tree as it would be after the import: the catalog's places overlaid with the file's."""

    nodes: dict[str, _Node] = field(default_factory=dict)

    def above(self, code: str) -> Iterator[_Node]:
        """The place and all places it lies in; ends early when it comes back to where it was."""
        seen: set[str] = set()
        while code and code in self.nodes and code not in seen:
            seen.add(code)
            yield self.nodes[code]
            code = self.nodes[code].parent

    def top(self, code: str) -> _Node:
        return list(self.above(code))[-1]

    def is_cyclic(self, code: str) -> bool:
        return self.top(code).parent in self.nodes

    def site(self, code: str) -> str:
        return next((node.code for node in self.above(code) if node.kind == PlaceKind.SITE), "")


class PlaceTarget(TableTarget):
    """`parent` holds a code until the places are written, level by level."""

    def check(self, record: Record) -> Iterable[BadValue]:
        values = record.values
        if ("latitude" in values or "longitude" in values) and (
            (values.get("latitude") is None) != (values.get("longitude") is None)
        ):
            yield BadValue(
                "half-a-point", _("Only one of latitude and longitude is given."), _("Give both or neither."),
                field="longitude" if values.get("longitude") is None else "latitude",
            )  # fmt: skip
        if values.get("timezone") and not _is_zone(values["timezone"]):
            yield BadValue(
                "unknown-timezone", _("There is no time zone “%(name)s”.") % {"name": values["timezone"]},
                _("Write it as Asia/Shanghai."), field="timezone",
            )  # fmt: skip

    def check_together(self, records: Sequence[Record]) -> Iterable[RejectedRow]:
        """A refused row takes away the parent of others, so this repeats until nothing more is refused."""
        base = _Tree({row[0]: _Node(row[0], row[1], row[2] or "") for row in _nodes()})
        kept, refused = list(records), list[RejectedRow]()
        while True:
            tree = _overlaid(base, kept)
            faults = [fault for record in kept if (fault := self._fault(record, tree)) is not None]
            if not faults:
                return refused
            refused.extend(faults)
            bad_rows = {fault.row for fault in faults}
            kept = [record for record in kept if record.row not in bad_rows]

    def _fault(self, record: Record, tree: _Tree) -> RejectedRow | None:
        code = record.values["code"]
        parent = tree.nodes[code].parent
        if parent and parent not in tree.nodes:
            column = next(one for one in self.columns if one.name == "parent")
            return rejected(record.row, "parent", unknown(column, parent), parent)
        if tree.is_cyclic(code):
            return rejected(record.row, "parent", _cyclic(code), parent)
        if tree.nodes[code].kind in _NEED_A_SITE and not tree.site(code) and not tree.top(code).parent:
            return rejected(record.row, "parent", _no_site(code), parent)
        return None

    def made(self, values: dict[str, Any]) -> dict[str, Any]:
        values.pop("parent", None)
        if values.get("timezone") == "":
            values["timezone"] = "Asia/Shanghai"
        return values

    def plan(self, records: Sequence[Record], given: frozenset[str], occasion: Occasion) -> Plan:
        plan = TableTarget.plan(self, records, given - {"parent"}, occasion)
        refused = {fault.row for fault in plan.rejected}
        kept = [record for record in records if record.row not in refused]
        _note_parents(plan, {record.values["code"]: record.values.get("parent") for record in kept})
        return plan

    def write(self, plan: Plan, occasion: Occasion, told: Told) -> None:
        done = 0
        waiting: list[Any] = list(plan.new)
        while waiting:
            unwritten = {place.code for place in waiting}
            ready = [place for place in waiting if place.parent_code not in unwritten]
            _hang(ready)
            Place.objects.bulk_create(ready, batch_size=CHUNK)
            done += len(ready)
            told(done)
            waiting = [place for place in waiting if place.pk is None]
        _hang(plan.changed)
        Place.objects.bulk_update(
            plan.changed, [one.attname for one in Place._meta.concrete_fields if one.name not in ("id", "code")],
            batch_size=CHUNK,
        )  # fmt: skip
        told(done + len(plan.changed))
        settle_sites()


def _note_parents(plan: Plan, parents: Mapping[str, str | None]) -> None:
    """Hang the wanted parent's code on each place; one that only changes its parent counts as changed."""
    stands: dict[str, Any] = {
        place.code: place for place in Place.objects.filter(code__in=parents).select_related("parent")
    }
    before = {code: place.parent.code if place.parent else "" for code, place in stands.items()}
    counted = {place.code for place in plan.changed}
    for place in (*plan.new, *plan.changed):
        wanted = parents[place.code]
        place.parent_code = before.get(place.code, "") if wanted is None else wanted
    for code, place in stands.items():
        wanted = parents[code]
        if wanted is not None and wanted != before[code] and code not in counted:
            place.parent_code = wanted
            plan.changed.append(place)
            plan.unchanged -= 1


def _hang(places: Sequence[Any]) -> None:
    codes = {place.parent_code for place in places}
    above = {place.code: place for place in Place.objects.filter(code__in=codes)}
    for place in places:
        parent = above.get(place.parent_code)
        place.parent_id = parent.pk if parent else None
        if place.kind != PlaceKind.SITE:
            place.site_id = (
                (parent.site_id or (parent.pk if parent.kind == PlaceKind.SITE else None)) if parent else None
            )


def settle_sites() -> None:
    """Every place belongs to the nearest site above it, a site to itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE down AS (
                SELECT id, CASE WHEN kind = 'site' THEN id END AS site FROM catalog_place WHERE parent_id IS NULL
                UNION ALL
                SELECT p.id, CASE WHEN p.kind = 'site' THEN p.id ELSE d.site END
                FROM catalog_place p JOIN down d ON p.parent_id = d.id
            )
            UPDATE catalog_place p SET site_id = d.site
            FROM down d WHERE d.id = p.id AND d.site IS NOT NULL AND p.site_id IS DISTINCT FROM d.site
            """
        )


def _nodes() -> Iterable[tuple[str, str, str | None]]:
    return Place.objects.values_list("code", "kind", "parent__code")


def _overlaid(base: _Tree, records: Sequence[Record]) -> _Tree:
    tree = _Tree(dict(base.nodes))
    for record in records:
        code = record.values["code"]
        before = tree.nodes.get(code, _Node(code, "", ""))
        tree.nodes[code] = _Node(
            code, record.values.get("kind", before.kind), record.values.get("parent", before.parent)
        )
    return tree


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _cyclic(code: str) -> BadValue:
    return BadValue(
        "cyclic-parent",
        _("“%(code)s” would lie inside itself.") % {"code": code},
        _("Correct “inside” in one of the rows of the circle."),
    )


def _no_site(code: str) -> BadValue:
    return BadValue(
        "no-site",
        _("“%(code)s” lies in no site.") % {"code": code},
        _("Say in “inside” which site or zone it is part of."),
    )


PLACES = PlaceTarget("places", _("Places"), Place, ("code",), _COLUMNS)
