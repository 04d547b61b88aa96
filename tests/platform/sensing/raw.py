"""Raw data as gateways write it, and what interpretation made of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from longshore.ledger.cause import Cause
from longshore.sensing.intake import Columns, microseconds, signal_row, write
from longshore.sensing.metrics import METRICS
from longshore.sensing.models import Attachment, Device, Excursion, GeofenceVisit, Passage
from longshore.sensing.operations.interpreting import Interpreted, interpret

WHO = Cause(actor="tester")
METRIC = {code: id for id, code, *_names in METRICS}
Row = tuple[int, str, datetime, Any]  # device, metric or kind of signal, at, value or body


def device(code: str, kind: str, at: datetime, *, place: int | None = None, **more: Any) -> Device:
    """A device that hangs at a place from `at` on."""
    made = Device.objects.create(code=code, kind=kind, state="active", created_at=at, **more)
    if place is not None:
        Attachment.objects.create(device=made, place_id=place, from_at=at - timedelta(days=1))
    return made


def send(rows: Iterable[Row], received_at: datetime) -> None:
    """One commit of a gateway."""
    columns = Columns()
    for device_id, kind, at, what in rows:
        if kind in METRIC:
            columns.add(device_id, METRIC[kind], microseconds(at), float(what))
        else:
            columns.signals.append(signal_row(device_id, kind, microseconds(at), what))
    connection.ensure_connection()
    write(connection.connection, columns, received_at=received_at, careful=True)


def settle(at: datetime) -> Interpreted:
    """Interpret until nothing is left, and once more when every tag has settled."""
    while not (done := interpret(at=at, cause=WHO)).idle:
        pass
    return interpret(at=at + timedelta(minutes=1), cause=WHO) if done.idle else done


def told(rows: Sequence[Row], at: datetime, cuts: Sequence[int]) -> None:
    """The rows in this order, in batches, each interpreted before the next comes."""
    for start, end in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        send(rows[start:end], at)
        settle(at)


def excursions() -> list[tuple[Any, ...]]:
    rows = Excursion.objects.exclude(state="withdrawn").order_by("from_at", "limit")
    fields = ("device__code", "limit", "from_at", "activated_at", "until_at", "worst", "mkt", "beyond_s", "state")
    return list(rows.values_list(*fields))


def visits() -> list[tuple[Any, ...]]:
    rows = GeofenceVisit.objects.exclude(state="withdrawn").order_by("from_at", "place")
    return list(rows.values_list("device__code", "place", "from_at", "until_at", "state"))


def passages() -> list[tuple[Any, ...]]:
    rows = Passage.objects.exclude(state="withdrawn").order_by("first_at", "epc", "device")
    return list(rows.values_list("epc", "device__code", "direction", "first_at", "at", "reads"))
