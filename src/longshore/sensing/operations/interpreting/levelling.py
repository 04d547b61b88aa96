"""Scales and level sensors become quantities: what is told is a change, once it holds still."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.sensing.events import StockLevelled
from longshore.sensing.metrics import METRICS
from longshore.sensing.models import DeviceKind, StockLevel
from longshore.sensing.queries.raw import DeviceRow, TouchedRow, devices_by_id, number_of, samples_since
from longshore.sensing.queries.surroundings import hung, hung_at, item_ids
from longshore.sensing.rules.levels import Level, Scale, find_levels

_METRICS: Final = {code: id for id, code, *_names in METRICS}
LEVEL_METRICS: Final = (_METRICS["weight"], _METRICS["level"])


def scale_of(device: DeviceRow) -> Scale | None:
    """A scale as its device's settings describe it: {"item": code, "per_unit": 0.25, "tare": 1.0, "noise": 0.02,
    "settle_s": 10}; for a level sensor `per_unit` is the share one base unit adds. None: nothing is known of it."""
    said = device.settings
    per_unit = number_of(said, "per_unit", 0.0)
    if device.kind != DeviceKind.SCALE or not said.get("item") or per_unit <= 0:
        return None
    return Scale(
        per_unit=per_unit,
        tare=number_of(said, "tare", 0.0),
        noise=number_of(said, "noise", 0.05),
        settle=timedelta(seconds=number_of(said, "settle_s", 10)),
    )


def interpret_levels(touched: Sequence[TouchedRow], *, at: datetime, cause: Cause) -> int:
    """Correct the levels of the scales among these series; returns how many were read."""
    rows = [row for row in touched if row.metric in LEVEL_METRICS]
    devices = devices_by_id([row.device for row in rows])
    scales = {device: scale for device, row in devices.items() if (scale := scale_of(row)) is not None}
    rows = [row for row in rows if row.device in scales]
    if not rows:
        return 0
    items = item_ids(str(devices[device].settings["item"]) for device in scales)
    spells = hung(list(scales))
    samples = samples_since(
        [(row.device, row.metric) for row in rows], [row.low - scales[row.device].settle for row in rows]
    )
    stored = _stored(rows)
    new: list[StockLevel] = []
    gone: list[int] = []
    told: list[StockLevelled] = []
    for row in rows:
        before = [level for level in stored[row.device] if level.at < row.low]
        after = {level.at: level for level in stored[row.device] if level.at >= row.low}
        known = before[-1].qty if before else None
        levels = find_levels(samples[row.device, row.metric], scales[row.device], known)
        for level in [each for each in levels if each.at >= row.low]:
            spell = hung_at(spells.get(row.device, ()), level.at)
            item = items.get(str(devices[row.device].settings["item"]))
            if spell is None or spell.place is None or item is None:
                continue
            same = after.pop(level.at, None)
            if same is None or same.qty != level.qty:
                gone += [] if same is None else [same.pk]
                new.append(_made(row.device, spell.place, item, level))
                told.append(StockLevelled(row.device, spell.place, item, level.qty, known, level.at.isoformat()))
            known = level.qty
        gone += [level.pk for level in after.values()]
    StockLevel.objects.filter(pk__in=gone).delete()
    StockLevel.objects.bulk_create(new)
    emit(told, at=at, cause=cause)
    return len(rows)


def _stored(rows: Sequence[TouchedRow]) -> Mapping[int, list[StockLevel]]:
    """The levels known since the first new reading of each scale, and the one before."""
    lows = {row.device: row.low for row in rows}
    found: dict[int, list[StockLevel]] = defaultdict(list)
    levels = StockLevel.objects.filter(device__in=lows, at__gte=min(lows.values()))
    newest = StockLevel.objects.filter(device__in=lows, at__lt=min(lows.values())).order_by("device_id", "-at")
    for level in [*newest.distinct("device_id"), *levels.order_by("at")]:
        found[level.device_id].append(level)
    return found


def _made(device: int, place: int, item: int, level: Level) -> StockLevel:
    return StockLevel(device_id=device, place_id=place, item_id=item, at=level.at, qty=level.qty)
