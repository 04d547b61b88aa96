import time, random, cProfile, pstats, os
import pytest
from datetime import timedelta
from tests.platform.storing.floor import *
from tests.platform.storing.floor import Floor
from longshore.catalog.models import Item, UnitOfMeasure
from longshore.ledger.operations import reserve, NewClaim
from longshore.ordering.operations import take_orders, NewOrder, NewLine
from longshore.ordering.models import OrderLine, CustomerOrder
from longshore.shipping.operations import *
from longshore.storing.operations import *


@pytest.mark.django_db
def test_speed():
    f = build()
    each = UnitOfMeasure.objects.get(code="EA")
    N = int(os.environ.get("N", "1000"))
    L = 5
    items = Item.objects.bulk_create(
        [Item(code=f"I{k}", name=f"I{k}", base_unit=each, weight_g=300, volume_cm3=500) for k in range(500)]
    )
    bins = [f.bin_a, f.bin_b]
    post(
        [
            NewPosting(
                name("o", i.pk),
                PostingKind.OPENING,
                MONDAY,
                (Move(Key(i.pk, f.opening, f.owner), Key(i.pk, bins[k % 2], f.owner), 10_000_000),),
            )
            for k, i in enumerate(items)
        ],
        at=MONDAY,
        cause=WHO,
    )
    bal = {b.item_id: b.pk for b in Balance.objects.filter(place_id__in=bins)}
    rnd = random.Random(1)
    forms = [
        NewOrder(
            key=name("ord", n),
            number=f"O{n}",
            customer=f.shop,
            requested_at=hours(12),
            received_at=MONDAY,
            lines=tuple(NewLine(k + 1, it.pk, rnd.randint(1, 12)) for k, it in enumerate(rnd.sample(items, L))),
        )
        for n in range(N)
    ]
    t = time.time()
    take_orders(forms, at=MONDAY, cause=WHO)
    print("take", time.time() - t)
    ls = list(OrderLine.objects.values_list("id", "item_id", "qty"))
    reserve(
        [
            NewClaim(
                key=name("c", a),
                demand=f"order-line:{a}",
                item=b,
                site=f.site,
                qty=q,
                ship_at=hours(11),
                due_at=hours(12),
                balance=bal[b],
            )
            for a, b, q in ls
        ],
        at=MONDAY,
        cause=WHO,
    )
    CustomerOrder.objects.update(state="promised")
    prof = cProfile.Profile() if os.environ.get("PROF") else None
    tot = 0

    def step(label, fn):
        nonlocal tot
        t = time.time()
        if prof:
            prof.enable()
        r = fn()
        if prof:
            prof.disable()
        d = time.time() - t
        tot += d
        print(f"{label:10s} {d * 1e6 / (N * L):8.1f} us/line")
        return r

    w = step("release", lambda: release_wave(key=name("w"), site=f.site, ship_before=hours(48), at=hours(1), cause=WHO))
    assert len(w.tasks) == N * L
    picks = [Picked(t, hours(2)) for t in w.tasks]
    step("pick", lambda: confirm_picks(picks, at=hours(2), cause=WHO))
    step("pack", lambda: pack(site=f.site, at=hours(3), cause=WHO))
    o = step("open", lambda: open_shipments(site=f.site, at=hours(3), cause=WHO))
    step("choose", lambda: choose_carrier(o.shipments, at=hours(3), cause=WHO, own_fleet=False))
    step("hand", lambda: hand_over(o.shipments, at=hours(4), cause=WHO))
    step("deliver", lambda: deliver([Delivered(s, hours(5), "x") for s in o.shipments], at=hours(5), cause=WHO))
    print("TOTAL lines/s", N * L / tot)
    if prof:
        pstats.Stats(prof).sort_stats("tottime").print_stats(25)
    assert CustomerOrder.objects.filter(state="delivered").count() == N
    assert_books_are_clean()
