"""What if: the list, one scenario with its changes and result, several side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from longshore.catalog.access import may_of, needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Item, Partner, Place
from longshore.catalog.typed import NotReadable, day_or_none, pk_or_none, whole
from longshore.ledger.cause import Cause
from longshore.planning.models import ChangeKind, RunState, ScenarioState
from longshore.planning.operations import scenario_publishing, scenario_runs
from longshore.planning.operations import scenarios as verbs
from longshore.planning.operations.scenarios import WITHOUT_VALUE, NewChange, Scope
from longshore.planning.queries import scenarios as asked
from longshore.planning.queries.scenarios import ScenarioRow
from longshore.planning.tasks import evaluate_scenario

MOST_COMPARED = 4
STATES = {"draft": "info", "published": "ok", "dropped": "idle"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a comparison: the plan as it stands, then each scenario; `marks` say better or worse."""

    name: str
    form: str  # percent, money, count
    cells: tuple[tuple[int | None, int | None, str], ...]  # value, difference to the plan as it stands, state


def _cause(request: HttpRequest) -> Cause:
    return Cause(actor=request.user.get_username(), because="page")


def _row(number: int) -> ScenarioRow:
    found = asked.scenarios(ids=[number])
    if not found:
        raise Http404(number)
    return found[0]


@needs("view")
@require_GET
def scenarios(request: HttpRequest) -> HttpResponse:
    return _list(request)


def _list(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    view = request.GET.get("view", "draft")
    states = None if view == "all" else [view]
    context = {
        "nav": "scenarios",
        "rows": asked.scenarios(states=states),
        "views": [*ScenarioState.choices, ("all", _("All"))],
        "asked": view,
        "states": dict(ScenarioState.choices),
        "marks": STATES,
        "runs": dict(RunState.choices),
        "refusal": refusal,
    }
    return render(request, "planning/scenarios.html", context, status=422 if refusal else 200)


@needs("planning")
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    try:
        number = verbs.make_scenario(
            request.POST.get("name", ""),
            at=now_of(request),
            cause=_cause(request),
            note=request.POST.get("note", ""),
            horizon_days=whole(request.POST.get("horizon_days"), _("Days ahead")),
        )
    except Refusal as refusal:
        return _list(request, refusal)
    return redirect("scenario", number)


@needs("view")
@require_GET
def scenario(request: HttpRequest, number: int) -> HttpResponse:
    return _detail(request, number)


def _detail(request: HttpRequest, number: int, refusal: Refusal | None = None) -> HttpResponse:
    row = _row(number)
    families = Item.objects.exclude(family="").values_list("family", flat=True).distinct().order_by("family")
    context = {
        "nav": "scenarios",
        "row": row,
        "mark": STATES[row.state],
        "state_word": dict(ScenarioState.choices)[row.state],
        "changes": asked.changes_of([number]),
        "kinds": ChangeKind.choices,
        "kind_words": dict(ChangeKind.choices),
        "without_value": [str(kind) for kind in WITHOUT_VALUE],
        "items": Item.objects.filter(active=True),
        "families": families,
        "sites": Place.objects.filter(kind="site", active=True),
        "suppliers": Partner.objects.filter(is_supplier=True, active=True),
        "heads": [row],
        "figures": _figures([row]) if row.result else (),
        "chart": _chart([row]) if row.result else None,
        "moved": asked.moved(row),
        "fresh": row.fresh(now_of(request)),
        "given": request.POST,
        "refusal": refusal,
        "open": row.state == ScenarioState.DRAFT and "planning" in may_of(request.user),
        "runs": dict(RunState.choices),
    }
    return render(request, "planning/scenario.html", context, status=422 if refusal else 200)


@needs("planning")
@require_http_methods(["POST"])
def act(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Change it, evaluate, cancel, publish, drop."""
    row = _row(number)
    try:
        said = _done(request, row, verb)
    except Refusal as refusal:
        return _detail(request, number, refusal)
    if said:
        messages.success(request, said)
    return redirect("scenario", number)


def _done(request: HttpRequest, row: ScenarioRow, verb: str) -> str:
    at, cause, given = now_of(request), _cause(request), request.POST
    if verb == "add":
        verbs.add_change(row.id, _wanted(request), at=at)
    elif verb == "remove":
        verbs.remove_change(row.id, pk_or_none(given.get("change")) or 0, at=at)
    elif verb == "rename":
        days = whole(given.get("horizon_days"), _("Days ahead"))
        verbs.change_scenario(row.id, at=at, name=given.get("name", ""), note=given.get("note", ""), horizon_days=days)
    elif verb == "evaluate":
        run = scenario_runs.ask_evaluation(row.id, at=at, cause=cause)
        evaluate_scenario.defer(run=run.pk)
    elif verb == "cancel" and row.run is not None:
        scenario_runs.cancel_evaluation(row.run)
    elif verb == "publish":
        done = scenario_publishing.publish_scenario(
            row.id, at=at, cause=cause, may_change_catalog="catalog" in may_of(request.user)
        )
        return _("Published: %(changes)s changes, %(rows)s rows say something else now.") % {
            "changes": done.changes, "rows": done.rows,
        }  # fmt: skip
    elif verb == "drop":
        verbs.drop_scenario(row.id, at=at, cause=cause)
        return _("Dropped.")
    else:
        raise Http404(verb)
    return ""


def _wanted(request: HttpRequest) -> NewChange:
    """Percent as people write it: 130 is 30 % more than now, 97 a service level of 97 %."""
    given = request.POST
    kind = given.get("kind", "")
    value = 0 if kind in WITHOUT_VALUE else _percent(given.get("value", ""))
    code = given.get("item", "").strip()
    item = Item.objects.filter(code=code).values_list("pk", flat=True).first() if code else None
    if code and item is None:
        raise NotReadable(
            "no-such-item", _("There is no item %(code)s.") % {"code": code}, _("Choose one of the list.")
        )
    scope = Scope(item, given.get("family", ""), pk_or_none(given.get("site")), pk_or_none(given.get("supplier")))
    starts_on = day_or_none(given.get("starts_on"), _("First day"))
    return NewChange(kind, value, scope, starts_on, day_or_none(given.get("ends_on"), _("Last day")))


def _percent(text: str) -> int:
    """Basis points of a percentage with at most two decimals, without going through floats."""
    before, dot, after = text.strip().removesuffix("%").strip().replace("，", ".").replace(",", ".").partition(".")
    if dot and (not after.isdecimal() or len(after) > 2):
        raise NotReadable(
            "not-a-percentage", _("“%(text)s” is no percentage.") % {"text": text}, _("Give 130 or 97.5.")
        )
    return whole(before, _("Value, %")) * 100 + int((after or "0").ljust(2, "0"))


@needs("view")
@require_GET
def progress(request: HttpRequest, number: int) -> HttpResponse:
    """The bar alone; when the evaluation is over, the whole page is asked for."""
    row = _row(number)
    if not row.under_way:
        answer = HttpResponse()
        answer["HX-Redirect"] = reverse("scenario", args=[number])
        return answer
    return render(
        request, "planning/_scenario_progress.html", {"row": row, "may_cancel": "planning" in may_of(request.user)}
    )


@needs("view")
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Side by side, each beside the plan as it stood when it was evaluated."""
    wanted = [number for text in request.GET.getlist("s") if (number := pk_or_none(text)) is not None][:MOST_COMPARED]
    known = asked.scenarios(states=["draft", "published"])
    chosen = [row for row in known if row.id in wanted and row.result]
    changes = asked.changes_of([row.id for row in chosen])
    context = {
        "nav": "scenarios",
        "known": [row for row in known if row.result],
        "chosen": chosen,
        "wanted": wanted,
        "changes": [(row, [each for each in changes if each.scenario == row.id]) for row in chosen],
        "kind_words": dict(ChangeKind.choices),
        "figures": _figures(chosen),
        "chart": _chart(chosen) if chosen else None,
        "apart": len({(row.result["starts_on"], row.horizon_days) for row in chosen}) > 1,
    }
    return render(request, "planning/scenario_compare.html", context)


def _figures(rows: list[ScenarioRow]) -> tuple[Figure, ...]:
    """`better`: whether more of it is better (1) or worse (-1)."""
    told = (
        ("service_bp", _("Served on the day"), "percent", 1),
        ("orders_late", _("Order lines late"), "count", -1),
        ("out_item_days", _("Days with nothing there"), "count", -1),
        ("stock_value", _("Stock value, average"), "money", -1),
        ("stock_value_end", _("Stock value at the end"), "money", -1),
        ("cost", _("Cost of all"), "money", -1),
        ("purchases", _("of it bought goods"), "money", 0),
        ("ordering", _("of it ordering and moving"), "money", -1),
        ("holding", _("of it holding stock"), "money", -1),
        ("order_lines", _("Purchase lines"), "count", 0),
        ("transfer_lines", _("Transfers"), "count", 0),
    )
    if not rows:
        return ()
    return tuple(
        Figure(name, form, (_cell(rows[0].result["base"][key], None, 0), *(_beside(row, key, better) for row in rows)))
        for key, name, form, better in told
    )


def _beside(row: ScenarioRow, key: str, better: int) -> tuple[int | None, int | None, str]:
    return _cell(row.result["with"][key], row.result["base"][key], better)


def _cell(value: int | None, base: int | None, better: int) -> tuple[int | None, int | None, str]:
    if value is None or base is None or value == base:
        return value, None, ""
    difference = value - base
    state = "" if not better else "ok" if difference * better > 0 else "late"
    return value, difference, state


def _chart(rows: list[ScenarioRow]) -> dict[str, Any]:
    """Stock value by day, in whole units of money, as it stands and under each scenario."""
    longest = max(rows, key=lambda row: len(row.result["base"]["value_by_day"]))
    days = len(longest.result["base"]["value_by_day"])
    series = [{"name": _("As it stands"), "values": _values(longest.result["base"]), "dashed": True}]
    series += [{"name": row.name, "values": _values(row.result["with"])} for row in rows]
    return {"x": [str(n + 1) for n in range(days)], "series": series, "marks": []}


def _values(figures: dict[str, Any]) -> list[float]:
    return [value / 100 for value in figures["value_by_day"]]
