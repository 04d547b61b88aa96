"""From the rows of the queries to what a template or an island shows. No question is asked here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from longshore.catalog.wording import chinese, local_name
from longshore.ledger.models import PostingKind
from longshore.ordering.models import OrderState
from longshore.tower import rules
from longshore.tower.queries import CoverTable, ExceptionRow, Measure, Moved, SiteMark, Step, Truck
from longshore.tower.wording import (
    fact_text,
    local_text,
    money_text,
    qty_text,
    sentence,
    since_text,
    span_text,
)

Text = str | Promise
FEED_ROWS = 14


@dataclass(frozen=True, slots=True)
class Tile:
    name: str
    title: Text
    value: str
    unit: Text
    state: str
    delta: str
    delta_up: bool
    delta_class: str
    note: str
    history: tuple[float, ...]
    goal: float | None


TITLES: dict[str, Text] = {
    "otif": _("On time in full"),
    "orders_at_risk": _("Orders at risk"),
    "trucks": _("Trucks in transit"),
    "stock_cover": _("Stock cover"),
    "on_time_shipping": _("On-time shipping"),
    "inventory_value": _("Inventory value"),
}
_UNITS: dict[str, Text] = {
    "otif": "%",
    "orders_at_risk": _("orders"),
    "trucks": _("trucks"),
    "stock_cover": _("days"),
    "on_time_shipping": "%",
    "inventory_value": "",
}
DEFINITIONS: dict[str, Text] = {
    "otif": _(
        "Orders due in the last 7 days by their first promised date (before a promise: the wanted date), cancelled "
        "ones left out. Good: delivered by then, every line in full. Early counts as on time; no tolerance on quantity."
    ),
    "orders_at_risk": _(
        "Open orders that are late (the first promised date has passed, or the truck will be there after it) or at "
        "risk (promised later than first promised, no promise with less than a day to go, or not left though they "
        "should have)."
    ),
    "trucks": _("Trips under way now; late are those that reach a customer after the promised date."),
    "stock_cover": _(
        "Stock free of quality holds at the sites, at standard cost, over what the forecast expects to go in a day of "
        "the coming week. The small number counts items below their reorder point at a site."
    ),
    "on_time_shipping": _(
        "Shipments to customers that had to leave in the last 7 days, left or not. Good: left the dock by the time they "
        "had to."
    ),
    "inventory_value": _("Everything that is ours, at the sites and on the trucks, at standard cost."),
}
_GOALS = {"otif": rules.OTIF_TARGET_MILLI / 1000, "on_time_shipping": rules.SHIPPING_TARGET_MILLI / 1000}


def tiles(found: Iterable[Measure]) -> list[Tile]:
    return [_tile(measure) for measure in found]


def _tile(measure: Measure) -> Tile:
    name = measure.name
    change = (
        None
        if measure.before_milli is None or measure.value_milli is None
        else measure.value_milli - measure.before_milli
    )
    direction = rules.MEASURE_DIRECTION[name]
    worth = "" if not change or not direction else "good" if change * direction > 0 else "bad"
    return Tile(
        name=name,
        title=TITLES[name],
        value=measure_text(name, measure.value_milli),
        unit=_UNITS[name] if measure.value_milli is not None else "",
        state=rules.measure_state(name, measure.value_milli, measure.population, measure.second),
        delta="" if not change else _change_text(name, abs(change)),
        delta_up=bool(change and change > 0),
        delta_class=worth,
        note=_note(measure),
        history=measure.history,
        goal=_GOALS.get(name),
    )


def measure_text(name: str, value_milli: int | None) -> str:
    if value_milli is None:
        return "–"
    if name == "inventory_value":
        return money_text(value_milli // 1000)
    if name in ("orders_at_risk", "trucks"):
        return qty_text(value_milli // 1000)
    return str(formats.number_format(value_milli / 1000, 1))


def _change_text(name: str, change_milli: int) -> str:
    return measure_text(name, change_milli)


def _note(measure: Measure) -> str:
    if measure.name in ("otif", "on_time_shipping"):
        if not measure.population:
            return gettext("nothing was due in 7 days")
        text = gettext("%(missed)s of %(n)s missed")
        return text % {"missed": qty_text(measure.second), "n": qty_text(measure.population)}
    if measure.name == "orders_at_risk":
        return money_text(measure.second)
    if measure.name == "trucks":
        return gettext("%(n)s late") % {"n": qty_text(measure.second)} if measure.second else gettext("none late")
    if measure.name == "stock_cover":
        return gettext("%(n)s below reorder point") % {"n": qty_text(measure.second)}
    return gettext("%(n)s items") % {"n": qty_text(measure.population)}


@dataclass(frozen=True, slots=True)
class StepShown:
    state: str
    title: Text
    orders: int
    late: int
    risk: int


def steps(found: Iterable[Step]) -> list[StepShown]:
    titles = dict(OrderState.choices)
    names = {**titles, "delivered": _("Delivered today")}
    return [StepShown(s.state, names[s.state], s.orders, s.late, s.risk) for s in found]


@dataclass(frozen=True, slots=True)
class Alert:
    id: int
    kind_title: Text
    severity: str
    icon: str
    state: str
    title: str
    site: str
    money: str
    orders: str
    action: str
    may_act: bool
    age: str
    raised_at: str
    subject: str
    href: str
    outcome: str
    closed_by: str


_HREFS = {
    "order": "/orders/{}/",
    "trip": "/shipments/trips/{}/",
    "shipment": "/shipments/{}/",
    "purchase": "/purchases/{}/",
    "item": "/stock/{}/",
    "proposal": "/proposals/{}/",
    "excursion": "/excursions/{}/",
    "device": "/devices/{}/",
    "recall": "/recalls/{}/",
}


def alert(row: ExceptionRow, now: datetime, may: frozenset[str]) -> Alert:
    kind = rules.KINDS[row.kind]
    action = rules.ACTIONS.get(row.action)
    subject_kind, _colon, subject = row.subject.partition(":")
    orders = gettext("%(n)s orders") % {"n": qty_text(row.orders)} if row.orders > 1 else ""
    return Alert(
        id=row.id,
        kind_title=kind.title,
        severity=row.severity,
        icon=rules.SEVERITY_ICONS[row.severity],
        state=row.state,
        title=sentence(rules.sentence_of(row.kind, row.facts), row.facts),
        site=local_name(row.site_name, row.site_name_zh),
        money=money_text(row.money) if row.money else "",
        orders=orders,
        action=sentence(action.label, row.action_facts) if action else "",
        may_act=action is not None and action.app in may and "tower" in may,
        age=since_text(row.raised_at, now),
        raised_at=local_text(row.raised_at),
        subject=fact_text(row.facts["item"]) if subject_kind == "item" else subject,
        href=_HREFS[subject_kind].format(subject) if subject_kind in _HREFS else "",
        outcome=outcome_text(row),
        closed_by=row.closed_by,
    )


def outcome_text(row: ExceptionRow) -> str:
    action = rules.ACTIONS.get(str(row.outcome.get("action", "")))
    return sentence(action.done, row.outcome.get("facts", {})) if action else ""


def cover_json(table: CoverTable) -> dict[str, Any]:
    """For heat.js and its table twin: rows of items, columns of sites, cells by the ids of both."""
    sites: dict[int, tuple[str, str]] = {}
    items: dict[int, str] = {}
    for cell in table.cells:
        sites.setdefault(cell.site_id, (cell.site, local_name(cell.site_name, cell.site_name_zh)))
        items.setdefault(cell.item_id, local_name(cell.item_name, cell.item_name_zh))
    order = sorted(sites, key=lambda site: sites[site])
    short = _short_names([sites[site][1 if chinese() else 0] for site in order])
    return {
        "sites": [[site, sites[site][1], name] for site, name in zip(order, short, strict=True)],
        "items": [[item, name] for item, name in items.items()],
        "cells": [[c.item_id, c.site_id, c.cover_tenths, c.qty, c.below] for c in table.cells],
        "limits": [rules.COVER_OUT, rules.COVER_LOW, rules.COVER_OVER],
    }


def _short_names(names: list[str]) -> list[str]:
    """A narrow column has room for what tells the names apart: 上海配送中心 → 上海, DC-SHA → SHA."""
    if len(names) < 2:
        return names
    head, tail = _shared(names), _shared([name[::-1] for name in names])
    cut = [name[head : len(name) - tail] for name in names]
    return cut if all(cut) else names


def _shared(names: list[str]) -> int:
    """How many letters all of them begin with."""
    return len(list(takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))))


def cover_grid(data: dict[str, Any]) -> list[tuple[int, str, list[tuple[int, str, str]]]]:
    """The table twin: (item, name, cells of (site, text, band))."""
    known = {(item, site): tenths for item, site, tenths, _qty, _below in data["cells"]}
    grid = []
    for item, name in data["items"]:
        line = [
            (
                site,
                cover_text(known.get((item, site))),
                rules.cover_band(known[item, site]) if (item, site) in known else "",
            )
            for site, _name, _short in data["sites"]
        ]
        grid.append((item, name, line))
    return grid


def cover_text(tenths: int | None) -> str:
    if tenths is None:
        return "·"
    return str(formats.number_format(tenths / 10, 1 if tenths < 100 else 0))


def fleet_json(trucks: Iterable[Truck], sites: Iterable[SiteMark], now: datetime) -> dict[str, Any]:
    """For map.js: what moves, and what it moves between."""
    return {
        "trucks": [truck_json(truck, now) for truck in trucks],
        "sites": [
            {
                "code": s.code,
                "name": local_name(s.name, s.name_zh),
                "at": [round(s.longitude, 4), round(s.latitude, 4)],
                "hot": s.open_exceptions,
                "out": s.trucks_out,
            }
            for s in sites
        ],
    }


def truck_json(truck: Truck, now: datetime) -> dict[str, Any]:
    state = rules.truck_state(truck.late_minutes, truck.slip_minutes, truck.seen_at, now)
    behind = truck.late_minutes if state == "late" else truck.slip_minutes
    return {
        "id": truck.vehicle,
        "plate": truck.plate,
        "trip": truck.trip,
        "at": None if truck.longitude is None else [round(truck.longitude, 5), round(truck.latitude or 0, 5)],
        "heading": truck.heading or 0,
        "state": state,
        "from": local_name(truck.site_name, truck.site_name_zh),
        "next": truck.next_name and local_name(truck.next_name, truck.next_name_zh or ""),
        "eta": None if truck.next_eta is None else local_text(truck.next_eta),
        "behind": ("+" if behind > 0 else "−") + span_text(timedelta(minutes=abs(behind))) if behind else "",
        "stops": truck.stops_left,
        "shipments": truck.shipments,
        "seen": None if truck.seen_at is None else since_text(truck.seen_at, now),
        "path": truck.path,
    }


def truck_frame(truck: Truck, now: datetime) -> list[object]:
    """One truck in a live frame: [id, lng, lat, heading, state]."""
    state = rules.truck_state(truck.late_minutes, truck.slip_minutes, truck.seen_at, now)
    return [truck.vehicle, truck.longitude, truck.latitude, truck.heading or 0, state]


def moved_json(rows: Iterable[Moved]) -> list[dict[str, object]]:
    """One line of the feed, in both languages: a live event has many readers."""
    return [
        {
            "id": row.id,
            "kind": PostingKind(row.kind).name.lower(),
            "at": row.at.isoformat(timespec="seconds"),
            "item": row.item,
            "name": row.item_name,
            "name_zh": row.item_name_zh,
            "qty": row.qty,
            "from": row.source,
            "to": row.target,
        }
        for row in rows
    ]
