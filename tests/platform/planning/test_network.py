"""The network plan: from facts in the database to proposals in the database, and again after a changed fact."""

from __future__ import annotations

import time

import numpy as np
import pytest
from django.db import transaction

from longshore.catalog.models import Bill, BillLine, Item, Substitute, UnitOfMeasure
from longshore.engine.replenishing.network import columns as c
from longshore.engine.replenishing.network.check import Ordered, check
from longshore.engine.replenishing.network.solve import solve
from longshore.ledger.models import OutboxEvent
from longshore.ordering.operations import NewLine, NewOrder, take_orders
from longshore.planning.models import (
    LoadRule,
    NetworkRun,
    PlannedOrder,
    PriceBreak,
    Proposal,
    Shortage,
    StockPolicy,
    SupplyLimit,
)
from longshore.planning.network_rules import NetworkTerms, build, differing
from longshore.planning.operations import network_storing, replenish
from longshore.planning.operations.network import NotPlannable, open_network, plan_network, refresh_network
from longshore.planning.operations.network_waiting import TELL_SECONDS, patiently
from longshore.planning.queries.network_facts import facts_of
from longshore.planning.queries.network_writing import INDEXES
from longshore.planning.reading import rows
from longshore.project.dispatcher import drain_outbox
from tests.platform.planning.world import MONDAY, WHO, World, days, name

TERMS = NetworkTerms(days=60, release_days=10)


def _by_network(*pairs: tuple[int, int]) -> None:
    for item, site in pairs:
        StockPolicy.objects.filter(item=item, site=site).update(planned_by="network")


def _branch_and_centre(world: World) -> None:
    world.policy(world.tea)
    world.policy(world.tea, site=world.branch, source=world.centre)
    world.expect(world.tea, 4, site=world.branch)
    world.stock(world.tea, 30)
    world.stock(world.tea, 18, shelf=world.branch_shelf)
    _by_network((world.tea, world.centre), (world.tea, world.branch))


def test_a_branch_draws_on_the_centre_and_the_centre_buys(world: World) -> None:
    """Four a day at the branch: its transfers become demand at the centre, whose purchases come in time for them."""
    _branch_and_centre(world)
    receipt = plan_network(at=MONDAY, cause=WHO, terms=TERMS)
    assert (receipt.nodes, receipt.shortages, receipt.unplanned) == (2, 0, 0)
    kinds = set(PlannedOrder.objects.values_list("site_id", "kind"))
    assert kinds == {(world.centre, 0), (world.branch, 1)}
    moved = sum(PlannedOrder.objects.filter(site=world.branch).values_list("qty", flat=True))
    bought = sum(PlannedOrder.objects.filter(site=world.centre).values_list("qty", flat=True))
    assert moved >= 4 * 60 - 18
    assert bought >= moved - 30
    found = {row.site_id: row for row in Proposal.objects.all()}
    assert (found[world.branch].kind, found[world.branch].origin_id) == ("transfer", world.centre)
    assert (found[world.centre].kind, found[world.centre].supplier_id) == ("purchase", world.grower)
    reason = found[world.centre].explanation
    assert (reason["rule"], reason["source"]) == ("network", f"supplier:{world.grower}")
    assert reason["flip"]["more_on_hand"] > 0
    assert reason["runner_up"]["source"] == f"supplier:{world.trader}"
    assert NetworkRun.objects.get().orders == PlannedOrder.objects.count() == receipt.orders


def test_a_second_plan_changes_nothing_and_tells_nobody(world: World) -> None:
    """The same facts give the same proposals, no event, and a review by position leaves them alone."""
    _branch_and_centre(world)
    plan_network(at=MONDAY, cause=WHO, terms=TERMS)
    before = list(Proposal.objects.order_by("id").values_list("id", "qty", "order_at", "state"))
    told = OutboxEvent.objects.count()
    again = plan_network(at=MONDAY, cause=WHO, terms=TERMS)
    assert (again.new, again.updated, again.superseded) == ((), (), ())
    assert replenish(at=MONDAY, cause=WHO).superseded == ()
    assert list(Proposal.objects.order_by("id").values_list("id", "qty", "order_at", "state")) == before
    assert OutboxEvent.objects.count() == told


def test_a_changed_fact_is_replanned_to_what_a_new_plan_gives(world: World) -> None:
    """Stock lost at the centre: the open plan, refreshed for that item-site, equals one made from the database."""
    _branch_and_centre(world)
    terms = NetworkTerms(days=60, release_days=10, keep_days=0)
    network, _receipt = open_network(at=MONDAY, cause=WHO, terms=terms)
    world.lose(world.tea, 25)
    receipt = refresh_network(network, [(world.tea, world.centre)], at=MONDAY, cause=WHO)
    assert receipt.nodes == 1
    fresh = solve(build(facts_of(today=network.today, days=60, keep=False), terms).problem)
    assert np.array_equal(network.plan.orders(), fresh.orders())
    stored = PlannedOrder.objects.order_by("item_id", "site_id", "id").values_list("qty", flat=True)
    assert sorted(stored) == sorted(fresh.orders()[:, c.QTY].tolist())


def test_bills_limits_breaks_and_loads_reach_the_plan(world: World) -> None:
    """A gift set is made of tea and milk: parts are bought, within the supplier's limit, and the check finds no fault."""
    gift = Item.objects.create(code="GIFT", name="Gift", base_unit=UnitOfMeasure.objects.get(code="EA"), unit_cost=2000)
    Bill.objects.create(item=gift, site_id=world.centre, lead_time_minutes=2 * 1440, moq=5)
    BillLine.objects.create(item=gift, component_id=world.tea, numerator=2)
    BillLine.objects.create(item=gift, component_id=world.milk, numerator=1, denominator=2, scrap_bp=1000)
    for item in (gift.pk, world.tea, world.milk):
        world.policy(item)
        _by_network((item, world.centre))
    world.expect(gift.pk, 3)
    SupplyLimit.objects.create(supplier_id=world.grower, period_days=7, most_units=60)
    PriceBreak.objects.create(supplier_id=world.grower, item_id=world.milk, from_qty=30, unit_price=450)
    LoadRule.objects.create(origin_id=world.grower_place, site_id=world.centre, capacity_g=10_000)
    receipt = plan_network(at=MONDAY, cause=WHO, terms=TERMS)
    assert receipt.unplanned == 0
    made = sum(PlannedOrder.objects.filter(item=gift).values_list("qty", flat=True))
    tea = sum(PlannedOrder.objects.filter(item=world.tea).values_list("qty", flat=True))
    assert tea >= 2 * made
    built = build(facts_of(today=MONDAY.date(), days=60, keep=False), TERMS)
    orders = solve(built.problem).orders()
    ordered = Ordered(orders[:, c.ARC], orders[:, c.DAY], orders[:, c.DUE], orders[:, c.QTY])
    assert check(built.problem, ordered, balances=False) == []
    assert Proposal.objects.filter(item=gift, kind="production").exists()


def test_what_nobody_can_bring_is_a_shortage_with_its_day(world: World) -> None:
    """An item without offer and without stock stays open from the first day that asks for it."""
    lone = Item.objects.create(code="LONE", name="Lone", base_unit=UnitOfMeasure.objects.get(code="EA"))
    world.policy(lone.pk)
    world.expect(lone.pk, 1)
    _by_network((lone.pk, world.centre))
    plan_network(at=MONDAY, cause=WHO, terms=TERMS)
    found = Shortage.objects.get()
    assert (found.item_id, found.site_id, found.day, found.why) == (lone.pk, world.centre, MONDAY.date(), 1)


def test_two_items_that_stand_in_for_what_they_are_made_of_are_refused(world: World) -> None:
    """Tea made of milk, and milk that may be replaced by tea, is a ring: refused by name, nothing written."""
    for item in (world.tea, world.milk):
        world.policy(item)
        _by_network((item, world.centre))
    Bill.objects.create(item_id=world.tea, site_id=world.centre, lead_time_minutes=1440)
    BillLine.objects.create(item_id=world.tea, component_id=world.milk, numerator=1)
    Substitute.objects.create(item_id=world.milk, substitute_id=world.tea)
    with pytest.raises(NotPlannable) as refused:
        plan_network(at=MONDAY, cause=WHO, terms=TERMS)
    assert refused.value.code == "network-ring"
    assert PlannedOrder.objects.count() == Proposal.objects.count() == 0


def test_a_plan_of_some_items_takes_along_what_hangs_together(world: World) -> None:
    """Planning tea again touches what is made of tea, not milk; proposals of others stay."""
    world.policy(world.milk)
    world.expect(world.milk, 2)
    _by_network((world.milk, world.centre))
    _branch_and_centre(world)
    plan_network(at=MONDAY, cause=WHO, terms=TERMS)
    world.lose(world.tea, 20)
    receipt = plan_network(at=days(0.1), cause=WHO, terms=TERMS, items=[world.tea])
    assert receipt.nodes == 2
    assert PlannedOrder.objects.filter(item=world.milk).exists()
    assert NetworkRun.objects.count() == 1


def test_a_promise_beyond_the_plan_is_planned_for_at_once(world: World) -> None:
    """What the plan foresaw is promised without a new plan; an order that eats into the safety stock is planned for when it
    is promised, and ten more promises do not plan again."""
    world.policy(world.tea)
    _by_network((world.tea, world.centre))
    world.stock(world.tea, 60)
    world.expect(world.tea, 1)
    plan_network(at=MONDAY, cause=WHO)
    drain_outbox(at=MONDAY)
    assert Proposal.objects.count() == 0
    _promised(world, "A", 3)
    assert Proposal.objects.count() == 0
    _promised(world, "B", 55)
    found = Proposal.objects.get()
    assert (found.kind, found.state, found.explanation["rule"]) == ("purchase", "proposed", "network")
    made = found.made_at
    for n in range(10):
        _promised(world, f"C{n}", 1)
    assert [each.made_at for each in Proposal.objects.all()] == [made]


def _promised(world: World, label: str, qty: int) -> None:
    """An order of the shop, taken and promised, and what follows from it."""
    form = NewOrder(name(label), label, world.shop, days(6), lines=(NewLine(1, world.tea, qty),), received_at=MONDAY)
    take_orders([form], at=MONDAY, cause=WHO)
    drain_outbox(at=MONDAY)


def gifts_of_milk(world: World) -> None:
    """Milk goes into two gifts, one inside the other, and comes, with tea, from a supplier of few in whole loads."""
    piece = UnitOfMeasure.objects.get(code="EA")
    gifts = [
        Item.objects.create(code=f"GIFT-{n}", name=f"Gift {n}", base_unit=piece, unit_cost=2000).pk for n in (1, 2)
    ]
    for n, gift in enumerate(gifts):
        Bill.objects.create(item_id=gift, site_id=world.centre, lead_time_minutes=(1 + n) * 1440, moq=5)
        BillLine.objects.create(item_id=gift, component_id=world.milk, numerator=3, denominator=2, scrap_bp=700)
        world.expect(gift, 2 + n)
    BillLine.objects.create(item_id=gifts[0], component_id=gifts[1], numerator=1)
    for item in (*gifts, world.tea, world.milk):
        world.policy(item)
        _by_network((item, world.centre))
    world.expect(world.tea, 4)
    world.stock(world.milk, 200)
    world.stock(world.tea, 40)
    SupplyLimit.objects.create(supplier_id=world.grower, period_days=7, most_units=40)
    LoadRule.objects.create(origin_id=world.grower_place, site_id=world.centre, capacity_g=10_000)


def test_a_plan_of_some_items_leaves_what_draws_on_them_and_equals_a_plan_of_all(world: World) -> None:
    """After a loss of milk the gifts' orders are counted as they stand, and every order and proposal is the one that a new
    plan of everything makes."""
    gifts_of_milk(world)
    terms = NetworkTerms(days=60, release_days=10, keep_days=0)
    plan_network(at=MONDAY, cause=WHO, terms=terms)
    before = stored_plan()
    world.lose(world.milk, 150)
    receipt = plan_network(at=days(0.1), cause=WHO, terms=terms, items=[world.milk])
    assert receipt.nodes == 2  # milk, and tea that shares the limit
    assert (some := stored_plan()) != before
    plan_network(at=days(0.1), cause=WHO, terms=terms)
    assert stored_plan() == some


def test_what_was_decided_above_is_not_counted_twice(world: World) -> None:
    """A gift's production is approved, and then milk is lost: the gift is planned along, so that its milk is asked for by
    the decision and no longer by the plan."""
    gifts_of_milk(world)
    terms = NetworkTerms(days=60, release_days=20, keep_days=0)
    plan_network(at=MONDAY, cause=WHO, terms=terms)
    decided = Proposal.objects.filter(kind="production", state="proposed")
    assert decided.update(state="approved", decided_by="planner") == 2
    world.lose(world.milk, 150)
    assert plan_network(at=MONDAY, cause=WHO, terms=terms, items=[world.milk]).nodes == 4
    some = stored_plan()
    plan_network(at=MONDAY, cause=WHO, terms=terms)
    assert stored_plan() == some


def test_many_orders_are_written_without_indexes_that_are_there_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan is the same, every index is as it was, and ids go on."""
    gifts_of_milk(world)
    terms = NetworkTerms(days=60, release_days=10, keep_days=0)
    plan_network(at=MONDAY, cause=WHO, terms=terms)
    before, indexes = stored_plan(), rows(INDEXES, {})
    last = PlannedOrder.objects.order_by("-id")[0].pk
    assert len(indexes) == 2
    monkeypatch.setattr(network_storing, "MANY_ORDERS", 0)
    plan_network(at=MONDAY, cause=WHO, terms=terms)
    assert (stored_plan(), rows(INDEXES, {})) == (before, indexes)
    numbers = list(PlannedOrder.objects.order_by("id").values_list("id", flat=True))
    assert numbers[0] > last
    plan_network(at=days(0.1), cause=WHO, terms=terms, items=[world.milk])
    assert len(set(PlannedOrder.objects.values_list("id", flat=True))) == PlannedOrder.objects.count()


def test_who_waits_may_give_up(world: World) -> None:
    """A plan that is given up while it is made leaves the plan before; a statement that runs for long ends at once."""
    gifts_of_milk(world)
    plan_network(at=MONDAY, cause=WHO, terms=TERMS)
    before = stored_plan()
    world.lose(world.milk, 150)

    def enough(*_told: int) -> None:
        raise Enough

    with pytest.raises(Enough):
        plan_network(at=MONDAY, cause=WHO, terms=TERMS, told=enough)
    assert stored_plan() == before
    began = time.monotonic()
    with pytest.raises(Enough), transaction.atomic():
        patiently(lambda: rows("SELECT pg_sleep(20)", {}), enough)
    assert time.monotonic() - began < 10
    assert stored_plan() == before


def test_who_gives_up_between_two_statements_does_not_wait_for_the_second(world: World) -> None:
    """Nothing runs in the database when it is given up; what the work asks next ends at once, too."""

    def work() -> None:
        time.sleep(2 * TELL_SECONDS)
        rows("SELECT pg_sleep(20)", {})

    def enough() -> None:
        raise Enough

    began = time.monotonic()
    with pytest.raises(Enough), transaction.atomic():
        patiently(work, enough)
    assert time.monotonic() - began < 10


class Enough(Exception):
    """Whoever waited has waited long enough."""


def stored_plan() -> list[tuple[object, ...]]:
    """Orders and open proposals as they stand, without their ids."""
    proposals = Proposal.objects.filter(state="proposed").values_list("item", "site", "qty", "kind", "supplier")
    orders = [tuple(row[1:]) for row in PlannedOrder.objects.values_list()]
    return [*sorted(orders), *sorted(proposals, key=str)]


def test_a_row_that_differs_anywhere_among_its_node_s_rows_is_seen() -> None:
    """Of two orders of a node the first is another, the last the same; a node with one row fewer; and two that are equal."""
    node = np.array([0, 0, 1, 2, 2, 3])
    new = np.array([[7, 1], [8, 1], [5, 5], [4, 4], [4, 5], [9, 9]])
    old_node = np.array([-1, 0, 0, 1, 2, 3])
    old = np.array([[1, 1], [6, 1], [8, 1], [5, 5], [4, 4], [9, 9]])
    assert differing(4, (node, new), (old_node, old)).tolist() == [True, False, True, False]
