"""Stock policies and demand history as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import RejectedRow
from longshore.catalog.imports.cells import BadValue, rejected
from longshore.catalog.imports.facts import item_column, place_column, span
from longshore.catalog.imports.readers import LARGE, Choice, Code, Day, Share, Text, Whole, YesNo
from longshore.catalog.imports.tables import TableTarget
from longshore.catalog.imports.targets import Column, Occasion, Plan, Record, RowsRefused, Told
from longshore.catalog.models import Place, PlaceKind
from longshore.ledger.cause import Cause
from longshore.planning.models import DemandDay, PlanRegion, Promotion, SignalDay, SignalKind, StockPolicy
from longshore.planning.operations import NewPolicy, PoliciesRefused, put_policies

POLICIES_A_CALL = 5000
EXPORT = """
SELECT i.code, s.code, o.code, p.review_minutes,
    CASE WHEN p.own_service THEN round(p.service_level_bp / 100.0, 2)::text || '%' END,
    CASE WHEN p.locked THEN p.lead_time_minutes END, CASE WHEN p.locked THEN p.safety_stock END,
    CASE WHEN p.locked THEN p.reorder_point END,
    CASE WHEN p.locked THEN p.order_qty END, CASE WHEN p.locked THEN p.order_up_to END,
    CASE WHEN p.automatic THEN 'yes' ELSE 'no' END
FROM planning_stockpolicy p
JOIN catalog_item i ON i.id = p.item_id
JOIN catalog_place s ON s.id = p.site_id
LEFT JOIN catalog_place o ON o.id = p.source_id
ORDER BY i.code, s.code
"""


class AtSites(TableTarget):
    """A table whose places are sites."""

    def check_together(self, records: Sequence[Record]) -> Iterable[RejectedRow]:
        for name in ("site", "source"):
            found = (record.values.get(f"{name}_id") for record in records)
            wanted = {int(place) for place in found if place is not None}
            sites = set(Place.objects.filter(id__in=wanted, kind=PlaceKind.SITE).values_list("id", flat=True))
            for record in records:
                place = record.values.get(f"{name}_id")
                if place is not None and place not in sites:
                    yield rejected(record.row, name, _not_a_site())


def _not_a_site() -> BadValue:
    return BadValue("not-a-site", _("This place is not a site."), _("Give the code of the site, not of a bin."))


class PolicyTarget(AtSites):
    """Rows with a reorder point are fixed; rows without one say only how planning shall compute it."""

    def check(self, record: Record) -> Iterable[BadValue]:
        values = record.values
        if values.get("source_id") is not None and values["source_id"] == values.get("site_id"):
            yield BadValue(
                "feeds-itself",
                _("A site cannot feed itself."),
                _("Give another site, or leave it empty."),
                field="source",
            )
        if values.get("reorder_point") is not None and values.get("order_qty") is None:
            yield BadValue(
                "quantity-missing",
                _("A reorder point set by hand needs an order quantity."),
                _("Fill in the order quantity, or leave the reorder point empty."),
                field="order_qty",
            )

    def _sort(self, record: Record, existing: models.Model | None, missing: Sequence[Column], plan: Plan) -> None:
        before = _as_it_is(existing) if isinstance(existing, StockPolicy) else None
        wanted = _wanted(dict(record.values), before)
        if before is None:
            plan.new.append((record.row, wanted))
        elif wanted == before:
            plan.unchanged += 1
        else:
            plan.changed.append((record.row, wanted))

    def write(self, plan: Plan, occasion: Occasion, told: Told) -> None:
        rows = [*plan.new, *plan.changed]
        cause = Cause(occasion.actor, occasion.because)
        for start in range(0, len(rows), POLICIES_A_CALL):
            chunk = rows[start : start + POLICIES_A_CALL]
            try:
                put_policies([policy for _row, policy in chunk], at=occasion.at, cause=cause)
            except PoliciesRefused as refused:
                raise RowsRefused(
                    tuple(replace(one, row=chunk[one.row - 1][0]) for one in refused.rejected)
                ) from refused
            told(start + len(chunk))

    def export(self) -> Iterator[Sequence[str]]:
        with connection.cursor() as cursor:
            cursor.execute(EXPORT)
            for row in cursor:
                yield ["" if value is None else str(value) for value in row]


def _as_it_is(row: StockPolicy) -> NewPolicy:
    """A policy in the words of a file: numbers that planning computed are not in it."""
    return NewPolicy(
        item=row.item_id,
        site=row.site_id,
        source=row.source_id,
        review_minutes=row.review_minutes,
        service_bp=row.service_level_bp if row.own_service else None,
        safety_stock=row.safety_stock if row.locked else None,
        reorder_point=row.reorder_point if row.locked else None,
        order_qty=row.order_qty if row.locked else None,
        order_up_to=row.order_up_to if row.locked else None,
        automatic=row.automatic,
        lead_time_minutes=row.lead_time_minutes if row.locked else None,
    )


def _wanted(values: dict[str, Any], before: NewPolicy | None) -> NewPolicy:
    """What the file says over what is there; columns the file does not have stay as they are."""
    said = {
        "item": values["item_id"],
        "site": values["site_id"],
        **{name.removesuffix("_id"): value for name, value in values.items() if name not in ("item_id", "site_id")},
    }
    said["review_minutes"] = said.get("review_minutes") or (before.review_minutes if before else 1440)
    if "lead_time_minutes" in said:
        said["lead_time_minutes"] = said["lead_time_minutes"] or None
    if "service_bp" in said:
        said["service_bp"] = said["service_bp"] or None
    return NewPolicy(**{**(asdict(before) if before else {}), **said})


STOCK_POLICIES = PolicyTarget(
    "stock_policies", _("Stock policies"), StockPolicy, ("item_id", "site_id"),
    (
        item_column(),
        place_column("site", _("Site"), "warehouse", "仓库", "站点", "库区"),
        Column("source", _("Replenished from"), place_column("source", "").reader, sets="source_id",
               refers=place_column("source", "").refers, source="source__code",
               aliases=("from", "补货来源", "上级仓库", "来源仓库")),
        *span("review_minutes", _("Review period, minutes"), "review", "盘查周期", "补货周期"),
        Column("service_level", _("Service level"), Share(empty=0), sets="service_bp", aliases=("服务水平", "服务率")),
        *span("lead_time_minutes", _("Lead time, minutes"), "lead time", "提前期"),
        Column("safety_stock", _("Safety stock"), Whole(high=LARGE, empty=None), aliases=("安全库存",)),
        Column("reorder_point", _("Reorder point"), Whole(high=LARGE, empty=None),
               aliases=("min", "订货点", "再订货点", "最低库存")),
        Column("order_qty", _("Order quantity"), Whole(low=1, high=LARGE, empty=None), aliases=("订货量", "订货批量")),
        Column("order_up_to", _("Order-up-to level"), Whole(high=LARGE, empty=None),
               aliases=("max", "最大库存", "补货上限", "最高库存")),
        Column("automatic", _("Release by itself"), YesNo(), aliases=("自动下达", "自动补货")),
    ),
)  # fmt: skip

DEMAND_HISTORY = AtSites(
    "demand_history", _("Demand history"), DemandDay, ("item_id", "site_id", "day"),
    (
        item_column(),
        place_column("site", _("Site"), "warehouse", "仓库", "站点"),
        Column("day", _("Day"), Day(), needed=True, aliases=("date", "日期", "需求日期")),
        Column("qty", _("Quantity wanted"), Whole(high=LARGE), needed=True,
               aliases=("quantity", "demand", "数量", "需求量", "销量")),
        Column("lines", _("Order lines"), Whole(empty=1), aliases=("行数", "订单行数")),
    ),
)  # fmt: skip


class PromotionTarget(AtSites):
    """What a promotion says of itself must fit together."""

    def check(self, record: Record) -> Iterable[BadValue]:
        values = record.values
        if values.get("ends_on") and values.get("starts_on") and values["ends_on"] < values["starts_on"]:
            yield BadValue("ends-before-start", _("It ends before it starts."), _("Give a later end."), field="ends_on")
        if values.get("item_id") is not None and values.get("family"):
            yield BadValue(
                "item-and-family",
                _("It is for an item or for a family, not both."),
                _("Leave one of them empty."),
                field="family",
            )


def _anywhere(*aliases: str) -> Column:
    whole = place_column("site", "")
    return Column("site", _("Site"), whole.reader, sets="site_id", refers=whole.refers, source="site__code",
                  aliases=aliases)  # fmt: skip


def _any_item() -> Column:
    whole = item_column()
    return Column("item", _("Item"), whole.reader, sets="item_id", refers=whole.refers, source="item__code",
                  aliases=whole.aliases)  # fmt: skip


DEMAND_SIGNALS = AtSites(
    "demand_signals", _("Outside signals"), SignalDay, ("signal", "site_id", "day"),
    (
        Column("signal", _("Signal"), Text(longest=60), needed=True, aliases=("信号", "指标", "序列")),
        Column("day", _("Day"), Day(), needed=True, aliases=("date", "日期")),
        Column("value", _("Value"), Whole(low=-LARGE, high=LARGE, scale=1000), needed=True, sets="value_milli",
               aliases=("数值", "值")),
        _anywhere("warehouse", "仓库", "站点"),
        Column("kind", _("Kind"), Choice(SignalKind, empty="other"), aliases=("类型", "类别")),
    ),
)  # fmt: skip

PROMOTIONS = PromotionTarget(
    "promotions", _("Promotions"), Promotion, ("code",),
    (
        Column("code", _("Code"), Code(longest=40), needed=True, aliases=("编码", "促销编码")),
        Column("name", _("Name"), Text(), needed=True, aliases=("名称", "促销名称")),
        _any_item(),
        Column("family", _("Family"), Text(longest=80), aliases=("品类", "系列", "物料组")),
        _anywhere("warehouse", "仓库", "站点"),
        Column("starts_on", _("Starts on"), Day(), needed=True, aliases=("start", "开始日期", "开始")),
        Column("ends_on", _("Ends on"), Day(), needed=True, aliases=("end", "结束日期", "结束")),
        Column("uplift_bp", _("Expected change of demand, basis points"),
               Whole(low=-9_999, high=100_000, empty=None), aliases=("预计增幅",)),
        Column("price_minor", _("Price, minor units"), Whole(high=LARGE, empty=None), sets="price",
               aliases=("促销价",)),
    ),
)  # fmt: skip

PLAN_REGIONS = AtSites(
    "plan_regions", _("Planning regions"), PlanRegion, ("site_id",),
    (
        place_column("site", _("Site"), "warehouse", "仓库", "站点"),
        Column("code", _("Code"), Code(longest=40), needed=True, aliases=("region", "区域", "区域编码", "大区")),
        Column("name", _("Name"), Text(longest=120), needed=True, aliases=("区域名称",)),
        Column("name_zh", _("Chinese name"), Text(longest=120), aliases=("区域中文名",)),
    ),
)  # fmt: skip
