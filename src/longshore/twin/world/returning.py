"""Customers who send goods back, and the people who look at what came back."""

from __future__ import annotations

from datetime import timedelta

from longshore.catalog.models import TemperatureClass
from longshore.ordering.models import OrderLine
from longshore.returning.models import ReturnLine, ReturnReason
from longshore.returning.operations import Inspected, NewReturn, inspect_return, return_goods
from longshore.twin.world.scene import Scene, Tick

RETURNED_SHARE = 0.006
RETURN_MINUTE = 660  # the rounds that bring things back are in before noon
INSPECT_MINUTE = 930
DAYS_BACK = timedelta(days=1)
REASONS = (ReturnReason.DAMAGED, ReturnReason.WRONG, ReturnReason.UNWANTED)


def step(scene: Scene, tick: Tick) -> None:
    if tick.passes(RETURN_MINUTE) is not None:
        take(scene, tick)
    if tick.passes(INSPECT_MINUTE) is not None:
        inspect(scene, tick)


def take(scene: Scene, tick: Tick) -> None:
    """A few of the lines delivered the day before come back in part."""
    since, until = tick.now - 2 * DAYS_BACK, tick.now - DAYS_BACK
    delivered = (
        OrderLine.objects.filter(order__delivered_at__gt=since, order__delivered_at__lte=until, delivered__gt=0)
        .order_by("id")
        .values_list("id", "order__number", "line", "delivered", "returned", "order__customer__home_site")
    )
    coming = []
    for line, number, row, qty, returned, site in delivered:
        rng = scene.chance("return", number, row)
        luck, share, why = rng.random(3).tolist()
        if luck < RETURNED_SHARE and site is not None and qty > returned:
            part = 1 + int(share * (qty - returned - 1))
            reason = REASONS[int(why * len(REASONS))]
            coming.append(NewReturn(scene.key("return", number, row), line, part, str(reason), site))
    if coming:
        return_goods(coming, at=tick.now, cause=scene.cause("returns"))


def inspect(scene: Scene, tick: Tick) -> None:
    """What never left the cold and is whole goes back on the shelf; medicines that left our hands never do."""
    waiting = ReturnLine.objects.filter(restocked=0, scrapped=0).select_related("order_line__item").order_by("id")
    for row in list(waiting):
        fit = row.reason in (ReturnReason.UNWANTED, ReturnReason.WRONG, ReturnReason.REFUSED)
        fit = fit and row.order_line.item.temperature_class != TemperatureClass.PHARMA
        verdict = Inspected(
            scene.key("inspect", row.key), row.pk, restock=row.qty if fit else 0, scrap=0 if fit else row.qty
        )
        inspect_return(verdict, at=tick.now, cause=scene.cause("returns"))
