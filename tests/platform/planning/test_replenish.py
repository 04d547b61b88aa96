"""Reviews: what falls below its policy is proposed at once, and only once, with a reason that can be checked."""

from __future__ import annotations

from datetime import date
from typing import Any

from longshore.ledger.models import Claim, OutboxEvent, PlannedFlow
from longshore.ledger.operations import NewFlow, plan_flows
from longshore.planning import rules
from longshore.planning.models import Proposal
from longshore.planning.operations import approve, reject, release, replenish
from longshore.project.dispatcher import drain_outbox
from longshore.sourcing.models import PurchaseOrder
from tests.platform.planning.world import MONDAY, WHO, World, days, name


def _state() -> list[Any]:
    return list(
        Proposal.objects.order_by("id").values_list("id", "state", "qty", "supplier_id", "order_at", "explanation")
    )


def test_stock_below_policy_proposes_supply_at_once(world: World) -> None:
    """A posting that takes stock from 30 to 15, reorder point 20, leads to a proposal when it is told, not at night."""
    world.policy(world.tea)
    world.expect(world.tea, 2)
    world.stock(world.tea, 30)
    drain_outbox(at=MONDAY)
    assert Proposal.objects.count() == 0
    world.lose(world.tea, 15)
    drain_outbox(at=MONDAY)
    found = Proposal.objects.get()
    assert (found.state, found.item_id, found.site_id, found.kind, found.qty) == (
        "proposed", world.tea, world.centre, "purchase", 50,
    )  # fmt: skip
    assert found.explanation["position"] == 15
    assert found.due_at > found.order_at


def test_a_second_review_changes_nothing(world: World) -> None:
    """The same question an hour later leaves every proposal as it is and tells nobody anything."""
    world.policy(world.tea)
    world.policy(world.milk)
    world.expect(world.tea, 2)
    world.stock(world.tea, 5)
    first = replenish(at=MONDAY, cause=WHO)
    assert len(first.new) == 2
    before, told = _state(), OutboxEvent.objects.count()
    second = replenish(at=days(1 / 24), cause=WHO)
    assert (second.new, second.updated, second.superseded) == ((), (), ())
    assert (_state(), OutboxEvent.objects.count()) == (before, told)


def test_what_comes_counts_and_what_is_claimed_does_not(world: World) -> None:
    """Inbound of 30 lifts the position above the policy and withdraws the proposal; a later need proposes again."""
    world.policy(world.tea)
    world.stock(world.tea, 10)
    proposed = replenish(at=MONDAY, cause=WHO).new
    flow = NewFlow(name("f"), "purchase", world.tea, world.grower_place, world.centre, 30, MONDAY, days(1), "by-hand")
    plan_flows([flow], at=MONDAY, cause=WHO)
    receipt = replenish(at=MONDAY, cause=WHO)
    assert (receipt.superseded, receipt.new) == (proposed, ())
    world.lose(world.tea, 10)
    world.stock(world.milk, 1)
    PlannedFlow.objects.update(qty=5)
    again = replenish(at=MONDAY, cause=WHO)
    assert len(again.new) == 1
    assert Proposal.objects.get(pk=again.new[0]).explanation["position"] == 5


def test_the_stored_inputs_give_the_same_decision_and_the_flip_flips_it(world: World) -> None:
    """Recomputed from what is stored: the same; with the stated flips: nothing, or the runner-up."""
    world.policy(world.tea)
    world.expect(world.tea, 3)
    world.stock(world.tea, 12)
    replenish(at=MONDAY, cause=WHO)
    reason = Proposal.objects.get().explanation
    again = rules.decide_again(reason["inputs"])
    assert again is not None
    assert again.explanation == reason
    more = reason["flip"]["more_on_hand"]
    assert more > 0
    assert rules.decide_again(reason["inputs"], on_hand=reason["inputs"]["on_hand"] + more) is None
    assert rules.decide_again(reason["inputs"], on_hand=reason["inputs"]["on_hand"] + more - 1) is not None
    assert reason["runner_up"]["source"] != reason["source"]
    dearer = [dict(offer) for offer in reason["inputs"]["offers"]]
    for offer in dearer:
        if offer["source"] == reason["source"]:
            offer["price_milli"] = reason["flip"]["price_milli"]
    flipped = rules.decide_again({**reason["inputs"], "offers": dearer})
    assert flipped is not None
    assert flipped.offer.source == reason["runner_up"]["source"]


def test_the_suppliers_terms_are_kept(world: World) -> None:
    """Quantities are at least the least order and whole multiples; due is the order date plus the lead time."""
    world.policy(world.tea)
    world.stock(world.tea, 3)
    replenish(at=MONDAY, cause=WHO)
    found = Proposal.objects.get()
    offer = next(o for o in found.explanation["inputs"]["offers"] if o["source"] == found.explanation["source"])
    assert found.qty >= offer["moq"]
    assert found.qty % offer["multiple"] == 0
    assert (found.due_at - found.order_at).total_seconds() == offer["lead_minutes"] * 60
    assert found.unit_price * 1000 == offer["price_milli"]


def test_holidays_of_the_supplier_are_not_order_days(world: World) -> None:
    """Wednesday is a holiday and Saturday no working day of the trader: orders wait for the next open day."""
    offer = rules.Offer("supplier:1", 1000, 1, 1, 1440, 0b0011111, 0, (rules.epoch_day(date(2026, 3, 4)),))
    wednesday, saturday = rules.epoch_day(date(2026, 3, 4)), rules.epoch_day(date(2026, 3, 7))
    assert rules.day_of(rules.first_open_day(wednesday, offer)) == date(2026, 3, 5)
    assert rules.day_of(rules.first_open_day(saturday, offer)) == date(2026, 3, 9)


def test_an_automatic_policy_orders_by_itself(world: World) -> None:
    """Below policy: released at once, the purchase order stands when the events are told; nothing is ordered twice."""
    world.policy(world.tea, automatic=True)
    world.stock(world.tea, 5)
    drain_outbox(at=MONDAY)
    found = Proposal.objects.get()
    order = PurchaseOrder.objects.get()
    assert (found.state, found.flow_id) == ("released", order.lines.get().flow_id)
    assert order.lines.get().qty == found.qty
    replenish(at=MONDAY, cause=WHO)
    drain_outbox(at=MONDAY)
    assert (Proposal.objects.count(), PurchaseOrder.objects.count()) == (1, 1)


def test_between_release_and_order_nothing_is_proposed_again(world: World) -> None:
    """A released proposal counts as supply before its purchase order is written."""
    world.policy(world.tea)
    world.stock(world.tea, 5)
    number = replenish(at=MONDAY, cause=WHO).new[0]
    release([number], at=MONDAY, cause=WHO)
    assert replenish(at=MONDAY, cause=WHO).new == ()


def test_a_branch_is_fed_by_transfer(world: World) -> None:
    """The branch's need becomes a transfer: a planned flow, and a soft claim on the centre's stock."""
    world.policy(world.tea, site=world.branch, source=world.centre, automatic=True)
    world.stock(world.tea, 200)
    receipt = replenish(at=MONDAY, cause=WHO)
    found = Proposal.objects.get(pk=receipt.released[0])
    claim = Claim.objects.get()
    flow = PlannedFlow.objects.get()
    assert (found.kind, found.origin_id, found.site_id, found.state) == (
        "transfer", world.centre, world.branch, "released",
    )  # fmt: skip
    assert (claim.demand, claim.qty, claim.hard, claim.site_id) == (
        f"transfer:{found.pk}",
        found.qty,
        False,
        world.centre,
    )
    assert (flow.kind, flow.qty, flow.source_id, flow.target_id, flow.document) == (
        "transfer", found.qty, world.centre, world.branch, f"transfer:{found.pk}",
    )  # fmt: skip
    assert found.flow_id == flow.pk
    assert replenish(at=MONDAY, cause=WHO).new == ()


def test_a_transfer_takes_what_the_source_has(world: World) -> None:
    """With 20 at the centre and 50 wanted, 20 go and the reason says why; with nothing there, the approval waits."""
    world.policy(world.tea, site=world.branch, source=world.centre)
    number = replenish(at=MONDAY, cause=WHO).new[0]
    waiting = approve(number, at=MONDAY, cause=WHO)
    assert (waiting.state, Claim.objects.count()) == ("approved", 0)
    assert replenish(at=MONDAY, cause=WHO).new == ()
    world.stock(world.tea, 20)
    receipt = replenish(at=MONDAY, cause=WHO)
    found = Proposal.objects.get(pk=number)
    assert receipt.released == (number,)
    assert (found.state, found.qty, found.explanation["binding"]) == ("released", 20, "source-stock")
    assert Claim.objects.get().qty == 20


def test_the_source_covers_the_sites_it_feeds(world: World) -> None:
    """The centre is reviewed against its own demand and the branch's together."""
    world.policy(world.tea)
    world.policy(world.tea, site=world.branch, source=world.centre)
    world.expect(world.tea, 2)
    world.expect(world.tea, 3, site=world.branch)
    replenish(at=MONDAY, cause=WHO)
    inputs = Proposal.objects.get(site=world.centre).explanation["inputs"]
    assert set(inputs["forecast_milli"]) == {5000}


def test_a_rejected_need_rests_for_a_day(world: World) -> None:
    """After a rejection the same need is not proposed again until the next day."""
    world.policy(world.tea)
    world.stock(world.tea, 15)
    number = replenish(at=MONDAY, cause=WHO).new[0]
    reject(number, at=MONDAY, cause=WHO, note="too much already")
    assert replenish(at=days(0.5), cause=WHO).new == ()
    assert len(replenish(at=days(1.5), cause=WHO).new) == 1


def test_an_item_nobody_sells_is_reported(world: World) -> None:
    """Below policy without an offer: no proposal, but named."""
    from longshore.catalog.models import SupplierItem

    SupplierItem.objects.all().delete()
    world.policy(world.tea)
    receipt = replenish(at=MONDAY, cause=WHO)
    assert (receipt.new, receipt.unmet) == ((), ((world.tea, world.centre),))
