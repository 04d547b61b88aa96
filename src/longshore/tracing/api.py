"""Tracing over HTTP: find a thing, its family, recalls and their verbs, transformations."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from ninja import Router, Schema

from longshore.ledger.cause import Cause
from longshore.ledger.operations import Input, Key, NewTransform, Output
from longshore.ledger.operations import transform as transform_goods
from longshore.ordering.api import asked_by, now
from longshore.sensing.operations import id_of
from longshore.tracing import operations
from longshore.tracing.models import NodeKind, Recall
from longshore.tracing.queries.balancing import mass_balance
from longshore.tracing.queries.naming import links_between, meant_by, named
from longshore.tracing.queries.recalls import letters_of, lines_of, recalls_listed
from longshore.tracing.queries.walking import walk

router = Router()
MOST = 100_000


class StartIn(Schema):
    """What to call back: `node`s or a `code` (lot, serial number, SSCC, Digital Link), or a supplier, a machine, places
    (ids) or a `device` (its code: wherever it hung) during a period. `kind`: lot, supplier, machine, sensor. `key`: sending
    it again changes nothing."""

    key: UUID
    reason: str
    kind: str = "lot"
    code: str = ""
    nodes: list[int] = []
    supplier: int | None = None
    item: int | None = None
    machine: int | None = None
    places: list[int] = []
    handling_units: list[int] = []
    device: str = ""
    from_at: datetime | None = None
    until: datetime | None = None


class GoodsIn(Schema):
    """`qty` base units under a key of the ledger (ids); of an input, `lost` of them were waste."""

    item: int
    place: int
    owner: int
    qty: int
    lot: int | None = None
    serial: int | None = None
    handling_unit: int | None = None
    condition: int = 0
    lost: int = 0


class TransformIn(Schema):
    """One thing turned into another. `reason`: make, repack, re-lot, rework, split. `expected`: of the first output."""

    key: UUID
    happened_at: datetime
    inputs: list[GoodsIn]
    outputs: list[GoodsIn]
    reason: str = "make"
    machine: int | None = None
    expected: int | None = None
    document: str = ""


class AnswerIn(Schema):
    """How many base units of the letter came back or were destroyed at the customer."""

    recovered: int
    note: str = ""


@router.get("/find")
def find(request: HttpRequest, q: str) -> list[dict[str, Any]]:
    """What a scanned or typed code may mean, best first; `node` is what the other questions take."""
    asked_by(request, "view")
    nodes = meant_by(q)
    names = named(nodes)
    return [asdict(names[node]) | {"kind": NodeKind(names[node].kind).name.lower()} for node in nodes if node in names]


@router.get("/family/{node}")
def family(request: HttpRequest, node: int, way: str = "down", limit: int = 10_000) -> dict[str, Any]:
    """What came of it (`down`) or went into it (`up`): nodes with their distance, links, mass balance."""
    asked_by(request, "view")
    found = walk([node], down=way != "up", limit=min(max(limit, 1), MOST))
    names = named(found.node.tolist())
    balanced = mass_balance(found.node.tolist())
    sums = dict(zip(balanced.node.tolist(), balanced.columns.tolist(), strict=True))
    columns = ("made", "found", "shipped", "scrapped", "consumed", "unexplained")
    return {
        "complete": found.complete,
        "cyclic_links": int(found.cyclic.sum()),
        "nodes": [
            asdict(names[each])
            | {"depth": depth, "balance": dict(zip(columns, sums[each], strict=True)) if each in sums else None}
            for each, depth in zip(found.node.tolist(), found.depth.tolist(), strict=True)
            if each in names
        ],
        "links": [asdict(link) for link in links_between(found.source, found.target)],
    }


@router.get("/recalls")
def list_recalls(request: HttpRequest) -> list[dict[str, Any]]:
    """Newest first."""
    asked_by(request, "view")
    return [asdict(row) for row in recalls_listed()]


@router.post("/recalls")
def start_recall(request: HttpRequest, body: StartIn) -> dict[str, Any]:
    """Find everything and write it down; nothing is held and nobody told yet."""
    cause = _may_change(request)
    nodes = tuple(body.nodes) or (meant_by(body.code, most=1) if body.code else ())
    new = operations.NewRecall(
        key=body.key,
        reason=body.reason,
        kind=body.kind,
        nodes=nodes,
        supplier=body.supplier,
        item=body.item,
        machine=body.machine,
        places=tuple(body.places),
        units=tuple(body.handling_units),
        device=id_of(body.device) if body.device else None,
        from_at=body.from_at,
        until=body.until,
    )
    return asdict(operations.start_recall(new, at=now(request), cause=cause))


@router.get("/recalls/{number}")
def one_recall(request: HttpRequest, number: str) -> dict[str, Any]:
    """Its lots with their balance, and who got any of it."""
    asked_by(request, "view")
    found = _found(number)
    return {
        "recall": asdict(operations.receipt_of(found)),
        "lots": [asdict(row) for row in lines_of(found.pk)],
        "letters": [asdict(row) for row in letters_of(found.pk)],
    }


@router.post("/recalls/{number}/{verb}")
def act(request: HttpRequest, number: str, verb: str) -> dict[str, Any]:
    """hold, notify, reconcile, close or cancel; each may be sent twice."""
    cause = _may_change(request)
    verbs = {
        "hold": operations.hold_recall,
        "notify": operations.notify_recall,
        "reconcile": operations.reconcile_recall,
        "close": operations.close_recall,
        "cancel": operations.cancel_recall,
    }
    if verb not in verbs:
        raise Http404(verb)
    done: Any = verbs[verb](_found(number).pk, at=now(request), cause=cause)
    return asdict(done)


@router.post("/recalls/{number}/letters/{letter}/answer")
def answer(request: HttpRequest, number: str, letter: int, body: AnswerIn) -> dict[str, Any]:
    """What a customer says came back."""
    cause = _may_change(request)
    _found(number)
    row = operations.answer_letter(letter, recovered=body.recovered, at=now(request), cause=cause, note=body.note)
    return {"letter": row.pk, "state": row.state, "recovered": row.recovered}


@router.post("/transforms")
def transform(request: HttpRequest, body: list[TransformIn]) -> dict[str, Any]:
    """Make, repack, re-lot: all of these or none."""
    actor = asked_by(request, "ledger")
    news = [
        NewTransform(
            one.key,
            one.happened_at,
            tuple(Input(_key(row), row.qty, row.lost) for row in one.inputs),
            tuple(Output(_key(row), row.qty) for row in one.outputs),
            one.reason,
            one.machine,
            one.expected,
            one.document,
        )
        for one in body
    ]
    return asdict(transform_goods(news, at=now(request), cause=actor))


def _key(row: GoodsIn) -> Key:
    return Key(row.item, row.place, row.owner, row.lot, row.condition, row.handling_unit, row.serial)


def _may_change(request: HttpRequest) -> Cause:
    return asked_by(request, "tracing")


def _found(number: str) -> Recall:
    found = Recall.objects.filter(number=number).first()
    if found is None:
        raise Http404(number)
    return found
