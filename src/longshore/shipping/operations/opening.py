"""Open shipments for what is packed: one for each order (or transfer), site and temperature class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.shipping.queries.loading import PackedRow, lock_to_ship, packed_goods
from longshore.storing.queries.rows import change, fetch
from longshore.storing.rules import key_of

_SHIPMENTS = """
INSERT INTO shipping_shipment (id, key, number, order_id, transfer_id, site_id, ship_to_id, state, weight_g, volume_cm3,
    temperature_class, ship_by, due_at, created_at, explanation)
SELECT k.id, k.key, 'S' || lpad(k.id::text, 7, '0'), nullif(k.order_id, 0), nullif(k.transfer, 0), %(site)s, k.ship_to,
    'packed', k.weight, k.volume, k.temperature, k.ship_by, k.due_at, %(at)s, '{}'
FROM unnest(%(ids)s::bigint[], %(keys)s::uuid[], %(orders)s::bigint[], %(transfers)s::bigint[], %(ship_tos)s::bigint[],
    %(weights)s::bigint[], %(volumes)s::bigint[], %(temperatures)s::text[], %(ship_bys)s::timestamptz[],
    %(dues)s::timestamptz[])
    AS k(id, key, order_id, transfer, ship_to, weight, volume, temperature, ship_by, due_at)
"""
_LINES = """
INSERT INTO shipping_shipmentline
    (shipment_id, order_line_id, handling_unit_id, qty, delivered, refused, damaged, refused_reason)
SELECT k.shipment, nullif(k.line, 0), k.unit, k.qty, 0, 0, 0, ''
FROM unnest(%(shipments)s::bigint[], %(lines)s::bigint[], %(units)s::bigint[], %(qtys)s::bigint[])
    AS k(shipment, line, unit, qty)
"""
_TAKEN = "UPDATE storing_picktask SET on_shipment = true WHERE id = ANY(%(tasks)s)"
_IDS = "SELECT nextval(pg_get_serial_sequence('shipping_shipment', 'id')) FROM generate_series(1, %(count)s)"


class _Id(NamedTuple):
    id: int


@dataclass(frozen=True, slots=True)
class ShipmentsReceipt:
    """The new shipments and the orders they belong to."""

    shipments: tuple[int, ...]
    orders: tuple[int, ...]


@retried
@transaction.atomic
def open_shipments(
    *, site: int, at: datetime, cause: Cause, order_ids: Sequence[int] | None = None
) -> ShipmentsReceipt:
    """Every packed handling unit at the site (of these orders) that is on no shipment gets onto one.

    Calling it again finds nothing left to open. `cause` is who asked; shipments are documents, not movements.
    """
    groups: dict[tuple[int | None, int | None, str], list[PackedRow]] = {}
    tasks = lock_to_ship(site=site, order_ids=order_ids)
    for row in packed_goods(site=site, demands=sorted({task.demand for task in tasks})):
        groups.setdefault((row.order, row.transfer, row.temperature_class), []).append(row)
    change(_TAKEN, {"tasks": [task.task for task in tasks]})
    if not groups:
        return ShipmentsReceipt((), ())
    ids = sorted(row.id for row in fetch(_Id, _IDS, {"count": len(groups)}))
    members = list(groups.values())
    _write(ids, members, site, at)
    orders = tuple(sorted({order for order, _transfer, _class in groups if order is not None}))
    return ShipmentsReceipt(tuple(ids), orders)


def _write(ids: Sequence[int], members: Sequence[Sequence[PackedRow]], site: int, at: datetime) -> None:
    first = [rows[0] for rows in members]
    change(
        _SHIPMENTS,
        {
            "site": site,
            "at": at,
            "ids": list(ids),
            "keys": [key_of("shipment", site, rows[0].handling_unit) for rows in members],
            "orders": [row.order or 0 for row in first],
            "transfers": [row.transfer or 0 for row in first],
            "ship_tos": [row.ship_to for row in first],
            "weights": [sum(row.weight_g for row in rows) for rows in members],
            "volumes": [sum(row.volume_cm3 for row in rows) for rows in members],
            "temperatures": [row.temperature_class for row in first],
            "ship_bys": [min(row.ship_at for row in rows) for rows in members],
            "dues": [min(row.due_at for row in rows) for rows in members],
        },
    )
    lines = [(shipment, row) for shipment, rows in zip(ids, members, strict=True) for row in rows]
    change(
        _LINES,
        {
            "shipments": [shipment for shipment, _row in lines],
            "lines": [row.order_line or 0 for _s, row in lines],
            "units": [row.handling_unit for _s, row in lines],
            "qtys": [row.qty for _s, row in lines],
        },
    )
