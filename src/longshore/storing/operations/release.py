"""Release a wave: from here on the floor works on it, and nobody re-allocates it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.locks import lock_balances, retried
from longshore.ledger.operations import ClaimMove, harden_claims, move_claims
from longshore.ledger.outbox import emit
from longshore.storing.events import WaveReleased
from longshore.storing.models import Wave
from longshore.storing.operations.lots import choose_lots
from longshore.storing.operations.progress import mark_stages
from longshore.storing.queries.releasing import (
    AwaitedRow,
    ReleasableRow,
    awaited,
    lot_balances,
    lot_stock,
    not_all_in_stock,
    releasable,
)
from longshore.storing.queries.rows import fetch

_WRITE_TASKS = """
INSERT INTO storing_picktask
    (wave_id, order_line_id, transfer_id, claim_id, balance_id, sequence, qty, picked, packed, on_shipment, state,
    short_reason, actor)
SELECT %(wave)s,
    CASE WHEN c.demand LIKE 'order-line:%%' THEN substr(c.demand, 12)::bigint END,
    CASE WHEN c.demand LIKE 'transfer:%%' THEN substr(c.demand, 10)::bigint END,
    c.id, c.balance_id, row_number() OVER (ORDER BY p.pick_rank, p.code, c.item_id, c.id), c.qty - c.consumed,
    0, 0, false, 'waiting', '', ''
FROM ledger_claim c JOIN ledger_balance b ON b.id = c.balance_id JOIN catalog_place p ON p.id = b.place_id
WHERE c.id = ANY(%(claims)s)
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A demand that should leave by then and is not in the wave: awaiting-receipt or incomplete (deliver complete)."""

    demand: str
    qty: int
    code: str
    ready_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WaveReceipt:
    """`wave` is None where there was nothing to release."""

    wave: int | None
    number: str
    tasks: tuple[int, ...]
    orders: tuple[int, ...]
    left_out: tuple[LeftOut, ...] = ()
    replayed: bool = False


class _Id(NamedTuple):
    id: int


class _Scope(NamedTuple):
    site: int
    ship_before: datetime
    order_ids: Sequence[int] | None

    def rows(self) -> list[ReleasableRow]:
        return releasable(site=self.site, ship_before=self.ship_before, order_ids=self.order_ids)


@retried
@transaction.atomic
def release_wave(
    *, key: UUID, site: int, ship_before: datetime, at: datetime, cause: Cause, order_ids: Sequence[int] | None = None
) -> WaveReceipt:
    """Turn what is promised from this site's stock and must leave by `ship_before` (or these orders) into pick tasks.

    Lots are chosen again, first expired first out, among what is free now; the claims become hard. Lines whose goods
    have not come yet wait for a later wave. The same key releases nothing twice.
    """
    [number] = fetch(_Id, "SELECT nextval(pg_get_serial_sequence('storing_wave', 'id'))", {})
    name = f"W{number.id:06d}"
    wave = Wave(
        id=number.id, key=key, number=name, site_id=site, released_at=at, ship_before=ship_before, actor=cause.actor
    )
    Wave.objects.bulk_create([wave], ignore_conflicts=True)
    mine = Wave.objects.get(key=key)
    if mine.pk != number.id:
        return _receipt_of(mine)
    chosen, incomplete = _choose(_Scope(site, ship_before, order_ids), at, cause)
    waiting = awaited(site=site, ship_before=ship_before, order_ids=order_ids)
    left_out = _left_out(waiting, incomplete)
    if not chosen:
        mine.delete()
        return WaveReceipt(None, "", (), (), left_out)
    harden_claims([row.claim for row in chosen], at=at, cause=cause)
    tasks = _write_tasks(mine.pk, chosen)
    orders = tuple(sorted({row.order for row in chosen if row.order is not None}))
    mark_stages(orders, at=at, cause=cause)
    emit([WaveReleased(mine.pk, orders)], at=at, cause=cause)
    return WaveReceipt(mine.pk, name, tasks, orders, left_out)


def _choose(scope: _Scope, at: datetime, cause: Cause) -> tuple[list[ReleasableRow], list[ReleasableRow]]:
    """The claims of the wave on the lots it takes, and those held back because their order is not complete."""
    seen = scope.rows()
    with_lots = sorted({row.item for row in seen if row.expires_on is not None})
    lots = lot_balances(site=scope.site, items=with_lots) if with_lots else []
    locked = {row.balance for row in seen} | set(lots)
    lock_balances(locked)
    # A claim that came to stand elsewhere between the two reads is not under our locks: the next wave takes it.
    rows = [row for row in scope.rows() if row.balance in locked]
    partial = not_all_in_stock(sorted({row.order for row in rows if row.ship_complete and row.order is not None}))
    held = [row for row in rows if row.order in partial]
    ready = [row for row in rows if row.order not in partial]
    choices = choose_lots(ready, lot_stock(lots)) if lots else []
    if not choices:
        return ready, held
    move_claims([ClaimMove(claim, balance=balance, qty=qty) for claim, balance, qty in choices], at=at, cause=cause)
    demands = {row.demand for row in ready}
    return [row for row in scope.rows() if row.demand in demands and row.balance in locked], held


def _left_out(waiting: Sequence[AwaitedRow], held: Sequence[ReleasableRow]) -> tuple[LeftOut, ...]:
    late = [LeftOut(row.demand, row.qty, "awaiting-receipt", row.ready_at) for row in waiting]
    return (*late, *(LeftOut(row.demand, row.qty, "incomplete") for row in held))


def _write_tasks(wave: int, rows: Sequence[ReleasableRow]) -> tuple[int, ...]:
    made = fetch(_Id, _WRITE_TASKS, {"wave": wave, "claims": [row.claim for row in rows]})
    return tuple(sorted(row.id for row in made))


def _receipt_of(wave: Wave) -> WaveReceipt:
    """What the first call with this key said, as far as it can be told again."""
    rows = list(wave.tasks.order_by("id").values_list("id", "order_line__order_id"))
    orders = sorted({order for _task, order in rows if order is not None})
    return WaveReceipt(wave.pk, wave.number, tuple(task for task, _order in rows), tuple(orders), replayed=True)
