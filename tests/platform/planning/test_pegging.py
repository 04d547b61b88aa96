"""Pegging: what an order of the plan is for, up to the customer, and what serves a demand, down to the supplier."""

from __future__ import annotations

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client

from longshore.catalog.models import Bill, BillLine, Item, UnitOfMeasure
from longshore.engine.replenishing.network.pegging import Pegging
from longshore.engine.replenishing.network.solve import solve
from longshore.ledger.models import Balance
from longshore.ledger.operations import NewClaim, reserve
from longshore.ordering.models import CustomerOrder, OrderLine
from longshore.ordering.operations import NewLine, NewOrder, take_orders
from longshore.planning.models import PlannedBy, Proposal, StockPolicy
from longshore.planning.network_rules import NetworkTerms, build
from longshore.planning.operations import approve, plan_by, plan_network, reject, release
from longshore.planning.queries import pegging
from longshore.planning.queries.network_facts import Keys, facts_of
from tests.platform.planning.partners import person
from tests.platform.planning.world import MONDAY, WHO, World, days, name

TERMS = NetworkTerms(days=60, release_days=40)
Chain = tuple[World, int, int]


@pytest.fixture
def chain(world: World) -> Chain:
    """Hampers of two gifts, gifts of three teas, made at the centre; hampers sold at the branch, which draws on it."""
    each = UnitOfMeasure.objects.get(code="EA")
    hamper = Item.objects.create(code="HAMPER", name="Hamper", base_unit=each, unit_cost=3000).pk
    gift = Item.objects.create(code="GIFT", name="Gift", base_unit=each, unit_cost=1400).pk
    for item, part, number in ((hamper, gift, 2), (gift, world.tea, 3)):
        Bill.objects.create(item_id=item, site_id=world.centre, lead_time_minutes=1440)
        BillLine.objects.create(item_id=item, component_id=part, numerator=number)
    for item in (hamper, gift, world.tea):
        world.policy(item)
    world.policy(hamper, site=world.branch, source=world.centre)
    StockPolicy.objects.update(safety_stock=0)
    StockPolicy.objects.filter(site=world.branch).update(safety_stock=2)
    world.stock(hamper, 3, shelf=world.branch_shelf)
    world.stock(gift, 4)
    world.stock(world.tea, 10)
    plan_by(PlannedBy.NETWORK, at=MONDAY, cause=WHO)
    order = NewOrder(name("order:1"), "SO-1", "WALK-IN", days(20), (NewLine(1, "HAMPER", "8", "EA"),))
    take_orders([order], at=MONDAY, cause=WHO)
    plan_network(at=MONDAY, cause=WHO, terms=TERMS)
    return world, hamper, gift


Said = list[tuple[int, str, str, str, int]]


def _said(answer: pegging.Answer) -> list[tuple[str, int, Said]]:
    """Each chain: its thing, how much, and its steps as (depth, what, item, site, quantity)."""
    items, sites = answer.items, answer.sites
    return [
        (
            (chain.supply or chain.demand).kind,
            chain.qty,
            [(row.depth, row.what, items[row.at[0]].code, sites[row.at[1]].code, row.qty) for row in chain.rows],
        )
        for chain in answer.chains
    ]


def test_tea_is_followed_through_two_bills_and_a_transfer_to_the_customer(chain: Chain) -> None:
    """Eight hampers ordered at the branch and two to keep, three there: seven move, are made of fourteen gifts, four of them
    there, ten made of thirty teas, ten of them there: the fifty bought serve two of the order and the two kept, thirty none."""
    world, _hamper, _gift = chain
    found = pegging.what_for(world.tea, world.centre, at=MONDAY)
    on_hand = [
        (0, "drawn", "TEA", "CENTRE", 10),
        (1, "drawn", "GIFT", "CENTRE", 3),
        (2, "drawn", "HAMPER", "CENTRE", 1),
        (3, "order", "HAMPER", "BRANCH", 1),
    ]
    bought = [
        (0, "drawn", "TEA", "CENTRE", 20),
        (1, "drawn", "GIFT", "CENTRE", 7),
        (2, "drawn", "HAMPER", "CENTRE", 4),
        (3, "order", "HAMPER", "BRANCH", 2),
        (3, "safety", "HAMPER", "BRANCH", 2),
        (0, "spare", "TEA", "CENTRE", 30),
    ]
    assert _said(found) == [("stock", 10, on_hand), ("planned", 50, bought)]
    order = next(row for row in found.chains[0].rows if row.what == "order")
    assert order.demand is not None
    assert (order.demand.document, order.demand.who, order.first) == ("SO-1", "Walk-in", days(20).date())


def test_an_order_is_followed_down_to_the_supplier(chain: Chain) -> None:
    """Of eight hampers three are there and five move; they are made of four gifts there and six made of tea, ten there and
    eight bought, which come three days late for it; the two kept are served apart."""
    world, hamper, _gift = chain
    order = CustomerOrder.objects.get().pk
    ordered = [
        (0, "stock", "HAMPER", "BRANCH", 3),
        (0, "planned", "HAMPER", "BRANCH", 5),
        (1, "planned", "HAMPER", "CENTRE", 5),
        (2, "stock", "GIFT", "CENTRE", 4),
        (2, "planned", "GIFT", "CENTRE", 6),
        (3, "stock", "TEA", "CENTRE", 10),
        (3, "planned", "TEA", "CENTRE", 8),
    ]
    kept = [
        (0, "planned", "HAMPER", "BRANCH", 2),
        (1, "planned", "HAMPER", "CENTRE", 2),
        (2, "planned", "GIFT", "CENTRE", 4),
        (3, "planned", "TEA", "CENTRE", 12),
    ]
    found = pegging.what_serves_order(order, at=MONDAY)
    assert _said(found) == [("order", 8, ordered)]
    bought = found.chains[0].rows[-1]
    assert bought.supply is not None
    assert (bought.supply.way, bought.supply.source, bought.first) == ("purchase", "Grower", days(3).date())
    assert bought.late
    assert _said(pegging.what_serves(hamper, world.branch, at=MONDAY)) == [("order", 8, ordered), ("safety", 2, kept)]


def test_a_proposal_is_followed_before_and_after_it_is_decided(chain: Chain) -> None:
    """The purchase of tea is the plan's order, with the same chain once approved; a rejected one has none."""
    world, hamper, _gift = chain
    tea = Proposal.objects.get(item=world.tea)
    before = _said(pegging.what_proposal_for(world.tea, world.centre, tea.pk, at=MONDAY))
    assert [(kind, qty) for kind, qty, _steps in before] == [("planned", 50)]
    approve(tea.pk, at=MONDAY, cause=WHO)
    plan_network(at=MONDAY, cause=WHO, terms=TERMS)
    after = _said(pegging.what_proposal_for(world.tea, world.centre, tea.pk, at=MONDAY))
    assert [(kind, qty) for kind, qty, _steps in after] == [("decided", 50)]
    assert after[0][2] == before[0][2]
    moved = Proposal.objects.get(item=hamper, site=world.branch)
    reject(moved.pk, at=MONDAY, cause=WHO)
    found = pegging.what_proposal_for(hamper, world.branch, moved.pk, at=MONDAY)
    assert found.chains == ()


def test_what_is_claimed_stays_with_its_order(chain: Chain) -> None:
    """Stock claimed for a line serves it whatever else waits, and what the plan owes it shrinks."""
    world, hamper, _gift = chain
    line = OrderLine.objects.get()
    shelf = Balance.objects.get(item=hamper, place=world.branch_shelf)
    claim = NewClaim(
        key=name("claim"), demand=f"order-line:{line.pk}", item=hamper, site=world.branch, qty=2, ship_at=days(19),
        due_at=days(20), balance=shelf.pk,
    )  # fmt: skip
    reserve([claim], at=MONDAY, cause=WHO)
    steps = _said(pegging.what_serves_order(line.order_id, at=MONDAY))
    assert steps[0][:2] == ("order", 8)
    assert steps[0][2][:2] == [(0, "stock", "HAMPER", "BRANCH", 3), (0, "planned", "HAMPER", "BRANCH", 5)]


def test_a_transfer_on_its_way_is_followed_through_its_claim(chain: Chain) -> None:
    """Ten hampers come to the centre and seven are sent on: what is claimed there serves the transfer, and that the order
    and the stock to keep; the order is served by the transfer, and that by the centre's shelf."""
    world, hamper, _gift = chain
    world.stock(hamper, 10)
    plan_network(at=MONDAY, cause=WHO, terms=TERMS)
    moved = Proposal.objects.get(item=hamper, site=world.branch, state="proposed")
    release([moved.pk], at=MONDAY, cause=WHO)
    plan_network(at=MONDAY, cause=WHO, terms=TERMS)
    steps = [
        (0, "drawn", "HAMPER", "CENTRE", 7),
        (1, "order", "HAMPER", "BRANCH", 5),
        (1, "safety", "HAMPER", "BRANCH", 2),
        (0, "spare", "HAMPER", "CENTRE", 3),
    ]
    assert _said(pegging.what_for(hamper, world.centre, at=MONDAY)) == [("stock", 10, steps)]
    down = [
        (0, "stock", "HAMPER", "BRANCH", 3),
        (0, "coming", "HAMPER", "BRANCH", 5),
        (1, "stock", "HAMPER", "CENTRE", 5),
    ]
    assert _said(pegging.what_serves_order(CustomerOrder.objects.get().pk, at=MONDAY)) == [("order", 8, down)]
    told = pegging.what_proposal_for(hamper, world.branch, moved.pk, at=MONDAY)
    assert [(chain.supply.kind, chain.qty) for chain in told.chains if chain.supply] == [("coming", 7)]


def test_a_branch_kept_by_its_reorder_point_asks_its_centre(world: World) -> None:
    """Planned by position: what the branch's own stock and proposal do not serve is asked of the centre that feeds it."""
    world.policy(world.tea)
    world.policy(world.tea, site=world.branch, source=world.centre)
    StockPolicy.objects.update(safety_stock=0)
    world.expect(world.tea, 2, site=world.branch)
    world.stock(world.tea, 50)
    world.stock(world.tea, 30, shelf=world.branch_shelf)
    found = _said(pegging.what_for(world.tea, world.centre, at=MONDAY))
    assert found == [("stock", 50, [(0, "forecast", "TEA", "BRANCH", 50)])]
    served = pegging.what_serves(world.tea, world.branch, at=MONDAY)
    steps = [(0, "stock", "TEA", "BRANCH", 30), (0, "stock", "TEA", "CENTRE", 50), (0, "open", "TEA", "BRANCH", 100)]
    assert _said(served) == [("forecast", 180, steps)]
    assert served.chains[0].rows[-1].first == days(40).date()


def test_pegs_are_those_of_the_engine(chain: Chain) -> None:
    """The engine's own pegging of the same problem names the same ends and quantities for the same supplies."""
    world, _hamper, _gift = chain
    built = build(facts_of(today=MONDAY.date(), days=60, keep=False), TERMS)
    plan = solve(built.problem)
    theirs = Pegging(plan)
    tea = int(Keys(built.nodes["item"], built.nodes["site"]).of(np.array([world.tea]), np.array([world.centre]))[0])
    ours = pegging.what_for(world.tea, world.centre, at=MONDAY)
    served = {(chain.supply.kind != "stock", row.what, row.qty) for chain in ours.chains for row in chain.rows
              if chain.supply and row.depth == 0 and row.what != "spare"}  # fmt: skip
    assert served == {(peg.supply == "order", peg.demand, peg.qty) for peg in theirs.of(tea)}


def test_the_page_reads_from_either_end(chain: Chain) -> None:
    """From the plan, the proposal and the order: the page names the order, the supplier and the steps between."""
    world, hamper, _gift = chain
    client = Client()
    client.force_login(User.objects.create_superuser("planner", password="a long pass-phrase"))
    order, proposal = CustomerOrder.objects.get().pk, Proposal.objects.get(item=world.tea).pk
    page = client.get(f"/plan/pegging/?proposal={proposal}").content.decode()
    assert "SO-1" in page
    assert "To make Gift" in page
    page = client.get(f"/plan/pegging/?order={order}", headers={"accept-language": "zh-hans"}).content.decode()
    assert "由什么满足" in page
    assert "Grower" in page
    for address in (
        f"?item={hamper}&site={world.branch}",
        f"?item={hamper}&site={world.branch}&way=for",
        f"?item={hamper}",
    ):
        assert client.get(f"/plan/pegging/{address}").status_code == 200
    for address in ("", "?item=9999", "?order=9999", "?proposal=9999", f"?item={hamper}&site=9999"):
        assert client.get(f"/plan/pegging/{address}").status_code == 404
    assert f"/plan/pegging/?item={hamper}" in client.get(f"/plan/?item={hamper}").content.decode()
    assert f"/plan/pegging/?proposal={proposal}" in client.get(f"/proposals/{proposal}/").content.decode()
    assert f"/plan/pegging/?order={order}" in client.get("/orders/SO-1/").content.decode()


def test_the_same_over_http(chain: Chain) -> None:
    """Chains as JSON, from an item-site, a proposal and an order's number."""
    world, hamper, _gift = chain
    client = Client()
    client.force_login(User.objects.create_superuser("planner", password="a long pass-phrase"))
    base = "/api/planning/network-plan/pegging"
    told = client.get(f"{base}/orders/SO-1").json()["chains"][0]
    assert (told["qty"], told["demand"]["document"]) == (8, "SO-1")
    last = told["steps"][-1]
    assert (last["item_code"], last["qty"], last["depth"], last["supply"]["source"]) == ("TEA", 8, 3, "Grower")
    proposal = Proposal.objects.get(item=world.tea).pk
    assert client.get(f"{base}/proposals/{proposal}").json()["chains"][0]["qty"] == 50
    assert len(client.get(f"{base}/items/{hamper}/sites/{world.branch}").json()["chains"]) == 2
    assert client.get(f"{base}/items/{hamper}/sites/{world.branch}?way=for").status_code == 200
    assert client.get(f"{base}/orders/SO-9").status_code == 404
    assert client.get(f"{base}/proposals/9999").status_code == 404


def test_who_may_not_view_sees_no_pegging(chain: Chain) -> None:
    """Without a login, and with a supplier's or a customer's, neither page nor API tells anything."""
    world, hamper, _gift = chain
    address = f"/plan/pegging/?item={hamper}&site={world.branch}"
    api = f"/api/planning/network-plan/pegging/items/{hamper}/sites/{world.branch}"
    assert Client().get(address).status_code == 302
    assert Client().get(api).status_code == 401
    for partner in (person("GROWER"), person("WALK-IN", "customer")):
        assert partner.get(address).status_code in (302, 403, 404)
        assert partner.get(api).status_code in (403, 404)
