"""Policies and demand history from files, and back."""

from __future__ import annotations

from datetime import date

import pytest

from longshore.catalog.imports.registry import target_named
from longshore.catalog.imports.running import ImportOptions, ImportRefused, run_import
from longshore.catalog.imports.targets import Occasion
from longshore.planning.models import DemandDay, StockPolicy
from tests.platform.planning.world import MONDAY, World

WHEN = Occasion(at=MONDAY, actor="tester")


def _import(table: str, text: str) -> tuple[int, int]:
    receipt = run_import(text.encode(), target_named(table), ImportOptions(), WHEN)
    return receipt.new, receipt.changed


def test_a_policy_with_and_without_numbers(world: World) -> None:
    """With a reorder point it is fixed; without one only its source, service and release are said; again changes nothing."""
    file = (
        "item,site,source,service_level,safety_stock,reorder_point,order_qty,automatic\n"
        "TEA,CENTRE,,98%,5,20,50,yes\n"
        "TEA,BRANCH,CENTRE,,,,,no\n"
    )
    assert _import("stock_policies", file) == (2, 0)
    fixed, fed = StockPolicy.objects.get(site=world.centre), StockPolicy.objects.get(site=world.branch)
    assert (fixed.locked, fixed.reorder_point, fixed.order_qty, fixed.order_up_to, fixed.service_level_bp) == (
        True, 20, 50, 70, 9800,
    )  # fmt: skip
    assert (fixed.automatic, fixed.source_id, fixed.review_minutes) == (True, None, 1440)
    assert (fed.locked, fed.source_id, fed.automatic, fed.own_service) == (False, world.centre, False, False)
    assert _import("stock_policies", file) == (0, 0)
    out = list(target_named("stock_policies").export())
    assert out[1][:3] == ["TEA", "CENTRE", ""]
    assert out[0][:3] == ["TEA", "BRANCH", "CENTRE"]


def test_a_bin_is_no_site(world: World) -> None:
    """A policy for a shelf is refused by row and field, and nothing is written."""
    with pytest.raises(ImportRefused) as refused:
        _import("stock_policies", "item,site,automatic\nTEA,C-01,yes\n")
    assert [(row.row, row.field, row.code) for row in refused.value.rejected] == [(2, "site", "not-a-site")]
    assert StockPolicy.objects.count() == 0


def test_demand_history_in_chinese(world: World) -> None:
    """Columns as an office names them, a thousands separator, and a day written in Chinese."""
    assert _import("demand_history", '商品编码,仓库,日期,需求量\nTEA,CENTRE,2026年2月1日,"1,200"\n') == (1, 0)
    found = DemandDay.objects.get()
    assert (found.item_id, found.site_id, found.day, found.qty) == (world.tea, world.centre, date(2026, 2, 1), 1200)
