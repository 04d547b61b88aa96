"""Partners as a file, with where they are: a supplier or customer without a place gets one of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog import queries
from longshore.catalog.errors import RejectedRow
from longshore.catalog.imports.cells import BadValue, rejected
from longshore.catalog.imports.places import GEOGRAPHY
from longshore.catalog.imports.readers import Code, Email, MinuteOfDay, Text, Whole, YesNo
from longshore.catalog.imports.tables import CHUNK, TableTarget
from longshore.catalog.imports.targets import Column, Occasion, Plan, Record, Told
from longshore.catalog.models import Partner, Place, PlaceKind

_GEO = tuple(column.name for column in GEOGRAPHY)
_COLUMNS = (
    Column("code", _("Partner code"), Code(), needed=True,
           aliases=("code", "编码", "客户编码", "供应商编码", "customer", "supplier", "往来单位编码")),
    Column("name", _("Partner name"), Text(), needed=True,
           aliases=("name", "名称", "客户名称", "供应商名称", "company")),
    Column("name_zh", _("Chinese name"), Text(), aliases=("中文名称", "中文名")),
    Column("is_owner", _("Owns stock here"), YesNo(), aliases=("货主",)),
    Column("is_supplier", _("Is a supplier"), YesNo(), aliases=("supplier?", "是否供应商", "供应商")),
    Column("is_customer", _("Is a customer"), YesNo(), aliases=("customer?", "是否客户", "客户")),
    Column("is_carrier", _("Is a carrier"), YesNo(), aliases=("carrier?", "是否承运商", "承运商")),
    Column("place", _("Place"), Code(), source="place__code", aliases=("地点", "收货点")),
    Column("home_site", _("Usual site"), Code(), sets="home_site_id", refers=queries.place_ids,
           source="home_site__code", aliases=("默认仓库", "所属仓库")),
    Column("priority", _("Priority, 1 first"), Whole(low=1, high=9, empty=5), aliases=("优先级",)),
    Column("window_opens_minute", _("Receives from"), MinuteOfDay(empty=360), aliases=("window opens", "收货开始")),
    Column("window_closes_minute", _("Receives until"), MinuteOfDay(empty=1200), aliases=("window closes", "收货结束")),
    Column("email", _("E-mail"), Email(), aliases=("mail", "邮箱", "电子邮件")),
    Column("phone", _("Telephone"), Text(40), aliases=("电话", "手机", "联系电话", "telephone")),
    *(Column(one.name, one.label, one.reader, aliases=one.aliases, source=f"place__{one.name}") for one in GEOGRAPHY),
    Column("active", _("Active"), YesNo(empty=True), aliases=("启用", "有效")),
)  # fmt: skip


class PartnerTarget(TableTarget):
    def check(self, record: Record) -> Iterable[BadValue]:
        values = record.values
        opens, closes = values.get("window_opens_minute", 0), values.get("window_closes_minute", 1440)
        if opens >= closes:
            yield BadValue(
                "closes-before-opening", _("It closes before it opens."), _("Swap the two times."),
                field="window_closes_minute",
            )  # fmt: skip
        if (values.get("latitude") is None) != (values.get("longitude") is None):
            yield BadValue(
                "half-a-point", _("Only one of latitude and longitude is given."), _("Give both or neither."),
                field="longitude" if values.get("longitude") is None else "latitude",
            )  # fmt: skip

    def check_together(self, records: Sequence[Record]) -> Iterable[RejectedRow]:
        """The place of a partner is a party or one of our sites, never a shelf."""
        named = {record.values.get("place") or record.values["code"] for record in records}
        kinds = dict(Place.objects.filter(code__in=named).values_list("code", "kind"))
        for record in records:
            place = record.values.get("place") or record.values["code"]
            if kinds.get(place, "party") not in (PlaceKind.PARTY, PlaceKind.SITE):
                fault = BadValue(
                    "place-taken",
                    _("The place “%(place)s” is a shelf, truck or dock of ours.") % {"place": place},
                    _("Give the partner a place of its own."),
                )
                yield rejected(record.row, "place", fault, place)

    def made(self, values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if name not in ("place", *_GEO)}

    def plan(self, records: Sequence[Record], given: frozenset[str], occasion: Occasion) -> Plan:
        plan = TableTarget.plan(self, records, given, occasion)
        _note_places(plan, {record.values["code"]: record for record in records})
        return plan

    def write(self, plan: Plan, occasion: Occasion, told: Told) -> None:
        partners = [*plan.new, *plan.changed]
        _write_places([partner.wanted_place for partner in partners if partner.wanted_place is not None])
        codes = {partner.wanted_place.code for partner in partners if partner.wanted_place is not None}
        ids = queries.place_ids(codes)
        for partner in partners:
            if partner.wanted_place is not None:
                partner.place_id = ids[partner.wanted_place.code]
        TableTarget.write(self, plan, occasion, told)

    def export(self) -> Iterator[Sequence[str]]:
        return TableTarget.export(self)


def _note_places(plan: Plan, records: dict[str, Record]) -> None:
    """Hang on each partner the place it should have; a partner whose place only changes counts as changed."""
    refused = {fault.row for fault in plan.rejected}
    stands: dict[str, Any] = {row.code: row for row in Partner.objects.filter(code__in=records).select_related("place")}
    named = {record.values.get("place") or code for code, record in records.items()}
    places = {place.code: place for place in Place.objects.filter(Q(code__in=named))}
    planned = {partner.code for partner in (*plan.new, *plan.changed)}
    for partner in (*plan.new, *plan.changed):
        partner.wanted_place = _wanted(partner, stands.get(partner.code), records[partner.code], places)[0]
    for code, partner in stands.items():
        if code not in planned and records[code].row not in refused:
            partner.wanted_place, differs = _wanted(partner, partner, records[code], places)
            if differs:
                plan.changed.append(partner)
                plan.unchanged -= 1


def _wanted(
    partner: Partner, before: Partner | None, record: Record, places: dict[str, Place]
) -> tuple[Place | None, bool]:
    """The partner's place as it should be, and whether that is a change."""
    current = before.place if before else None
    code = record.values.get("place") or (current.code if current else "")
    if not code and (partner.is_supplier or partner.is_customer):
        code = partner.code
    if not code:
        return None, False
    place = places.get(code) or (current if current and current.code == code else None)
    fields = {name: record.values[name] for name in _GEO if name in record.values}
    if place is None:
        return Place(code=code, name=partner.name, name_zh=partner.name_zh, kind=PlaceKind.PARTY, **fields), True
    differs = current is None or current.code != code or any(getattr(place, k) != v for k, v in fields.items())
    for name, value in fields.items():
        setattr(place, name, value)
    return place, differs


def _write_places(wanted: Sequence[Place]) -> None:
    by_code = {place.code: place for place in wanted}
    Place.objects.bulk_create([place for place in by_code.values() if place.pk is None], batch_size=CHUNK)
    Place.objects.bulk_update([place for place in by_code.values() if place.pk], list(_GEO), batch_size=CHUNK)


PARTNERS = PartnerTarget("partners", _("Partners"), Partner, ("code",), _COLUMNS)
