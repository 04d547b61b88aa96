"""Bills of material and substitutes as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext_lazy as _

from longshore.catalog import queries
from longshore.catalog.errors import RejectedRow
from longshore.catalog.imports.cells import BadValue, rejected
from longshore.catalog.imports.facts import item_column, money, place_column, span
from longshore.catalog.imports.readers import LARGE, Code, Ratio, Share, Whole, YesNo
from longshore.catalog.imports.tables import TableTarget
from longshore.catalog.imports.targets import Column, Record
from longshore.catalog.models import Bill, BillLine, Substitute


def _other(name: str, label: Any, *aliases: str) -> Column:
    return Column(
        name, label, Code(), needed=True, sets=f"{name}_id", refers=queries.item_by_any_code, source=f"{name}__code",
        aliases=aliases,
    )  # fmt: skip


class RatioTarget(TableTarget):
    """A quantity as one number, kept as an exact fraction."""

    def check(self, record: Record) -> Iterable[BadValue]:
        other = next(name for name in ("component_id", "substitute_id") if name in record.values)
        if record.values["item_id"] == record.values[other]:
            yield BadValue(
                "made-of-itself",
                _("The item and what goes in its place are the same."),
                _("Give two different items."),
                field=other.removesuffix("_id"),
            )

    def made(self, values: dict[str, Any]) -> dict[str, Any]:
        factor = values.pop("quantity", None)
        known = {} if factor is None else {"numerator": factor.numerator, "denominator": factor.denominator}
        return values | known


class BillLineTarget(RatioTarget):
    def check_together(self, records: Sequence[Record]) -> Iterable[RejectedRow]:
        """Nothing is made of itself, however far down."""
        parts: dict[int, set[int]] = {}
        for item, component in BillLine.objects.values_list("item_id", "component_id"):
            parts.setdefault(item, set()).add(component)
        for record in records:
            parts.setdefault(record.values["item_id"], set()).add(record.values["component_id"])
        for record in records:
            if _reaches(parts, record.values["component_id"], record.values["item_id"]):
                fault = BadValue(
                    "bill-ring",
                    _("The component is itself made of the item, directly or further down."),
                    _("Take one of the lines out."),
                )
                yield rejected(record.row, "component", fault, "")

    def export(self) -> Iterator[Sequence[str]]:
        rows = BillLine.objects.order_by("item__code", "component__code").values_list(
            "item__code", "component__code", "numerator", "denominator", "scrap_bp"
        )
        for item, component, over, under, scrap in rows.iterator(chunk_size=2000):
            yield [item, component, str(Fraction(over, under)), f"{scrap / 100:g}%"]


class SubstituteTarget(RatioTarget):
    def export(self) -> Iterator[Sequence[str]]:
        rows = Substitute.objects.order_by("item__code", "substitute__code").values_list(
            "item__code", "substitute__code", "numerator", "denominator", "priority", "active"
        )
        for item, other, over, under, priority, active in rows.iterator(chunk_size=2000):
            yield [item, other, str(Fraction(over, under)), str(priority), "yes" if active else "no"]


def _reaches(parts: dict[int, set[int]], start: int, wanted: int) -> bool:
    seen, ahead = {start}, [start]
    while ahead:
        here = ahead.pop()
        if here == wanted:
            return True
        new = parts.get(here, set()) - seen
        seen |= new
        ahead += new
    return False


BILLS = TableTarget(
    "bills", _("Bills of material"), Bill, ("item_id", "site_id"),
    (
        item_column(),
        place_column("site", _("Plant"), "plant", "工厂", "生产地点"),
        *span("lead_time_minutes", _("Lead time, minutes"), "lead time", "提前期", "生产周期"),
        Column("moq", _("Least lot"), Whole(low=1, high=LARGE, empty=1), aliases=("最小批量",)),
        Column("multiple", _("Lot multiple"), Whole(low=1, high=LARGE, empty=1), aliases=("批量倍数",)),
        *money("unit_cost", _("Cost of making one"), "加工费", "制造成本"),
        Column("active", _("Active"), YesNo(empty=True), aliases=("启用", "有效", "状态")),
    ),
)  # fmt: skip

BILL_LINES = BillLineTarget(
    "bill_lines", _("Lines of bills of material"), BillLine, ("item_id", "component_id"),
    (
        item_column(),
        _other("component", _("Component"), "part", "material", "子件", "组件", "用料"),
        Column("quantity", _("Quantity in one"), Ratio(), needed=True, aliases=("qty", "用量", "单位用量")),
        Column("scrap", _("Scrap rate"), Share(empty=0), sets="scrap_bp", aliases=("损耗率",)),
    ),
)  # fmt: skip

SUBSTITUTES = SubstituteTarget(
    "substitutes", _("Substitutes"), Substitute, ("item_id", "substitute_id"),
    (
        item_column(),
        _other("substitute", _("Substitute"), "alternative", "替代料", "替代品"),
        Column("quantity", _("Quantity for one"), Ratio(), aliases=("qty", "替代比例")),
        Column("priority", _("Priority, 1 first"), Whole(low=1, high=99, empty=5), aliases=("优先级",)),
        Column("active", _("Active"), YesNo(empty=True), aliases=("启用", "有效", "状态")),
    ),
)  # fmt: skip
