"""Deliver: the customer takes what was promised, or refuses some of it; both are movements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import RejectedRow, RowsRefused
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.operations import NewPosting, post, void_claims
from longshore.ledger.outbox import emit
from longshore.ordering.operations import add_delivered, add_refused
from longshore.shipping.events import GoodsDelivered, GoodsRefused
from longshore.shipping.models import ProofOfDelivery
from longshore.shipping.operations.handing import Delivered, RefusedLine, Share, by_shipment, delivery, refusal, shares
from longshore.shipping.queries.loading import GoodsRow, ShipmentRow, goods_of, lock_shipments
from longshore.storing.operations.progress import mark_stages
from longshore.storing.queries.places import places_of_use
from longshore.storing.queries.rows import change, fetch
from longshore.storing.rules import choose_place

_LINES: Final = """
UPDATE shipping_shipmentline l SET delivered = l.delivered + k.taken, refused = l.refused + k.refused,
    damaged = l.damaged + k.damaged, refused_reason = CASE WHEN k.reason = '' THEN l.refused_reason ELSE k.reason END
FROM unnest(%(lines)s::bigint[], %(taken)s::bigint[], %(refused)s::bigint[], %(damaged)s::bigint[], %(reasons)s::text[])
    AS k(line, taken, refused, damaged, reason)
WHERE l.id = k.line
"""
_SHIPMENTS: Final = """
UPDATE shipping_shipment s SET state = k.state, delivered_at = k.at
FROM unnest(%(shipments)s::bigint[], %(states)s::text[], %(ats)s::timestamptz[]) AS k(shipment, state, at)
WHERE s.id = k.shipment
"""
_LEAVE_STOPS: Final = """
UPDATE shipping_tripstop s SET departed_at = greatest(s.arrived_at, (
    SELECT max(h.delivered_at) FROM shipping_shipment h WHERE h.stop_id = s.id))
WHERE s.id = ANY(%(stops)s) AND s.arrived_at IS NOT NULL AND s.departed_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM shipping_shipment h WHERE h.stop_id = s.id
        AND h.state NOT IN ('delivered', 'refused', 'cancelled'))
"""
# Of all that was brought of an order, and not of these reports alone: an earlier one may be told later.
_TAKEN_AT: Final = """
SELECT order_id, max(delivered_at) FROM shipping_shipment WHERE order_id = ANY(%(orders)s) AND state = 'delivered'
GROUP BY order_id
"""


class _Taken(NamedTuple):
    order: int
    last: datetime


class DeliveriesRefused(RowsRefused):
    """Nothing was delivered; `rejected` says which reports could not be taken and why."""


@dataclass(frozen=True, slots=True)
class DeliverReceipt:
    """`refused`: shipments of which something was refused; `replayed`: reported before."""

    delivered: tuple[int, ...]
    refused: tuple[int, ...] = ()
    replayed: tuple[int, ...] = ()
    rejected: tuple[RejectedRow, ...] = ()


@dataclass(slots=True)
class _Work:
    """The reports of a batch, each with its shipment and what becomes of its goods."""

    fresh: list[tuple[Delivered, ShipmentRow, list[Share]]] = field(default_factory=list)
    replayed: list[int] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)


@retried
def deliver(deliveries: Sequence[Delivered], *, at: datetime, cause: Cause, partial: bool = False) -> DeliverReceipt:
    """Take the drivers' reports: goods move to the customer, what is refused stays on the vehicle.

    A transfer goes into the receiving dock of the other site and fulfils its planned flow. A shipment reported before
    is left as it is.
    """
    with transaction.atomic():
        rows = {row.shipment: row for row in lock_shipments(sorted({each.shipment for each in deliveries}))}
        goods = by_shipment(goods_of([row.shipment for row in rows.values() if row.state == "in_transit"]))
        work = _sort(deliveries, rows, goods)
        docks = _docks(work)
        if work.rejected and not partial:
            raise DeliveriesRefused(tuple(work.rejected))
        _post(work, docks, at, cause)
        _write(work, cause)
        _tell(work, at, cause)
        refused = tuple(row.shipment for _r, row, parts in work.fresh if any(part.refused for part in parts))
        done = tuple(row.shipment for _r, row, _p in work.fresh)
        return DeliverReceipt(done, refused, tuple(work.replayed), tuple(work.rejected))


def _sort(
    deliveries: Sequence[Delivered], rows: Mapping[int, ShipmentRow], goods: Mapping[int, list[GoodsRow]]
) -> _Work:
    work = _Work()
    seen: set[int] = set()
    for number, report in enumerate(deliveries, start=1):
        row = rows.get(report.shipment)
        if row is not None and (row.state in ("delivered", "refused") or report.shipment in seen):
            work.replayed.append(report.shipment)
            continue
        problem = _problem(report, row, goods)
        if problem is not None:
            work.rejected.append(RejectedRow(number, *problem, value=str(report.shipment)))
            continue
        assert row is not None
        seen.add(report.shipment)
        work.fresh.append((report, row, shares(goods[report.shipment], report.refused)))
    return work


def _problem(
    report: Delivered, row: ShipmentRow | None, goods: Mapping[int, list[GoodsRow]]
) -> tuple[str, str, str, str] | None:
    """(field, code, sentence, remedy) if this report cannot be taken."""
    if row is None:
        return "shipment", "no-such-shipment", _("There is no such shipment."), _("Reload the list of stops.")
    if row.state != "in_transit":
        sentence = _("Shipment {number} is not on its way.").format(number=row.number)
        return "shipment", "not-on-its-way", sentence, _("Let its trip depart first.")
    aboard: dict[int, int] = defaultdict(int)
    for each in goods.get(row.shipment, ()):
        aboard[each.order_line or 0] += each.qty
    refused: dict[int, int] = defaultdict(int)
    for line in report.refused:
        refused[line.order_line] += line.qty
    for line_id, qty in refused.items():
        if qty > aboard.get(line_id, 0) or any(line.qty <= 0 for line in report.refused):
            return (
                "refused",
                "more-refused-than-aboard",
                _("{qty} are refused of an order line of which {aboard} are in the shipment.").format(
                    qty=qty, aboard=aboard.get(line_id, 0)
                ),
                _("Correct the refused quantity; it cannot exceed what was brought."),
            )
    return None


def _docks(work: _Work) -> dict[int, int]:
    """The receiving dock for each transfer; transfers to a site without one are rejected."""
    transfers = [row for _r, row, _p in work.fresh if row.transfer is not None]
    places = places_of_use([row.ship_to for row in transfers], ["receiving"]) if transfers else []
    docks = {
        row.shipment: choose_place(
            places, site=row.ship_to, usages=["receiving"], temperature_class=row.temperature_class
        )
        for row in transfers
    }
    for shipment, dock in docks.items():
        if not dock:
            sentence = _("The receiving site has no receiving dock.")
            remedy = _("Add a place with the use “receiving” to the site.")
            work.rejected.append(RejectedRow(1, "shipment", "no-receiving-dock", sentence, remedy, value=str(shipment)))
    work.fresh = [each for each in work.fresh if docks.get(each[1].shipment, 1)]
    return docks


def _post(work: _Work, docks: Mapping[int, int], at: datetime, cause: Cause) -> None:
    """Deliveries first; then what is refused gives its claims back and changes condition."""
    given = [delivery(row, parts, report.happened_at, docks.get(row.shipment)) for report, row, parts in work.fresh]
    _post_all(given, at, cause)
    void_claims(
        [part.goods.claim for _r, _s, parts in work.fresh for part in parts if part.refused], at=at, cause=cause
    )
    _post_all([refusal(row, parts, report.happened_at) for report, row, parts in work.fresh], at, cause)


def _post_all(postings: Sequence[NewPosting | None], at: datetime, cause: Cause) -> None:
    real = [posting for posting in postings if posting is not None]
    if real:
        post(real, at=at, cause=cause)


def _write(work: _Work, cause: Cause) -> None:
    if not work.fresh:
        return
    lines: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    reasons: dict[int, str] = {}
    for _report, _row, parts in work.fresh:
        for part in parts:
            sums = lines[part.goods.line]
            sums[0] += part.taken
            sums[1] += part.refused
            sums[2] += part.refused if part.damaged else 0
            reasons[part.goods.line] = part.reason or reasons.get(part.goods.line, "")
    change(
        _LINES,
        {
            "lines": list(lines),
            "taken": [sums[0] for sums in lines.values()],
            "refused": [sums[1] for sums in lines.values()],
            "damaged": [sums[2] for sums in lines.values()],
            "reasons": [reasons[line] for line in lines],
        },
    )
    change(
        _SHIPMENTS,
        {
            "shipments": [row.shipment for _r, row, _p in work.fresh],
            "states": ["delivered" if any(p.taken for p in parts) else "refused" for _r, _s, parts in work.fresh],
            "ats": [report.happened_at for report, _s, _p in work.fresh],
        },
    )
    ProofOfDelivery.objects.bulk_create(
        [
            ProofOfDelivery(
                shipment_id=row.shipment,
                at=report.happened_at,
                signer=report.signer,
                note=report.note,
                actor=cause.actor,
            )
            for report, row, _parts in work.fresh
        ]
    )
    change(_LEAVE_STOPS, {"stops": sorted({row.stop for _r, row, _p in work.fresh if row.stop is not None})})


def _tell(work: _Work, at: datetime, cause: Cause) -> None:
    taken: dict[int, int] = defaultdict(int)
    gone: dict[int, int] = defaultdict(int)
    again: dict[int, int] = defaultdict(int)
    for _report, _row, parts in work.fresh:
        for part in parts:
            line = part.goods.order_line
            if line is not None:
                taken[line] += part.taken
                (again if part.again else gone)[line] += part.refused
    orders = tuple(sorted({row.order for _r, row, _p in work.fresh if row.order is not None}))
    taken_at = dict(fetch(_Taken, _TAKEN_AT, {"orders": list(orders)}))
    # What is refused comes off what was shipped before the rest counts as delivered, so that the line always adds up.
    add_refused([(line, qty) for line, qty in gone.items() if qty], at=at, cause=cause, taken_at=taken_at)
    add_refused([(line, qty) for line, qty in again.items() if qty], at=at, cause=cause, again=True)
    add_delivered([(line, qty) for line, qty in taken.items() if qty], at=at, cause=cause, taken_at=taken_at)
    mark_stages(orders, at=at, cause=cause)
    told = [
        GoodsRefused(row.shipment, row.order, tuple(_line(line) for line in report.refused))
        for report, row, _parts in work.fresh
        if report.refused
    ]
    emit(told, at=at, cause=cause)
    if work.fresh:
        emit([GoodsDelivered(tuple(row.shipment for _r, row, _p in work.fresh), orders)], at=at, cause=cause)


def _line(line: RefusedLine) -> dict[str, object]:
    return {"order_line": line.order_line, "qty": line.qty, "reason": str(line.reason), "damaged": line.damaged}
