"""What goods of each temperature class bear, until a site says otherwise (admin: product limits)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from longshore.sensing.rules.excursions import Limit

# temperature class, limit. A range is what the class promises; beyond it for longer than a door stands open is too long.
DEFAULTS: Final[tuple[tuple[str, Limit], ...]] = (
    ("chilled", Limit("chilled-high", "temperature", True, 4.0, 0.5, False, "consecutive", timedelta(minutes=15))),
    ("chilled", Limit("chilled-hot", "temperature", True, 10.0, 1.0, True, "instant")),
    ("chilled", Limit("chilled-low", "temperature", False, 0.0, 0.5, False, "consecutive", timedelta(minutes=15))),
    ("frozen", Limit("frozen-high", "temperature", True, -18.0, 1.0, False, "consecutive", timedelta(minutes=30))),
    ("frozen", Limit("frozen-thaw", "temperature", True, -12.0, 1.0, True, "instant")),
    ("pharma", Limit("pharma-high", "temperature", True, 8.0, 0.5, False, "consecutive", timedelta(minutes=10))),
    (
        "pharma",
        Limit(
            "pharma-heat", "temperature", True, 10.0, 0.5, True, "accumulated", timedelta(hours=20), timedelta(days=7)
        ),
    ),
    ("pharma", Limit("pharma-freeze", "temperature", False, -0.5, 0.5, True, "consecutive", timedelta(hours=1))),
    ("pharma", Limit("pharma-low", "temperature", False, 2.0, 0.5, False, "consecutive", timedelta(minutes=10))),
    ("pharma", Limit("pharma-damp", "humidity", True, 75.0, 5.0, False, "consecutive", timedelta(hours=4))),
    ("ambient", Limit("ambient-hot", "temperature", True, 40.0, 2.0, True, "consecutive", timedelta(hours=1))),
    ("ambient", Limit("ambient-frost", "temperature", False, -10.0, 2.0, True, "consecutive", timedelta(hours=1))),
)


def gap_of(expected_every_s: int) -> timedelta:
    """How long a reading holds: three times as long as the device usually takes, and at least a minute."""
    return timedelta(seconds=max(3 * expected_every_s, 60))
