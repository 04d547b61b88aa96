"""The demo company for some simulated days, through the production code, without a browser."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from longshore.catalog.models import Item
from longshore.ledger.cause import Cause
from longshore.ledger.wire import note_sizes
from longshore.planning.models import PlannedBy
from longshore.planning.operations import make_forecasts, plan_by, plan_network, replenish, set_policies
from longshore.twin.company.generate import Company, make_company
from longshore.twin.company.loading import load_company
from longshore.twin.world.measuring import measure
from longshore.twin.world.scene import Drain, Scene, at_minute, sites_by_code
from longshore.twin.world.world import World

# A Monday in spring, far from holidays, so that two runs on different days print the same.
FIRST_DAY = date(2026, 3, 9)
BY_NETWORK = frozenset({"bakery"})  # families planned day by day over their plant and the centres it feeds
Told = Callable[[str], None]


def drain() -> Drain:
    """How the outbox is told here: the dispatcher stands above us in the map, so settings name it."""
    run: Any = import_string(settings.LONGSHORE_DRAIN)
    return lambda at: run(at=at)


def open_company(seed: int, first_day: date, *, progress: Told, living: bool = False) -> tuple[Company, Scene]:
    """Generate and import the company as it stands on the morning of `first_day`, and plan for the first time."""
    progress("inventing the company …")
    company = make_company(seed, first_day)
    morning = at_minute(first_day, 0)
    with tempfile.TemporaryDirectory(prefix="longshore-company-") as folder:
        load_company(company, Path(folder), at=morning, progress=progress)
    note_sizes()
    scene = scene_of(company, living=living)
    scene.drain(morning)
    progress("planning for the first time …")
    cause = Cause("night plan", "set-up")
    make_forecasts(at=morning, cause=cause)
    set_policies(at=morning, cause=cause)
    planned = [goods.code for goods in company.goods if goods.family in BY_NETWORK]
    items = list(Item.objects.filter(code__in=planned).order_by("id").values_list("id", flat=True))
    plan_by(PlannedBy.NETWORK, at=morning, cause=cause, items=items)
    plan_network(at=morning, cause=cause)
    replenish(at=morning, cause=cause)
    note_sizes()
    scene.drain(morning)
    return company, scene


def scene_of(company: Company, *, living: bool = False) -> Scene:
    return Scene(company.seed, company.demand, sites_by_code(), drain(), living)


def run_demo(*, days: int, seed: int, progress: Told) -> dict[str, Any]:
    """The report of `days` simulated days; the same for the same seed, whenever and wherever it runs."""
    _company, scene = open_company(seed, FIRST_DAY, progress=progress)
    since = at_minute(FIRST_DAY, 0)
    until = since + timedelta(days=days)
    World(scene).run(since, until, told=_daily(since, progress))
    progress("auditing …")
    return {
        "seed": seed,
        "days": days,
        "from": FIRST_DAY.isoformat(),
        "company": {"items": len(_company.goods), "customers": len(_company.network.customers)},
        **measure(since, until),
    }


def _daily(since: datetime, progress: Told) -> Callable[[datetime], None]:
    def told(now: datetime) -> None:
        if (now - since) % timedelta(days=1) == timedelta():
            progress(f"day {(now - since).days} is over")

    return told
