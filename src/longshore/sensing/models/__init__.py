"""Devices, their keys, what they said, and what it meant."""

from longshore.sensing.models.detecting import DetectorState, JointDetector
from longshore.sensing.models.devices import LISTENED_TO, Attachment, Device, DeviceKey, DeviceKind, DeviceState, Metric
from longshore.sensing.models.episodes import (
    Activation,
    Anomaly,
    BeyondMark,
    Direction,
    EpisodeState,
    Excursion,
    Geofence,
    GeofenceVisit,
    Passage,
    ProductLimit,
    StockLevel,
    TagRead,
    TagWatch,
)
from longshore.sensing.models.said import Batch, LastValue, Reading, Rollup, Signal
from longshore.sensing.models.traffic import Command, InterpretationMark, RefusedMessage, Session

__all__ = [
    "LISTENED_TO",
    "Activation",
    "Anomaly",
    "Attachment",
    "Batch",
    "BeyondMark",
    "Command",
    "DetectorState",
    "Device",
    "DeviceKey",
    "DeviceKind",
    "DeviceState",
    "Direction",
    "EpisodeState",
    "Excursion",
    "Geofence",
    "GeofenceVisit",
    "InterpretationMark",
    "JointDetector",
    "LastValue",
    "Metric",
    "Passage",
    "ProductLimit",
    "Reading",
    "RefusedMessage",
    "Rollup",
    "Session",
    "Signal",
    "StockLevel",
    "TagRead",
    "TagWatch",
]
