"""What the story of the short supplier looks at: nothing on the shelf, a proposal with its reason, two suppliers.

Run as a program: `set` sets the scene up, `order` takes and promises three orders, `told` prints what they were promised.
"""

from __future__ import annotations

import json
import sys

PASSWORD = "a-password-for-tests"
WANTED = {"A": 30, "B": 30, "C": 10}


def set_scene() -> None:
    from longshore.planning.operations import replenish
    from longshore.project.people import add_person
    from longshore.project.setting_up import set_up
    from longshore.twin.models import World as Twin
    from tests.platform.planning.world import MONDAY, WHO, build

    set_up()
    world = build()
    for name in ("buyer", "manager"):
        add_person(name=name, role=name, password=PASSWORD)
    add_person(name="gao", role="supplier", password=PASSWORD, partner="GROWER")
    Twin.objects.create(name="demo", kind="demo", now=MONDAY)
    world.policy(world.tea)
    replenish(at=MONDAY, cause=WHO)


def take_orders() -> None:
    from longshore.catalog.models import Item, Partner
    from longshore.ordering.operations import NewLine, NewOrder, promise
    from longshore.ordering.operations import take_orders as take
    from tests.platform.planning.world import MONDAY, WHO, days, name

    tea, shop = Item.objects.get(code="TEA").pk, Partner.objects.get(code="SHOP").pk
    for number, qty in WANTED.items():
        lines = (NewLine(1, tea, qty),)
        form = NewOrder(name(number), number, shop, days(6), lines=lines, received_at=MONDAY)
        promise([take([form], at=MONDAY, cause=WHO).accepted[0].order_id], at=MONDAY, cause=WHO)


def tell() -> None:
    from longshore.ordering.models import OrderLine, PromiseRecord

    told = {
        line.order.number: PromiseRecord.objects.filter(line=line).count()
        for line in OrderLine.objects.select_related("order")
    }
    print(json.dumps(told))


if __name__ == "__main__":
    import django

    django.setup()
    {"set": set_scene, "order": take_orders, "told": tell}[sys.argv[1]]()
