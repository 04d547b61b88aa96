"""Released proposals become supply: purchases go to purchasing by event, transfers are planned and reserved here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.locks import lock_supply
from longshore.ledger.models import FlowKind
from longshore.ledger.operations import NewClaim, NewFlow, plan_flows, reserve
from longshore.ledger.outbox import emit
from longshore.ledger.queries import supply_of
from longshore.planning import proposal_rules, rules
from longshore.planning.events import Decided
from longshore.planning.proposal_rules import Source, Taken, Transfer
from longshore.planning.queries.positions import lanes_between_sites
from longshore.planning.reading import execute, listed, rows

LOCK = """
SELECT id, key, kind, state, item_id, site_id, origin_id, qty, due_at, flow_id
FROM planning_proposal WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE
"""
# Decided later than it should have been ordered: the supplier still needs its time, unless a person set the date.
RELEASE = """
UPDATE planning_proposal SET state = 'released', decided_at = %(at)s,
    due_at = CASE WHEN kind = 'purchase' AND order_at < %(at)s AND NOT jsonb_exists(explanation, 'due_by_hand')
        THEN due_at + (%(at)s - order_at) ELSE due_at END,
    order_at = CASE WHEN kind = 'purchase' AND order_at < %(at)s THEN %(at)s ELSE order_at END,
    decided_by = CASE WHEN decided_by = '' THEN %(actor)s ELSE decided_by END
WHERE id = ANY(%(ids)s)
"""
PLANNED = """
UPDATE planning_proposal p SET flow_id = u.flow, qty = u.qty,
    explanation = CASE WHEN p.qty > u.qty
        THEN p.explanation || jsonb_build_object('binding', 'source-stock', 'qty_wanted', p.qty) ELSE p.explanation END
FROM unnest(%(ids)s::bigint[], %(flow)s::bigint[], %(qty)s::bigint[]) AS u(id, flow, qty)
WHERE p.id = u.id
"""


class NotReleasable(Refusal):
    """A proposal that was rejected or superseded is not released."""


@dataclass(frozen=True, slots=True)
class ReleaseReceipt:
    """`waiting`: transfers for which nothing is free at the source yet; they stay as they are."""

    released: tuple[int, ...]
    waiting: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    key: UUID
    kind: str
    state: str
    item: int
    site: int
    origin: int | None
    qty: int
    due_at: datetime
    flow: int | None


@transaction.atomic
def release(proposal_ids: Sequence[int], *, at: datetime, cause: Cause) -> ReleaseReceipt:
    """Make these proposals supply to come. Those released before stay as they are."""
    found = [_Row(*row) for row in rows(LOCK, {"ids": listed(proposal_ids)})]
    _refuse_closed(found)
    open_ones = [row for row in found if row.state in ("proposed", "approved")]
    bought = [row.id for row in open_ones if row.kind == "purchase"]
    moved = _plan_transfers([row for row in open_ones if row.kind == "transfer"], at=at, cause=cause)
    released = tuple(sorted([*bought, *moved]))
    if released:
        execute(RELEASE, {"ids": list(released), "at": at, "actor": cause.actor})
        emit([Decided(released[0], list(released), "released")], at=at, cause=cause)
    waiting = tuple(row.id for row in open_ones if row.id not in set(released))
    return ReleaseReceipt(released, waiting)


def _refuse_closed(found: Sequence[_Row]) -> None:
    closed = [row.id for row in found if row.state in ("rejected", "superseded")]
    if closed:
        raise NotReleasable(
            "proposal-closed",
            _("Proposal %(number)s was rejected or is no longer needed.") % {"number": closed[0]},
            _("Run planning again; it proposes what is needed now."),
            proposals=closed,
        )


def _plan_transfers(wanted: Sequence[_Row], *, at: datetime, cause: Cause) -> list[int]:
    """Claim what is free at the sources, then plan the flows for as much as was claimed."""
    if not wanted:
        return []
    lanes = lanes_between_sites()
    transfers = {row.id: _transfer(row, lanes, at) for row in wanted}
    items = sorted({row.item for row in wanted})
    lock_supply(items)
    supply = supply_of(items, {t.origin for t in transfers.values()})
    sources = [
        Source(s.source, s.source_id, s.item, s.site, s.ready_at or at, s.usable_until, s.qty_free) for s in supply
    ]
    taken = proposal_rules.allot(list(transfers.values()), sources)
    by_id = {row.id: row for row in wanted}
    reserve([_claim(take, by_id[take.proposal], transfers[take.proposal]) for take in taken], at=at, cause=cause)
    got: dict[int, int] = {}
    for take in taken:
        got[take.proposal] = got.get(take.proposal, 0) + take.qty
    if got:
        _write_flows({number: (by_id[number], qty) for number, qty in got.items()}, transfers, at=at, cause=cause)
    return sorted(got)


def _transfer(row: _Row, lanes: dict[tuple[int, int], tuple[int, int]], at: datetime) -> Transfer:
    origin = row.origin or 0
    transit, _spread = lanes.get((origin, row.site), (rules.TRANSFER_TRANSIT_MINUTES, 0))
    leave_at = max(at, row.due_at - timedelta(minutes=transit))
    return Transfer(row.id, row.item, origin, row.qty, leave_at, max(row.due_at, leave_at + timedelta(minutes=transit)))


def _claim(take: Taken, row: _Row, transfer: Transfer) -> NewClaim:
    on_stock = take.source.kind == "balance"
    return NewClaim(
        key=uuid5(row.key, f"claim:{take.source.kind}:{take.source.id}"),
        demand=f"transfer:{row.id}",
        item=row.item,
        site=transfer.origin,
        qty=take.qty,
        ship_at=transfer.leave_at,
        due_at=transfer.due_at,
        balance=take.source.id if on_stock else None,
        flow=None if on_stock else take.source.id,
    )


def _write_flows(
    got: dict[int, tuple[_Row, int]], transfers: dict[int, Transfer], *, at: datetime, cause: Cause
) -> None:
    flows = [
        NewFlow(
            key=uuid5(row.key, "flow"),
            kind=FlowKind.TRANSFER,
            item=row.item,
            source=transfers[number].origin,
            target=row.site,
            qty=qty,
            ship_at=transfers[number].leave_at,
            arrive_at=transfers[number].due_at,
            document=f"transfer:{number}",
        )
        for number, (row, qty) in got.items()
    ]
    planned = plan_flows(flows, at=at, cause=cause)
    columns = {"ids": list(got), "flow": [p.flow_id for p in planned], "qty": [qty for _row, qty in got.values()]}
    execute(PLANNED, columns)
