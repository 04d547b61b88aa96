"""EPCIS documents in XML, 1.2 and 2.0, into the JSON shape everything else works with."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from longshore.tracing.epcis.vocabulary import CONTEXT_URL, bare
from longshore.tracing.epcis.xmltree import Node, parse

Json = dict[str, Any]
# What belongs to the envelope and not to extensions.
ENVELOPE = ("urn:epcglobal:epcis", "urn:epcglobal:xsd", "http://www.w3.org/2001/XMLSchema")
BASE = ("eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "errorDeclaration", "certificationInfo")
PLACES = ("bizStep", "disposition", "readPoint", "bizLocation")
PARTIES = ("sourceList", "destinationList", "sensorElementList", "persistentDisposition")
EXTRA = ("baseExtension", "extension")
ORDER: dict[str, tuple[str, ...]] = {
    "ObjectEvent": ("epcList", "action", *PLACES, "bizTransactionList", "quantityList", *PARTIES, "ilmd"),
    "AggregationEvent": (
        *("parentID", "childEPCs", "action", *PLACES, "bizTransactionList", "childQuantityList"),
        *PARTIES,
    ),
    "TransactionEvent": ("bizTransactionList", "parentID", "epcList", "action", *PLACES, "quantityList", *PARTIES),
    "TransformationEvent": (
        *("inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList", "transformationID"),
        *(*PLACES, "bizTransactionList", *PARTIES, "ilmd"),
    ),
    "AssociationEvent": (
        *("parentID", "childEPCs", "childQuantityList", "action", *PLACES, "bizTransactionList"),
        *PARTIES,
    ),
    "QuantityEvent": ("epcClass", "quantity", *PLACES, "bizTransactionList"),
}
NUMBERS = frozenset(("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"))
SENSOR_WORDS = {"type": "measurement", "exception": "alert", "component": "component"}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong, and where: a JSON pointer or an XML path."""

    path: str
    sentence: str


@dataclass
class Document:
    """An XML document as JSON, and what was wrong in its own syntax, per event (-1 is the envelope)."""

    document: Json
    faults: dict[int, list[Fault]] = field(default_factory=dict)


@dataclass
class _Reader:
    spaces: dict[str, str]
    prefixes: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def name(self, space: str, local: str, prefix: str) -> str:
        """`prefix:local`; a prefix that means two name spaces gets a number."""
        wanted, number = prefix or "ns", 1
        while self.prefixes.setdefault(wanted, space) != space:
            number += 1
            wanted = f"{prefix or 'ns'}{number}"
        return f"{wanted}:{local}"

    def fault(self, path: str, sentence: str) -> None:
        self.faults.append(Fault(path, sentence))


def read_xml(content: bytes) -> Document:
    """Raises XmlRefused. The order of elements and unknown elements are faults, not exceptions."""
    root, spaces = parse(content)
    reader = _Reader(spaces)
    envelope: list[Fault] = []
    kind = {"EPCISDocument": "EPCISDocument", "EPCISMasterDataDocument": "EPCISDocument"}.get(root.local, "")
    kind = kind or ("EPCISQueryDocument" if root.local in ("EPCISQueryDocument", "QueryResults") else "")
    single = root.local in ORDER
    if not kind and not single:
        envelope.append(Fault(f"/{root.local}", "The root is neither an EPCIS document nor an event."))
    events: list[Json] = []
    faults: dict[int, list[Fault]] = {}
    for number, (node, path) in enumerate(_event_nodes(root, single)):
        reader.faults = []
        events.append(_event(node, path, reader))
        if reader.faults:
            faults[number] = reader.faults
    reader.faults = envelope
    document = events[0] if single else _envelope(root, kind, events, reader)
    document["@context"] = [CONTEXT_URL, dict(reader.prefixes)] if reader.prefixes else [CONTEXT_URL]
    if envelope:
        faults[-1] = envelope
    return Document(document, faults)


def ignored_fields(content: bytes) -> list[str]:
    """Extension fields a repository wrote beside the data, named at the top for the hash to leave out."""
    root, _spaces = parse(content)
    listed = root.find("ignoreFields")
    return [f"{node.space.rstrip('/')}/{node.local}" for node in listed.children] if listed is not None else []


def _event_nodes(root: Node, single: bool) -> list[tuple[Node, str]]:
    if single:
        return [(root, f"/{root.local}")]
    listed = root.find("EventList")
    if listed is None:
        return []
    found: list[tuple[Node, str]] = []
    for node in listed.children:
        # 1.2 hides the newer kinds of events in an extension, even in an extension of an extension.
        while node.local == "extension" and node.children:
            node = node.children[0]
        found.append((node, f"/{root.local}/EventList/{node.local}[{len(found) + 1}]"))
    return found


def _envelope(root: Node, kind: str, events: list[Json], reader: _Reader) -> Json:
    attributes = root.plain_attributes()
    document: Json = {"type": kind or root.local}
    for name in ("schemaVersion", "creationDate"):
        if name in attributes:
            document[name] = attributes[name]
    if kind == "EPCISQueryDocument":
        if root.find("resultsBody") is None:
            reader.fault(f"/{root.local}/EPCISBody/QueryResults/resultsBody", "resultsBody is missing.")
        results: Json = {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": events}}
        for name in ("queryName", "subscriptionID"):
            node = root.find(name)
            if node is not None:
                results[name] = node.text
        document["epcisBody"] = {"queryResults": results}
    else:
        if root.child("EPCISBody") is None:
            reader.fault(f"/{root.local}/EPCISBody", "The document has no body.")
        elif root.find("EventList") is None and root.local == "EPCISDocument":
            reader.fault(f"/{root.local}/EPCISBody/EventList", "The body has no list of events.")
        document["epcisBody"] = {"eventList": events}
    vocabularies = _vocabularies(root)
    if vocabularies:
        document["epcisHeader"] = {"epcisMasterData": {"vocabularyList": vocabularies}}
    return document


def _vocabularies(root: Node) -> list[Json]:
    listed = root.find("VocabularyList")
    made = []
    for node in listed.children if listed is not None else ():
        elements = node.child("VocabularyElementList")
        made.append(
            {
                "type": node.plain_attributes().get("type", ""),
                "vocabularyElementList": [_element(one) for one in (elements.children if elements else ())],
            }
        )
    return made


def _element(node: Node) -> Json:
    made: Json = {"id": node.plain_attributes().get("id", ""), "attributes": []}
    for one in node.children:
        if one.local == "attribute":
            value: object = one.text
            if one.children:
                value = {part.local: part.text for part in one.children}
            made["attributes"].append({"id": one.plain_attributes().get("id", ""), "attribute": value})
        elif one.local == "children":
            made["children"] = [part.text for part in one.children]
    return made


def _event(node: Node, path: str, reader: _Reader) -> Json:
    event: Json = {"type": node.local}
    if node.space and not node.space.startswith(ENVELOPE):
        event["type"] = reader.name(node.space, node.local, node.prefix)
    order = ORDER.get(node.local)
    if order is None:
        reader.fault(path, f"{node.local} is no kind of EPCIS event.")
    else:
        _check_order(node, (*BASE, "baseExtension", *order, "extension"), path, reader)
    for part in _flattened(node):
        read = FIELDS.get(part.local) if _own(part) else None
        if read is not None:
            event[part.local] = read(part, f"{path}/{part.local}", reader)
        elif not _own(part):
            _add_extension(event, part, reader)
        else:
            reader.fault(f"{path}/{part.local}", f"{part.local} is no element of an {node.local}.")
    for (space, local, prefix), value in node.attributes.items():
        if space and not space.startswith(ENVELOPE):
            event[reader.name(space, local, prefix)] = value
    return _from_quantity_event(event) if event["type"] == "QuantityEvent" else event


def _from_quantity_event(event: Json) -> Json:
    """1.2's deprecated kind says the same as an object event that observes a quantity."""
    element = {"epcClass": event.pop("epcClass", ""), "quantity": event.pop("quantity", 0)}
    return {**event, "type": "ObjectEvent", "action": "OBSERVE", "quantityList": [element]}


def _own(node: Node) -> bool:
    """An element of EPCIS itself, qualified or not."""
    return not node.space or node.space.startswith(ENVELOPE)


def _flattened(node: Node) -> list[Node]:
    """1.2 nests what came later in `extension` and `baseExtension`; those wrappers mean nothing."""
    parts: list[Node] = []
    for part in node.children:
        if part.local in EXTRA and _own(part):
            parts += _flattened(part)
        else:
            parts.append(part)
    return parts


def _check_order(node: Node, order: tuple[str, ...], path: str, reader: _Reader) -> None:
    last = 0
    for part in node.children:
        if not _own(part) or part.local not in order:
            continue
        at = order.index(part.local)
        if at < last:
            reader.fault(f"{path}/{part.local}", f"{part.local} must stand before {order[last]}.")
        last = max(last, at)


def _text(node: Node, path: str, reader: _Reader) -> Any:
    return node.text


def _word(node: Node, path: str, reader: _Reader) -> Any:
    return bare(node.local, node.text)


def _number_of(text: str) -> Any:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number == number and abs(number) < 2**53 and number == int(number) else number


def _number(node: Node, path: str, reader: _Reader) -> Any:
    return _number_of(node.text)


def _texts(node: Node, path: str, reader: _Reader) -> Any:
    return [part.text for part in node.children]


def _quantities(node: Node, path: str, reader: _Reader) -> Any:
    elements = []
    for number, part in enumerate(node.children, start=1):
        one: Json = {}
        for cell in part.children:
            if cell.local not in ("epcClass", "quantity", "uom"):
                reader.fault(f"{path}/quantityElement[{number}]/{cell.local}", f"{cell.local} is not known here.")
            if cell.text:  # an empty quantity says as little as none
                one[cell.local] = _number_of(cell.text) if cell.local == "quantity" else cell.text
        elements.append(one)
    return elements


def _typed(item: str, kind: str) -> Callable[[Node, str, _Reader], Any]:
    def read(node: Node, path: str, reader: _Reader) -> Any:
        listed = []
        for part in node.children:
            kind_of = part.plain_attributes().get("type")
            listed.append({**({"type": bare(kind, kind_of)} if kind_of else {}), item: part.text})
        return listed

    return read


def _place(node: Node, path: str, reader: _Reader) -> Any:
    place: Json = {}
    for part in _flattened(node):
        if part.local == "id" and _own(part):
            place["id"] = part.text
        else:
            _add_extension(place, part, reader)
    return place


def _persistent(node: Node, path: str, reader: _Reader) -> Any:
    made: Json = {}
    for part in node.children:
        made.setdefault(part.local, []).append(bare("disposition", part.text))
    return made


def _error(node: Node, path: str, reader: _Reader) -> Any:
    made: Json = {}
    for part in _flattened(node):
        if part.local == "correctiveEventIDs":
            made[part.local] = [one.text for one in part.children]
        elif _own(part):
            made[part.local] = bare("reason", part.text) if part.local == "reason" else _with_seconds(part.text)
        else:
            _add_extension(made, part, reader)
    return made


def _with_seconds(text: str) -> str:
    """Declarations are often signed to the minute; a date-time has seconds."""
    return f"{text[:16]}:00{text[16:]}" if re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d(Z|[+-])", text) else text


def _sensors(node: Node, path: str, reader: _Reader) -> Any:
    elements = []
    for part in node.children:
        if part.local == "extension":
            continue
        element: Json = {}
        for one in _flattened(part):
            if one.local == "sensorMetadata" and _own(one):
                element["sensorMetadata"] = _attributes(one, reader)
            elif one.local == "sensorReport" and _own(one):
                element.setdefault("sensorReport", []).append(_attributes(one, reader))
            else:
                _add_extension(element, one, reader)
        elements.append(element)
    return elements


def _attributes(node: Node, reader: _Reader) -> Json:
    made: Json = {}
    for (space, local, prefix), value in node.attributes.items():
        value = value.strip()
        if space:
            made[reader.name(space, local, prefix)] = value
        elif local in NUMBERS:
            made[local] = _number_of(value)
        elif local == "booleanValue":
            made[local] = {"true": True, "1": True, "false": False, "0": False}.get(value, value)
        else:
            made[local] = bare(SENSOR_WORDS[local], value) if local in SENSOR_WORDS else value
    return made


def _ilmd(node: Node, path: str, reader: _Reader) -> Any:
    made: Json = {}
    for part in _flattened(node):
        _add_extension(made, part, reader)
    return made


def _add_extension(record: Json, node: Node, reader: _Reader) -> None:
    """An element that came twice becomes a list."""
    name = reader.name(node.space, node.local, node.prefix) if node.space else node.local
    attributes = {
        reader.name(space, local, prefix): text
        for (space, local, prefix), text in node.attributes.items()
        if space and not space.startswith(ENVELOPE)
    }
    value: Any = node.text
    if node.children or attributes:
        value = {**attributes, **({"@value": node.text} if node.text and not node.children else {})}
        for part in node.children:
            _add_extension(value, part, reader)
    if name not in record:
        record[name] = value
    elif isinstance(record[name], list):
        record[name].append(value)
    else:
        record[name] = [record[name], value]


FIELDS: dict[str, Callable[[Node, str, _Reader], Any]] = {
    **dict.fromkeys(("eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "action", "parentID"), _text),
    **dict.fromkeys(("transformationID", "certificationInfo", "epcClass"), _text),
    **dict.fromkeys(("bizStep", "disposition"), _word),
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), _texts),
    **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), _quantities),
    **dict.fromkeys(("readPoint", "bizLocation"), _place),
    "quantity": _number,
    "errorDeclaration": _error,
    "bizTransactionList": _typed("bizTransaction", "bizTransactionType"),
    "sourceList": _typed("source", "sourceDestType"),
    "destinationList": _typed("destination", "sourceDestType"),
    "sensorElementList": _sensors,
    "persistentDisposition": _persistent,
    "ilmd": _ilmd,
}
