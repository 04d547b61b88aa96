"""What the story of the spike looks at: ten tea a day from one warehouse, two suppliers, a second warehouse.

Run as a program: `set` sets the scene up, `spike` lets fifty orders come in, `back` brings tea that nobody there wants to the
second warehouse, `told` prints what the orders were promised, `proposed` what is proposed.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta

PASSWORD = "a-password-for-tests"
ORDERS, EACH = 50, 6
WEEKS = 8
IN_STOCK, ELSEWHERE = 150, 160


def set_scene() -> None:
    from longshore.catalog.models import Item, Lane, Partner
    from longshore.planning.models import Proposal
    from longshore.planning.operations import (
        HistoryDay,
        NewPolicy,
        make_forecasts,
        put_history,
        put_policies,
        replenish,
        set_policies,
    )
    from longshore.project.dispatcher import drain_outbox
    from longshore.project.people import add_person
    from longshore.project.setting_up import set_up
    from longshore.twin.models import World as Twin
    from tests.platform.planning.world import MONDAY, WHO, build

    set_up()
    world = build()
    for name in ("buyer", "manager"):
        add_person(name=name, role=name, password=PASSWORD)
    add_person(name="gao", role="supplier", password=PASSWORD, partner="TRADER")
    Twin.objects.create(name="demo", kind="demo", now=MONDAY)
    Item.objects.filter(code="TEA").update(name_zh="茶叶")
    Partner.objects.filter(code="TRADER").update(name_zh="茶商")
    Lane.objects.create(origin_id=world.branch, destination_id=world.centre, transit_minutes=600, fixed_cost=500)
    today = MONDAY.date()
    past = [today - timedelta(days=n) for n in range(1, 7 * WEEKS + 1)]
    put_history([HistoryDay(world.tea, world.centre, day, 9 + day.day % 3) for day in past])
    by_hand = NewPolicy(
        item=world.tea, site=world.branch, safety_stock=0, reorder_point=0, order_qty=50, order_up_to=10
    )
    put_policies([by_hand], at=MONDAY, cause=WHO)
    make_forecasts(at=MONDAY, cause=WHO)
    set_policies(at=MONDAY, cause=WHO)
    world.stock(world.tea, IN_STOCK)
    replenish(at=MONDAY, cause=WHO)
    drain_outbox(at=MONDAY)
    assert not Proposal.objects.exists()


def take_orders() -> None:
    """Fifty orders of the shop, one after the other, within the hour."""
    from longshore.catalog.models import Item, Partner
    from longshore.ordering.operations import NewLine, NewOrder
    from longshore.ordering.operations import take_orders as take
    from tests.platform.planning.world import MONDAY, WHO, days, name

    tea, shop = Item.objects.get(code="TEA").pk, Partner.objects.get(code="SHOP").pk
    lines = (NewLine(1, tea, EACH),)
    forms = [
        NewOrder(name(f"spike {n}"), f"S-{n:02}", shop, days(9), lines=lines, received_at=MONDAY) for n in range(ORDERS)
    ]
    take(forms, at=MONDAY, cause=WHO)  # in one go: the worker must not count while some of them are still to come


def bring_back() -> None:
    """What a fair did not sell is put on the branch's shelf."""
    from uuid import uuid4

    from longshore.catalog.models import Item, Partner, Place
    from longshore.ledger.models import PostingKind
    from longshore.ledger.operations import Key, Move, NewPosting, post
    from tests.platform.planning.world import MONDAY, WHO

    tea, owner = Item.objects.get(code="TEA").pk, Partner.objects.get(code="SELF").pk
    fair, shelf = (Place.objects.get(code=code).pk for code in ("OPENING", "B-01"))
    move = Move(Key(tea, fair, owner), Key(tea, shelf, owner), ELSEWHERE)
    post([NewPosting(uuid4(), PostingKind.OPENING, MONDAY, (move,))], at=MONDAY, cause=WHO)


def tell() -> None:
    from longshore.ordering.models import OrderLine, PromiseRecord

    told = {
        line.order.number: PromiseRecord.objects.filter(line=line).count()
        for line in OrderLine.objects.select_related("order")
    }
    print(json.dumps(told))


def tell_proposals() -> None:
    from longshore.planning.models import Proposal

    names = ("id", "state", "kind", "qty", "origin__code", "supplier__code", "site__code")
    print(json.dumps(list(Proposal.objects.order_by("id").values(*names))))


if __name__ == "__main__":
    import django

    django.setup()
    {"set": set_scene, "spike": take_orders, "back": bring_back, "told": tell, "proposed": tell_proposals}[
        sys.argv[1]
    ]()
