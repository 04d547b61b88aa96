"""Rows turned into what templates and scripts show."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from longshore.sensing.queries.telemetry import LastRow, series

# UN/ECE Recommendation 20 as people write it; a code that is not here is shown as it is.
UNITS = {
    "CEL": "°C", "P1": "%", "KGM": "kg", "C16": "mm/s", "KMH": "km/h", "K40": "g", "LUX": "lx", "KPA": "kPa",
    "AMP": "A", "KWT": "kW", "VLT": "V", "C62": "", "59": "ppm", "MQH": "m³/h", "NU": "N·m", "RPM": "rpm", "2N": "dB",
    "DD": "°", "MTR": "m",
}  # fmt: skip
REASONS: dict[str, str | Promise] = {
    "malformed": _("Not readable"),
    "oversize": _("Too large"),
    "future": _("Dated in the future"),
    "too-old": _("Older than what is kept"),
    "unknown-metric": _("Unknown metric"),
    "unknown-device": _("Unknown device"),
    "flood": _("Too many"),
    "forged": _("Forged: another device's name"),
    "replayed": _("Replayed"),
    "repeated": _("Came twice (harmless)"),
    "contradicted": _("Came twice, with another value"),
    "sequence-gap": _("Numbers missing in between"),
    "unknown-kind": _("Unknown kind of message"),
    "no-birth": _("Before its birth"),
    "bad-key": _("Wrong or revoked key"),
    "quarantined": _("In quarantine"),
    "retired": _("Retired"),
    "topic": _("Topic not its own"),
}


def unit_of(code: str) -> str:
    return UNITS.get(code, code)


def refusal_words(reason: str) -> str:
    return str(REASONS.get(reason, reason))


def signal_data(device: int, value: LastRow, since: datetime, until: datetime) -> dict[str, Any]:
    """What the chart of one metric begins with: [ms, mean, lowest, highest] for each step."""
    step, points = series(device, value.metric, since, until)
    return {
        "id": f"signal-{value.metric}",
        "data": {
            "device": device,
            "metric": value.metric,
            "code": value.metric_code,
            "unit": unit_of(value.unit),
            "step": step,
            "since": _ms(since),
            "until": _ms(until),
            "points": [[_ms(p.at), p.mean, p.low, p.high] for p in points],
        },
        "row": value,
        "unit": unit_of(value.unit),
        "low": min((p.low for p in points), default=None),
        "high": max((p.high for p in points), default=None),
        "readings": sum(p.n for p in points),
    }


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
