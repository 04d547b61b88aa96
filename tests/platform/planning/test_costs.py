"""What ordering and holding cost decides how much is ordered at a time; a new item's first sales are not its rate."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from longshore.planning.models import DemandDay, StockCosts, StockPolicy
from longshore.planning.operations import CostsRefused, make_forecasts, set_costs, set_policies
from longshore.planning.policy_rules import USUAL_COSTS, Costs
from longshore.planning.queries import costs
from longshore.planning.wording import policy_reason
from tests.platform.planning.world import MONDAY, WHO, World

TODAY = date(2026, 3, 2)


def test_a_cheaper_line_is_ordered_more_often(world: World) -> None:
    """A line at a hundredth of the cost is ordered in a tenth of the quantity, in whole packs; the reason names the cost."""
    world.expect(world.tea, 10)
    set_policies(at=MONDAY, cause=WHO)
    usual = StockPolicy.objects.get()
    receipt = set_costs(Costs(order_line=50, transfer_line=10, holding_bp=2500), at=MONDAY, cause=WHO)
    set_policies(at=MONDAY, cause=WHO)
    cheaper = StockPolicy.objects.get()
    assert (receipt.before, receipt.now, costs()) == (USUAL_COSTS, Costs(50, 10, 2500), Costs(50, 10, 2500))
    assert usual.explanation["inputs"]["order_cost"] == 5000
    assert (cheaper.explanation["inputs"]["order_cost"], cheaper.explanation["inputs"]["holding_bp"]) == (50, 2500)
    ratio = usual.explanation["economic_qty_milli"] / cheaper.explanation["economic_qty_milli"]
    assert abs(ratio - 10) < 0.001
    assert cheaper.order_qty < usual.order_qty
    assert cheaper.reorder_point == usual.reorder_point


def test_bad_costs_are_refused(world: World) -> None:
    """Holding goods for a year cannot cost more than the goods; nothing is written."""
    with pytest.raises(CostsRefused) as refusal:
        set_costs(Costs(100, 100, 10_001), at=MONDAY, cause=WHO)
    assert refusal.value.code == "bad-costs"
    assert not StockCosts.objects.exists()


def test_first_sales_are_spread_over_the_time_an_order_covers(world: World) -> None:
    """Forty sold yesterday for the first time, four days to cover: ten a day are planned for, and the reason says so."""
    DemandDay.objects.create(item_id=world.tea, site_id=world.centre, day=TODAY - timedelta(days=1), qty=40, lines=1)
    make_forecasts(at=MONDAY, cause=WHO)
    set_policies(at=MONDAY, cause=WHO)
    found = StockPolicy.objects.get()
    inputs = found.explanation["inputs"]
    assert (inputs["own_mean_milli"], inputs["mean_milli"], inputs["days_sold"]) == (40_000, 10_000, 1)
    assert any("1 days only" in each for each in policy_reason(found.explanation, safety=0, reorder=0))
