"""Is this a valid EPCIS document, and if not, where and why? The shape by schema, then what no schema can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jsonschema_rs

from longshore.tracing.epcis import shape
from longshore.tracing.epcis.xmlread import Fault

Json = dict[str, Any]
DOCUMENT_KINDS = {"EPCISDocument": shape.DOCUMENT, "EPCISQueryDocument": shape.QUERY_DOCUMENT}
# In metadata they hold for every report of the element, so a report may not say them again (TCR-53, step 29).
SAID_ONCE = ("dataProcessingMethod", "deviceID", "deviceMetadata", "rawData", "time", "bizRules")
EVENT_LIST = "/epcisBody/eventList"
RESULT_LIST = "/epcisBody/queryResults/resultsBody/eventList"
MOST_FAULTS = 100


@dataclass
class Checked:
    """The events of a document and what is wrong with each; `envelope` faults concern the whole."""

    document: Json
    events: list[Json] = field(default_factory=list)
    envelope: list[Fault] = field(default_factory=list)
    faults: dict[int, list[Fault]] = field(default_factory=dict)

    @property
    def all_faults(self) -> list[Fault]:
        return [*self.envelope, *(fault for number in sorted(self.faults) for fault in self.faults[number])]


@cache
def _validator(name: str) -> Any:
    kind, _, syntax = name.partition(" ")
    schema = DOCUMENT_KINDS.get(kind) or shape.EVENTS.get(kind) or shape.OTHER_EVENT
    if syntax == "xml":
        schema = _as_xml_allows(schema)
    return jsonschema_rs.Draft7Validator(schema, validate_formats=True)


def _as_xml_allows(schema: Any) -> Any:
    """XML's schema lets a sensor report leave out its type, and an EPC stand in a list twice."""
    if isinstance(schema, list):
        return [_as_xml_allows(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _as_xml_allows(part) for name, part in schema.items() if name != "uniqueItems"}
    return {**made, "required": []} if schema == shape.SENSOR_REPORT else made


def check_document(document: object, *, xml: bool = False, handling: str = "") -> Checked:
    """An EPCISDocument or EPCISQueryDocument in JSON, or (`xml`) read from XML. `handling`: `lenient`, the schema is
    enough; `strict`, what the standard says of times beside it counts, too."""
    if not isinstance(document, dict):
        return Checked({}, envelope=[Fault("", "The document is not a JSON object.")])
    kind = document.get("type")
    if not isinstance(kind, str) or kind not in DOCUMENT_KINDS:
        sentence = "`type` must be EPCISDocument or EPCISQueryDocument."
        return Checked(document, envelope=[Fault("/type", sentence)])
    checked = Checked(document, envelope=list(_faults(kind, document, "")))
    if checked.envelope:
        # The events are looked at all the same: a sender wants to hear everything at once.
        checked.events = [event for event in _listed(document) if isinstance(event, dict)]
    else:
        checked.events = events_of(document)
    path = EVENT_LIST if kind == "EPCISDocument" else RESULT_LIST
    for number, event in enumerate(checked.events):
        faults = check_event(event, f"{path}/{number}", xml=xml, handling=handling)
        if faults:
            checked.faults[number] = faults
    return checked


def check_event(
    event: object, path: str = "", *, alone: bool = False, xml: bool = False, handling: str = ""
) -> list[Fault]:
    """`alone`: it came without a document, so it must bring its own context."""
    if not isinstance(event, dict):
        return [Fault(path, "An event is a JSON object.")]
    kind = event.get("type")
    if not isinstance(kind, str):
        return [Fault(f"{path}/type", "An event says its type.")]
    name = kind if kind in shape.EVENTS else "other"
    faults = list(_faults(f"{name} xml" if xml else name, event, path))
    if alone and "@context" not in event:
        faults.append(Fault(f"{path}/@context", "An event by itself needs its @context."))
    if faults:
        return faults
    found = [*_times(event, path), *(() if handling == "lenient" else _said_twice(event, path))]
    return found or [*(_sensed_later(event, path) if handling == "strict" else ())]


def events_of(document: Json) -> list[Json]:
    body = document["epcisBody"]
    if document["type"] == "EPCISDocument":
        listed: list[Json] = body["eventList"]
    else:
        listed = body["queryResults"]["resultsBody"]["eventList"]
    return listed


def _listed(document: Json) -> list[Any]:
    try:
        found = events_of(document)
    except (KeyError, TypeError):
        return []
    return found if isinstance(found, list) else []


def _faults(kind: str, instance: Json, path: str) -> Iterator[Fault]:
    validator = _validator(kind)
    if validator.is_valid(instance):
        return
    for count, error in enumerate(validator.iter_errors(instance)):
        if count >= MOST_FAULTS:
            return
        parts = [str(part).replace("~", "~0").replace("/", "~1") for part in error.instance_path]
        rule = "/".join(str(part) for part in error.schema_path)
        yield Fault("/".join([path, *parts]), f"{_short(error.message)} (rule {kind.partition(' ')[0]}/{rule})")


def _short(message: str) -> str:
    return message if len(message) <= 300 else f"{message[:140]} … {message[-140:]}"


def _times(event: Json, path: str) -> Iterator[Fault]:
    """RFC 3339 allows moments no calendar has."""
    times = [("eventTime", event.get("eventTime"))]
    times.append(("errorDeclaration/declarationTime", event.get("errorDeclaration", {}).get("declarationTime")))
    for at, element in enumerate(event.get("sensorElementList", ())):
        times += [
            (f"sensorElementList/{at}/sensorMetadata/{name}", element.get("sensorMetadata", {}).get(name))
            for name in ("time", "startTime", "endTime")
        ]
        times += [
            (f"sensorElementList/{at}/sensorReport/{number}/time", report.get("time"))
            for number, report in enumerate(element["sensorReport"])
        ]
    for where, value in times:
        if value is not None and moment(value) is None:
            yield Fault(f"{path}/{where}", f"{value} is no moment in time.")


def moment(value: str) -> datetime | None:
    """A time with its offset; None when the calendar has no such moment."""
    try:
        # PostgreSQL and Python keep microseconds; more digits are legal.
        head, dot, rest = value.upper().partition(".")
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        at = datetime.fromisoformat(f"{head}.{digits[:6].ljust(6, '0')}{rest[len(digits) :]}" if dot else head)
    except ValueError:
        return None
    if at.tzinfo is None or not 1 < at.year < 9999:
        return None
    # In UTC: PostgreSQL does not take every offset that RFC 3339 allows.
    return at.astimezone(UTC)


def _sensed_later(event: Json, path: str) -> Iterator[Fault]:
    """GS1's requirement M122, which its own full examples break."""
    at = moment(event["eventTime"])
    for number, element in enumerate(event.get("sensorElementList", ())):
        said = element.get("sensorMetadata", {}).get("time")
        sensed = None if said is None else moment(said)
        if at is not None and sensed is not None and sensed > at:
            where = f"{path}/sensorElementList/{number}/sensorMetadata/time"
            yield Fault(where, f"{said} is after the event, which was at {event['eventTime']}.")


def _said_twice(event: Json, path: str) -> Iterator[Fault]:
    for at, element in enumerate(event.get("sensorElementList", ())):
        metadata: Mapping[str, Any] = element.get("sensorMetadata", {})
        said = [name for name in SAID_ONCE if name in metadata]
        for number, report in enumerate(element["sensorReport"]):
            where = f"{path}/sensorElementList/{at}/sensorReport/{number}"
            yield from (
                Fault(f"{where}/{name}", f"{name} is said in the metadata and again in the report.")
                for name in said
                if name in report
            )
