"""One event as rows: what is stored, and what it can be found by. Pure: no database, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from longshore.tracing.epcis import units
from longshore.tracing.epcis.checking import moment
from longshore.tracing.epcis.hashing import event_hash
from longshore.tracing.epcis.keys import canonical, company_prefix, is_class
from longshore.tracing.epcis.names import full_name, own_contexts, prefixes_of
from longshore.tracing.epcis.vocabulary import web, words_of
from longshore.tracing.models import EpcRole, EventKind, FieldScope

Json = dict[str, Any]
KINDS = {kind.label: kind for kind in EventKind if kind is not EventKind.OTHER}
EPC_LISTS = (
    ("epcList", EpcRole.EPC),
    ("childEPCs", EpcRole.CHILD),
    ("inputEPCList", EpcRole.INPUT),
    ("outputEPCList", EpcRole.OUTPUT),
)
QUANTITY_LISTS = (
    ("quantityList", EpcRole.EPC),
    ("childQuantityList", EpcRole.CHILD),
    ("inputQuantityList", EpcRole.INPUT),
    ("outputQuantityList", EpcRole.OUTPUT),
)
STANDARD = words_of(
    """
    @context type eventTime recordTime eventTimeZoneOffset eventID certificationInfo errorDeclaration
    parentID action bizStep disposition persistentDisposition readPoint bizLocation bizTransactionList
    sourceList destinationList sensorElementList ilmd transformationID epcList childEPCs inputEPCList
    outputEPCList quantityList childQuantityList inputQuantityList outputQuantityList
    """
)
METADATA = words_of(
    """
    time startTime endTime deviceID deviceMetadata rawData dataProcessingMethod bizRules
    """
)
REPORT = METADATA | words_of(
    """
    type exception microorganism chemicalSubstance value component stringValue booleanValue hexBinaryValue
    uriValue minValue maxValue meanValue sDev percRank percValue uom coordinateReferenceSystem
    """
)
GLN = re.compile(r"^https://id\.gs1\.org/41[47]/(\d{13})")


@dataclass(slots=True)
class EventRows:
    """The columns of the event and its child rows, without ids."""

    event: dict[str, Any]
    epcs: list[tuple[int, bool, str, Any, str]] = field(default_factory=list)
    fields: list[tuple[int, bool, str, str, str, float | None, datetime | None]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    glns: set[str] = field(default_factory=set)
    prefixes: set[str] = field(default_factory=set)
    partners: frozenset[int] = frozenset()


def rows_of(event: Json, context: object, *, event_id: str = "") -> EventRows:
    """`event` has been checked; `context` is its document's. Without an id the event gets its hash as one."""
    own = own_contexts(context, event.get("@context"))
    digest = event_hash(event, context)
    body = {name: value for name, value in event.items() if name not in ("recordTime", "@context")}
    body["eventID"] = event.get("eventID") or event_id or digest
    declared = event.get("errorDeclaration") or {}
    prefixes = prefixes_of(context, event.get("@context"))
    made = EventRows(
        {
            "event_id": body["eventID"],
            "hash": digest,
            "kind": int(KINDS.get(event["type"], EventKind.OTHER)),
            "type": event["type"],
            "event_time": moment(event["eventTime"]),
            "action": event.get("action", ""),
            "biz_step": web("bizStep", event["bizStep"]) if event.get("bizStep") else "",
            "disposition": web("disposition", event["disposition"]) if event.get("disposition") else "",
            "read_point": _place(event, "readPoint"),
            "biz_location": _place(event, "bizLocation"),
            "transformation_id": canonical(event.get("transformationID", "")),
            "error_at": moment(declared["declarationTime"]) if declared else None,
            "error_reason": web("reason", declared["reason"]) if declared.get("reason") else "",
            "has_sensors": bool(event.get("sensorElementList")),
            "body": body,
            "context": own,
        }
    )
    made.epcs = list(_epcs(event))
    made.fields = list(_fields(event, prefixes))
    made.reports = list(_reports(event))
    made.glns = _glns(made)
    made.prefixes = {found for uri in _uris(event) if (found := company_prefix(uri))}
    return made


def _place(event: Json, name: str) -> str:
    place = event.get(name)
    return canonical(place["id"]) if place else ""


def _uris(event: Json) -> Iterator[str]:
    for name, _ in EPC_LISTS:
        yield from event.get(name, ())
    for name, _ in QUANTITY_LISTS:
        yield from (one["epcClass"] for one in event.get(name, ()))
    if "parentID" in event:
        yield event["parentID"]
    for name in ("readPoint", "bizLocation"):
        if name in event:
            yield event[name]["id"]
    for name, item in (("sourceList", "source"), ("destinationList", "destination")):
        yield from (one[item] for one in event.get(name, ()))


def _epcs(event: Json) -> Iterator[tuple[int, bool, str, Any, str]]:
    if "parentID" in event:
        yield int(EpcRole.PARENT), False, canonical(event["parentID"]), None, ""
    for name, role in EPC_LISTS:
        for epc in event.get(name, ()):
            known = canonical(epc)
            yield int(role), is_class(known), known, None, ""
    for name, role in QUANTITY_LISTS:
        for one in event.get(name, ()):
            yield int(role), True, canonical(one["epcClass"]), one.get("quantity"), one.get("uom", "")


def _glns(made: EventRows) -> set[str]:
    texts = [made.event["read_point"], made.event["biz_location"]]
    texts += [
        text for scope, _, _, _, text, _, _ in made.fields if scope in (FieldScope.SOURCE, FieldScope.DESTINATION)
    ]
    return {match[1] for text in texts if (match := GLN.match(text))}


def _fields(event: Json, prefixes: Mapping[str, str]) -> Iterator[tuple[int, bool, str, str, str, Any, Any]]:
    yield from _pairs(event)
    yield from _extensions(FieldScope.EVENT, event, STANDARD, prefixes)
    yield from _extensions(FieldScope.ILMD, event.get("ilmd", {}), frozenset(), prefixes)
    declared = event.get("errorDeclaration", {})
    known = frozenset(("declarationTime", "reason", "correctiveEventIDs"))
    yield from _extensions(FieldScope.ERROR_DECLARATION, declared, known, prefixes)
    yield from _extensions(FieldScope.READPOINT, event.get("readPoint", {}), frozenset(("id",)), prefixes)
    yield from _extensions(FieldScope.BIZLOCATION, event.get("bizLocation", {}), frozenset(("id",)), prefixes)
    outer = frozenset(("sensorMetadata", "sensorReport"))
    for element in event.get("sensorElementList", ()):
        yield from _extensions(FieldScope.SENSORELEMENT, element, outer, prefixes)
        yield from _extensions(FieldScope.SENSORMETADATA, element.get("sensorMetadata", {}), METADATA, prefixes)
        for report in element.get("sensorReport", ()):
            yield from _extensions(FieldScope.SENSORREPORT, report, REPORT, prefixes)


def _pairs(event: Json) -> Iterator[tuple[int, bool, str, str, str, Any, Any]]:
    lists = (
        (FieldScope.TRANSACTION, "bizTransactionList", "bizTransaction", "bizTransactionType"),
        (FieldScope.SOURCE, "sourceList", "source", "sourceDestType"),
        (FieldScope.DESTINATION, "destinationList", "destination", "sourceDestType"),
    )
    for scope, name, item, kind in lists:
        for one in event.get(name, ()):
            word = web(kind, one["type"]) if one.get("type") else ""
            yield int(scope), False, one.get("type", ""), word, canonical(one[item]), None, None
    persistent = event.get("persistentDisposition", {})
    for scope, name in ((FieldScope.PERSISTENT_SET, "set"), (FieldScope.PERSISTENT_UNSET, "unset")):
        for one in persistent.get(name, ()):
            yield int(scope), False, "", "", web("disposition", one), None, None
    for one in event.get("errorDeclaration", {}).get("correctiveEventIDs", ()):
        yield int(FieldScope.CORRECTIVE), False, "", "", one, None, None
    certified = event.get("certificationInfo", ())
    for one in [certified] if isinstance(certified, str) else certified:
        yield int(FieldScope.CERTIFICATION), False, "", "", one, None, None


def _extensions(
    scope: FieldScope,
    record: Mapping[str, Any],
    known: frozenset[str],
    prefixes: Mapping[str, str],
    inner: bool = False,
) -> Iterator[tuple[int, bool, str, str, str, Any, Any]]:
    """Every extension field, those inside others marked as inner."""
    for name, values in record.items():
        if name in known or name.startswith("@"):
            continue
        uri = full_name(name, prefixes)
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, Mapping):
                text = value.get("@value", value.get("@id", ""))
                yield int(scope), inner, name, uri, *_spelled(text)
                yield from _extensions(scope, value, frozenset(), prefixes, True)
            else:
                yield int(scope), inner, name, uri, *_spelled(value)


def _spelled(value: object) -> tuple[str, float | None, datetime | None]:
    """A value as text, and as a number or a time where it is one."""
    if isinstance(value, bool):
        return ("true" if value else "false"), None, None
    if isinstance(value, int | float):
        return str(value), float(value), None
    text = "" if value is None else str(value).replace("\x00", "")
    try:
        number: float | None = float(text)
    except ValueError:
        number = None
    if number is not None and abs(number) in (float("inf"),):
        number = None
    return canonical(text), number, moment(text) if len(text) > 18 and text[10:11] in "Tt" else None


def _reports(event: Json) -> Iterator[dict[str, Any]]:
    for element in event.get("sensorElementList", ()):
        metadata = element.get("sensorMetadata", {})
        reports: list[Json] = element.get("sensorReport") or [{}]
        for report in reports:
            yield _report({**metadata, **report}, metadata)


def _report(said: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    uom = str(said.get("uom", ""))[:3]
    row: dict[str, Any] = {
        "time": _moment(said.get("time")),
        "start_time": _moment(metadata.get("startTime")),
        "end_time": _moment(metadata.get("endTime")),
        "type": web("measurement", said["type"]) if said.get("type") else "",
        "exception": web("alert", said["exception"]) if said.get("exception") else "",
        "component": web("component", said["component"]) if said.get("component") else "",
        "uom": uom,
        "dimension": units.dimension_of(uom),
        "string_value": said.get("stringValue"),
        "boolean_value": said.get("booleanValue"),
        "hex_binary_value": said["hexBinaryValue"].lower() if "hexBinaryValue" in said else None,
        "uri_value": canonical(said["uriValue"]) if "uriValue" in said else None,
        "perc_rank": said.get("percRank"),
    }
    for name, column in URI_COLUMNS.items():
        row[column] = canonical(said.get(name, ""))
    for name, column in NUMBER_COLUMNS.items():
        value = said.get(name)
        row[column] = value
        convert = units.spread_to_base if name == "sDev" else units.to_base
        row[f"{column}_si"] = None if value is None else convert(float(value), uom)
    return row


URI_COLUMNS = {
    "deviceID": "device_id",
    "deviceMetadata": "device_metadata",
    "rawData": "raw_data",
    "dataProcessingMethod": "data_processing_method",
    "bizRules": "biz_rules",
    "microorganism": "microorganism",
    "chemicalSubstance": "chemical_substance",
    "coordinateReferenceSystem": "coordinate_reference_system",
}
NUMBER_COLUMNS = {
    "value": "value",
    "minValue": "min_value",
    "maxValue": "max_value",
    "meanValue": "mean_value",
    "sDev": "s_dev",
    "percValue": "perc_value",
}


def _moment(value: object) -> datetime | None:
    return moment(value) if isinstance(value, str) else None
