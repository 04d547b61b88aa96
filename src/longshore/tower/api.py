"""The tower over HTTP: everything its pages show and do."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema

from longshore.catalog.access import may_of, now_of
from longshore.ledger.cause import Cause
from longshore.tower import operations, queries, rules, showing
from longshore.tower.queries import InboxFilter

router = Router()


class Snooze(Schema):
    """For how long: hour, shift or day; or until a moment."""

    length: str = "hour"
    until: datetime | None = None


class Sweep(Schema):
    """Kinds of exception to look at; empty: all."""

    kinds: list[str] = []


def _asked_by(request: HttpRequest, app: str, because: str = "") -> Cause:
    if app not in may_of(request.user):
        raise PermissionDenied(_("Your role may not do this"))
    return Cause(actor=request.user.get_username(), because=because)


def _told(request: HttpRequest, row: queries.ExceptionRow) -> dict[str, Any]:
    shown = showing.alert(row, now_of(request), may_of(request.user))
    return {**asdict(row), "title": shown.title, "action_label": shown.action, "outcome_label": shown.outcome}


@router.get("/measures")
def list_measures(request: HttpRequest, hours: int = 24) -> list[dict[str, Any]]:
    found = queries.measures(now_of(request), timedelta(hours=hours))
    return [{**asdict(m), "definition": str(showing.DEFINITIONS[m.name])} for m in found]


@router.get("/pipeline")
def list_pipeline(request: HttpRequest) -> list[dict[str, Any]]:
    return [asdict(step) for step in queries.pipeline(now_of(request))]


@router.get("/standing")
def list_standing(request: HttpRequest, standing: str = "late", limit: int = 500) -> list[dict[str, Any]]:
    """Open orders that are late, at risk or ok."""
    return [asdict(row) for row in queries.orders_standing(now_of(request), (standing,), queries.OPEN_STEPS, limit)]


@router.get("/fleet")
def list_fleet(request: HttpRequest) -> dict[str, Any]:
    return showing.fleet_json(queries.trucks(), queries.site_marks(), now_of(request))


@router.get("/cover")
def list_cover(request: HttpRequest, items: int = 50) -> dict[str, Any]:
    return showing.cover_json(queries.cover_table(now_of(request), items, rules.COVER_LOW))


@router.get("/movements")
def list_movements(request: HttpRequest, limit: int = 50) -> list[dict[str, Any]]:
    return showing.moved_json(queries.last_moved(min(limit, 1000)))


@router.get("/search")
def find(request: HttpRequest, q: str) -> list[dict[str, Any]]:
    return [asdict(hit) for hit in queries.search(q)]


@router.get("/exceptions")
def list_exceptions(
    request: HttpRequest, severity: str = "", site: str = "", kind: str = "", limit: int = 300
) -> list[dict[str, Any]]:
    found = queries.open_exceptions(now_of(request), InboxFilter(severity, site, kind), limit)
    return [_told(request, row) for row in found]


@router.get("/exceptions/{id}")
def one_exception(request: HttpRequest, id: int) -> dict[str, Any]:
    row = queries.exception_row(id)
    if row is None:
        raise Http404(str(id))
    return _told(request, row)


@router.post("/exceptions/{id}/act")
def act(request: HttpRequest, id: int) -> dict[str, Any]:
    row = queries.exception_row(id)
    if row is None:
        raise Http404(str(id))
    action = rules.ACTIONS.get(row.action)
    _asked_by(request, action.app if action else "tower")
    return asdict(
        operations.act_on_exception(id, at=now_of(request), cause=_asked_by(request, "tower", f"exception:{id}"))
    )


@router.post("/exceptions/{id}/done")
def done(request: HttpRequest, id: int) -> dict[str, Any]:
    return asdict(
        operations.close_exception(id, at=now_of(request), cause=_asked_by(request, "tower", f"exception:{id}"))
    )


@router.post("/exceptions/{id}/snooze")
def snooze(request: HttpRequest, id: int, body: Snooze) -> dict[str, Any]:
    if body.until is None and body.length not in rules.SNOOZES:
        raise Http404(body.length)
    until = body.until or now_of(request) + rules.SNOOZES[body.length]
    cause = _asked_by(request, "tower", f"exception:{id}")
    return asdict(operations.snooze_exception(id, until=until, at=now_of(request), cause=cause))


@router.post("/exceptions/{id}/reopen")
def reopen(request: HttpRequest, id: int) -> dict[str, Any]:
    return asdict(
        operations.reopen_exception(id, at=now_of(request), cause=_asked_by(request, "tower", f"exception:{id}"))
    )


@router.post("/sweep")
def sweep(request: HttpRequest, body: Sweep) -> dict[str, Any]:
    """Compare what is off plan with what is open, now."""
    unknown = [kind for kind in body.kinds if kind not in rules.KINDS]
    if unknown:
        raise Http404(", ".join(unknown))
    kinds = tuple(body.kinds) or tuple(rules.KINDS)
    return asdict(operations.sweep(at=now_of(request), cause=_asked_by(request, "tower"), kinds=kinds))
