"""The parameters of SimpleEventQuery with a fixed name, each with what it asks of an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from longshore.tracing.epcis.keys import canonical
from longshore.tracing.epcis.querying import OPERATORS, Query, QueryRefused, field_in, moment_of, truth_of
from longshore.tracing.epcis.rows import URI_COLUMNS
from longshore.tracing.epcis.vocabulary import web
from longshore.tracing.models import FieldScope

REPORT_TEXTS = {**URI_COLUMNS, "stringValue": "string_value", "hexBinaryValue": "hex_binary_value"}
REPORT_WORDS = {"type": "measurement", "exception": "alert", "component": "component"}
DESCENDANTS = """e.{column} IN (
    WITH RECURSIVE below(id) AS (
        SELECT unnest(%s::text[])
        UNION
        SELECT child FROM below b JOIN tracing_epcisvocabulary v ON v.element = b.id,
            jsonb_array_elements_text(v.children) AS c(child)
    ) SELECT id FROM below)"""


def _words(column: str, kind: str) -> Callable[[Query, str, list[Any]], None]:
    def read(query: Query, name: str, values: list[Any]) -> None:
        query.add(f"e.{column} = ANY(%s)", [web(kind, str(value)) for value in values])

    return read


def _uris(column: str) -> Callable[[Query, str, list[Any]], None]:
    def read(query: Query, name: str, values: list[Any]) -> None:
        query.add(f"e.{column} = ANY(%s)", [canonical(str(value)) for value in values])

    return read


def _below(column: str) -> Callable[[Query, str, list[Any]], None]:
    def read(query: Query, name: str, values: list[Any]) -> None:
        given = [str(value) for value in values]
        query.add(DESCENDANTS.replace("{column}", column), [*given, *(canonical(text) for text in given)])

    return read


def _at(column: str, sign: str) -> Callable[[Query, str, list[Any]], None]:
    def read(query: Query, name: str, values: list[Any]) -> None:
        query.add(f"e.{column} {sign} %s", moment_of(name, values))

    return read


def _fielded(scope: FieldScope, kind: str = "") -> Callable[[Query, str, list[Any]], None]:
    def read(query: Query, name: str, values: list[Any]) -> None:
        texts = [web(kind, str(value)) if kind else str(value) for value in values]
        field_in(query, scope, "", texts)

    return read


def _report_text(column: str, kind: str = "") -> Callable[[Query, str, list[Any]], None]:
    def read(query: Query, name: str, values: list[Any]) -> None:
        texts = [web(kind, str(value)) if kind else canonical(str(value)) for value in values]
        if column == "hex_binary_value":
            texts = [text.lower() for text in texts]
        query.add_report(f'r."{column}" = ANY(%s)', texts)

    return read


def _actions(query: Query, name: str, values: list[Any]) -> None:
    if not {str(value) for value in values} <= {"ADD", "OBSERVE", "DELETE"}:
        raise QueryRefused(name, "must be ADD, OBSERVE or DELETE.")
    query.add("e.action = ANY(%s)", [str(value) for value in values])


def _types(query: Query, name: str, values: list[Any]) -> None:
    known = {"ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"}
    texts = [str(value).removeprefix("epcis:") for value in values]
    if not all(text in known or ":" in text for text in texts):
        raise QueryRefused(name, "must be a kind of EPCIS event, or the URI of an extension's.")
    query.add("e.type = ANY(%s)", texts)


def _boolean(query: Query, name: str, values: list[Any]) -> None:
    query.add_report("r.boolean_value = %s", truth_of(name, values))


def _event_ids(query: Query, name: str, values: list[Any]) -> None:
    query.add("e.event_id = ANY(%s)", [str(value) for value in values])


def _eq_time(query: Query, name: str, values: list[Any]) -> None:
    query.add_report("r.time = %s", moment_of(name, values))


FIXED: dict[str, Callable[[Query, str, list[Any]], None]] = {
    "eventType": _types,
    **{f"{op}_eventTime": _at("event_time", OPERATORS[op]) for op in OPERATORS},
    **{f"{op}_recordTime": _at("record_time", OPERATORS[op]) for op in OPERATORS},
    **{f"{op}_errorDeclarationTime": _at("error_at", OPERATORS[op]) for op in OPERATORS},
    "EQ_action": _actions,
    "EQ_bizStep": _words("biz_step", "bizStep"),
    "EQ_disposition": _words("disposition", "disposition"),
    "EQ_errorReason": _words("error_reason", "reason"),
    "EQ_persistentDisposition_set": _fielded(FieldScope.PERSISTENT_SET, "disposition"),
    "EQ_persistentDisposition_unset": _fielded(FieldScope.PERSISTENT_UNSET, "disposition"),
    "EQ_correctiveEventID": _fielded(FieldScope.CORRECTIVE),
    "EQ_certificationInfo": _fielded(FieldScope.CERTIFICATION),
    "EQ_readPoint": _uris("read_point"),
    "EQ_bizLocation": _uris("biz_location"),
    "EQ_transformationID": _uris("transformation_id"),
    "WD_readPoint": _below("read_point"),
    "WD_bizLocation": _below("biz_location"),
    "EQ_eventID": _event_ids,
    "EQ_time": _eq_time,
    "EQ_booleanValue": _boolean,
    **{f"EQ_{name}": _report_text(column) for name, column in REPORT_TEXTS.items()},
    **{f"EQ_{name}": _report_text(name, kind) for name, kind in REPORT_WORDS.items()},
    "EQ_uriValue": _report_text("uri_value"),
}
