"""When a device is in trouble: the limits, in one place. The registry's query applies them to every device at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SILENT_TIMES = 3.0  # … of the span in which it should have spoken
LATE_TIMES = 1.5
SKEW = timedelta(seconds=60)
BATTERY_LOW_PCT = 20
CALIBRATION_AHEAD = timedelta(days=14)
REFUSED_SINCE = timedelta(hours=24)
FLOOD_SINCE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Trouble:
    """`state` is how it is marked: late is worst, then risk, then info."""

    name: str
    title: str | Promise
    state: str
    remedy: str | Promise


TROUBLES: tuple[Trouble, ...] = (
    Trouble("quarantined", _("Quarantined"), "late", _("Find out why, then readmit or retire it.")),
    Trouble("silent", _("Silent"), "late", _("Look at its power, its network and its place.")),
    Trouble("flooding", _("Flooding"), "late", _("It speaks more often than it may: look at its firmware.")),
    Trouble("forged", _("Forged or replayed"), "late", _("Somebody uses its name: rotate its key.")),
    Trouble("late", _("Late"), "risk", _("It spoke later than agreed: watch it.")),
    Trouble("skewed", _("Clock off"), "risk", _("Set its clock; let it ask a time server.")),
    Trouble("battery", _("Battery low"), "risk", _("Change the battery on the next round.")),
    Trouble("calibration", _("Calibration due"), "risk", _("Have it calibrated, then write the next date down.")),
    Trouble("stuck", _("Sensor stuck"), "risk", _("It repeats one value: check the sensor and its cable.")),
    Trouble("drifting", _("Sensor drifts"), "risk", _("Compare it with a reference; have it calibrated.")),
    Trouble("refused", _("Messages refused"), "risk", _("Look at the refused messages and its firmware.")),
    Trouble("keyless", _("No valid key"), "info", _("Issue a key; it cannot speak without one.")),
    Trouble("loose", _("Attached to nothing"), "info", _("Attach it: what it says is about no place yet.")),
)
TROUBLE = {trouble.name: trouble for trouble in TROUBLES}


def worst(names: tuple[str, ...]) -> str:
    """The mark of a device with these troubles."""
    states = {TROUBLE[name].state for name in names}
    return next((state for state in ("late", "risk", "info") if state in states), "ok")
