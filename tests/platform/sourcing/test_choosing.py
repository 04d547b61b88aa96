"""From whom to buy: contracts, quotes, the weighed choice, a split, and approval by amount."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group, User

from longshore.catalog.models import SupplierItem
from longshore.ledger.cause import Cause
from longshore.planning.models import PriceBreak, Proposal
from longshore.project.dispatcher import drain_outbox
from longshore.project.roles import ensure_roles
from longshore.sourcing.models import ApprovalLimit, Contract, OrderApproval, PurchaseOrder, Quote
from longshore.sourcing.operations import (
    ApprovalRefused,
    Asked,
    ContractRefused,
    Offered,
    Part,
    Price,
    QuoteRefused,
    SplitRefused,
    Terms,
    Weights,
    answer_quote,
    apply_contracts,
    approve_order,
    ask_quotes,
    award,
    end_contract,
    place_orders,
    put_contract,
    refuse_order,
    set_weights,
    split_proposal,
    weights,
)
from longshore.sourcing.queries import choose, quotes
from tests.platform.planning.world import MONDAY, WHO, World, days, name


def _terms(world: World, **other: object) -> Terms:
    prices = (Price(world.tea, 480), Price(world.tea, 440, 100))
    return replace(Terms("C-1", world.grower, date(2026, 3, 1), date(2026, 3, 31), prices), **other)  # type: ignore[arg-type]


def _proposed(world: World, qty: int = 100) -> int:
    number = world.released(world.tea, qty)
    Proposal.objects.filter(pk=number).update(state="proposed")
    return number


def _person(role: str, login: str) -> Cause:
    ensure_roles()
    user = User.objects.create_user(login)
    user.groups.set(Group.objects.filter(name=role))
    return Cause(actor=login)


def test_a_contract_sets_the_price_replenishment_orders_by(world: World) -> None:
    """While it holds the offer costs 480 and from a hundred 440; ended, the break is gone the day after."""
    receipt = put_contract(_terms(world), at=MONDAY, cause=WHO)
    offer = SupplierItem.objects.get(supplier=world.grower, item=world.tea)
    assert (receipt.prices, receipt.breaks, offer.unit_price) == (1, 1, 480)
    assert list(PriceBreak.objects.values_list("from_qty", "unit_price")) == [(100, 440)]
    end_contract(receipt.contract, on=date(2026, 3, 2), at=MONDAY, cause=WHO)
    assert apply_contracts(day=date(2026, 3, 3)) == (0, 1)
    assert not PriceBreak.objects.exists()


def test_a_contract_for_what_is_not_offered_is_refused(world: World) -> None:
    """The shop supplies nothing; a quantity with two prices is none; nothing is written."""
    with pytest.raises(ContractRefused) as refused:
        put_contract(_terms(world, supplier=world.shop), at=MONDAY, cause=WHO)
    assert refused.value.code == "supplier-does-not-offer"
    with pytest.raises(ContractRefused) as twice:
        put_contract(_terms(world, prices=(Price(world.tea, 1), Price(world.tea, 2))), at=MONDAY, cause=WHO)
    assert twice.value.code == "price-twice"
    assert not Contract.objects.exists()


def test_quotes_are_asked_answered_compared_and_one_wins(world: World) -> None:
    """Two are asked; the trader offers 410 from fifty on; it wins and is what the trader asks from now on."""
    asked = Asked(name("rfq"), world.tea, world.centre, 60, days(10), days(2), (world.grower, world.trader))
    request = ask_quotes(asked, at=MONDAY, cause=WHO)
    assert ask_quotes(asked, at=MONDAY, cause=WHO) == request
    answer_quote(request.request, world.grower, None, at=days(1), cause=WHO)
    offered = Offered(450, 2880, moq=10, multiple=10, breaks=((50, 410),), valid_until=date(2026, 4, 30))
    answer_quote(request.request, world.trader, offered, at=days(1), cause=WHO)
    compared = [(row.supplier, row.state, row.price_for_all, row.value) for row in quotes(request=request.request)]
    assert compared == [(world.trader, "quoted", 410, 24_600), (world.grower, "declined", None, None)]
    award(request.request, world.trader, at=days(1), cause=WHO)
    won = SupplierItem.objects.get(supplier=world.trader, item=world.tea)
    assert (won.unit_price, won.moq, won.multiple, won.lead_time_minutes) == (450, 10, 10, 2880)
    assert PriceBreak.objects.get(supplier=world.trader).unit_price == 410
    with pytest.raises(QuoteRefused):
        answer_quote(request.request, world.grower, offered, at=days(1), cause=WHO)


def test_an_answer_after_the_date_is_refused(world: World) -> None:
    """The quote stays as it was asked."""
    asked = Asked(name("rfq"), world.tea, world.centre, 60, days(10), days(2), (world.trader,))
    request = ask_quotes(asked, at=MONDAY, cause=WHO)
    with pytest.raises(QuoteRefused) as refused:
        answer_quote(request.request, world.trader, Offered(450, 2880), at=days(3), cause=WHO)
    assert refused.value.code == "not-asked"
    assert Quote.objects.get().state == "asked"


def test_an_offer_that_has_ended_cannot_win(world: World) -> None:
    """Valid until the fourth: on the fifth it is refused, and the offer costs what it cost."""
    asked = Asked(name("rfq"), world.tea, world.centre, 60, days(10), days(2), (world.trader,))
    request = ask_quotes(asked, at=MONDAY, cause=WHO).request
    answer_quote(request, world.trader, Offered(450, 2880, valid_until=date(2026, 3, 4)), at=days(1), cause=WHO)
    with pytest.raises(QuoteRefused) as refused:
        award(request, world.trader, at=days(3), cause=WHO)
    assert refused.value.code == "offer-expired"
    assert SupplierItem.objects.get(supplier=world.trader, item=world.tea).unit_price == 560


def test_what_nobody_can_be_asked_or_offer(world: World) -> None:
    """No such site, a lead time of ten thousand years, a price beyond all money: refused by name, nothing written."""
    asked = Asked(name("rfq"), world.tea, 0, 60, days(10), days(2), (world.trader,))
    with pytest.raises(QuoteRefused) as nowhere:
        ask_quotes(asked, at=MONDAY, cause=WHO)
    assert nowhere.value.code == "cannot-ask"
    request = ask_quotes(replace(asked, site=world.centre), at=MONDAY, cause=WHO).request
    for wrong in (Offered(1, 10_000 * 365 * 1440), Offered(10**18, 1440), Offered(1, 1440, breaks=((10**18, 1),))):
        with pytest.raises(QuoteRefused) as unclear:
            answer_quote(request, world.trader, wrong, at=MONDAY, cause=WHO)
        assert unclear.value.code == "offer-unclear"
    assert Quote.objects.get().state == "asked"


def test_a_contract_counts_from_the_first_hour_of_its_day(world: World) -> None:
    """At two in the morning of the third in Shanghai it is still the second in Greenwich; the price is that of the third."""
    put_contract(_terms(world, starts_on=date(2026, 3, 3)), at=MONDAY, cause=WHO)
    offer = SupplierItem.objects.get(supplier=world.grower, item=world.tea)
    assert offer.unit_price == 500
    early = days(1).replace(hour=18) - timedelta(days=1)
    put_contract(_terms(world, code="C-2", starts_on=date(2026, 3, 3)), at=early, cause=WHO)
    offer.refresh_from_db()
    assert offer.unit_price == 480


def test_the_choice_follows_price_and_weights(world: World) -> None:
    """The grower is cheaper and gets it; with a greatest share of sixty per cent the trader gets the rest."""
    whole = choose(world.tea, world.centre, 100, Weights(), at=MONDAY)
    assert {row.code: row.qty for row in whole.rows} == {"GROWER": 100, "TRADER": 0}
    assert dict(whole.parts)["cost"] > 50_000 and whole.flip_supplier == "Grower" and whole.flip_price > 500
    shared = choose(world.tea, world.centre, 100, Weights(max_share=60), at=MONDAY)
    assert {row.code: row.qty for row in shared.rows} == {"GROWER": 60, "TRADER": 40}
    assert choose(world.tea, world.centre, 100, Weights(min_suppliers=3), at=MONDAY).impossible == "shares"


def test_weights_are_kept_and_bad_ones_refused(world: World) -> None:
    """What is set is what is read; a least share above the greatest changes nothing."""
    assert set_weights(Weights(time=300), at=MONDAY, cause=WHO) == Weights()
    assert weights() == Weights(time=300)
    from longshore.sourcing.operations import WeightsRefused

    with pytest.raises(WeightsRefused):
        set_weights(Weights(min_share=60, max_share=50), at=MONDAY, cause=WHO)
    assert weights() == Weights(time=300)


def test_a_proposal_is_split_between_two(world: World) -> None:
    """Sixty from the grower at its contract's price, forty from the trader: two orders, each with its own price."""
    put_contract(_terms(world, prices=(Price(world.tea, 490), Price(world.tea, 470, 50))), at=MONDAY, cause=WHO)
    number = _proposed(world)
    receipt = split_proposal(number, [Part(world.grower, 60), Part(world.trader, 40)], at=MONDAY, cause=WHO)
    assert receipt.proposals[0] == number and receipt.unit_prices == (470, 560)
    drain_outbox(at=MONDAY)
    orders = list(PurchaseOrder.objects.order_by("supplier_id").values_list("supplier_id", "value"))
    assert orders == sorted([(world.grower, 28_200), (world.trader, 22_400)])


def test_a_part_below_the_minimum_splits_nothing(world: World) -> None:
    """Seven from the grower is below its ten: the proposal waits as before; splitting twice is refused, too."""
    number = _proposed(world)
    with pytest.raises(Exception, match="not-orderable"):
        split_proposal(number, [Part(world.trader, 93), Part(world.grower, 7)], at=MONDAY, cause=WHO)
    row = Proposal.objects.get()
    assert (row.state, row.supplier_id, row.qty) == ("proposed", world.grower, 100)
    split_proposal(number, [Part(world.grower, 60), Part(world.trader, 40)], at=MONDAY, cause=WHO)
    with pytest.raises(SplitRefused):
        split_proposal(number, [Part(world.grower, 60), Part(world.trader, 40)], at=MONDAY, cause=WHO)
    assert Proposal.objects.count() == 2


def test_above_the_limit_a_second_person_decides(world: World) -> None:
    """A buyer may order up to 200.00; for 500.00 a manager says yes, not the buyer itself, and only once."""
    ApprovalLimit.objects.bulk_create(
        [ApprovalLimit(role="buyer", most=20_000), ApprovalLimit(role="manager", most=90_000)]
    )
    buyer, manager = _person("buyer", "bea"), _person("manager", "max")
    number = world.released(world.tea, 100)
    Proposal.objects.filter(pk=number).update(decided_by="bea")
    assert place_orders(at=MONDAY, cause=WHO).purchase_orders == ()
    assert place_orders(at=MONDAY, cause=WHO).purchase_orders == ()
    waiting = OrderApproval.objects.get()
    assert (waiting.value, waiting.asked_by) == (50_000, "bea")
    with pytest.raises(ApprovalRefused) as same:
        approve_order(waiting.pk, at=MONDAY, cause=buyer)
    assert same.value.code == "same-person"
    with pytest.raises(ApprovalRefused) as poor:
        approve_order(waiting.pk, at=MONDAY, cause=_person("buyer", "bob"))
    assert poor.value.code == "above-limit"
    assert len(approve_order(waiting.pk, at=MONDAY, cause=manager).purchase_orders) == 1
    with pytest.raises(ApprovalRefused) as late:
        approve_order(waiting.pk, at=MONDAY, cause=manager)
    assert late.value.code == "approval-decided"
    assert PurchaseOrder.objects.count() == 1


def test_below_the_limit_nobody_waits_and_a_refusal_rejects(world: World) -> None:
    """100.00 of a buyer's 200.00 is ordered at once; what a manager refuses is rejected and not ordered."""
    ApprovalLimit.objects.create(role="buyer", most=20_000)
    _person("buyer", "bea")
    small, large = world.released(world.tea, 20), world.released(world.milk, 100, site=world.branch)
    Proposal.objects.update(decided_by="bea")
    assert len(place_orders(at=MONDAY, cause=WHO).purchase_orders) == 1
    refuse_order(OrderApproval.objects.get().pk, at=MONDAY, cause=WHO)
    states = dict(Proposal.objects.values_list("pk", "state"))
    assert states == {small: "released", large: "rejected"}
    assert place_orders(at=MONDAY, cause=WHO).purchase_orders == ()
