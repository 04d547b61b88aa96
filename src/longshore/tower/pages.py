"""The control tower's pages: the tower and its wall, the inbox, the measures, and the rows behind every number."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import may_of, needs, now_of
from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind
from longshore.ordering.models import OrderState
from longshore.tower import queries, rules, showing
from longshore.tower.operations import act_on_exception, close_exception, reopen_exception, snooze_exception
from longshore.tower.queries import InboxFilter

HEAT_ITEMS, WALL_HEAT_ITEMS = 13, 8
TOPICS = "fleet,kpi,exception,movement,order"


def _pulse(request: HttpRequest) -> dict[str, object]:
    return {
        "tiles": showing.tiles(queries.measures(now_of(request))),
        "steps": showing.steps(queries.pipeline(now_of(request))),
    }


def _alerts(request: HttpRequest, by: InboxFilter, limit: int = 60) -> list[showing.Alert]:
    may = may_of(request.user)
    return [showing.alert(row, now_of(request), may) for row in queries.open_exceptions(now_of(request), by, limit)]


def _inbox(request: HttpRequest) -> dict[str, object]:
    by = InboxFilter(severity=request.GET.get("severity", ""))
    return {"alerts": _alerts(request, by, 40), "inbox_counts": queries.inbox_counts(now_of(request)), "by": by}


def _tower(request: HttpRequest, template: str, heat_items: int) -> HttpResponse:
    table = queries.cover_table(now_of(request), heat_items, rules.COVER_LOW)
    data = showing.cover_json(table)
    fleet = showing.fleet_json(queries.trucks(), queries.site_marks(), now_of(request))
    context = {
        "nav": "tower",
        "topics": TOPICS,
        "on_wall": heat_items == WALL_HEAT_ITEMS,
        "cover": data,
        "cover_grid": showing.cover_grid(data),
        "cover_table": table,
        "fleet": fleet,
        "feed": queries.last_moved(14),
        "kinds": {kind.name.lower(): str(kind.label) for kind in PostingKind},
        **_pulse(request),
        **_inbox(request),
    }
    return render(request, template, context)


@needs("view")
@require_GET
def tower(request: HttpRequest) -> HttpResponse:
    return _tower(request, "tower/tower.html", HEAT_ITEMS)


@needs("view")
@require_GET
def wall(request: HttpRequest) -> HttpResponse:
    return _tower(request, "tower/wall.html", WALL_HEAT_ITEMS)


@needs("view")
@require_GET
def pulse(request: HttpRequest) -> HttpResponse:
    return render(request, "tower/_pulse.html", _pulse(request))


@needs("view")
@require_GET
def inbox_list(request: HttpRequest) -> HttpResponse:
    return render(request, "tower/_inbox.html", _inbox(request))


@needs("view")
@require_GET
def fleet_data(request: HttpRequest) -> HttpResponse:
    return JsonResponse(showing.fleet_json(queries.trucks(), queries.site_marks(), now_of(request)))


@needs("view")
@require_GET
def cover_data(request: HttpRequest) -> HttpResponse:
    items = WALL_HEAT_ITEMS if request.GET.get("wall") else HEAT_ITEMS
    return JsonResponse(showing.cover_json(queries.cover_table(now_of(request), items, rules.COVER_LOW)))


@needs("view")
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    view = request.GET.get("view", "open")
    by = InboxFilter(request.GET.get("severity", ""), request.GET.get("site", ""), request.GET.get("kind", ""))
    may = may_of(request.user)
    found = {
        "open": lambda: queries.open_exceptions(now_of(request), by, 300),
        "later": lambda: queries.later_exceptions(now_of(request)),
        "closed": queries.closed_exceptions,
    }
    if view not in found:
        raise Http404(view)
    context = {
        "nav": "inbox",
        "topics": "exception",
        "view": view,
        "by": by,
        "kinds": [(name, kind.title) for name, kind in rules.KINDS.items()],
        "alerts": [showing.alert(row, now_of(request), may) for row in found[view]()],
        "inbox_counts": queries.inbox_counts(now_of(request)),
    }
    return render(request, "tower/_inbox_page.html" if request.GET.get("part") else "tower/inbox.html", context)


@needs("view")
@require_GET
def exception_sheet(request: HttpRequest, id: int) -> HttpResponse:
    row = queries.exception_row(id)
    if row is None:
        raise Http404(str(id))
    shown = showing.alert(row, now_of(request), may_of(request.user))
    context = {"nav": "inbox", "alert": shown, "row": row, "snoozes": rules.SNOOZES}
    return render(request, "tower/_exception_sheet.html", context)


def _answer(request: HttpRequest, text: str, more: str = "", undo: str = "") -> HttpResponse:
    context = {**_inbox(request), "text": text, "more": more, "undo": undo, "state": "ok"}
    response = render(request, "tower/_answer.html", context)
    response.headers["HX-Trigger"] = "close-sheet, inbox-changed"
    return response


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    context = {"text": refusal.sentence, "more": refusal.remedy, "state": "late"}
    response = render(request, "web/_toast_partial.html", context, status=409)
    response.headers["HX-Trigger"] = "inbox-changed"
    return response


def _cause(request: HttpRequest, id: int) -> Cause:
    return Cause(actor=request.user.get_username(), because=f"exception:{id}")


@needs("tower")
@require_POST
def act(request: HttpRequest, id: int) -> HttpResponse:
    row = queries.exception_row(id)
    if row is None:
        raise Http404(str(id))
    action = rules.ACTIONS.get(row.action)
    if action is not None and action.app not in may_of(request.user):
        raise PermissionDenied(action.app)
    try:
        receipt = act_on_exception(id, at=now_of(request), cause=_cause(request, id))
    except Refusal as refusal:
        return _refused(request, refusal)
    done = queries.exception_row(receipt.exception)
    shown = showing.alert(done or row, now_of(request), may_of(request.user))
    return _answer(request, shown.outcome, shown.title)


@needs("tower")
@require_POST
def done(request: HttpRequest, id: int) -> HttpResponse:
    return _close(request, id, "")


@needs("tower")
@require_POST
def snooze(request: HttpRequest, id: int) -> HttpResponse:
    return _close(request, id, request.POST.get("for", "hour"))


def _close(request: HttpRequest, id: int, later: str) -> HttpResponse:
    row = queries.exception_row(id)
    if row is None or (later and later not in rules.SNOOZES):
        raise Http404(f"{id} {later}")
    try:
        if later:
            snooze_exception(
                id, until=now_of(request) + rules.SNOOZES[later], at=now_of(request), cause=_cause(request, id)
            )
        else:
            close_exception(id, at=now_of(request), cause=_cause(request, id))
    except Refusal as refusal:
        return _refused(request, refusal)
    shown = showing.alert(row, now_of(request), may_of(request.user))
    text = gettext("Later") if later else gettext("Done")
    return _answer(request, f"{text}: {shown.title}", undo=f"/exceptions/{id}/reopen/")


@needs("tower")
@require_POST
def reopen(request: HttpRequest, id: int) -> HttpResponse:
    if queries.exception_row(id) is None:
        raise Http404(str(id))
    try:
        reopen_exception(id, at=now_of(request), cause=_cause(request, id))
    except Refusal as refusal:
        return _refused(request, refusal)
    return _answer(request, gettext("Taken back"))


@needs("view")
@require_GET
def kpi(request: HttpRequest) -> HttpResponse:
    found = queries.measures(now_of(request), timedelta(days=14))
    context = {
        "nav": "kpi",
        "topics": "kpi",
        "tiles": showing.tiles(found),
        "definitions": showing.DEFINITIONS,
        "charts": [
            {"name": m.name, "title": str(showing.TITLES[m.name]), "points": _points(request, m.name)} for m in found
        ],
    }
    return render(request, "tower/kpi.html", context)


def _points(request: HttpRequest, name: str) -> list[list[object]]:
    since = now_of(request) - timedelta(days=14)
    scale = 100_000 if name == "inventory_value" else 1000  # money is kept in minor units
    return [[p.at.isoformat(), p.value_milli / scale] for p in queries.measure_points(name, since, now_of(request))]


@needs("view")
@require_GET
def measure_rows(request: HttpRequest, name: str) -> HttpResponse:
    """The rows a number of the tower counts: same definition, same count."""
    context: dict[str, object] = {"nav": "tower", "name": name}
    if name == "trucks":
        fleet = showing.fleet_json(queries.trucks(), (), now_of(request))
        context |= {"title": showing.TITLES[name], "trucks": fleet["trucks"]}
    elif name == "stock_cover":
        context |= {"title": showing.TITLES[name], "short": queries.below_reorder_point()}
    elif name in ("otif", "on_time_shipping"):
        context |= {"title": showing.TITLES[name], "missed": queries.missed(name, now_of(request))}
    elif name == "inventory_value":
        context |= {"title": showing.TITLES[name], "values": queries.value_by_site()}
    elif name == "delivered":
        rows = queries.delivered_today(now_of(request))
        words = dict(OrderState.choices)
        context |= {"title": gettext("Delivered today"), "orders": rows, "order_states": words, "today": True}
    elif name == "orders_at_risk" or name in queries.OPEN_STEPS:
        context |= _order_rows(request, name)
    else:
        raise Http404(name)
    context["definition"] = showing.DEFINITIONS.get(name, "")
    return render(request, "tower/rows.html", context)


def _order_rows(request: HttpRequest, name: str) -> dict[str, object]:
    chosen: tuple[str, ...]
    states: tuple[str, ...]
    asked = request.GET.get("standing", "")
    if name == "orders_at_risk":
        chosen = ("late", "risk")
        states, title = queries.OPEN_STEPS, showing.TITLES[name]
    else:
        chosen = ("late", "risk", "ok")
        states, title = (name,), dict(OrderState.choices)[name]
    standings = (asked,) if asked in chosen else chosen
    rows = queries.orders_standing(now_of(request), standings, states)
    return {"title": title, "orders": rows, "order_states": dict(OrderState.choices), "asked": asked}


urlpatterns = [
    path("", tower, name="tower"),
    path("wall/", wall, name="wall"),
    path("tower/pulse/", pulse, name="pulse"),
    path("tower/inbox/", inbox_list, name="inbox-list"),
    path("tower/fleet.json", fleet_data, name="fleet-data"),
    path("tower/cover.json", cover_data, name="cover-data"),
    path("inbox/", inbox, name="inbox"),
    path("exceptions/<int:id>/", exception_sheet, name="exception"),
    path("exceptions/<int:id>/act/", act, name="exception-act"),
    path("exceptions/<int:id>/done/", done, name="exception-done"),
    path("exceptions/<int:id>/snooze/", snooze, name="exception-snooze"),
    path("exceptions/<int:id>/reopen/", reopen, name="exception-reopen"),
    path("kpi/", kpi, name="kpi"),
    path("rows/<str:name>/", measure_rows, name="rows"),
]
