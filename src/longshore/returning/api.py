"""Returns over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from longshore.catalog.queries import place_ids
from longshore.ledger.models import Condition
from longshore.ordering.api import asked_by, now
from longshore.ordering.queries import line_ids
from longshore.returning import operations, queries

router = Router()


class ReturnIn(Schema):
    """`qty` base units of a line of an order come back to a site (code). `key`: sending it again changes nothing.
    `reason`: refused, damaged, wrong, expired, unwanted."""

    key: UUID
    order: str
    line: int
    qty: int
    reason: str
    site: str
    damaged: bool = False
    lot: int | None = None
    happened_at: datetime | None = None


class ReturnsIn(Schema):
    returns: list[ReturnIn]
    partial: bool = False


class VerdictIn(Schema):
    """`restock` are good again, `scrap` are not; `to` (place id) empty: the site's receiving dock."""

    key: UUID
    restock: int = 0
    scrap: int = 0
    to: int | None = None


@router.get("/returns")
def list_returns(
    request: HttpRequest, site: int | None = None, reason: str = "", page: int = 1, rows: int = 50
) -> dict[str, Any]:
    """Newest first."""
    asked_by(request, "view")
    return asdict(queries.list_returns(site=site, reason=reason, page=page, rows=rows))


@router.post("/returns")
def return_goods(request: HttpRequest, batch: ReturnsIn) -> dict[str, Any]:
    """Take goods back, one or many."""
    cause = asked_by(request, "returning")
    sites = place_ids({row.site for row in batch.returns})
    lines = line_ids({row.order for row in batch.returns})
    wanted = [
        operations.NewReturn(
            key=row.key,
            order_line=lines.get((row.order, row.line), 0),
            qty=row.qty,
            reason=row.reason,
            site=sites.get(row.site, 0),
            condition=int(Condition.DAMAGED if row.damaged else Condition.RETURNED),
            lot=row.lot,
            happened_at=row.happened_at,
        )
        for row in batch.returns
    ]
    return asdict(operations.return_goods(wanted, at=now(request), cause=cause, partial=batch.partial))


@router.post("/returns/{returned}/inspect")
def inspect_return(request: HttpRequest, returned: int, verdict: VerdictIn) -> dict[str, Any]:
    """Say what is good again and what is scrap."""
    cause = asked_by(request, "returning")
    wanted = operations.Inspected(verdict.key, returned, verdict.restock, verdict.scrap, verdict.to)
    return asdict(operations.inspect_return(wanted, at=now(request), cause=cause))
