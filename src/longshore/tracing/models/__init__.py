"""EPCIS events and the links between what went in and what came out."""

from longshore.tracing.models.epcis import (
    EpcisCaptureJob,
    EpcisEpc,
    EpcisEvent,
    EpcisField,
    EpcisMark,
    EpcisParty,
    EpcisQuery,
    EpcisReader,
    EpcisSensorReport,
    EpcisSubscription,
    EpcisVocabulary,
    EpcRole,
    EventKind,
    FieldScope,
)

__all__ = [
    "EpcRole",
    "EpcisCaptureJob",
    "EpcisEpc",
    "EpcisEvent",
    "EpcisField",
    "EpcisMark",
    "EpcisParty",
    "EpcisQuery",
    "EpcisReader",
    "EpcisSensorReport",
    "EpcisSubscription",
    "EpcisVocabulary",
    "EventKind",
    "FieldScope",
]
