"""Scans and machine reports: what each says is told once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import Event, emit
from longshore.sensing.events import CodeScanned, MachineChanged
from longshore.sensing.queries.raw import SignalRow, signals_since
from longshore.sensing.queries.surroundings import hung, hung_at, place_ids
from longshore.sensing.rules.barcodes import read_code
from longshore.sensing.rules.machines import Report, find_spells


def interpret_scans(signals: Sequence[SignalRow], *, at: datetime, cause: Cause) -> int:
    """Read the codes. What cannot be read is told as well, with the reason: a person is waiting at the scanner."""
    if not signals:
        return 0
    spells = hung([signal.device for signal in signals])
    places = place_ids(_text(signal.body, "place") for signal in signals)
    told: list[Event] = []
    for signal in signals:
        spell = hung_at(spells.get(signal.device, ()), signal.at)
        place = places.get(_text(signal.body, "place"))
        told.append(scanned(signal, place if place is not None else spell.place if spell is not None else None))
    emit(told, at=at, cause=cause)
    return len(told)


def scanned(signal: SignalRow, place: int | None) -> CodeScanned:
    """What a scan means. Its key is device, time and code, so that the same scan is the same however often it comes."""
    code = _text(signal.body, "code")
    common: dict[str, Any] = {
        "key": f"{signal.device}:{signal.at.isoformat()}:{code}",
        "device": signal.device,
        "verb": _text(signal.body, "verb"),
        "place": place,
        "at": signal.at.isoformat(),
        "code": code,
    }
    try:
        parsed = read_code(code, year=signal.at.year)
        expires_on = parsed.expires_on
    except Refusal as refusal:
        return CodeScanned(
            **common, elements={}, sscc="", gtin="", lot="", serial="", expires_on=None, count=None, error=refusal.code
        )
    qty = signal.body.get("qty")
    return CodeScanned(
        **common,
        elements={element.ai: element.value for element in parsed.elements},
        sscc=parsed.sscc,
        gtin=parsed.gtin,
        lot=parsed.lot,
        serial=parsed.serial,
        expires_on=None if expires_on is None else expires_on.isoformat(),
        count=qty if isinstance(qty, int) and not isinstance(qty, bool) and qty > 0 else parsed.count,
    )


def _text(body: Any, name: str) -> str:
    value = body.get(name)
    return value.strip()[:400] if isinstance(value, str) else ""


def interpret_reports(signals: Sequence[SignalRow], *, at: datetime, cause: Cause) -> int:
    """Tell the changes of state that these reports made, each with what was made in the state before."""
    lows: dict[int, datetime] = {}
    for signal in signals:
        lows[signal.device] = min(signal.at, lows.get(signal.device, signal.at))
    if not lows:
        return 0
    devices = sorted(lows)
    spells = hung(devices)
    rows = signals_since("state", devices, [lows[device] for device in devices], 2)
    new = {(signal.device, signal.at) for signal in signals}
    told: list[Event] = []
    for device in devices:
        found = find_spells(report_of(row) for row in rows[device])
        for index, spell in enumerate(found):
            if (device, spell.from_at) not in new:
                continue
            before = found[index - 1] if index else None
            hangs = hung_at(spells.get(device, ()), spell.from_at)
            told.append(
                MachineChanged(
                    device=device,
                    place=None if hangs is None else hangs.place,
                    state=spell.state,
                    before="" if before is None else before.state,
                    at=spell.from_at.isoformat(),
                    good=0 if before is None else before.good,
                    scrap=0 if before is None else before.scrap,
                    alarm=spell.alarm,
                )
            )
    emit(told, at=at, cause=cause)
    return len(devices)


def report_of(signal: SignalRow) -> Report:
    body = signal.body
    return Report(
        signal.at, _text(body, "state"), _count(body.get("good")), _count(body.get("scrap")), _text(body, "alarm")
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
