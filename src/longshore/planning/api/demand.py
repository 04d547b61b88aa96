"""Demand, what shapes it, forecast runs and their error over HTTP. Everything the pages can do."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest
from ninja import Query, Router, Schema

from longshore.planning import operations, queries
from longshore.planning.api.plans import asked_by, now
from longshore.planning.models import DemandOverride, ItemLife, Promotion, SignalDay
from longshore.planning.queries import accuracy, demand_history, hierarchy, policy_curve
from longshore.planning.tasks import carry_out_forecast_run

router = Router()


class NodeIn(Schema):
    """An item or a family or neither; a site or a region or neither."""

    item: int | None = None
    family: str = ""
    site: int | None = None
    region: str = ""


class MarkIn(Schema):
    """Kind: one-off, outlier, stock-out, or keep. Without `counts_as` what is usual there counts."""

    item: int
    site: int
    day: date
    kind: str
    note: str
    counts_as: int | None = None


class PromotionIn(Schema):
    code: str
    name: str = ""
    starts_on: date
    ends_on: date
    item: int | None = None
    family: str = ""
    site: int | None = None
    uplift_bp: int | None = None
    price: int | None = None


class SignalIn(Schema):
    """A day of an outside series; without site it holds everywhere. Kind: weather, market, competitor, other."""

    signal: str
    day: date
    value_milli: int
    site: int | None = None
    kind: str = "other"


class LifeIn(Schema):
    analogue: int | None = None
    share_bp: int = 10_000
    launched_on: date | None = None
    ends_on: date | None = None
    fade_days: int = 0


class OverrideIn(Schema):
    """Kind: set or add (whole units over all days), percent (basis points). The same `key` does it once."""

    key: UUID | None = None
    node: NodeIn = NodeIn()
    starts_on: date
    ends_on: date
    kind: str
    amount: int
    reason: str
    expires_on: date | None = None


class RunIn(Schema):
    """`items` none: everything. `thorough` none: the slow methods, too, where there are few series."""

    key: UUID | None = None
    items: list[int] | None = None
    thorough: bool | None = None


def _today(request: HttpRequest) -> date:
    return operations.company_today(now(request))


def _asked(request: HttpRequest, node: queries.Node, days: int, by: str) -> demand_history.Asked:
    today = _today(request)
    return demand_history.Asked(node, today - timedelta(days=min(days, 1100)), today, by)


class HistoryAsked(Schema):
    """`by`: requested (the day goods are wanted by) or received (the day the order came)."""

    item: int | None = None
    family: str = ""
    site: int | None = None
    region: str = ""
    days: int = 182
    by: str = "requested"


@router.get("/history")
def history(request: HttpRequest, wanted: Query[HistoryAsked]) -> dict[str, Any]:
    """What was wanted by day, by whom through which channel, and the days that are marked."""
    asked_by(request, "view")
    node = queries.Node(wanted.item, wanted.family, wanted.site, wanted.region)
    asked = _asked(request, node, wanted.days, wanted.by)
    return {
        "days": [asdict(row) for row in demand_history.wanted_by_day(asked)],
        "who": [asdict(row) for row in demand_history.wanted_by_whom(asked)],
        "marks": [asdict(row) for row in demand_history.marks_of(asked.node, asked.since, asked.till)],
    }


@router.get("/lines")
def lines(request: HttpRequest, item: int | None = None, site: int | None = None, channel: str = "",
          customer: int | None = None, days: int = 28) -> list[dict[str, Any]]:  # fmt: skip
    """The order lines behind a number, by the day they are wanted by."""
    asked_by(request, "view")
    today = _today(request)
    node = queries.Node(item, "", site, "")
    asked = demand_history.Asked(node, today - timedelta(days=min(days, 1100)), today, "requested", channel, customer)
    return [asdict(row) for row in demand_history.lines_of(asked)]


@router.get("/grid")
def grid(request: HttpRequest, item: int | None = None, family: str = "", site: int | None = None, region: str = "",
         by: str = "") -> dict[str, Any]:  # fmt: skip
    """A level of the hierarchy: its children, four weeks back and four ahead, in thousandths."""
    asked_by(request, "view")
    return asdict(hierarchy.grid(queries.Node(item, family, site, region), today=_today(request), by=by))


@router.get("/consumption")
def consumption(request: HttpRequest, item: int | None = None, family: str = "", site: int | None = None,
                backward: int = 3, forward: int = 3) -> list[dict[str, Any]]:  # fmt: skip
    """How open orders use up the forecast, within a window of days before and after."""
    asked_by(request, "view")
    node = queries.Node(item, family, site, "")
    window = {"backward": min(max(backward, 0), 28), "forward": min(max(forward, 0), 28)}
    return [asdict(day) for day in demand_history.consumption(node, _today(request), **window)]


@router.put("/marks")
def mark(request: HttpRequest, wanted: MarkIn) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    return asdict(operations.mark_day(operations.NewMark(**wanted.dict()), at=now(request), cause=cause))


@router.delete("/marks/{int:number}")
def unmark(request: HttpRequest, number: int) -> dict[str, int]:
    asked_by(request, "planning")
    return {"removed": operations.remove_marks([number])}


@router.get("/promotions")
def promotions(request: HttpRequest) -> list[dict[str, Any]]:
    asked_by(request, "view")
    return [dict(row) for row in Promotion.objects.values()[:1000]]


@router.put("/promotions")
def put_promotion(request: HttpRequest, wanted: PromotionIn) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    return asdict(operations.put_promotion(operations.NewPromotion(**wanted.dict()), at=now(request), cause=cause))


@router.delete("/promotions/{int:number}")
def remove_promotion(request: HttpRequest, number: int) -> dict[str, int]:
    asked_by(request, "planning")
    return {"removed": operations.remove_promotion(number)}


@router.get("/signals/{signal}")
def signal(request: HttpRequest, signal: str) -> list[dict[str, Any]]:
    asked_by(request, "view")
    return [dict(row) for row in SignalDay.objects.filter(signal=signal).order_by("day", "site").values()[:5000]]


@router.put("/signals")
def put_signals(request: HttpRequest, days: list[SignalIn]) -> dict[str, Any]:
    """Right rows are taken, wrong ones come back with row, field and remedy."""
    asked_by(request, "planning")
    return asdict(operations.put_signals([operations.NewSignalDay(**day.dict()) for day in days]))


@router.get("/lives/{int:item}")
def life(request: HttpRequest, item: int) -> dict[str, Any]:
    asked_by(request, "view")
    return dict(ItemLife.objects.filter(item_id=item).values().first() or {})


@router.put("/lives/{int:item}")
def put_life(request: HttpRequest, item: int, wanted: LifeIn) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    return asdict(operations.put_life(operations.NewLife(item, **wanted.dict()), at=now(request), cause=cause))


@router.get("/overrides")
def overrides(request: HttpRequest) -> list[dict[str, Any]]:
    """Newest first, withdrawn and expired ones, too."""
    asked_by(request, "view")
    return [dict(row) for row in DemandOverride.objects.values()[:1000]]


@router.post("/overrides")
def override(request: HttpRequest, wanted: OverrideIn) -> dict[str, Any]:
    """Put an override on; forecasts and stock policies below it follow at once."""
    cause = asked_by(request, "planning")
    new = operations.NewOverride(
        wanted.key or uuid4(), queries.Node(**wanted.node.dict()), wanted.starts_on, wanted.ends_on, wanted.kind,
        wanted.amount, wanted.reason, wanted.expires_on,
    )  # fmt: skip
    return asdict(operations.override(new, at=now(request), today=_today(request), cause=cause))


@router.post("/overrides/{int:number}/withdraw")
def withdraw(request: HttpRequest, number: int) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    return asdict(operations.withdraw_override(number, at=now(request), today=_today(request), cause=cause))


@router.get("/runs")
def runs(request: HttpRequest, limit: int = 30) -> list[dict[str, Any]]:
    """Forecast runs, newest first, with their error once it could be measured (sums in thousandths)."""
    asked_by(request, "view")
    return [asdict(row) for row in accuracy.runs(min(max(limit, 1), 200))]


@router.post("/runs")
def start_run(request: HttpRequest, wanted: RunIn) -> dict[str, Any]:
    """A worker does it; ask for its progress, or cancel it."""
    cause = asked_by(request, "planning")
    run = operations.ask_for_run(
        wanted.key or uuid4(), at=now(request), cause=cause, items=wanted.items, thorough=wanted.thorough
    )
    carry_out_forecast_run.defer(run=run.pk)
    return {"run": run.pk, "state": run.state}


@router.get("/runs/{int:number}")
def one_run(request: HttpRequest, number: int, changed: bool = False) -> dict[str, Any]:
    """A run with its rows; `changed`: only those that say something else than the run before."""
    asked_by(request, "view")
    found = accuracy.run(number)
    if found is None:
        return {}
    return {**asdict(found), "rows": [asdict(row) for row in accuracy.rows_of_run(number, changed=changed)]}


@router.post("/runs/{int:number}/cancel")
def cancel_run(request: HttpRequest, number: int) -> dict[str, Any]:
    asked_by(request, "planning")
    run = operations.cancel_run(number)
    return {"run": run.pk, "state": run.state, "cancel_asked": run.cancel_asked}


@router.get("/accuracy")
def measured(request: HttpRequest, by: str = "family", days: int = 28) -> list[dict[str, Any]]:
    """Measured error by family, item, site, class or method."""
    asked_by(request, "view")
    since = _today(request) - timedelta(days=min(max(days, 7), 100))
    return [asdict(row) for row in accuracy.grouped(by, since)]


@router.get("/drifting")
def drifting(request: HttpRequest) -> list[dict[str, Any]]:
    asked_by(request, "view")
    return [asdict(row) for row in accuracy.drifting()]


@router.get("/service-curve/{int:item}/{int:site}")
def service_curve(request: HttpRequest, item: int, site: int) -> dict[str, Any]:
    """Safety stock, stock and money at other service levels; empty where there is no policy."""
    asked_by(request, "view")
    found = policy_curve.service_curve(item, site)
    return asdict(found) if found else {}
