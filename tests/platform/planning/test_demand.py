"""Demand is recounted from the orders and belongs to the site that is asked, on its own day."""

from __future__ import annotations

from datetime import UTC, date, datetime

from longshore.catalog.models import UnitOfMeasure
from longshore.ordering.models import CustomerOrder, OrderLine
from longshore.planning.models import DemandDay
from longshore.planning.operations import HistoryDay, put_history, record_demand
from tests.platform.planning.world import MONDAY, World, days, name


def _order(world: World, number: str, customer: int, *lines: tuple[int, int], at: datetime = MONDAY) -> int:
    each = UnitOfMeasure.objects.get(code="EA")
    from longshore.catalog.models import Partner

    order = CustomerOrder.objects.create(
        key=name(number),
        number=number,
        customer_id=customer,
        ship_to_id=Partner.objects.get(pk=customer).place_id,
        received_at=at,
        requested_at=days(2),
    )
    OrderLine.objects.bulk_create(
        OrderLine(order=order, line=n, item_id=item, qty=qty, entered_qty=str(qty), entered_unit=each)
        for n, (item, qty) in enumerate(lines, 1)
    )
    return order.pk


def _days(world: World) -> list[tuple[int, int, date, int, int]]:
    return list(DemandDay.objects.order_by("item", "site", "day").values_list("item", "site", "day", "qty", "lines"))


def test_orders_of_a_day_add_up_at_the_usual_or_nearest_site(world: World) -> None:
    """The shop's demand goes to its usual site, the walk-in's to the nearest one."""
    first = _order(world, "A", world.shop, (world.tea, 4), (world.milk, 2))
    second = _order(world, "B", world.shop, (world.tea, 3))
    third = _order(world, "C", world.walk_in, (world.tea, 7))
    record_demand([first, second, third])
    day = date(2026, 3, 2)
    assert _days(world) == [
        (world.tea, world.centre, day, 7, 2),
        (world.tea, world.branch, day, 7, 1),
        (world.milk, world.centre, day, 2, 1),
    ]


def test_hearing_an_order_twice_changes_nothing(world: World) -> None:
    """The same event told again leaves the same numbers and touches no row."""
    order = _order(world, "A", world.shop, (world.tea, 4))
    assert record_demand([order]).days_changed == 1
    before = _days(world)
    assert record_demand([order]).days_changed == 0
    assert _days(world) == before


def test_a_cancelled_line_is_no_longer_wanted(world: World) -> None:
    """What was cancelled leaves the day, and zero is a value."""
    order = _order(world, "A", world.shop, (world.tea, 4))
    record_demand([order])
    OrderLine.objects.filter(order=order).update(cancelled=4)
    record_demand([order])
    assert _days(world) == [(world.tea, world.centre, date(2026, 3, 2), 0, 0)]


def test_the_day_is_the_sites_own(world: World) -> None:
    """20:00 UTC on Monday is Tuesday in Shanghai; an order of one day does not disturb the other."""
    monday = _order(world, "A", world.shop, (world.tea, 4))
    tuesday = _order(world, "B", world.shop, (world.tea, 5), at=datetime(2026, 3, 2, 20, tzinfo=UTC))
    record_demand([monday])
    record_demand([tuesday])
    assert [(row[2], row[3]) for row in _days(world)] == [(date(2026, 3, 2), 4), (date(2026, 3, 3), 5)]


def test_history_from_elsewhere_is_taken_row_by_row(world: World) -> None:
    """Right rows are written, wrong ones come back with row, field and remedy."""
    day = date(2026, 2, 1)
    rows = [
        HistoryDay(world.tea, world.centre, day, 6),
        HistoryDay(world.tea, world.shelf, day, 6),
        HistoryDay(world.tea, world.centre, date(2026, 2, 2), -1),
    ]
    receipt = put_history(rows)
    assert receipt.accepted == 1
    assert [(row.row, row.field, row.code) for row in receipt.rejected] == [
        (2, "site", "bad-site"),
        (3, "qty", "bad-qty"),
    ]
    assert _days(world) == [(world.tea, world.centre, day, 6, 1)]
