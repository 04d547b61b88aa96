"""Goods arrive: scanned line by line, over, short or damaged, into the ledger at the dock in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal, RejectedRow, RowsRefused
from longshore.catalog.models import Partner, Place
from longshore.ledger.cause import Cause
from longshore.ledger.models import Condition, PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.ledger.outbox import emit
from longshore.planning import rules as planning_rules
from longshore.planning.reading import execute, listed, rows
from longshore.sourcing import rules
from longshore.sourcing.events import Received
from longshore.sourcing.operations.measuring import measure_lead_times
from longshore.sourcing.rules import Accepted, Arrived, KnownLot, LineFacts

LOCK_ORDERS = """
SELECT o.id FROM sourcing_purchaseorder o
WHERE o.id IN (SELECT l.order_id FROM sourcing_purchaseorderline l WHERE l.id = ANY(%(lines)s))
ORDER BY o.id FOR UPDATE
"""
LINES = """
SELECT l.id, o.id, o.number, o.state, o.site_id, o.supplier_id, s.place_id, i.id, i.code, i.lot_tracked,
    i.shelf_life_days IS NOT NULL, l.qty, l.received, l.flow_id, f.status = 'firm'
FROM sourcing_purchaseorderline l
JOIN sourcing_purchaseorder o ON o.id = l.order_id
JOIN catalog_partner s ON s.id = o.supplier_id
JOIN catalog_item i ON i.id = l.item_id
JOIN ledger_plannedflow f ON f.id = l.flow_id
WHERE l.id = ANY(%(lines)s)
"""
KNOWN = "SELECT key, id, line_id, qty, damaged, over FROM sourcing_receipt WHERE key = ANY(%(keys)s::uuid[])"
LOTS = """
SELECT l.item_id, l.code, l.id, l.expires_on FROM catalog_lot l
JOIN unnest(%(item)s::bigint[], %(code)s::text[]) AS u(item, code) ON u.item = l.item_id AND u.code = l.code
"""
NEW_LOTS = """
INSERT INTO catalog_lot (item_id, code, produced_on, expires_on, supplier_id)
SELECT DISTINCT ON (u.item, u.code) u.item, u.code, u.produced, u.expires, u.supplier
FROM unnest(%(item)s::bigint[], %(code)s::text[], %(produced)s::date[], %(expires)s::date[], %(supplier)s::bigint[])
    AS u(item, code, produced, expires, supplier)
ORDER BY u.item, u.code
ON CONFLICT (item_id, code) DO NOTHING
"""
INSERT = """
INSERT INTO sourcing_receipt (key, line_id, lot_id, qty, damaged, over, at, dock_id, posting_id, actor)
SELECT u.key, u.line, nullif(u.lot, 0), u.qty, u.damaged, u.over, u.at, %(dock)s, u.posting, %(actor)s
FROM unnest(%(key)s::uuid[], %(line)s::bigint[], %(lot)s::bigint[], %(qty)s::bigint[], %(damaged)s::bigint[],
    %(over)s::bigint[], %(at)s::timestamptz[], %(posting)s::bigint[]) WITH ORDINALITY
    AS u(key, line, lot, qty, damaged, over, at, posting, n)
ORDER BY u.n
RETURNING key, id
"""
# Recounted from the receipts, so that nothing is ever added twice.
COUNT_LINES = """
UPDATE sourcing_purchaseorderline l SET received = c.qty, damaged = c.damaged,
    closed_at = CASE WHEN c.qty >= l.qty THEN COALESCE(l.closed_at, %(at)s) ELSE l.closed_at END
FROM (SELECT line_id, SUM(qty) AS qty, SUM(damaged) AS damaged FROM sourcing_receipt
    WHERE line_id = ANY(%(lines)s) GROUP BY 1) c
WHERE l.id = c.line_id
"""
COUNT_ORDERS = """
UPDATE sourcing_purchaseorder o SET
    state = CASE WHEN c.complete THEN 'received' ELSE 'part_received' END,
    received_at = CASE WHEN c.complete THEN COALESCE(o.received_at, %(at)s) ELSE o.received_at END
FROM (SELECT order_id, bool_and(closed_at IS NOT NULL) AS complete FROM sourcing_purchaseorderline
    WHERE order_id IN (SELECT order_id FROM sourcing_purchaseorderline WHERE id = ANY(%(lines)s)) GROUP BY 1) c
WHERE o.id = c.order_id
"""


class ReceiptRefused(RowsRefused):
    """Nothing was taken in; `rejected` says which rows cannot be and why."""

    def __init__(self, rejected: tuple[RejectedRow, ...]) -> None:
        super().__init__(rejected, row=rejected[0].row)


class WrongDock(Refusal):
    """Goods for this site are not taken in there."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A receipt: `over` of `qty` is more than ordered. `replayed`: it was known already and nothing changed."""

    key: UUID
    receipt: int
    line: int
    qty: int
    damaged: int
    over: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class ReceiveReceipt:
    """`displaced`: claims that hoped for goods that came unfit for use."""

    accepted: tuple[TakenIn, ...]
    rejected: tuple[RejectedRow, ...]
    displaced: tuple[int, ...]


@transaction.atomic
def receive(
    order: int | None, arrived: Sequence[Arrived], dock: int, *, at: datetime, cause: Cause, partial: bool = False
) -> ReceiveReceipt:
    """Take goods in at a dock of the site they were ordered for. `order` None: the rows may be of several orders.

    All or nothing unless `partial`. A row with a key that was received before changes nothing.
    """
    lines = _lines(arrived)
    place = _dock(dock, lines)
    known = {row[0]: row for row in rows(KNOWN, {"keys": [each.key for each in arrived]})}
    numbered = list(enumerate(arrived, 1))
    fresh = [(n, each) for n, each in numbered if each.key not in known]
    day = planning_rules.local_day(at, place.timezone)
    of_order = {line.id: line for line in lines.values() if order in (None, line.order)}
    accepted, rejected = rules.judge(fresh, of_order, _known_lots(fresh, lines), day)
    rejected += _reused(numbered, known)
    if rejected and not partial:
        raise ReceiptRefused(tuple(rejected))
    made, displaced = _take_in(accepted, place, at=at, cause=cause) if accepted else ({}, ())
    told = [_known(known[each.key]) for _n, each in numbered if each.key in known]
    told += [TakenIn(a.arrived.key, made[a.arrived.key], a.line.id, a.arrived.qty, a.arrived.damaged, a.over, False)
             for a in accepted]  # fmt: skip
    return ReceiveReceipt(tuple(told), tuple(sorted(rejected, key=lambda row: row.row)), displaced)


def _lines(arrived: Sequence[Arrived]) -> dict[int, LineFacts]:
    wanted = {"lines": listed([each.line for each in arrived])}
    rows(LOCK_ORDERS, wanted)
    return {row[0]: LineFacts(*row) for row in rows(LINES, wanted)}


def _dock(dock: int, lines: dict[int, LineFacts]) -> Place:
    place = Place.objects.filter(pk=dock, usage="receiving", active=True).first()
    sites = {line.site for line in lines.values()}
    if place is None or (sites and sites != {place.site_id}):
        raise WrongDock(
            "wrong-dock",
            _("This is not a receiving dock of the site the goods were ordered for."),
            _("Scan a receiving dock of that site."),
            dock=dock,
            sites=sorted(sites),
        )
    return place


def _known_lots(fresh: Sequence[tuple[int, Arrived]], lines: dict[int, LineFacts]) -> dict[tuple[int, str], KnownLot]:
    wanted = [(lines[each.line].item, each.lot_code) for _n, each in fresh if each.line in lines and each.lot_code]
    columns = {"item": [item for item, _code in wanted], "code": [code for _item, code in wanted]}
    return {(item, code): KnownLot(lot, expires_on) for item, code, lot, expires_on in rows(LOTS, columns)}


def _reused(numbered: Sequence[tuple[int, Arrived]], known: dict[UUID, tuple[Any, ...]]) -> list[RejectedRow]:
    sentence, remedy = _("Another receipt has this id."), _("Scan again with a new id.")
    return [
        RejectedRow(n, "key", "receipt-id-reused", str(sentence), str(remedy), str(each.key))
        for n, each in numbered
        if each.key in known and known[each.key][2:5] != (each.line, each.qty, each.damaged)
    ]


def _known(row: tuple[Any, ...]) -> TakenIn:
    key, receipt, line, qty, damaged, over = row
    return TakenIn(key, receipt, line, qty, damaged, over, True)


def _take_in(
    accepted: Sequence[Accepted], dock: Place, *, at: datetime, cause: Cause
) -> tuple[dict[UUID, int], tuple[int, ...]]:
    """Lots, movements, receipts, counters, event: in this order, in the caller's transaction."""
    lots = _lots(accepted)
    owner = Partner.objects.filter(is_owner=True).order_by("id").values_list("id", flat=True)[0]
    postings = [_posting(a, dock.pk, owner, lots.get((a.line.item, a.arrived.lot_code)), at) for a in accepted]
    posted = post(postings, at=at, cause=cause)
    number = {each.key: each.posting_id for each in posted.accepted}
    columns = {
        "key": [a.arrived.key for a in accepted],
        "line": [a.line.id for a in accepted],
        "lot": [lots.get((a.line.item, a.arrived.lot_code), 0) for a in accepted],
        "qty": [a.arrived.qty for a in accepted],
        "damaged": [a.arrived.damaged for a in accepted],
        "over": [a.over for a in accepted],
        "at": [a.arrived.happened_at or at for a in accepted],
        "posting": [number[a.arrived.key] for a in accepted],
    }
    made: dict[UUID, int] = dict(rows(INSERT, {**columns, "dock": dock.pk, "actor": cause.actor}))
    lines = sorted({a.line.id for a in accepted})
    execute(COUNT_LINES, {"lines": lines, "at": at})
    execute(COUNT_ORDERS, {"lines": lines, "at": at})
    measure_lead_times(lines, at=at)
    _tell(accepted, list(made.values()), at=at, cause=cause)
    return made, posted.displaced


def _tell(accepted: Sequence[Accepted], receipts: list[int], *, at: datetime, cause: Cause) -> None:
    told = Received(
        receipts=sorted(receipts),
        purchase_orders=sorted({a.line.order for a in accepted}),
        items=sorted({a.line.item for a in accepted}),
        sites=sorted({a.line.site for a in accepted}),
        damaged=sum(a.arrived.damaged for a in accepted),
    )
    emit([told], at=at, cause=cause)


def _lots(accepted: Sequence[Accepted]) -> dict[tuple[int, str], int]:
    wanted = [a for a in accepted if a.line.lot_tracked]
    if not wanted:
        return {}
    columns = {
        "item": [a.line.item for a in wanted],
        "code": [a.arrived.lot_code for a in wanted],
        "produced": [a.arrived.produced_on for a in wanted],
        "expires": [a.arrived.expires_on for a in wanted],
        "supplier": [a.line.supplier for a in wanted],
    }
    execute(NEW_LOTS, columns)
    return {(item, code): lot for item, code, lot, _expires in rows(LOTS, columns)}


def _posting(accepted: Accepted, dock: int, owner: int, lot: int | None, at: datetime) -> NewPosting:
    """What was ordered fulfils the planned flow, fit parts first; what is over only comes in."""
    line, arrived = accepted.line, accepted.arrived
    fit = arrived.qty - arrived.damaged
    expected_fit = min(fit, accepted.due)
    parts = (
        (expected_fit, Condition.UNRESTRICTED, line.flow),
        (fit - expected_fit, Condition.UNRESTRICTED, None),
        (accepted.due - expected_fit, Condition.DAMAGED, line.flow),
        (arrived.damaged - (accepted.due - expected_fit), Condition.DAMAGED, None),
    )
    source = Key(line.item, line.supplier_place or 0, owner, lot)
    moves = tuple(
        Move(
            source,
            Key(line.item, dock, owner, lot, int(condition), arrived.handling_unit),
            qty,
            flow=flow if line.flow_open else None,
        )
        for qty, condition, flow in parts
        if qty > 0
    )
    return NewPosting(
        arrived.key, PostingKind.RECEIPT, arrived.happened_at or at, moves, f"purchase-order:{line.order}"
    )
