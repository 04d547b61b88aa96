"""The numbers of the tower: exact, over a stated population, and equal to the rows they open."""

from __future__ import annotations

from datetime import timedelta

import pytest

from longshore.ordering.models import CustomerOrder, OrderLine
from longshore.planning.models import Proposal
from longshore.shipping.models import Shipment
from longshore.tower import rules, showing
from longshore.tower.queries import measures_now, missed, orders_standing, pipeline
from longshore.tower.queries.pipeline import OPEN_STEPS
from tests.platform.storing.floor import Floor, hours, name

pytestmark = pytest.mark.django_db


def _named(at_hours: float) -> dict[str, tuple[int | None, int, int]]:
    return {m.name: (m.value_milli, m.population, m.second) for m in measures_now(hours(at_hours))}


def _delivered(order: int, at_hours: float, short: int = 0) -> None:
    CustomerOrder.objects.filter(pk=order).update(state="delivered", delivered_at=hours(at_hours))
    for line in OrderLine.objects.filter(order_id=order):
        line.shipped = line.delivered = line.qty - short
        line.save(update_fields=["shipped", "delivered"])


def test_on_time_in_full_counts_every_order_due_once(floor: Floor) -> None:
    """Of four orders due: one whole and in time, one late, one short, one never delivered: 25 % of 4."""
    floor.stock(floor.tea, 100, floor.bin_a)
    orders = [floor.order(f"K-{n}", (floor.tea, 10)) for n in range(4)]
    due = CustomerOrder.objects.get(pk=orders[0]).first_promised_at
    assert due is not None
    in_time = (due - hours(0)) / timedelta(hours=1)
    _delivered(orders[0], in_time - 0.5)
    _delivered(orders[1], in_time + 0.5)
    _delivered(orders[2], in_time - 0.5, short=1)
    at = in_time + 6
    assert _named(at)["otif"] == (25_000, 4, 3)
    assert {row.number for row in missed("otif", hours(at))} == {"K-1", "K-2", "K-3"}


def test_on_time_shipping_counts_what_customers_were_told(floor: Floor) -> None:
    """Of two shipments to customers one left in time: 50 % of 2. A transfer that left late counts for nothing."""
    floor.stock(floor.tea, 100, floor.bin_a)
    orders = [floor.order(f"H-{n}", (floor.tea, 10)) for n in range(2)]
    transfer = Proposal.objects.create(
        key=name("proposal"), kind="transfer", state="released", item_id=floor.tea, site_id=floor.other,
        origin_id=floor.site, qty=10, proposed_qty=10, order_at=hours(0), due_at=hours(12), made_at=hours(0),
    )  # fmt: skip
    for number, order, left in (("SH-1", orders[0], 2), ("SH-2", orders[1], 4), ("SH-3", None, 4)):
        Shipment.objects.create(
            key=name(number), number=number, order_id=order, transfer=None if order else transfer, site_id=floor.site,
            ship_to_id=floor.shop_place if order else floor.other, state="in_transit", departed_at=hours(left),
            ship_by=hours(3), due_at=hours(9), created_at=hours(1),
        )  # fmt: skip
    assert _named(6)["on_time_shipping"] == (50_000, 2, 1)
    assert [row.number for row in missed("on_time_shipping", hours(6))] == ["SH-2"]


def test_nothing_due_is_not_a_hundred_percent(floor: Floor) -> None:
    """Without a population there is no number, and the tile says so instead of inventing one."""
    assert _named(1)["otif"] == (None, 0, 0)
    (tile,) = [tile for tile in showing.tiles(measures_now(hours(1))) if tile.name == "otif"]
    assert (tile.value, tile.unit, tile.state) == ("–", "", "ok")


def test_at_risk_opens_the_rows_it_counts(floor: Floor) -> None:
    """The tile, the pipeline and the list behind them share one definition of late and at risk."""
    floor.stock(floor.tea, 100, floor.bin_a)
    first, second = floor.order("R-1", (floor.tea, 10)), floor.order("R-2", (floor.tea, 20))
    due = CustomerOrder.objects.get(pk=first).first_promised_at
    CustomerOrder.objects.filter(pk=second).update(promised_at=due + timedelta(hours=5))  # type: ignore[operator]
    at = (due - hours(0)) / timedelta(hours=1) + 1  # type: ignore[operator]
    CustomerOrder.objects.filter(pk=second).update(first_promised_at=due + timedelta(hours=2))  # type: ignore[operator]
    count, _population, money = _named(at)["orders_at_risk"]
    assert (count, money) == (2000, 30 * 900)
    rows = orders_standing(hours(at), ("late", "risk"), OPEN_STEPS)
    assert [(row.number, row.standing) for row in rows] == [("R-1", "late"), ("R-2", "risk")]
    steps = {step.state: (step.orders, step.late, step.risk) for step in pipeline(hours(at))}
    assert steps["promised"] == (2, 1, 1)


def test_inventory_value_is_the_ledger_at_standard_cost(floor: Floor) -> None:
    """Ten tea at 5.00 on a shelf are 50.00; what the opening place gave does not count against it."""
    from longshore.catalog.models import Item

    Item.objects.filter(pk=floor.tea).update(unit_cost=500)
    floor.stock(floor.tea, 10, floor.bin_a)
    assert _named(1)["inventory_value"] == (5_000_000, 1, 0)


def test_cover_bands_and_truck_states() -> None:
    """Out, low, fine, over; late before behind plan before in time, and not heard of is a state of its own."""
    assert [rules.cover_band(t) for t in (0, 19, 20, 39, 40, 450, 451)] == [
        "out", "out", "low", "low", "fine", "fine", "over",
    ]  # fmt: skip
    now = hours(1)
    assert rules.truck_state(5, 30, now, now) == "late"
    assert rules.truck_state(0, 16, now, now) == "risk"
    assert rules.truck_state(-10, 15, now, now) == "ok"
    assert rules.truck_state(5, 30, now - timedelta(minutes=21), now) == "idle"
    assert rules.truck_state(0, 0, None, now) == "idle"
