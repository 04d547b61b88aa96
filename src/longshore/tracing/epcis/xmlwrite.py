"""The JSON shape written as XML 2.0: elements in the order of the schema, words as URNs, extensions with their prefix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from longshore.tracing.epcis.names import prefixes_of, split_name
from longshore.tracing.epcis.vocabulary import CURIES, urn, web
from longshore.tracing.epcis.xmlread import BASE, ORDER

Json = dict[str, Any]
QUERY_SPACE = "urn:epcglobal:epcis-query:xsd:2"
EPCIS_SPACE = "urn:epcglobal:epcis:xsd:2"
SENSOR_KINDS = {"type": "measurement", "exception": "alert", "component": "component"}
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Writer:
    """Collects text, and the name spaces the root must declare."""

    def __init__(self, context: object, cbv_format: str = "Always_URN") -> None:
        self.context = context
        self.prefixes = prefixes_of(context)
        self.spaces: dict[str, str] = {}
        self.parts: list[str] = []
        self.word = web if cbv_format == "Always_Web_URI" else urn

    def name(self, name: str) -> str:
        """`prefix:local` as XML may have it; what has no prefix gets one."""
        space, local = split_name(name, self.prefixes)
        if not space:
            return local
        head = name.partition(":")[0]
        prefix = head if self.prefixes.get(head) == space else "ns"
        number = 1
        while self.spaces.setdefault(prefix, space) != space:
            number += 1
            prefix = f"{head if head in self.prefixes else 'ns'}{number}"
        return f"{prefix}:{local}"

    def text(self, tag: str, value: object) -> None:
        self.parts.append(f"<{tag}>{escape(_plain(value))}</{tag}>")

    def event(self, event: Json) -> None:
        self.prefixes = prefixes_of(self.context, event.get("@context"))
        known = ORDER.get(event["type"])
        if known is None:
            self._extension(event["type"], {k: v for k, v in event.items() if k not in ("type", "@context")})
            return
        self.parts.append(f"<{event['type']}>")
        order = (*BASE, *known)
        for name in order:
            if name in event:
                FIELDS[name](self, name, event[name])
        for name, value in event.items():
            if name not in order and name != "type" and not name.startswith("@"):
                self._extension(name, value)
        self.parts.append(f"</{event['type']}>")

    def _extension(self, name: str, value: Any) -> None:
        if isinstance(value, list):
            for one in value:
                self._extension(name, one)
            return
        tag = self.name(name)
        if not isinstance(value, Mapping):
            self.text(tag, value)
            return
        self.parts.append(f"<{tag}>")
        if "@value" in value:
            self.parts.append(escape(_plain(value["@value"])))
        self.extensions(value, frozenset())
        self.parts.append(f"</{tag}>")

    def extensions(self, record: Mapping[str, Any], known: frozenset[str]) -> None:
        for name, value in record.items():
            if name not in known and not name.startswith("@"):
                self._extension(name, value)

    def document(self, open_tag: str, attributes: str, inside: str) -> str:
        used = "".join(f" xmlns:{p}={quoteattr(s)}" for p, s in sorted(self.spaces.items()))
        return f"{HEAD}<{open_tag}{attributes}{used}>{inside}</{open_tag}>"


def write_query_document(document: Json, cbv_format: str = "Always_URN") -> str:
    """An EPCISQueryDocument in XML."""
    results = document["epcisBody"]["queryResults"]
    events = results["resultsBody"]["eventList"]
    writer = Writer(document["@context"], cbv_format)
    for event in events:
        writer.event(event)
    known = {"subscriptionID": results.get("subscriptionID")}
    inside = f"<queryName>{escape(results['queryName'])}</queryName>" + "".join(
        f"<{name}>{escape(value)}</{name}>" for name, value in known.items() if value
    )
    body = "".join(writer.parts)
    attributes = f' xmlns:epcisq="{QUERY_SPACE}" schemaVersion="2.0" creationDate="{document["creationDate"]}"'
    return writer.document(
        "epcisq:EPCISQueryDocument",
        attributes + _curies(body),
        f"<EPCISBody><epcisq:QueryResults>{inside}<resultsBody><EventList>{body}</EventList></resultsBody>"
        "</epcisq:QueryResults></EPCISBody>",
    )


def write_document(document: Json, cbv_format: str = "Always_URN") -> str:
    """An EPCISDocument in XML."""
    events = document["epcisBody"]["eventList"]
    writer = Writer(document["@context"], cbv_format)
    for event in events:
        writer.event(event)
    body = "".join(writer.parts)
    attributes = f' xmlns:epcis="{EPCIS_SPACE}" schemaVersion="2.0" creationDate="{document["creationDate"]}"'
    return writer.document(
        "epcis:EPCISDocument", attributes + _curies(body), f"<EPCISBody><EventList>{body}</EventList></EPCISBody>"
    )


def write_problem(problem: Json) -> str:
    """An RFC 7807 problem in XML."""
    inside = "".join(
        f"<{name}>{escape(str(problem[name]))}</{name}>"
        for name in ("type", "title", "status", "detail", "instance")
        if problem.get(name)
    )
    return f'{HEAD}<epcis:EPCISException xmlns:epcis="{EPCIS_SPACE}">{inside}</epcis:EPCISException>'


def write_capture_job(job: Json) -> str:
    """A capture job document in XML."""
    attributes = "".join(f" {name}={quoteattr(_plain(job[name]))}" for name in ("captureID", "running", "success"))
    inside = "".join(
        f"<{name}>{escape(str(job[name]))}</{name}>"
        for name in ("captureErrorBehaviour", "createdAt", "finishedAt")
        if job.get(name)
    )
    errors = "".join(
        "<error>"
        + "".join(f"<{n}>{escape(str(error[n]))}</{n}>" for n in ("type", "title", "status", "detail") if n in error)
        + "</error>"
        for error in job["errors"]
    )
    inside += f"<errors>{errors}</errors>" if errors else ""
    return f'{HEAD}<epcis:EPCISCaptureJob xmlns:epcis="{EPCIS_SPACE}"{attributes}>{inside}</epcis:EPCISCaptureJob>'


def write_collection(values: list[str], tag: str) -> str:
    inside = "".join(f"<{tag}>{escape(value)}</{tag}>" for value in values)
    return f'{HEAD}<epcisq:{tag}List xmlns:epcisq="{QUERY_SPACE}">{inside}</epcisq:{tag}List>'


def _curies(body: str) -> str:
    """Compact URIs in values need their prefix declared too."""
    return "".join(
        f' xmlns:{name}="{space}"' for name, space in CURIES.items() if f'"{name}:' in body or f">{name}:" in body
    )


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _simple(writer: Writer, name: str, value: Any) -> None:
    for one in value if isinstance(value, list) else [value]:
        writer.text(name, one)


def _word(writer: Writer, name: str, value: Any) -> None:
    writer.text(name, writer.word(name, value))


def _epcs(writer: Writer, name: str, value: Any) -> None:
    writer.parts.append(f"<{name}>" + "".join(f"<epc>{escape(epc)}</epc>" for epc in value) + f"</{name}>")


def _quantities(writer: Writer, name: str, value: Any) -> None:
    writer.parts.append(f"<{name}>")
    for one in value:
        writer.parts.append("<quantityElement>")
        for cell in ("epcClass", "quantity", "uom"):
            if cell in one:
                writer.text(cell, one[cell])
        writer.parts.append("</quantityElement>")
    writer.parts.append(f"</{name}>")


def _typed(item: str, kind: str) -> Callable[[Writer, str, Any], None]:
    def write(writer: Writer, name: str, value: Any) -> None:
        writer.parts.append(f"<{name}>")
        for one in value:
            kind_of = f" type={quoteattr(writer.word(kind, one['type']))}" if one.get("type") else ""
            writer.parts.append(f"<{item}{kind_of}>{escape(one[item])}</{item}>")
        writer.parts.append(f"</{name}>")

    return write


def _place(writer: Writer, name: str, value: Any) -> None:
    writer.parts.append(f"<{name}>")
    writer.text("id", value["id"])
    writer.extensions(value, frozenset(("id",)))
    writer.parts.append(f"</{name}>")


def _persistent(writer: Writer, name: str, value: Any) -> None:
    writer.parts.append(f"<{name}>")
    for part in ("unset", "set"):
        for one in value.get(part, ()):
            writer.text(part, writer.word("disposition", one))
    writer.parts.append(f"</{name}>")


def _error(writer: Writer, name: str, value: Any) -> None:
    writer.parts.append(f"<{name}>")
    writer.text("declarationTime", value["declarationTime"])
    if value.get("reason"):
        writer.text("reason", writer.word("reason", value["reason"]))
    if value.get("correctiveEventIDs"):
        ids = "".join(f"<correctiveEventID>{escape(one)}</correctiveEventID>" for one in value["correctiveEventIDs"])
        writer.parts.append(f"<correctiveEventIDs>{ids}</correctiveEventIDs>")
    writer.extensions(value, frozenset(("declarationTime", "reason", "correctiveEventIDs")))
    writer.parts.append(f"</{name}>")


def _sensors(writer: Writer, name: str, value: Any) -> None:
    writer.parts.append(f"<{name}>")
    for one in value:
        writer.parts.append("<sensorElement>")
        if one.get("sensorMetadata"):
            writer.parts.append(f"<sensorMetadata{_attributes(writer, one['sensorMetadata'])}/>")
        for report in one.get("sensorReport", ()):
            writer.parts.append(f"<sensorReport{_attributes(writer, report)}/>")
        writer.extensions(one, frozenset(("sensorMetadata", "sensorReport")))
        writer.parts.append("</sensorElement>")
    writer.parts.append(f"</{name}>")


def _attributes(writer: Writer, record: Mapping[str, Any]) -> str:
    texts = []
    for name, value in record.items():
        text = writer.word(SENSOR_KINDS[name], value) if name in SENSOR_KINDS else _plain(value)
        tag = writer.name(name) if ":" in name else name
        texts.append(f" {tag}={quoteattr(text)}")
    return "".join(texts)


def _ilmd(writer: Writer, name: str, value: Any) -> None:
    writer.parts.append(f"<{name}>")
    writer.extensions(value, frozenset())
    writer.parts.append(f"</{name}>")


FIELDS: dict[str, Callable[[Writer, str, Any], None]] = {
    **dict.fromkeys((*BASE, "action", "parentID", "transformationID"), _simple),
    **dict.fromkeys(("bizStep", "disposition"), _word),
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), _epcs),
    **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), _quantities),
    **dict.fromkeys(("readPoint", "bizLocation"), _place),
    "errorDeclaration": _error,
    "bizTransactionList": _typed("bizTransaction", "bizTransactionType"),
    "sourceList": _typed("source", "sourceDestType"),
    "destinationList": _typed("destination", "sourceDestType"),
    "sensorElementList": _sensors,
    "persistentDisposition": _persistent,
    "ilmd": _ilmd,
}
