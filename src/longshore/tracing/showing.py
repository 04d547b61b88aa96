"""What the trace page shows: a family with names, its drawing, its places and what happened to the thing in question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from longshore.catalog.wording import local_name
from longshore.ledger.models import PostingKind
from longshore.storing.models import QualityState
from longshore.tracing.drawing import HIGH, WIDE, Box, Drawing, draw
from longshore.tracing.models import NodeKind, Recall, RecallState
from longshore.tracing.queries.balancing import Balanced, mass_balance
from longshore.tracing.queries.journey import StandsAt, judged, moved, recalled, stands_at
from longshore.tracing.queries.naming import Named, links_between, named
from longshore.tracing.queries.walking import Walk, walk
from longshore.tracing.rules import DELIVERY, FOREIGN_UNIT, LOT, RECEIPT, SERIAL, THING, UNIT

MOST_NODES: Final = 20_000
DRAWN, LISTED = 160, 300
ICONS: Final = {
    THING: "external-link",
    LOT: "layers",
    SERIAL: "tag",
    UNIT: "package",
    DELIVERY: "store",
    RECEIPT: "factory",
    FOREIGN_UNIT: "package",
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A box with its words, ready for the template."""

    x: int
    y: int
    title: str
    sub: str
    icon: str
    node: int
    focus: bool
    kind: str
    more: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table: a thing of the family and where it is."""

    name: Named
    kind: str
    layer: int
    balance: tuple[int, ...] | None
    held: int


@dataclass(frozen=True, slots=True)
class Happened:
    at: datetime
    mark: str
    title: str
    detail: str
    who: str


@dataclass(frozen=True, slots=True)
class Family:
    """Everything the page says of one thing."""

    focus: Named
    kind: str
    drawing: Drawing
    boxes: tuple[Drawn, ...]
    lines: tuple[Line, ...]
    up: int
    down: int
    complete: bool
    cyclic: int
    places: tuple[StandsAt, ...]
    map: dict[str, Any]
    happened: tuple[Happened, ...]


def title_of(name: Named) -> str:
    return name.code or _("without a document")


def called(name: Named | StandsAt) -> str:
    """Its name in the reader's language."""
    return local_name(name.name, name.name_zh)


def _qty(value: int) -> str:
    return f"{value:,}"


def family_of(node: int) -> Family | None:
    """The family of this node in both directions, or None where there is no such thing."""
    focus = named([node]).get(node)
    if focus is None:
        return None
    up, down = (walk([node], down=way, limit=MOST_NODES) for way in (False, True))
    layers = dict(zip(down.node.tolist(), down.depth.tolist(), strict=True))
    layers |= {n: -d for n, d in zip(up.node.tolist(), up.depth.tolist(), strict=True) if n not in layers or n == node}
    near = sorted(layers, key=lambda n: (abs(layers[n]), n))
    names = named(near[:LISTED])
    goods = np.array(near, dtype=np.int64)
    balanced = mass_balance(near[:LISTED])
    drawing, boxes = _drawing({n: layers[n] for n in near[:DRAWN] if n in names}, names, (up, down), node)
    places = stands_at(goods)
    return Family(
        focus=focus,
        kind=str(NodeKind(focus.kind).label),
        drawing=drawing,
        boxes=boxes,
        lines=tuple(_lines(near[:LISTED], names, layers, balanced)),
        up=len(up.node) - 1,
        down=len(down.node) - 1,
        complete=up.complete and down.complete,
        cyclic=int(up.cyclic.sum() + down.cyclic.sum()),
        places=places,
        map=map_json(places),
        happened=tuple(happened_to(node)),
    )


def _drawing(
    layers: dict[int, int], names: dict[int, Named], walks: tuple[Walk, Walk], focus: int
) -> tuple[Drawing, tuple[Drawn, ...]]:
    source, target = (np.concatenate([getattr(each, side) for each in walks]) for side in ("source", "target"))
    shown = np.isin(source, list(layers)) & np.isin(target, list(layers))
    pairs = np.unique(np.stack([source[shown], target[shown]]), axis=1)
    links = links_between(pairs[0], pairs[1])
    drawing = draw(layers, [(link.source, link.target, link.qty) for link in links])
    return drawing, tuple(_box(box, names.get(box.node), focus) for box in drawing.boxes)


def _box(box: Box, name: Named | None, focus: int) -> Drawn:
    if name is None:
        words = ngettext("%(n)s more", "%(n)s more", box.more) % {"n": box.more}
        return Drawn(box.x, box.y, words, _("in the table"), "ellipsis", box.node, False, "", box.more)
    sub = called(name) or name.of
    title = title_of(name)
    title = title if len(title) <= 20 else "…" + title[-19:]
    kind = NodeKind(name.kind).label
    return Drawn(box.x, box.y, title, sub[:24], ICONS[name.kind], name.node, name.node == focus, str(kind))


def _lines(nodes: Sequence[int], names: dict[int, Named], layers: dict[int, int], balanced: Balanced) -> list[Line]:
    row = {node: index for index, node in enumerate(balanced.node.tolist())}
    lines = []
    for node in nodes:
        if node not in names:
            continue
        at = row.get(node)
        balance = None if at is None else tuple(balanced.columns[at].tolist())
        held = 0 if at is None else int(balanced.held[at])
        lines.append(Line(names[node], str(NodeKind(names[node].kind).label), layers[node], balance, held))
    return sorted(lines, key=lambda line: (line.layer, line.name.code))


def map_json(places: Sequence[StandsAt], customers: str = "ok") -> dict[str, Any]:
    """For map.js: our sites and vehicles as sites, customers as stops, in the colour of this state."""
    known = [place for place in places if place.longitude is not None and place.latitude is not None]
    spot = lambda place: [round(place.longitude, 4), round(place.latitude, 4)]  # noqa: E731
    words = lambda place: f"{called(place)} · {_qty(place.qty)}"  # noqa: E731
    return {
        "trucks": [],
        "sites": [
            {"code": p.code, "name": words(p), "at": spot(p), "hot": int(p.on_hold), "out": 0}
            for p in known
            if p.kind != "party"
        ],
        "stops": [{"name": words(p), "at": spot(p), "state": customers} for p in known if p.kind == "party"],
    }


def stands_at_of(recall: Recall) -> tuple[StandsAt, ...]:
    """Where the goods of a recall are."""
    return stands_at(np.array(list(recall.lines.values_list("node", flat=True)), dtype=np.int64))


def happened_to(node: int) -> list[Happened]:
    """Movements, excursions, quality decisions and recalls of one thing, newest first."""
    kinds, states, steps = dict(PostingKind.choices), dict(QualityState.choices), dict(RecallState.choices)
    rows = [
        Happened(
            each.at,
            "ok",
            f"{kinds.get(each.kind, each.kind)} · {_qty(each.qty)} · {each.source} → {each.target}",
            each.document,
            each.actor,
        )
        for each in moved(node)
    ]
    for case in judged(node):
        if case.from_at is not None:
            words = _("Beyond %(limit)s at %(where)s, at worst %(worst)s") % {
                "limit": case.limit,
                "where": case.where,
                "worst": f"{case.worst:g}",
            }
            rows.append(Happened(case.from_at, "late", _("Excursion"), words, ""))
        at = case.decided_at or case.opened_at
        mark = "ok" if case.state == "released" else "risk"
        title = _("Quality") + f" · {states.get(case.state, case.state)} · {_qty(case.qty)}"
        rows.append(Happened(at, mark, title, case.reason, case.decided_by))
    for recall in recalled([node]):
        title = f"{recall.number} · {steps.get(recall.state, recall.state)}"
        rows.append(Happened(recall.at, "late", title, recall.reason, ""))
    return sorted(rows, key=lambda row: row.at, reverse=True)


BOX: Final = {"wide": WIDE, "high": HIGH}
