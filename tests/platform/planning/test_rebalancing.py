"""A site that needs goods is helped out by one that has more than it will need, where that costs less than buying."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from longshore.catalog.models import Lane
from longshore.ledger.audit import audit
from longshore.ledger.models import Claim, PlannedFlow
from longshore.planning import rebalancing_rules, rules
from longshore.planning.models import Forecast, Proposal, StockPolicy
from longshore.planning.operations import approve, replenish
from longshore.planning.queries.positions import review_of
from longshore.project.dispatcher import drain_outbox
from tests.platform.planning.world import MONDAY, WHO, World


@pytest.fixture
def two(world: World) -> World:
    """Tea at both sites, bought by both; a lane back to the centre, which needs 50; the branch has 200 and sells little."""
    Lane.objects.create(origin_id=world.branch, destination_id=world.centre, transit_minutes=600, fixed_cost=500)
    world.policy(world.tea)
    world.policy(world.tea, site=world.branch)
    world.expect(world.tea, 4)
    world.stock(world.tea, 15)
    world.stock(world.tea, 200, shelf=world.branch_shelf)
    return world


def _sells(world: World, milli: int) -> None:
    """What the branch sells a day."""
    Forecast.objects.create(
        item_id=world.tea, site_id=world.branch, made_at=MONDAY, starts_on=date(2026, 3, 2), daily_milli=[milli] * 28,
        mean_milli=milli, sigma_milli=milli, method="naive",
    )  # fmt: skip


def _reason(world: World) -> dict[str, Any]:
    return dict(Proposal.objects.get(site=world.centre).explanation)


def test_what_lies_idle_elsewhere_is_moved_before_buying(two: World) -> None:
    """The branch would need 180 of its 200 in half a year: 50 of them are worth less there than the freight costs."""
    _sells(two, 1000)
    replenish(at=MONDAY, cause=WHO)
    found = Proposal.objects.get(site=two.centre)
    assert (found.kind, found.origin_id, found.supplier_id, found.qty, found.unit_price) == (
        "transfer", two.branch, None, 50, 0,
    )  # fmt: skip
    reason = _reason(two)
    # 500 a unit less a quarter a year for 180 days of it, more (1500 + 500) / 50 of freight.
    offer = next(each for each in reason["inputs"]["offers"] if each["source"] == f"site:{two.branch}")
    saved = 500_000 * 2500 * 180 // (10_000 * 365)
    assert (offer["most"], offer["saved_milli"], offer["freight_milli"]) == (130, saved, 40_000)
    assert offer["price_milli"] == 500_000 - saved + 40_000
    assert (reason["binding"], reason["runner_up"]["source"]) == ("surplus", f"supplier:{two.grower}")
    assert reason["cost_milli"] < reason["runner_up"]["cost_milli"]


def test_the_stated_price_flips_it_to_buying(two: World) -> None:
    """Asked again from what is stored: the same; at the stated price the supplier wins."""
    _sells(two, 1000)
    replenish(at=MONDAY, cause=WHO)
    reason = _reason(two)
    again = rules.decide_again(reason["inputs"])
    assert again is not None
    assert again.explanation == reason
    dearer = [dict(each) for each in reason["inputs"]["offers"]]
    for each in dearer:
        if each["source"] == reason["source"]:
            each["price_milli"] = reason["flip"]["price_milli"]
    flipped = rules.decide_again({**reason["inputs"], "offers": dearer})
    assert flipped is not None
    assert flipped.offer.source == reason["runner_up"]["source"]


def test_where_it_sells_well_it_stays(two: World) -> None:
    """At ten a day the branch orders again within weeks: moving saves less than its freight, so the centre buys."""
    _sells(two, 10_000)
    replenish(at=MONDAY, cause=WHO)
    found = Proposal.objects.get(site=two.centre)
    assert (found.kind, found.supplier_id) == ("purchase", two.grower)


def test_less_than_the_gap_is_no_offer(two: World) -> None:
    """Four to spare do not lift 15 above 20; six do, and six go."""
    _sells(two, 0)
    StockPolicy.objects.filter(site=two.branch).update(order_up_to=196)
    replenish(at=MONDAY, cause=WHO)
    assert Proposal.objects.get(site=two.centre).kind == "purchase"
    StockPolicy.objects.filter(site=two.branch).update(order_up_to=194)
    Lane.objects.filter(origin_id=two.branch).update(fixed_cost=0)
    replenish(at=MONDAY, cause=WHO)
    found = Proposal.objects.get(site=two.centre)
    assert (found.kind, found.qty) == ("transfer", 6)


def test_of_two_that_want_the_same_surplus_the_first_short_has_it() -> None:
    """130 to spare, two sites that want 100 each: the one with less stock is sent them, the other buys."""
    spare = rules.Offer("site:9", 10_000, 1, 1, 1440, 127, 0, most=130, value_milli=500_000)
    buy = rules.Offer("supplier:3", 500_000, 1, 1, 1440, 127, 0)

    def position(site: int, on_hand: int) -> rules.Position:
        return rules.Position(1, site, on_hand, 0, 0, 60, 160, 100, 0, (), (buy, spare))

    forecast = np.full((2, 28), 10_000, dtype=np.int64)
    decisions, unmet = rebalancing_rules.decide([position(1, 50), position(2, 20)], forecast, 20_000)
    assert (sorted((each.row, each.offer.source, each.qty) for each in decisions), unmet) == (
        [(0, "supplier:3", 100), (1, "site:9", 100)], (),
    )  # fmt: skip


def test_one_surplus_is_promised_once(two: World) -> None:
    """A transfer that waits for its approval leaves nothing for a second site."""
    _sells(two, 0)
    first = replenish(at=MONDAY, cause=WHO)
    assert len(first.new) == 1
    Proposal.objects.filter(site=two.centre).update(qty=120)
    again = review_of(at=MONDAY, items=[two.tea], sites=[two.centre])
    assert [each.most for each in again.positions[0].offers if each.most] == [130]
    Proposal.objects.filter(site=two.centre).update(state="approved")
    taken = review_of(at=MONDAY, items=[two.tea], sites=[two.centre])
    assert [each.most for each in taken.positions[0].offers if each.most] == []


def test_approved_it_is_claimed_and_planned(two: World) -> None:
    """Released: 50 claimed at the branch, a flow to the centre; the ledger's audit finds nothing."""
    _sells(two, 1000)
    number = replenish(at=MONDAY, cause=WHO).new[0]
    assert approve(number, at=MONDAY, cause=WHO).state == "released"
    drain_outbox(at=MONDAY)
    flow = PlannedFlow.objects.get()
    assert (flow.kind, flow.source_id, flow.target_id, flow.qty) == ("transfer", two.branch, two.centre, 50)
    assert sum(Claim.objects.filter(demand=f"transfer:{number}", state="open").values_list("qty", flat=True)) == 50
    assert replenish(at=MONDAY, cause=WHO).new == ()
    assert audit().discrepancies == ()


def test_without_a_lane_nobody_helps_out(two: World) -> None:
    """Goods do not go where no way is known."""
    Lane.objects.filter(origin_id=two.branch).delete()
    _sells(two, 0)
    replenish(at=MONDAY, cause=WHO)
    assert Proposal.objects.get(site=two.centre).kind == "purchase"


def test_a_level_at_the_reorder_point_asks_for_nothing(two: World) -> None:
    """Looked at once a week and filled to 15, where 15 are: no order is due, and nobody is asked to help out."""
    StockPolicy.objects.filter(site=two.centre).update(review_minutes=7 * 1440, reorder_point=15, order_up_to=15)
    assert replenish(at=MONDAY, cause=WHO).new == ()
    seen = review_of(at=MONDAY, items=[two.tea], sites=[two.centre])
    assert [each.most for each in seen.positions[0].offers if each.most] == []
