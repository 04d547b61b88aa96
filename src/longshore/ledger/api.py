"""The ledger over HTTP: what stands where now and then, what moved, and postings by systems that know their ids."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from ninja import Query, Router, Schema

from longshore.catalog.access import may_of, now_of
from longshore.ledger import audit as books
from longshore.ledger import operations, queries
from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind

router = Router()


class KeyIn(Schema):
    item: int
    place: int
    owner: int
    lot: int | None = None
    condition: int = 0
    handling_unit: int | None = None
    serial: int | None = None


class MoveIn(Schema):
    source: KeyIn
    target: KeyIn
    qty: int


class PostingIn(Schema):
    key: UUID
    kind: PostingKind
    happened_at: datetime
    moves: list[MoveIn]
    document: str = ""


class PostingsIn(Schema):
    """`partial`: post what can be posted and return the rest as rejected; else all or nothing."""

    postings: list[PostingIn]
    partial: bool = False
    device: str = ""


class ReversalIn(Schema):
    posting: UUID
    key: UUID | None = None
    because: str


class CountIn(Schema):
    key: UUID
    where: KeyIn
    counted: int
    happened_at: datetime


class CloseIn(Schema):
    before: datetime


class Where(Schema):
    item: list[int] | None = None
    site: list[int] | None = None


class Then(Schema):
    item: list[int]
    happened_by: datetime
    known_by: datetime | None = None
    place: list[int] | None = None


def _cause(request: HttpRequest, because: str = "api", device: str = "") -> Cause:
    if "ledger" not in may_of(request.user):
        raise PermissionDenied("Your role may not post to the ledger.")
    return Cause(actor=request.user.get_username(), because=because, device=device)


def _key(key: KeyIn) -> operations.Key:
    return operations.Key(**key.dict())


def _receipt(receipt: operations.PostReceipt) -> dict[str, Any]:
    return {
        "accepted": [asdict(row) for row in receipt.accepted],
        "rejected": [asdict(row) for row in receipt.rejected],
    }


@router.get("/stock", summary="What stands where now, by key")
def stock(request: HttpRequest, where: Query[Where]) -> list[dict[str, Any]]:
    return [asdict(row) for row in queries.stock_of(where.item, where.site)]


@router.get("/available", summary="What could still be promised of an item, as a step function of time")
def available(
    request: HttpRequest, item: int, site: Query[list[int]], usable_for: datetime | None = None
) -> list[dict[str, Any]]:
    return [asdict(step) for step in queries.available(item, site, usable_for=usable_for)]


@router.get("/as-of", summary="What stood there then, as known now or as known then")
def as_of(request: HttpRequest, then: Query[Then]) -> list[dict[str, Any]]:
    rows = queries.as_of(then.item, happened_by=then.happened_by, known_by=then.known_by, places=then.place)
    return [asdict(row) for row in rows]


@router.get("/movements", summary="The latest movements: of an item, of documents, or all")
def movements(
    request: HttpRequest, item: int | None = None, document: Query[list[str] | None] = None, limit: int = 200
) -> list[dict[str, Any]]:
    if document:
        return [asdict(row) for row in queries.movements_of_documents(document, limit=limit)]
    if item is not None:
        return [asdict(row) for row in queries.movements_of_item(item, limit=limit)]
    return [asdict(row) for row in queries.latest_movements(limit=limit)]


@router.get("/value", summary="What stock is worth by item")
def value(request: HttpRequest, method: str = "average", known_by: datetime | None = None) -> list[dict[str, Any]]:
    return [asdict(row) for row in queries.stock_value(method=method, known_by=known_by)]


@router.get("/audit", summary="The books against themselves")
def audit(request: HttpRequest) -> dict[str, Any]:
    return asdict(books.audit())


@router.post("/postings", summary="Post movements; the same id twice is the same posting")
def post(request: HttpRequest, body: PostingsIn) -> dict[str, Any]:
    cause = _cause(request, device=body.device)
    postings = [
        operations.NewPosting(
            posting.key,
            posting.kind,
            posting.happened_at,
            tuple(operations.Move(_key(move.source), _key(move.target), move.qty) for move in posting.moves),
            posting.document,
        )
        for posting in body.postings
    ]
    return _receipt(operations.post(postings, at=now_of(request), cause=cause, partial=body.partial))


@router.post("/reversals", summary="Take a posting back by a new one, the other way round")
def reverse(request: HttpRequest, body: ReversalIn) -> dict[str, Any]:
    cause = _cause(request, because=body.because)
    return _receipt(operations.reverse(body.posting, key=body.key or uuid4(), at=now_of(request), cause=cause))


@router.post("/counts", summary="Keep counts and post their differences")
def count(request: HttpRequest, body: list[CountIn]) -> dict[str, Any]:
    counts = [operations.Counted(row.key, _key(row.where), row.counted, row.happened_at) for row in body]
    receipt = operations.count_stock(counts, at=now_of(request), cause=_cause(request, because="count"))
    rows = [{**asdict(row), "difference": row.difference} for row in receipt.rows]
    return {"rows": rows, "rejected": [asdict(row) for row in receipt.rejected]}


@router.post("/closed-periods", summary="Nothing may be posted as having happened before this moment any more")
def close_period(request: HttpRequest, body: CloseIn) -> dict[str, Any]:
    closed = operations.close_period(body.before, at=now_of(request), cause=_cause(request))
    return {"closed_before": closed.closed_before, "closed_at": closed.closed_at, "actor": closed.actor}
