"""The tables of the catalog as files: their columns, with the names offices give them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from longshore.catalog import queries
from longshore.catalog.errors import RejectedRow
from longshore.catalog.imports.cells import BadValue, rejected
from longshore.catalog.imports.places import calendar_ids
from longshore.catalog.imports.readers import (
    LARGE,
    Choice,
    Code,
    Day,
    Duration,
    Gs1,
    MinuteOfDay,
    Money,
    Ratio,
    Share,
    Text,
    Whole,
    YesNo,
)
from longshore.catalog.imports.tables import TableTarget
from longshore.catalog.imports.targets import Column, Record
from longshore.catalog.models import (
    Calendar,
    Holiday,
    Item,
    ItemUnit,
    Lane,
    Lot,
    PartnerItem,
    SupplierItem,
    TemperatureClass,
    UnitOfMeasure,
)

_CODE = Column("code", _("Code"), Code(), needed=True, aliases=("编码", "编号", "代码", "no", "id"))
_NAME = Column("name", _("Name"), Text(), needed=True, aliases=("名称", "description"))
_NAME_ZH = Column("name_zh", _("Chinese name"), Text(), aliases=("中文名称", "中文名", "chinese_name"))
_ACTIVE = Column("active", _("Active"), YesNo(empty=True), aliases=("启用", "有效", "状态"))
TEMPERATURES = Choice(
    TemperatureClass,
    empty="ambient",
    also=(("常温", "ambient"), ("冷藏", "chilled"), ("冷冻", "frozen"), ("医药", "pharma"), ("药品", "pharma")),
)


def money(name: str, label: Any, *aliases: str) -> tuple[Column, Column]:
    """An amount in yuan, and the same in fen for programs."""
    return (
        Column(name, label, Money(), aliases=aliases),
        Column(
            f"{name}_minor",
            format_lazy("{} ({})", label, _("minor units")),
            Whole(high=LARGE),
            sets=name,
            exported=False,
        ),
    )


def span(name: str, label: Any, *aliases: str) -> tuple[Column, Column, Column]:
    """A span of time in minutes, hours or days."""
    stem = name.removesuffix("_minutes")
    return (
        Column(name, label, Duration(), aliases=aliases),
        Column(f"{stem}_hours", format_lazy("{} ({})", label, _("hours")), Duration(each=60), sets=name,
               exported=False),
        Column(f"{stem}_days", format_lazy("{} ({})", label, _("days")), Duration(each=1440), sets=name,
               exported=False,
               aliases=tuple(f"{alias}天数" for alias in aliases if not alias.isascii())),
    )  # fmt: skip


class ItemTarget(TableTarget):
    def check_together(self, records: Sequence[Record]) -> Iterable[RejectedRow]:
        """A GTIN belongs to one item."""
        gtins = {record.values["gtin"] for record in records if record.values.get("gtin")}
        taken = dict(Item.objects.filter(gtin__in=gtins).values_list("gtin", "code"))
        for record in records:
            gtin, code = record.values.get("gtin"), record.values["code"]
            if gtin and taken.setdefault(gtin, code) != code:
                fault = BadValue(
                    "gtin-taken",
                    _("The GTIN %(gtin)s already belongs to the item %(code)s.") % {"gtin": gtin, "code": taken[gtin]},
                    _("Each item has its own GTIN; compare with the label."),
                )
                yield rejected(record.row, "gtin", fault, gtin)


class ItemUnitTarget(TableTarget):
    """A factor as one number or as numerator and denominator."""

    def check(self, record: Record) -> Iterable[BadValue]:
        if not {"factor", "numerator"} & set(record.values):
            yield BadValue(
                "missing-value", _("It is not said how many base units the unit is."),
                _("Fill in “factor”, for example 24 or 1/3."), field="factor",
            )  # fmt: skip

    def made(self, values: dict[str, Any]) -> dict[str, Any]:
        factor = values.pop("factor", None) or Fraction(values["numerator"], values.get("denominator", 1))
        return values | {"numerator": factor.numerator, "denominator": factor.denominator}

    def export(self) -> Iterator[Sequence[str]]:
        rows = ItemUnit.objects.order_by("item__code", "unit__code").values_list(
            "item__code", "unit__code", "numerator", "denominator", "barcode"
        )
        for item, unit, numerator, denominator, barcode in rows.iterator(chunk_size=2000):
            yield [item, unit, str(Fraction(numerator, denominator)), barcode]


class LaneTarget(TableTarget):
    def check(self, record: Record) -> Iterable[BadValue]:
        if record.values["origin_id"] == record.values["destination_id"]:
            yield BadValue(
                "self-lane", _("The lane ends where it begins."), _("Give two different places."), field="destination"
            )


class LotTarget(TableTarget):
    def check_together(self, records: Sequence[Record]) -> Iterable[RejectedRow]:
        """A lot expires after it was produced, also where the file gives only one of the two days."""
        codes = {record.values["code"] for record in records}
        items = {record.values["item_id"] for record in records}
        rows = Lot.objects.filter(item_id__in=items, code__in=codes)
        stands = {
            (item, code): {"produced_on": made, "expires_on": ends}
            for item, code, made, ends in rows.values_list("item_id", "code", "produced_on", "expires_on")
        }
        for record in records:
            values = stands.get((record.values["item_id"], record.values["code"]), {}) | dict(record.values)
            made, ends = values.get("produced_on"), values.get("expires_on")
            if made and ends and ends < made:
                field = "expires_on" if "expires_on" in record.values else "produced_on"
                fault = BadValue(
                    "expires-before-production",
                    _("The lot expires before it was produced."),
                    _("Check whether the two dates are swapped."),
                )
                yield rejected(record.row, field, fault, str(record.values[field]))


class CalendarTarget(TableTarget):
    def check(self, record: Record) -> Iterable[BadValue]:
        if record.values.get("opens_minute", 0) >= record.values.get("closes_minute", 1440):
            yield BadValue(
                "closes-before-opening",
                _("It closes before it opens."),
                _("Swap the two times."),
                field="closes_minute",
            )


def item_column() -> Column:
    return Column(
        "item", _("Item"), Code(), needed=True, sets="item_id", refers=queries.item_by_any_code, source="item__code",
        aliases=("item_code", "sku", "material", "商品", "商品编码", "物料", "物料编码", "货号", "stock_code"),
    )  # fmt: skip


def unit_column(name: str, label: Any, *aliases: str) -> Column:
    return Column(
        name, label, Code(longest=12), needed=True, sets=f"{name}_id", refers=queries.unit_ids,
        source=f"{name}__code", aliases=aliases,
    )  # fmt: skip


def place_column(name: str, label: Any, *aliases: str) -> Column:
    return Column(
        name, label, Code(), needed=True, sets=f"{name}_id", refers=queries.place_ids, source=f"{name}__code",
        aliases=aliases,
    )  # fmt: skip


def partner_column(name: str, label: Any, *aliases: str, needed: bool = True) -> Column:
    return Column(
        name, label, Code(), needed=needed, sets=f"{name}_id", refers=queries.partner_ids, source=f"{name}__code",
        aliases=aliases,
    )  # fmt: skip


def calendar_column() -> Column:
    return Column(
        "calendar", _("Calendar"), Code(longest=40), sets="calendar_id", refers=calendar_ids, source="calendar__code",
        aliases=("日历",),
    )  # fmt: skip


UNITS = TableTarget("units", _("Units of measure"), UnitOfMeasure, ("code",), (_CODE, _NAME, _NAME_ZH))

CALENDARS = CalendarTarget(
    "calendars", _("Calendars"), Calendar, ("code",),
    (
        _CODE, _NAME,
        Column("timezone", _("Time zone"), Text(60), aliases=("时区",)),
        Column("weekdays", _("Weekdays, bit mask"), Whole(high=127, empty=127)),
        Column("opens_minute", _("Opens"), MinuteOfDay(), aliases=("opens", "上班时间")),
        Column("closes_minute", _("Closes"), MinuteOfDay(empty=1440), aliases=("closes", "下班时间")),
    ),
)  # fmt: skip

HOLIDAYS = TableTarget(
    "holidays", _("Holidays"), Holiday, ("calendar_id", "day"),
    (
        Column("calendar", _("Calendar"), Code(longest=40), needed=True, sets="calendar_id", refers=calendar_ids,
               source="calendar__code", aliases=("日历",)),
        Column("day", _("Day"), Day(), needed=True, aliases=("日期", "date")),
        Column("name", _("Name"), Text(120), needed=True, aliases=("名称",)),
        Column("working", _("Working day"), YesNo(), aliases=("上班", "调休")),
    ),
)  # fmt: skip

ITEMS = ItemTarget(
    "items", _("Items"), Item, ("code",),
    (
        Column("code", _("Item code"), Code(), needed=True,
               aliases=("code", "item", "sku", "商品编码", "物料编码", "编码", "货号", "商品代码", "item no")),
        Column("name", _("Item name"), Text(), needed=True,
               aliases=("name", "商品名称", "品名", "物料名称", "名称", "description")),
        _NAME_ZH,
        Column("family", _("Family"), Text(80), aliases=("类别", "分类", "品类", "category", "group")),
        Column("family_zh", _("Chinese name of the family"), Text(80), aliases=("品类中文名称", "品类名称")),
        Column("gtin", _("GTIN"), Gs1(), aliases=("条码", "商品条码", "国际条码", "barcode", "ean", "upc", "69码")),
        unit_column("base_unit", _("Base unit"), "unit", "uom", "单位", "基本单位", "计量单位"),
        Column("temperature_class", _("Temperature class"), TEMPERATURES,
               aliases=("temperature", "温区", "温层", "储存条件", "存储条件")),
        Column("shelf_life_days", _("Shelf life, days"), Whole(low=1, empty=None),
               aliases=("shelf life", "保质期", "保质期天数", "有效期天数")),
        Column("min_remaining_days", _("Least days left at the customer"), Whole(),
               aliases=("最短剩余天数", "允收天数")),
        Column("weight_g", _("Weight, g"), Whole(high=LARGE), aliases=("重量克", "weight g")),
        Column("weight_kg", _("Weight, kg"), Whole(high=LARGE, scale=1000), sets="weight_g", exported=False,
               aliases=("weight", "重量", "毛重", "重量kg", "重量千克")),
        Column("length_mm", _("Length, mm"), Whole(), aliases=("length", "长")),
        Column("width_mm", _("Width, mm"), Whole(), aliases=("width", "宽")),
        Column("height_mm", _("Height, mm"), Whole(), aliases=("height", "高")),
        Column("volume_cm3", _("Volume, cm³"), Whole(high=LARGE), aliases=("volume", "体积")),
        Column("lot_tracked", _("Tracked by lot"), YesNo(), aliases=("批次管理", "批号管理")),
        Column("serial_tracked", _("Tracked by serial number"), YesNo(), aliases=("序列号管理",)),
        *money("unit_cost", _("Standard cost"), "cost", "成本", "成本价", "标准成本"),
        *money("unit_price", _("List price"), "price", "单价", "售价", "价格"),
        Column("service_level", _("Service level"), Share(), sets="service_level_bp", aliases=("服务水平",)),
        Column("service_level_bp", _("Service level, basis points"), Whole(high=9999, empty=9500), exported=False),
        _ACTIVE,
    ),
)  # fmt: skip

ITEM_UNITS = ItemUnitTarget(
    "item_units", _("Units of items"), ItemUnit, ("item_id", "unit_id"),
    (
        item_column(),
        unit_column("unit", _("Unit"), "uom", "单位", "包装单位"),
        Column("factor", _("Base units in it"), Ratio(), aliases=("换算率", "换算系数", "装箱数", "入数", "per unit")),
        Column("barcode", _("Barcode"), Code(), aliases=("条码", "箱码")),
        Column("numerator", _("Base units, numerator"), Whole(low=1, high=LARGE, empty=None), exported=False),
        Column("denominator", _("Base units, denominator"), Whole(low=1, high=LARGE, empty=1), exported=False),
    ),
)  # fmt: skip

LANES = LaneTarget(
    "lanes", _("Lanes"), Lane, ("origin_id", "destination_id", "carrier_id"),
    (
        place_column("origin", _("From place"), "from", "起点", "始发地", "发货地"),
        place_column("destination", _("To place"), "to", "终点", "目的地", "收货地"),
        partner_column("carrier", _("Carrier"), "承运商", "物流商", needed=False),
        *span("transit_minutes", _("Transit, minutes"), "transit", "运输时间", "在途时间"),
        Column("transit_sd_minutes", _("Spread of transit, minutes"), Duration(), aliases=("运输时间标准差",)),
        Column("distance_m", _("Distance, m"), Whole(), aliases=("距离米",)),
        Column("distance_km", _("Distance, km"), Whole(scale=1000), sets="distance_m", exported=False,
               aliases=("distance", "距离", "里程", "公里数")),
        *money("fixed_cost", _("Cost a shipment"), "固定费用", "每票费用"),
        *money("cost_per_kg", _("Cost a kg"), "每公斤费用", "每千克费用"),
        _ACTIVE,
    ),
)  # fmt: skip

SUPPLIER_ITEMS = TableTarget(
    "supplier_items", _("Suppliers' items"), SupplierItem, ("supplier_id", "item_id"),
    (
        partner_column("supplier", _("Supplier"), "supplier_code", "vendor", "供应商", "供应商编码"),
        item_column(),
        *money("unit_price", _("Purchase price"), "price", "采购价", "进价", "单价"),
        Column("moq", _("Least order quantity"), Whole(low=1, high=LARGE, empty=1), aliases=("最小起订量", "起订量")),
        Column("multiple", _("Order multiple"), Whole(low=1, high=LARGE, empty=1), aliases=("批量倍数", "订货倍数")),
        *span("lead_time_minutes", _("Lead time, minutes"), "lead time", "提前期", "交货期"),
        Column("lead_time_sd_minutes", _("Spread of lead time, minutes"), Duration(), aliases=("提前期标准差",)),
        calendar_column(),
        _ACTIVE,
    ),
)  # fmt: skip

LOTS = LotTarget(
    "lots", _("Lots"), Lot, ("item_id", "code"),
    (
        item_column(),
        Column("code", _("Lot number"), Code(), needed=True,
               aliases=("lot", "batch", "批号", "批次", "批次号", "生产批号")),
        Column("produced_on", _("Produced on"), Day(), aliases=("production date", "生产日期", "manufactured")),
        Column("expires_on", _("Expires on"), Day(),
               aliases=("expiry", "expiry date", "有效期至", "到期日", "失效日期")),
        partner_column("supplier", _("Supplier"), "供应商", needed=False),
    ),
)  # fmt: skip

PARTNER_ITEMS = TableTarget(
    "partner_items", _("Partners' item codes"), PartnerItem, ("partner_id", "code"),
    (
        partner_column("partner", _("Partner"), "customer", "客户", "往来单位"),
        Column("code", _("Their code"), Code(), needed=True, aliases=("their code", "客户商品编码", "对方编码")),
        item_column(),
    ),
)  # fmt: skip
