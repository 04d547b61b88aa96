"""Begin a recall and look again: what is touched, where it is, who got it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.engine.tracing.problem import FOUND
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.outbox import emit
from longshore.ledger.wire import Ints, run
from longshore.tracing.events import RecallStarted
from longshore.tracing.models import Recall, RecallStart
from longshore.tracing.queries.balancing import Balanced, mass_balance
from longshore.tracing.queries.starting import Interval, of_device, of_interval, of_machine, of_supplier, of_things
from longshore.tracing.queries.walking import Walk, walk
from longshore.tracing.rules import LOT, MAY, SERIAL, IntArray

_LINES: Final = """
INSERT INTO tracing_recallline
    (recall_id, node, depth, item_id, lot_id, serial_id, made, found, shipped, scrapped, consumed, unexplained, held)
SELECT %s, k.node, k.depth, coalesce(s.item_id, l.item_id), coalesce(s.lot_id, l.id), s.id,
    k.made, k.found, k.shipped, k.scrapped, k.consumed, k.unexplained, k.held
FROM unnest(%s, %s, %s, %s, %s, %s, %s, %s, %s)
    AS k(node, depth, made, found, shipped, scrapped, consumed, unexplained, held)
LEFT JOIN catalog_lot l ON k.node %% 8 = 1 AND l.id = k.node / 8
LEFT JOIN catalog_serial s ON k.node %% 8 = 2 AND s.id = k.node / 8
ON CONFLICT (recall_id, node) DO UPDATE SET depth = excluded.depth, made = excluded.made, found = excluded.found,
    shipped = excluded.shipped, scrapped = excluded.scrapped, consumed = excluded.consumed,
    unexplained = excluded.unexplained, held = excluded.held
"""
_DROP_LINES: Final = """
DELETE FROM tracing_recallline l WHERE l.recall_id = %s AND NOT EXISTS (
    SELECT 1 FROM unnest(%s) AS k(node) WHERE k.node = l.node)
"""
_REBALANCE: Final = """
UPDATE tracing_recallline l SET found = k.found, held = k.held FROM unnest(%s, %s, %s) AS k(node, found, held)
WHERE l.recall_id = %s AND l.node = k.node AND (l.found, l.held) IS DISTINCT FROM (k.found, k.held)
"""
# Each CTE is worked out once: folded into the next, PostgreSQL would look the place up for every mention of it.
_LETTERS: Final = """
WITH got AS MATERIALIZED (
    SELECT DISTINCT l.source AS node, l.target / 8 AS posting
    FROM unnest(%s) AS f(node) JOIN tracing_tracelink l ON l.source = f.node WHERE l.kind = 4
), named AS MATERIALIZED (
    SELECT g.node, g.posting, min(t.place_id) AS place, min(t.item_id) AS item, min(t.lot_id) AS lot,
        sum(m.qty)::bigint AS qty, min(m.happened_at) AS happened_at
    FROM got g JOIN ledger_movement m ON m.posting_id = g.posting
    JOIN ledger_balance t ON t.id = m.target_id AND NOT t.bounded
        AND coalesce(t.serial_id * 8 + 2, t.lot_id * 8 + 1) = g.node
    GROUP BY g.node, g.posting
), who AS MATERIALIZED (
    SELECT place_id, min(id) AS id FROM catalog_partner WHERE place_id IS NOT NULL GROUP BY place_id
)
INSERT INTO tracing_recallletter (recall_id, posting, node, partner_id, place_id, item_id, lot_id, document, "order",
    qty, delivered_at, state, note)
SELECT %s, n.posting, n.node, w.id, n.place, n.item, n.lot, p.document, coalesce(o.number, ''), n.qty, n.happened_at,
    'waiting', ''
FROM named n JOIN ledger_posting p ON p.id = n.posting LEFT JOIN who w ON w.place_id = n.place
LEFT JOIN shipping_shipment h ON h.number = p.document LEFT JOIN ordering_customerorder o ON o.id = h.order_id
ON CONFLICT (recall_id, posting, node) DO UPDATE SET qty = excluded.qty WHERE tracing_recallletter.state = 'waiting'
"""
_DROP_LETTERS: Final = """
DELETE FROM tracing_recallletter t WHERE t.recall_id = %s AND t.state = 'waiting' AND NOT EXISTS (
    SELECT 1 FROM tracing_tracelink l WHERE l.source = t.node AND l.target = t.posting * 8 + 4)
"""
_NUMBER: Final = "SELECT pg_advisory_xact_lock(hashtext('tracing.recall'))"


class RecallRefused(Refusal):
    """The recall cannot do this now."""


@dataclass(frozen=True, slots=True)
class NewRecall:
    """What to call back: things (nodes), or all of a supplier, a machine, places and units, or wherever a device hung,
    during an interval."""

    key: UUID
    reason: str
    kind: str = RecallStart.LOT
    nodes: tuple[int, ...] = ()
    supplier: int | None = None
    item: int | None = None
    machine: int | None = None
    places: tuple[int, ...] = ()
    units: tuple[int, ...] = ()
    device: int | None = None
    from_at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """Quantities over all lots of a recall; base units of many items, so only good for comparing with zero."""

    made: int
    found: int
    held: int
    shipped: int
    scrapped: int
    consumed: int
    unexplained: int


@dataclass(frozen=True, slots=True)
class RecallReceipt:
    """`unexplained` adds shortages and surpluses up without setting them off."""

    recall: int
    number: str
    state: str
    lots: int
    letters: int
    sums: Sums
    complete: bool
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at a recall found."""

    family: Walk
    balanced: Balanced
    letters: int = field(default=0)


@retried
def start_recall(new: NewRecall, *, at: datetime, cause: Cause) -> RecallReceipt:
    """Find everything that came from what is asked for, write it down with its mass balance and its customers.

    Nothing is held yet and nobody told. The same id again returns the first recall.
    """
    with transaction.atomic():
        run(_NUMBER)
        known = Recall.objects.filter(key=new.key).first()
        if known is not None:
            return _receipt(known, replayed=True)
        start = _asked(new)
        starts = starts_of(new.kind, start)
        if not len(starts):
            raise RecallRefused(
                "nothing-to-recall",
                _("Nothing with a lot or serial number matches this."),
                _("Check the code, the place and the period."),
            )
        recall = Recall.objects.create(
            key=new.key,
            number=f"RC-{Recall.objects.count() + 1:05}",
            reason=new.reason,
            kind=new.kind,
            start=start,
            actor=cause.actor,
            created_at=at,
        )
        look(recall, starts)
        emit([RecallStarted(recall.pk, recall.number, new.reason)], at=at, cause=cause)
        return _receipt(recall)


def _asked(new: NewRecall) -> dict[str, Any]:
    needs_time = new.kind != RecallStart.LOT
    if needs_time and (new.from_at is None or new.until is None or new.from_at > new.until):
        raise RecallRefused(
            "recall-needs-period", _("The period is missing or ends before it begins."), _("Give both.")
        )
    if new.kind not in RecallStart.values:
        raise RecallRefused("unknown-recall-start", _("A recall cannot begin this way."), _("Choose one of the list."))
    given = {
        RecallStart.LOT: bool(new.nodes),
        RecallStart.SUPPLIER: new.supplier is not None,
        RecallStart.MACHINE: new.machine is not None,
        RecallStart.SENSOR: bool(new.places or new.units or new.device is not None),
    }
    if not given[RecallStart(new.kind)]:
        raise RecallRefused("recall-needs-start", _("It is not said what to call back."), _("Choose a start."))
    return {
        "nodes": list(new.nodes),
        "supplier": new.supplier,
        "item": new.item,
        "machine": new.machine,
        "places": list(new.places),
        "units": list(new.units),
        "device": new.device,
        "from_at": new.from_at.isoformat() if new.from_at else None,
        "until": new.until.isoformat() if new.until else None,
    }


def starts_of(kind: str, start: dict[str, Any]) -> IntArray:
    """The lots and serial numbers a recall begins with, by what is known now."""
    if kind == RecallStart.LOT:
        return of_things(start["nodes"])
    during = Interval(datetime.fromisoformat(start["from_at"]), datetime.fromisoformat(start["until"]))
    if kind == RecallStart.SUPPLIER:
        return of_supplier(start["supplier"], during, item=start["item"])
    if kind == RecallStart.MACHINE:
        return of_machine(start["machine"], during)
    there = of_interval(start["places"], start["units"], during)
    return there if start.get("device") is None else np.union1d(there, of_device(start["device"], during))


def look(recall: Recall, starts: IntArray | None = None) -> Looked:
    """Find the family anew, and write its lots, its balance and its letters as they are now."""
    begin = starts_of(recall.kind, recall.start) if starts is None else starts
    family = walk(begin.tolist(), down=True)
    mine = np.isin(family.node % 8, (LOT, SERIAL))
    order = np.argsort(family.node[mine])
    nodes, depth = family.node[mine][order], family.depth[mine][order]
    balanced = mass_balance(nodes.tolist())
    columns = [Ints(np.ascontiguousarray(column)) for column in balanced.columns.T]
    run(_DROP_LINES, recall.pk, Ints(nodes))
    run(_LINES, recall.pk, Ints(nodes), Ints(depth), *columns, Ints(balanced.held))
    run(_DROP_LETTERS, recall.pk)
    run(_LETTERS, Ints(nodes), recall.pk)
    recall.complete, recall.cyclic = family.complete, int(family.cyclic.sum())
    recall.save(update_fields=["complete", "cyclic"])
    return Looked(family, balanced, recall.letters.count())


def recount(recall: Recall) -> None:
    """What is found and held of its lots, after goods changed their condition only."""
    balanced = mass_balance(recall.lines.values_list("node", flat=True))
    columns = (balanced.node, np.ascontiguousarray(balanced.columns[:, FOUND]), balanced.held)
    run(_REBALANCE, *(Ints(column) for column in columns), recall.pk)


_SUMS: Final = """
SELECT count(*), coalesce(sum(made), 0)::bigint, coalesce(sum(found), 0)::bigint, coalesce(sum(held), 0)::bigint,
    coalesce(sum(shipped), 0)::bigint, coalesce(sum(scrapped), 0)::bigint, coalesce(sum(consumed), 0)::bigint,
    coalesce(sum(abs(unexplained)), 0)::bigint
FROM tracing_recallline WHERE recall_id = %s
"""


def _receipt(recall: Recall, *, replayed: bool = False) -> RecallReceipt:
    row = run(_SUMS, recall.pk).fetchone()
    assert row is not None
    letters = recall.letters.count()
    return RecallReceipt(
        recall.pk, recall.number, recall.state, row[0], letters, Sums(*row[1:]), recall.complete, replayed
    )


def receipt_of(recall: Recall) -> RecallReceipt:
    """How the recall stands."""
    return _receipt(recall)


def locked(recall: int, verb: str) -> Recall:
    """The recall, for this verb alone; refused where its state does not allow it."""
    found = Recall.objects.select_for_update().filter(pk=recall).first()
    if found is None:
        raise RecallRefused("no-such-recall", _("There is no such recall."), _("Reload the list of recalls."))
    if found.state not in MAY[verb]:
        raise RecallRefused(
            "recall-not-ready",
            _("Recall {number} is “{state}”: this cannot be done now.").format(
                number=found.number, state=found.get_state_display()
            ),
            _("Do the steps in their order: hold, tell, reconcile, close."),
            state=found.state,
        )
    return found


def nodes_of(recall: Recall) -> Iterable[tuple[int | None, int | None]]:
    """(lot, serial) of its lines."""
    return recall.lines.values_list("lot_id", "serial_id")
