"""Forecasts from complete days, policies from forecasts and lead times, each with its reason."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from longshore.engine.stocking.solve import solve
from longshore.planning import policy_rules
from longshore.planning.models import DemandDay, Forecast, StockPolicy
from longshore.planning.operations import (
    Measured,
    NewPolicy,
    PoliciesRefused,
    make_forecasts,
    put_policies,
    record_lead_times,
    set_policies,
)
from longshore.planning.queries import demand_of, policy_of, projected_stock
from tests.platform.planning.world import MONDAY, WHO, World

TODAY = date(2026, 3, 2)


def _sells(world: World, item: int, daily: int, *, site: int | None = None, count: int = 60) -> None:
    DemandDay.objects.bulk_create(
        DemandDay(item_id=item, site_id=site or world.centre, day=TODAY - timedelta(days=n), qty=daily + n % 3, lines=1)
        for n in range(count)
    )


def test_a_forecast_uses_complete_days_only(world: World) -> None:
    """Today's demand is not finished: a flood this morning does not move the forecast."""
    _sells(world, world.tea, 10)
    make_forecasts(at=MONDAY, cause=WHO)
    before = Forecast.objects.get().daily_milli
    DemandDay.objects.filter(day=TODAY).update(qty=10_000)
    receipt = make_forecasts(at=MONDAY, cause=WHO)
    found = Forecast.objects.get()
    assert (receipt.series, receipt.starts_on, found.starts_on) == (1, TODAY, TODAY)
    assert found.daily_milli == before
    assert len(found.daily_milli) == 28
    assert 9000 <= found.mean_milli <= 13000
    assert found.wape_bp is not None


def test_what_no_longer_sells_is_forgotten(world: World) -> None:
    """An item-site without demand within the year has no forecast."""
    _sells(world, world.tea, 10)
    make_forecasts(at=MONDAY, cause=WHO)
    DemandDay.objects.all().delete()
    assert make_forecasts(at=MONDAY, cause=WHO).series == 0
    assert Forecast.objects.count() == 0


def test_a_policy_explains_itself(world: World) -> None:
    """Asked again from its stored inputs the engine gives the stored numbers; the flip is a lower service level."""
    world.expect(world.tea, 10)
    set_policies(at=MONDAY, cause=WHO)
    found = StockPolicy.objects.get()
    inputs = found.explanation["inputs"]
    again = solve(policy_rules.problem([inputs]))
    assert (int(again.safety_stock[0]), int(again.reorder_point[0]), int(again.order_quantity[0])) == (
        found.safety_stock, found.reorder_point, found.order_qty,
    )  # fmt: skip
    assert (inputs["lead_minutes"], inputs["supplier"], inputs["service_bp"]) == (3 * 1440, world.grower, 9500)
    assert found.reorder_point >= found.safety_stock + 30
    assert found.order_qty % 5 == 0
    flip = found.explanation["flip"]["service_bp_milli"] / 1000
    assert 0 < flip <= 9500


def test_longer_lead_times_and_higher_service_need_more(world: World) -> None:
    """Measured lead times count once there are five receipts; a site's own service level beats the item's."""
    world.expect(world.tea, 10)
    set_policies(at=MONDAY, cause=WHO)
    base = StockPolicy.objects.get().reorder_point
    record_lead_times([Measured(world.grower, world.tea, 4, 9 * 1440, 1440)], at=MONDAY)
    set_policies(at=MONDAY, cause=WHO)
    assert StockPolicy.objects.get().reorder_point == base
    record_lead_times([Measured(world.grower, world.tea, 5, 9 * 1440, 1440)], at=MONDAY)
    set_policies(at=MONDAY, cause=WHO)
    longer = StockPolicy.objects.get()
    assert longer.reorder_point >= base + 60
    assert (longer.lead_time_minutes, longer.explanation["inputs"]["lead_samples"]) == (9 * 1440, 5)
    put_policies([NewPolicy(world.tea, world.centre, service_bp=9990)], at=MONDAY, cause=WHO)
    set_policies(at=MONDAY, cause=WHO)
    safer = StockPolicy.objects.get()
    assert (safer.service_level_bp, safer.locked) == (9990, False)
    assert safer.safety_stock > longer.safety_stock


def test_the_source_holds_for_the_sites_it_feeds(world: World) -> None:
    """A branch fed by the centre: its lead time is the lane's, and the centre's mean is the sum of both."""
    world.expect(world.tea, 10)
    world.expect(world.tea, 4, site=world.branch)
    put_policies([NewPolicy(world.tea, world.branch, source=world.centre)], at=MONDAY, cause=WHO)
    set_policies(at=MONDAY, cause=WHO)
    branch, centre = (policy_of(world.tea, site) for site in (world.branch, world.centre))
    assert branch is not None and centre is not None
    assert (branch.source, branch.lead_time_minutes) == (world.centre, 600 + 720)
    assert (centre.explanation["inputs"]["mean_milli"], centre.explanation["inputs"]["own_mean_milli"]) == (
        14000,
        10000,
    )


def test_what_a_person_set_stays(world: World) -> None:
    """A policy with a reorder point of its own is not computed over."""
    world.policy(world.tea)
    world.expect(world.tea, 10)
    set_policies(at=MONDAY, cause=WHO)
    found = StockPolicy.objects.get()
    assert (found.reorder_point, found.order_qty, found.locked, found.explanation["rule"]) == (20, 50, True, "by-hand")


def test_bad_policies_are_refused_by_row(world: World) -> None:
    """One bad row refuses all unless partial; the others are written then."""
    rows = [
        NewPolicy(world.tea, world.centre, reorder_point=5),
        NewPolicy(world.tea, world.shelf),
        NewPolicy(world.milk, world.centre, service_bp=10_000),
        NewPolicy(world.milk, world.centre, source=world.centre),
        NewPolicy(world.milk, world.branch),
    ]
    with pytest.raises(PoliciesRefused):
        put_policies(rows, at=MONDAY, cause=WHO)
    assert StockPolicy.objects.count() == 0
    receipt = put_policies(rows, at=MONDAY, cause=WHO, partial=True)
    assert [(row.row, row.field) for row in receipt.rejected] == [
        (1, "order_qty"), (2, "site"), (3, "service_bp"), (4, "source"),
    ]  # fmt: skip
    assert receipt.accepted == 1


def test_projected_stock_adds_up_day_by_day(world: World) -> None:
    """Opening, inbound, claims and forecast give the evening's stock; the day it runs out is named."""
    world.policy(world.tea)
    world.expect(world.tea, 10)
    world.stock(world.tea, 35)
    world.released(world.tea, 20)
    found = projected_stock(world.tea, world.centre, at=MONDAY)
    assert (found.on_hand, found.inbound, found.position) == (35, 20, 55)
    assert [day.closing_milli for day in found.days[:6]] == [25_000, 15_000, 5_000, 15_000, 5_000, -5_000]
    assert found.runs_out_on == TODAY + timedelta(days=5)
    assert found.policy is not None and found.policy.reorder_point == 20


def test_demand_with_its_band(world: World) -> None:
    """History as recorded, forecast with a band of 1.28 standard deviations around the mean."""
    _sells(world, world.tea, 10, count=5)
    world.expect(world.tea, 10)
    found = demand_of(world.tea, world.centre, at=MONDAY)
    assert [point.qty for point in found.history] == [11, 10, 12, 11, 10]
    first = found.forecast[0]
    assert (first.mean_milli, first.low_milli, first.high_milli) == (10_000, 10_000 - 3846, 10_000 + 3846)
