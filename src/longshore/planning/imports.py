"""Stock policies set by hand and demand from before the first order here, as files."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from longshore.catalog import queries
from longshore.catalog.imports.facts import item_column, place_column, span
from longshore.catalog.imports.readers import LARGE, Code, Day, Share, Whole, YesNo
from longshore.catalog.imports.tables import TableTarget
from longshore.catalog.imports.targets import Column, Occasion, Plan, Record
from longshore.planning.models import DemandDay, StockPolicy


class PolicyTarget(TableTarget):
    """A policy that a person brings is set by hand: planning leaves it alone."""

    def plan(self, records: Sequence[Record], given: frozenset[str], occasion: Occasion) -> Plan:
        plan = TableTarget.plan(self, records, given, occasion)
        for policy in (*plan.new, *plan.changed):
            policy.computed_at = occasion.at
            policy.locked = True
            policy.explanation = {"rule": "by-hand", "actor": occasion.actor}
        return plan


STOCK_POLICIES = PolicyTarget(
    "stock_policies", _("Stock policies"), StockPolicy, ("item_id", "site_id"),
    (
        item_column(),
        place_column("site", _("Site"), "仓库", "站点"),
        Column("source", _("Replenished from"), Code(), sets="source_id", refers=queries.place_ids,
               source="source__code", aliases=("补货来源",)),
        Column("service_level", _("Service level"), Share(), needed=True, sets="service_level_bp",
               aliases=("服务水平",)),
        *span("lead_time_minutes", _("Lead time, minutes"), "lead time", "提前期"),
        *span("review_minutes", _("Review period, minutes"), "盘查周期"),
        Column("safety_stock", _("Safety stock"), Whole(high=LARGE), needed=True, aliases=("安全库存",)),
        Column("reorder_point", _("Reorder point"), Whole(high=LARGE), needed=True, aliases=("订货点", "再订货点")),
        Column("order_qty", _("Order quantity"), Whole(low=1, high=LARGE), needed=True, aliases=("订货批量", "订货量")),
        Column("order_up_to", _("Order-up-to level"), Whole(high=LARGE), needed=True,
               aliases=("最大库存", "补货上限")),
        Column("automatic", _("Release by itself"), YesNo(), aliases=("自动下达",)),
    ),
)  # fmt: skip

DEMAND_HISTORY = TableTarget(
    "demand_history", _("Demand history"), DemandDay, ("item_id", "site_id", "day"),
    (
        item_column(),
        place_column("site", _("Site"), "仓库", "站点"),
        Column("day", _("Day"), Day(), needed=True, aliases=("date", "日期")),
        Column("qty", _("Quantity wanted"), Whole(high=LARGE), needed=True, aliases=("quantity", "数量", "需求量")),
        Column("lines", _("Order lines"), Whole(), aliases=("行数",)),
    ),
)  # fmt: skip
