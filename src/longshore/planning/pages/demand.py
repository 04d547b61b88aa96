"""Demand at any level: what was wanted, what is expected, what people know better, and who wanted it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Item, Place
from longshore.catalog.typed import day_or_none, key_of_form, pk_or_none, whole, whole_or_none
from longshore.catalog.wording import chinese
from longshore.ledger.cause import Cause
from longshore.planning import operations
from longshore.planning.models import ItemLife, MarkKind, OverrideKind, PlanRegion
from longshore.planning.pages.demand_charts import (
    BACK_DAYS,
    consumed_chart,
    demand_chart,
    drivers_of,
    overrides_of,
    promotions_of,
    surged_chart,
)
from longshore.planning.pages.surges import told
from longshore.planning.queries import demand_history, hierarchy
from longshore.planning.queries.demand_history import Asked
from longshore.planning.queries.hierarchy import Grid, GridRow, Node

WHO_DAYS = 28


@dataclass(frozen=True, slots=True)
class Week:
    """A cell of the grid: thousandths, what the machine had said, and where its rows are."""

    milli: int
    href: str
    base: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    row: GridRow
    href: str
    past: tuple[Week, ...]
    ahead: tuple[Week, ...]


def cause_of(request: HttpRequest) -> Cause:
    return Cause(actor=request.user.get_username(), because="page")


def node_of(values: Any) -> Node:
    """The level that an address or a form names."""
    item, site = pk_or_none(values.get("item")), pk_or_none(values.get("site"))
    family = "" if item is not None else values.get("family", "").strip()
    region = "" if site is not None else values.get("region", "").strip()
    return Node(item, family, site, region)


def address_of(node: Node, **more: object) -> str:
    given = {**asdict(node), **more}
    kept = {name: value for name, value in given.items() if value not in (None, "")}
    return f"{reverse('demand')}?{urlencode(kept)}" if kept else reverse("demand")


@needs("view")
@require_GET
def demand(request: HttpRequest) -> HttpResponse:
    return _demand(request, node_of(request.GET))


def _demand(request: HttpRequest, node: Node, refusal: Refusal | None = None) -> HttpResponse:
    today = operations.company_today(now_of(request))
    by = _basis(request)
    since = today - timedelta(days=BACK_DAYS)
    grid = hierarchy.grid(node, today=today, by=request.GET.get("by", ""))
    marks = demand_history.marks_of(node, since, today)
    history = demand_history.wanted_by_day(Asked(node, since, today, by))
    who = demand_history.wanted_by_whom(Asked(node, today - timedelta(days=WHO_DAYS), today - timedelta(days=1), by))
    used = demand_history.consumption(node, today)
    spreads = hierarchy.leaves_with_spread(node)
    surges = told(node, today)
    context = {
        "nav": "demand",
        "node": node,
        "item": Item.objects.filter(pk=node.item).first() if node.item else None,
        "site": Place.objects.filter(pk=node.site).first() if node.site else None,
        "family_named": _family_named(node.family),
        "sites": Place.objects.filter(kind="site", active=True).order_by("code"),
        "regions": PlanRegion.objects.values_list("code", "name", "name_zh").distinct().order_by("code"),
        "grid": grid,
        "lines": _lines(grid),
        "total": _line(grid, grid.total),
        "unnamed": _("Without region") if grid.by == "region" else _("Without family"),
        "weeks": _weeks(today),
        "divisions": _divisions(node, grid.by),
        "chart": demand_chart(node, today, history, marks, spreads) | surged_chart(node, today, surges),
        "surges": surges,
        "day": by,
        "history": history[-28:],
        "marks": marks,
        "mark_kinds": MarkKind.choices,
        "who": who,
        "who_address": _rows_address(
            node, today - timedelta(days=WHO_DAYS), today - timedelta(days=1), day="" if by == "received" else by
        ),
        "consumed": consumed_chart(used) if any(day.ordered for day in used) else None,
        "used": used[:14],
        "overrides": overrides_of(node, today),
        "override_kinds": OverrideKind.choices,
        "promotions": promotions_of(node, today),
        "life": ItemLife.objects.select_related("analogue").filter(item_id=node.item).first() if node.item else None,
        "drivers": drivers_of(spreads),
        "key": uuid4(),
        "starts": request.GET.get("start") or today.isoformat(),
        "ends": request.GET.get("end") or (today + timedelta(days=6)).isoformat(),
        "today": today,
        "refusal": refusal,
        "posted": request.POST,
    }  # fmt: skip
    return render(request, "planning/demand.html", context, status=422 if refusal else 200)


def _family_named(family: str) -> str:
    """A family's name to this reader: the Chinese one where there is one."""
    if not (family and chinese()):
        return family
    return (
        Item.objects.filter(family=family).exclude(family_zh="").values_list("family_zh", flat=True).first() or family
    )


def _basis(request: HttpRequest) -> str:
    """The day an order came, which forecasts are of, or the day it is wanted by where that is asked for."""
    return "requested" if request.GET.get("day") == "requested" else "received"


def _weeks(today: date) -> dict[str, list[date]]:
    back = [today - timedelta(days=7 * n) for n in range(hierarchy.WEEKS_BACK, 0, -1)]
    ahead = [today + timedelta(days=7 * n) for n in range(hierarchy.WEEKS_AHEAD)]
    return {"past": back, "ahead": ahead}


def _lines(grid: Grid) -> list[Line]:
    return [_line(grid, row) for row in grid.rows]


def _line(grid: Grid, row: GridRow) -> Line:
    weeks = _weeks(grid.today)
    past = tuple(
        Week(milli, _rows_address(row.node, start, start + timedelta(days=6)))
        for milli, start in zip(row.past, weeks["past"], strict=True)
    )
    ahead = tuple(
        Week(
            final,
            address_of(row.node, start=start.isoformat(), end=(start + timedelta(days=6)).isoformat()) + "#override",
            base if base != final else None,
        )
        for final, base, start in zip(row.final, row.base, weeks["ahead"], strict=True)
    )
    # Where sites or items have no group there is no level to go to: the same level by its members.
    here = row is not grid.total and row.node == grid.node
    ways = {"region": "site", "family": "item"}
    href = address_of(row.node, by=ways.get(grid.by, "")) if here else address_of(row.node)
    return Line(row, href, past, ahead)


def _rows_address(node: Node, since: date, till: date, **more: object) -> str:
    given = {**asdict(node), "since": since.isoformat(), "till": till.isoformat(), **more}
    kept = {name: value for name, value in given.items() if value not in (None, "")}
    return f"{reverse('demand-lines')}?{urlencode(kept)}"


def _divisions(node: Node, now: str) -> list[tuple[str, str, str, bool]]:
    words = {"family": _("Families"), "item": _("Items"), "region": _("Regions"), "site": _("Sites")}
    allowed = {
        "family": node.item is None and not node.family,
        "item": node.item is None,
        "region": node.site is None and not node.region and PlanRegion.objects.exists(),
        "site": node.site is None,
    }
    return [(name, word, address_of(node, by=name), name == now) for name, word in words.items() if allowed[name]]


@needs("view")
@require_GET
def demand_lines(request: HttpRequest) -> HttpResponse:
    """The order lines behind a number of the demand page."""
    today = operations.company_today(now_of(request))
    try:
        since = day_or_none(request.GET.get("since"), _("Starts on")) or today - timedelta(days=WHO_DAYS)
        till = day_or_none(request.GET.get("till"), _("Ends on")) or today
    except Refusal:
        since, till = today - timedelta(days=WHO_DAYS), today
    node = node_of(request.GET)
    by = _basis(request)
    customer = pk_or_none(request.GET.get("customer"))
    asked = Asked(node, since, till, by, request.GET.get("channel", "")[:20], customer)
    rows = demand_history.lines_of(asked)
    context = {
        "nav": "demand", "rows": rows, "since": since, "till": till, "back": address_of(node),
        "total": sum(row.qty - row.cancelled for row in rows), "most": demand_history.MOST_ROWS,
    }  # fmt: skip
    return render(request, "planning/demand_lines.html", context)


@needs("planning")
@require_POST
def put_override(request: HttpRequest) -> HttpResponse:
    """A total or a change for some days, at the level the page shows."""
    form, at = request.POST, now_of(request)
    node, today = node_of(form), operations.company_today(at)
    try:
        kind = form.get("kind", "")
        amount = whole(form.get("amount"), _("How much"))
        wanted = operations.NewOverride(
            key_of_form(form.get("key")), node,
            day_or_none(form.get("starts_on"), _("Starts on")) or today, day_or_none(form.get("ends_on"), _("Ends on")) or today,
            kind, amount * 100 if kind == OverrideKind.PERCENT else amount, form.get("reason", ""),
            day_or_none(form.get("expires_on"), _("Expires")),
        )  # fmt: skip
        done = operations.override(wanted, at=at, today=today, cause=cause_of(request))
    except Refusal as refusal:
        return _demand(request, node, refusal)
    said = _("Done: %(changed)s of %(leaves)s forecasts changed.") % {"changed": done.changed, "leaves": done.leaves}
    messages.success(request, said, extra_tags=reverse("demand-override-withdraw", args=[done.override]))
    return redirect(address_of(node))


@needs("planning")
@require_POST
def withdraw_override(request: HttpRequest, number: int) -> HttpResponse:
    at = now_of(request)
    try:
        operations.withdraw_override(number, at=at, today=operations.company_today(at), cause=cause_of(request))
    except Refusal as refusal:
        return _demand(request, Node(), refusal)
    messages.success(request, _("Taken back."))
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """To the level the form was on."""
    return address_of(node_of(request.POST))


@needs("planning")
@require_POST
def mark_day(request: HttpRequest) -> HttpResponse:
    form = request.POST
    node = node_of(form)
    try:
        wanted = operations.NewMark(
            item=whole(form.get("item"), _("Item")), site=whole(form.get("mark_site"), _("Site")),
            day=_needed_day(form.get("day")), kind=form.get("kind", ""), note=form.get("note", ""),
            counts_as=whole_or_none(form.get("counts_as"), _("Counts as")),
        )  # fmt: skip
        done = operations.mark_day(wanted, at=now_of(request), cause=cause_of(request))
    except Refusal as refusal:
        return _demand(request, node, refusal)
    messages.success(request, _("The day counts as %(qty)s.") % {"qty": done.counts_as})
    return redirect(address_of(node))


def _needed_day(text: str | None) -> date:
    found = day_or_none(text, _("Day"))
    if found is None:
        raise operations.MarkRefused("no-date", _("No day was given."), _("Give the day."))
    return found


@needs("planning")
@require_POST
def put_life(request: HttpRequest) -> HttpResponse:
    """What the item sells like, from when, until when."""
    form = request.POST
    node = node_of(form)
    try:
        code = form.get("analogue", "").strip()
        analogue = Item.objects.filter(code=code).values_list("pk", flat=True).first() if code else None
        if code and analogue is None:
            raise operations.InfluenceRefused(
                "no-such-analogue", _("There is no such item to sell like."), _("Check the spelling.")
            )
        share = whole_or_none(form.get("share"), _("Share"))
        wanted = operations.NewLife(
            item=whole(form.get("item"), _("Item")), analogue=analogue,
            share_bp=10_000 if share is None else share * 100,
            launched_on=day_or_none(form.get("launched_on"), _("Sold from")),
            ends_on=day_or_none(form.get("ends_on"), _("Sold until")),
            fade_days=whole_or_none(form.get("fade_days"), _("Days of fading out")) or 0,
        )  # fmt: skip
        operations.put_life(wanted, at=now_of(request), cause=cause_of(request))
    except Refusal as refusal:
        return _demand(request, node, refusal)
    messages.success(request, _("Kept. The next forecast takes it up."))
    return redirect(address_of(node))


@needs("planning")
@require_POST
def put_promotion(request: HttpRequest) -> HttpResponse:
    """A promotion at the level the page shows."""
    form, at = request.POST, now_of(request)
    node, today = node_of(form), operations.company_today(at)
    try:
        uplift = whole_or_none(form.get("uplift"), _("Expected change"))
        wanted = operations.NewPromotion(
            code=form.get("code", ""), name=form.get("name", ""), item=node.item, family=node.family, site=node.site,
            starts_on=day_or_none(form.get("starts_on"), _("Starts on")) or today,
            ends_on=day_or_none(form.get("ends_on"), _("Ends on")) or today,
            uplift_bp=None if uplift is None else uplift * 100,
        )  # fmt: skip
        operations.put_promotion(wanted, at=at, cause=cause_of(request))
    except Refusal as refusal:
        return _demand(request, node, refusal)
    messages.success(request, _("Kept. The next forecast takes it up."))
    return redirect(address_of(node))
