"""What ordering and holding cost decides how much is ordered at a time; a new item's first sales are not its rate."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import translation

from longshore.catalog.models import Item
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
    with translation.override("en"):  # a request leaves its language behind
        assert any("1 days only" in each for each in policy_reason(found.explanation, safety=0, reorder=0))


def _selling(world: World) -> None:
    """Ten of each a day; tea in twelve times as many lines as milk, and at the same cost."""
    Item.objects.filter(pk__in=[world.tea, world.milk]).update(unit_cost=400, shelf_life_days=None)
    for item, lines in ((world.tea, 12), (world.milk, 1)):
        world.expect(item, 10)
        DemandDay.objects.bulk_create(
            DemandDay(item_id=item, site_id=world.centre, day=TODAY - timedelta(days=n + 1), qty=12, lines=lines)
            for n in range(0, 84, 7)
        )


def test_one_target_for_all_lines(world: World) -> None:
    """Where more lines wait for the same goods more service pays; the reason says what a late line is worth, and one item
    set alone follows what was found for all."""
    _selling(world)
    set_costs(Costs(order_line=100, transfer_line=100, holding_bp=2500, lines_bp=9990), at=MONDAY, cause=WHO)
    set_policies(at=MONDAY, cause=WHO)
    found = costs()
    tea, milk = (StockPolicy.objects.get(item=item) for item in (world.tea, world.milk))
    assert found.late_line_milli > 0
    assert tea.service_level_bp > milk.service_level_bp
    out = [10_000 - each.service_level_bp for each in (tea, milk)]
    assert abs(out[1] / out[0] - 12 * milk.order_qty / tea.order_qty) < 0.5
    inputs = tea.explanation["inputs"]
    assert (inputs["lines_bp"], inputs["lines_milli"]) == (9990, 12 * 12 * 1000 // 84)
    assert any("99.9 %" in each for each in policy_reason(tea.explanation, safety=0, reorder=0))
    set_policies(at=MONDAY, cause=WHO, items=[world.milk])
    assert StockPolicy.objects.get(item=world.milk).service_level_bp == milk.service_level_bp
    assert costs() == found


def test_a_service_of_ones_own_stays(world: World) -> None:
    """What a person set for one site is not overruled by the company's target; without a target all is by item again."""
    _selling(world)
    set_policies(at=MONDAY, cause=WHO)
    by_item = StockPolicy.objects.get(item=world.tea).service_level_bp
    StockPolicy.objects.filter(item=world.milk).update(own_service=True, service_level_bp=9999)
    set_costs(Costs(lines_bp=8000), at=MONDAY, cause=WHO)
    set_policies(at=MONDAY, cause=WHO)
    assert StockPolicy.objects.get(item=world.milk).service_level_bp == 9999
    assert StockPolicy.objects.get(item=world.tea).service_level_bp != by_item
    set_costs(Costs(), at=MONDAY, cause=WHO)
    set_policies(at=MONDAY, cause=WHO)
    assert StockPolicy.objects.get(item=world.tea).service_level_bp == by_item


def test_a_target_nothing_reaches_is_refused(world: World) -> None:
    """All order lines in time cannot be had; what stood there stands."""
    with pytest.raises(CostsRefused) as refusal:
        set_costs(Costs(lines_bp=10_000), at=MONDAY, cause=WHO)
    assert refusal.value.code == "bad-target"
    assert costs() == USUAL_COSTS


def test_the_worth_of_a_late_line_stays_with_its_target(world: World) -> None:
    """Another cost of ordering, the same target: an item set alone still follows what was found; another target is new."""
    _selling(world)
    set_costs(Costs(order_line=100, transfer_line=100, lines_bp=9000), at=MONDAY, cause=WHO)
    set_policies(at=MONDAY, cause=WHO)
    found = costs().late_line_milli
    service = StockPolicy.objects.get(item=world.tea).service_level_bp
    set_costs(Costs(order_line=100, transfer_line=200, lines_bp=9000), at=MONDAY, cause=WHO)
    assert costs().late_line_milli == found > 0
    set_policies(at=MONDAY, cause=WHO, items=[world.tea])
    assert StockPolicy.objects.get(item=world.tea).service_level_bp == service
    assert set_costs(Costs(lines_bp=9500), at=MONDAY, cause=WHO).now.late_line_milli == 0
