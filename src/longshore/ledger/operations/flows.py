"""Planned flows: supply and movements to come, in the same shape as movements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.ledger import events, outbox
from longshore.ledger.cause import Cause
from longshore.ledger.locks import LockedFlow, lock_flows, retried
from longshore.ledger.operations import travel
from longshore.ledger.rules import OpenClaim, served_first
from longshore.ledger.wire import run

KNOWN = "SELECT key, id FROM ledger_plannedflow WHERE key = ANY(%s)"
INSERT = """
INSERT INTO ledger_plannedflow (key, kind, status, item_id, lot_id, source_id, target_id, qty, done, claimed,
    ship_at, arrive_at, usable_until, document, updated_at)
SELECT f.key, f.kind, f.status, f.item, f.lot, f.source, f.target, f.qty, 0, 0,
    f.ship_at, f.arrive_at, f.usable_until, f.document, %s
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[]) WITH ORDINALITY
    AS f(key, kind, status, item, lot, source, target, qty, ship_at, arrive_at, usable_until, document, n)
ORDER BY f.n RETURNING id
"""
READ = """
SELECT f.id, f.qty, f.ship_at, f.arrive_at, f.status, f.item_id, coalesce(p.site_id, f.target_id), f.kind, f.document
FROM ledger_plannedflow f JOIN catalog_place p ON p.id = f.target_id WHERE f.id = ANY(%s)
"""
CHANGE = """
UPDATE ledger_plannedflow f SET qty = k.qty, ship_at = k.ship_at, arrive_at = k.arrive_at, status = k.status,
    claimed = f.claimed - k.freed, updated_at = %s
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::bigint[])
    AS k(id, qty, ship_at, arrive_at, status, freed)
WHERE f.id = k.id
"""
# What was closed because everything had come is open again; what was closed before stays so.
REOPEN = """
UPDATE ledger_plannedflow f SET done = f.done - k.qty, updated_at = %s,
    status = CASE WHEN f.status = 'closed' AND f.done >= f.qty AND f.done - k.qty < f.qty THEN 'firm' ELSE f.status END
FROM unnest(%s, %s) AS k(id, qty) WHERE f.id = k.id
"""


class FlowRefused(Refusal):
    """A planned flow could not be made or changed that way."""


@dataclass(frozen=True, slots=True)
class NewFlow:
    key: UUID
    kind: str
    item: int
    source: int
    target: int
    qty: int
    ship_at: datetime
    arrive_at: datetime
    document: str
    status: str = "firm"
    lot: int | None = None
    usable_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    key: UUID
    flow_id: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class FlowPatch:
    """New values for a flow; None leaves what is there."""

    flow: int
    qty: int | None = None
    ship_at: datetime | None = None
    arrive_at: datetime | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class FlowState:
    flow: int
    qty: int
    ship_at: datetime
    arrive_at: datetime
    status: str
    item: int
    site: int
    kind: str
    document: str


@dataclass(frozen=True, slots=True)
class FlowChange:
    before: FlowState
    after: FlowState
    displaced: tuple[int, ...]


@retried
def plan_flows(flows: Sequence[NewFlow], *, at: datetime, cause: Cause) -> tuple[Planned, ...]:
    """Write planned flows. Planning an id again changes nothing and returns the first flow."""
    for row, flow in enumerate(flows, start=1):
        if flow.qty <= 0 or flow.ship_at > flow.arrive_at:
            raise FlowRefused(
                "flow-impossible",
                _("Row {row}: a planned flow moves at least one base unit and leaves before it arrives.").format(
                    row=row
                ),
                _("Correct the quantity or the dates."),
                row=row,
            )
    with transaction.atomic():
        known: dict[UUID, int] = dict(run(KNOWN, [flow.key for flow in flows]).fetchall())
        fresh = [flow for flow in flows if flow.key not in known]
        columns: list[list[object]] = [
            [f.key for f in fresh],
            [str(f.kind) for f in fresh],
            [str(f.status) for f in fresh],
            [f.item for f in fresh],
            [f.lot for f in fresh],
            [f.source for f in fresh],
            [f.target for f in fresh],
            [f.qty for f in fresh],
            [f.ship_at for f in fresh],
            [f.arrive_at for f in fresh],
            [f.usable_until for f in fresh],
            [f.document for f in fresh],
        ]
        made = sorted(row[0] for row in run(INSERT, at, *columns)) if fresh else []
        ids = known | dict(zip((flow.key for flow in fresh), made, strict=True))
        return tuple(Planned(flow.key, ids[flow.key], flow.key in known) for flow in flows)


def change_flow(patch: FlowPatch, *, at: datetime, cause: Cause) -> FlowChange:
    return change_flows([patch], at=at, cause=cause)[0]


@retried
def change_flows(patches: Sequence[FlowPatch], *, at: datetime, cause: Cause) -> tuple[FlowChange, ...]:
    """Change dates, quantity or status. Claims that the rest can no longer bear are voided, least urgent first.

    Raises FlowRefused where a flow does not exist or would become less than what was done already. Emits
    ledger.flow-changed for flows that did change, and ledger.claims-displaced.
    """
    with transaction.atomic():
        ids = [patch.flow for patch in patches]
        locked = lock_flows(ids)
        before = {row[0]: FlowState(*row) for row in run(READ, ids)}
        after = {patch.flow: _patched(patch, before.get(patch.flow), locked.get(patch.flow)) for patch in patches}
        displaced = _displaced(after, locked)
        freed = {flow: sum(claim.open for claim in claims) for flow, claims in displaced.items()}
        travel.close([c.id for claims in displaced.values() for c in claims], state="voided", at=at)
        rows = list(after.values())
        run(
            CHANGE,
            at,
            [row.flow for row in rows],
            [row.qty for row in rows],
            [row.ship_at for row in rows],
            [row.arrive_at for row in rows],
            [row.status for row in rows],
            [freed.get(row.flow, 0) for row in rows],
        )
        _tell(before, after, displaced, at, cause)
        gone = {flow: tuple(claim.id for claim in claims) for flow, claims in displaced.items()}
        return tuple(FlowChange(before[i], after[i], gone.get(i, ())) for i in after)


def reopen_flows(less: Mapping[int, int], *, at: datetime, cause: Cause) -> None:
    """So much less of each was done after all. For reversals, in their transaction, which holds the balances."""
    ids = list(less)
    lock_flows(ids)
    before = {row[0]: FlowState(*row) for row in run(READ, ids)}
    run(REOPEN, at, ids, list(less.values()))
    after = {row[0]: FlowState(*row) for row in run(READ, ids)}
    _tell(before, after, {}, at, cause)


def close_flows(flow_ids: Sequence[int], *, at: datetime, cause: Cause) -> tuple[FlowChange, ...]:
    """What has not come will not come any more."""
    return change_flows([FlowPatch(flow, status="closed") for flow in flow_ids], at=at, cause=cause)


def cancel_flows(flow_ids: Sequence[int], *, at: datetime, cause: Cause) -> tuple[FlowChange, ...]:
    return change_flows([FlowPatch(flow, status="cancelled") for flow in flow_ids], at=at, cause=cause)


def _patched(patch: FlowPatch, old: FlowState | None, locked: LockedFlow | None) -> FlowState:
    if old is None or locked is None:
        raise FlowRefused(
            "no-such-flow",
            _("There is no planned flow {flow}.").format(flow=patch.flow),
            _("Look up the planned flows of the document."),
            flow=patch.flow,
        )
    new = FlowState(
        old.flow,
        old.qty if patch.qty is None else patch.qty,
        old.ship_at if patch.ship_at is None else patch.ship_at,
        old.arrive_at if patch.arrive_at is None else patch.arrive_at,
        old.status if patch.status is None else patch.status,
        old.item,
        old.site,
        old.kind,
        old.document,
    )
    if new.qty <= 0 or new.qty < locked.done or new.ship_at > new.arrive_at:
        raise FlowRefused(
            "flow-impossible",
            _("A planned flow cannot be less than the {done} already done, nor arrive before it leaves.").format(
                done=locked.done
            ),
            _("Correct the quantity or the dates."),
            flow=patch.flow,
            done=locked.done,
        )
    return new


def _displaced(after: dict[int, FlowState], locked: dict[int, LockedFlow]) -> dict[int, list[OpenClaim]]:
    """For each flow, the claims it can no longer bear."""
    bears = {
        flow: (new.qty - locked[flow].done if new.status in ("firm", "proposed") else 0) for flow, new in after.items()
    }
    over = {flow: locked[flow].claimed - room for flow, room in bears.items() if locked[flow].claimed > room}
    fallen: dict[int, list[OpenClaim]] = defaultdict(list)
    if over:
        for claim in reversed(served_first(travel.claims_on_flows(over))):
            if over[claim.flow] > 0:
                fallen[claim.flow].append(claim)
                over[claim.flow] -= claim.open
    return fallen


def _tell(
    before: dict[int, FlowState],
    after: dict[int, FlowState],
    displaced: dict[int, list[OpenClaim]],
    at: datetime,
    cause: Cause,
) -> None:
    changed = tuple(
        {
            "flow": flow,
            "item": new.item,
            "site": new.site,
            "kind": new.kind,
            "document": new.document,
            "before": {"qty": before[flow].qty, "arrive_at": before[flow].arrive_at, "status": before[flow].status},
            "after": {"qty": new.qty, "arrive_at": new.arrive_at, "status": new.status},
        }
        for flow, new in after.items()
        if new != before[flow]
    )
    told: list[outbox.Event] = [events.FlowsChanged(changed)] if changed else []
    fallen = [claim for claims in displaced.values() for claim in claims]
    if fallen:
        told.append(events.ClaimsDisplaced(tuple(c.id for c in fallen), tuple(c.demand for c in fallen)))
    outbox.emit(told, at=at, cause=cause)
