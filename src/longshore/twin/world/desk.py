"""The customers and the order desk: orders come in (the reactors promise them), some are urgent, some are cancelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from longshore.ordering.models import CustomerOrder, OrderState
from longshore.ordering.operations import NewLine, NewOrder, cancel_order, insert_urgent, take_orders
from longshore.twin.company.demand import DayOrder
from longshore.twin.world.scene import Book, Scene, Tick

URGENT = 1
CANCELLED_SHARE = 0.015
CHANGES_OF_MIND = timedelta(hours=5)
STILL_OPEN = (OrderState.NEW, OrderState.PROMISED)


def step(scene: Scene, book: Book, tick: Tick) -> None:
    orders = [(order, number_of(order)) for order in _between(book, tick)]
    if orders:
        _take(scene, orders, tick.now)
    cancel(scene, book, tick)


def number_of(order: DayOrder) -> str:
    return f"SO{order.received_at:%y%m%d}-{order.number:03d}"


def _between(book: Book, tick: Tick) -> Iterator[DayOrder]:
    for day in tick.days():
        yield from (order for order in book.of(day) if tick.covers(order.received_at))


def _take(scene: Scene, orders: Sequence[tuple[DayOrder, str]], now: datetime) -> None:
    receipt = take_orders(
        [_new(scene, order, number) for order, number in orders], at=now, cause=scene.cause("customers")
    )
    urgent = {number for order, number in orders if order.priority == URGENT}
    for taken in receipt.accepted:
        if taken.number in urgent:
            insert_urgent(taken.order_id, at=now, cause=scene.cause("order desk"))


def _new(scene: Scene, order: DayOrder, number: str) -> NewOrder:
    return NewOrder(
        key=scene.key("order", number),
        number=number,
        customer=order.customer.code,
        requested_at=order.requested_at,
        received_at=order.received_at,
        channel=order.channel,
        priority=order.priority,
        ship_complete=order.complete,
        lines=tuple(
            NewLine(line, wanted.goods.code, wanted.quantity, wanted.unit) for line, wanted in enumerate(order.lines, 1)
        ),
    )


def cancel(scene: Scene, book: Book, tick: Tick) -> None:
    """Some customers change their mind within hours; what is already on the floor is delivered all the same."""
    numbers = []
    days = (tick.days()[0] - timedelta(days=1), *tick.days())
    for order in (order for day in days for order in book.of(day)):
        if not tick.since - CHANGES_OF_MIND < order.received_at <= tick.now:
            continue
        number = number_of(order)
        luck, delay = scene.chance("cancel", number).random(2).tolist()
        if luck < CANCELLED_SHARE and tick.covers(order.received_at + CHANGES_OF_MIND * delay):
            numbers.append(number)
    if not numbers:
        return
    still_open = CustomerOrder.objects.filter(number__in=numbers, state__in=STILL_OPEN).order_by("id")
    for pk in still_open.values_list("id", flat=True):
        cancel_order(pk, at=tick.now, cause=scene.cause("customers"))
