"""Write down what the measures are now, so that tomorrow can be compared with today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from longshore.tower.models import KpiPoint
from longshore.tower.operations.telling import tell_live
from longshore.tower.queries import measures_now

EVERY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class MeasuresReceipt:
    """`written` is empty when the last points are younger than a quarter of an hour."""

    written: tuple[str, ...]


@transaction.atomic
def record_measures(*, at: datetime) -> MeasuresReceipt:
    """At most one point of each measure in a quarter of an hour; calling it more often costs one small query."""
    if KpiPoint.objects.filter(at__gt=at - EVERY, at__lte=at).exists():
        return MeasuresReceipt(())
    points = [
        KpiPoint(name=m.name, at=at, value_milli=m.value_milli, population=m.population)
        for m in measures_now(at)
        if m.value_milli is not None
    ]
    KpiPoint.objects.bulk_create(points, ignore_conflicts=True)
    tell_live("kpi", {}, at=at)
    return MeasuresReceipt(tuple(point.name for point in points))
