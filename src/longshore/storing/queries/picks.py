"""Pick lists in walking order, and what a confirmation needs to know about its tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from longshore.storing.queries.rows import fetch


class PickRow(NamedTuple):
    task: int
    wave: int
    sequence: int
    state: str
    place: int
    place_code: str
    item: int
    item_code: str
    item_name: str
    item_name_zh: str
    gtin: str
    lot_code: str
    expires_on: date | None
    qty: int
    picked: int
    order_number: str
    customer: str
    short_reason: str
    done_at: datetime | None


_PICKS = """
SELECT t.id, t.wave_id, t.sequence, t.state, p.id, p.code, i.id, i.code, i.name, i.name_zh, i.gtin,
    coalesce(lot.code, ''), lot.expires_on, t.qty, t.picked,
    coalesce(o.number, 'transfer:' || t.transfer_id), coalesce(cu.name, ''), t.short_reason, t.done_at
FROM storing_picktask t
JOIN storing_wave w ON w.id = t.wave_id
JOIN ledger_claim c ON c.id = t.claim_id
JOIN ledger_balance b ON b.id = CASE WHEN t.state = 'waiting' THEN coalesce(c.balance_id, t.balance_id) ELSE t.balance_id END
JOIN catalog_place p ON p.id = b.place_id
JOIN catalog_item i ON i.id = b.item_id
LEFT JOIN catalog_lot lot ON lot.id = b.lot_id
LEFT JOIN ordering_orderline l ON l.id = t.order_line_id
LEFT JOIN ordering_customerorder o ON o.id = l.order_id
LEFT JOIN catalog_partner cu ON cu.id = o.customer_id
WHERE (%(wave)s::bigint IS NULL OR t.wave_id = %(wave)s) AND (%(site)s::bigint IS NULL OR w.site_id = %(site)s)
    AND (NOT %(waiting)s OR t.state = 'waiting' AND w.done_at IS NULL)
ORDER BY t.wave_id, t.sequence LIMIT %(limit)s
"""


def pick_list(
    *, wave: int | None = None, site: int | None = None, only_waiting: bool = True, limit: int = 1000
) -> list[PickRow]:
    """What to take where, in walking order. A waiting task shows where its goods are now, even after a bin move."""
    return fetch(PickRow, _PICKS, {"wave": wave, "site": site, "waiting": only_waiting, "limit": limit})


class TaskRow(NamedTuple):
    """A pick task, its claim, and the key its claim stands on."""

    task: int
    wave: int
    order_line: int | None
    transfer: int | None
    state: str
    qty: int
    picked: int
    packed: int
    claim: int
    claim_open: bool
    claim_qty: int
    balance: int
    item: int
    place: int
    owner: int
    lot: int | None
    condition: int
    handling_unit: int | None
    serial: int | None
    site: int
    temperature_class: str
    unit_g: int
    unit_cm3: int
    order: int | None
    document: str


_TASKS = """
SELECT t.id, t.wave_id, t.order_line_id, t.transfer_id, t.state, t.qty, t.picked, t.packed, c.id, c.state = 'open',
    c.qty - c.consumed, b.id, b.item_id, b.place_id, b.owner_id, b.lot_id, b.condition, b.handling_unit_id, b.serial_id,
    w.site_id, i.temperature_class, i.weight_g, i.volume_cm3, o.id, coalesce(o.number, 'transfer:' || t.transfer_id)
FROM storing_picktask t
JOIN storing_wave w ON w.id = t.wave_id
JOIN ledger_claim c ON c.id = t.claim_id
JOIN ledger_balance b ON b.id = coalesce(c.balance_id, t.balance_id)
JOIN catalog_item i ON i.id = b.item_id
LEFT JOIN ordering_orderline l ON l.id = t.order_line_id
LEFT JOIN ordering_customerorder o ON o.id = l.order_id
WHERE {which}
ORDER BY t.id FOR UPDATE OF t
"""


def lock_tasks(task_ids: Sequence[int]) -> list[TaskRow]:
    """The tasks, locked in order of id."""
    return fetch(TaskRow, _TASKS.format(which="t.id = ANY(%(tasks)s)"), {"tasks": list(task_ids)})


def lock_unpacked(*, site: int, order_ids: Sequence[int] | None, task_ids: Sequence[int] | None) -> list[TaskRow]:
    """Picked and not yet packed tasks of a site, locked: of these orders, or these tasks, or all."""
    which = ["w.site_id = %(site)s", "t.packed < t.picked", "t.state IN ('picked', 'short')"]
    if order_ids is not None:
        which.append("l.order_id = ANY(%(orders)s)")
    if task_ids is not None:
        which.append("t.id = ANY(%(tasks)s)")
    parameters = {"site": site, "orders": list(order_ids or ()), "tasks": list(task_ids or ())}
    return fetch(TaskRow, _TASKS.format(which=" AND ".join(which)), parameters)
