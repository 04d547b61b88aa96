"""The parameters of SimpleEventQuery, read into conditions of SQL: the standard's grammar, written out as one table.

GS1's published schema of queries refuses every extension field (its patterns are escaped twice), so requests are read
by this grammar and by nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from longshore.tracing.epcis import units
from longshore.tracing.epcis.checking import moment
from longshore.tracing.epcis.fixed_parameters import FIXED
from longshore.tracing.epcis.keys import canonical, like_pattern
from longshore.tracing.epcis.names import full_name
from longshore.tracing.epcis.querying import (
    OPERATORS,
    WHOLE_NUMBER,
    Query,
    QueryRefused,
    field_in,
    float_of,
    moment_of,
    number_of,
    plain_of,
    single,
    truth_of,
)
from longshore.tracing.epcis.rows import NUMBER_COLUMNS
from longshore.tracing.epcis.vocabulary import web, words_of
from longshore.tracing.models import EpcRole, FieldScope

CONTROLS = frozenset(("orderBy", "orderDirection", "eventCountLimit", "maxEventCount", "perPage", "nextPageToken"))
SCOPES = (
    ("INNER_ILMD_", FieldScope.ILMD, True),
    ("ILMD_", FieldScope.ILMD, False),
    ("INNER_ERROR_DECLARATION_", FieldScope.ERROR_DECLARATION, True),
    ("ERROR_DECLARATION_", FieldScope.ERROR_DECLARATION, False),
    ("INNER_SENSORELEMENT_", FieldScope.SENSORELEMENT, True),
    ("SENSORELEMENT_", FieldScope.SENSORELEMENT, False),
    ("INNER_SENSORMETADATA_", FieldScope.SENSORMETADATA, True),
    ("SENSORMETADATA_", FieldScope.SENSORMETADATA, False),
    ("INNER_SENSORREPORT_", FieldScope.SENSORREPORT, True),
    ("SENSORREPORT_", FieldScope.SENSORREPORT, False),
    ("INNER_READPOINT_", FieldScope.READPOINT, True),
    ("READPOINT_", FieldScope.READPOINT, False),
    ("INNER_BIZLOCATION_", FieldScope.BIZLOCATION, True),
    ("BIZLOCATION_", FieldScope.BIZLOCATION, False),
    ("INNER_", FieldScope.EVENT, True),
    ("", FieldScope.EVENT, False),
)
EPC_MATCHES: dict[str, tuple[tuple[EpcRole, ...], bool | None]] = {
    "epc": ((EpcRole.EPC, EpcRole.CHILD), False),
    "parentID": ((EpcRole.PARENT,), None),
    "inputEPC": ((EpcRole.INPUT,), False),
    "outputEPC": ((EpcRole.OUTPUT,), False),
    "anyEPC": (tuple(EpcRole), False),
    "epcClass": ((EpcRole.EPC, EpcRole.CHILD), True),
    "inputEPCClass": ((EpcRole.INPUT,), True),
    "outputEPCClass": ((EpcRole.OUTPUT,), True),
    "anyEPCClass": (tuple(EpcRole), True),
}
PAIRS = {
    "bizTransaction": (FieldScope.TRANSACTION, "bizTransactionType"),
    "source": (FieldScope.SOURCE, "sourceDestType"),
    "destination": (FieldScope.DESTINATION, "sourceDestType"),
}
REPORT_TIMES = {"time": "time", "startTime": "start_time", "endTime": "end_time"}
MOST_PER_PAGE = 1000
HAS_ATTRIBUTE = """EXISTS (SELECT 1 FROM tracing_epcisvocabulary v, jsonb_array_elements(v.attributes) a
    WHERE v.element IN ({places}) AND a->>'id' = %s{rest})"""


def read_query(given: Mapping[str, object], prefixes: Mapping[str, str]) -> Query:
    """`given`: parameter → text, number, truth or list of them. Raises QueryRefused."""
    query = Query()
    for name, value in given.items():
        if name == "@context":
            continue
        values = value if isinstance(value, list) else [value]
        if not values:
            raise QueryRefused(name, "needs a value.")
        _read(query, name, values, prefixes)
    if query.limit is not None and query.most is not None:
        raise QueryRefused("maxEventCount", "cannot stand beside eventCountLimit.")
    return query


def from_url(pairs: Sequence[tuple[str, str]]) -> dict[str, object]:
    """Lists are written with `|` between; a parameter that comes twice is a list too."""
    given: dict[str, object] = {}
    for name, text in pairs:
        known = given.setdefault(name, [])
        assert isinstance(known, list)
        known += text.split("|")
    return given


def _read(query: Query, name: str, values: list[Any], prefixes: Mapping[str, str]) -> None:
    if name in CONTROLS:
        _control(query, name, values, prefixes)
        return
    if name in FIXED:
        FIXED[name](query, name, values)
        return
    operator, _, rest = name.partition("_")
    if operator == "MATCH" and rest in EPC_MATCHES:
        _match(query, rest, values)
    elif operator == "EXISTS":
        _exists(query, name, rest, values, prefixes)
    elif operator == "HASATTR":
        _has_attribute(query, name, rest, values, None)
    elif operator == "EQATTR":
        _has_attribute(query, name, rest.partition("_")[0], [rest.partition("_")[2]], values)
    elif operator in OPERATORS and rest:
        _compare(query, name, operator, rest, values, prefixes)
    else:
        raise QueryRefused(name, "is no parameter of an event query.")


def _compare(query: Query, name: str, operator: str, rest: str, values: list[Any], prefixes: Mapping[str, str]) -> None:
    head, _, kind = rest.partition("_")
    if head in PAIRS and operator == "EQ" and kind:
        scope, words = PAIRS[head]
        field_in(query, scope, web(words, kind), [canonical(str(value)) for value in values])
    elif rest == "quantity":
        text = f"SELECT event_id FROM tracing_epcisepc WHERE quantity {OPERATORS[operator]} %s"
        query.add(f"e.id IN ({text})", number_of(name, values))
    elif rest in REPORT_TIMES:
        query.add_report(f'r."{REPORT_TIMES[rest]}" {OPERATORS[operator]} %s', moment_of(name, values))
    elif head in NUMBER_COLUMNS or head == "percRank":
        _measured(query, name, operator, head, kind, values)
    elif ":" in rest:
        _extension(query, name, operator, rest, values, prefixes)
    else:
        raise QueryRefused(name, "is no parameter of an event query.")


def _measured(query: Query, name: str, operator: str, field_name: str, uom: str, values: list[Any]) -> None:
    """`GE_value_KEL` finds what was measured in Celsius: units of one dimension are compared in its base unit."""
    number = float(number_of(name, values))
    sign = OPERATORS[operator]
    if field_name == "percRank":
        query.add_report(f"r.perc_rank {sign} %s", number)
        return
    column = NUMBER_COLUMNS[field_name]
    if not uom:
        query.add_report(f"r.{column} {sign} %s", number)
        return
    convert = units.spread_to_base if field_name == "sDev" else units.to_base
    base = convert(number, uom)
    if base is None:
        query.add_report(f"r.uom = %s AND r.{column} {sign} %s", uom, number)
        return
    # A value that went through a conversion is not the same double: the last digits do not count.
    slack = max(abs(base), 1.0) * 1e-9
    query.add_report("r.dimension = %s", units.dimension_of(uom))
    if operator == "EQ":
        query.add_report(f"r.{column}_si BETWEEN %s AND %s", base - slack, base + slack)
    else:
        shift = {"GE": -slack, "GT": slack, "LE": slack, "LT": -slack}[operator]
        query.add_report(f"r.{column}_si {sign} %s", base + shift)


def _extension(
    query: Query, name: str, operator: str, rest: str, values: list[Any], prefixes: Mapping[str, str]
) -> None:
    scope, inner, field_name = _scope(rest)
    known, inside = _known_as(field_name, prefixes), _inside(inner)
    base = f"SELECT event_id FROM tracing_epcisfield WHERE scope = {int(scope)}{inside} AND {known[0]}"
    if operator == "EQ":
        texts = [plain_of(value) for value in values]
        numbers = [number for text in texts if (number := float_of(text)) is not None]
        query.add(f"e.id IN ({base} AND (text = ANY(%s) OR number = ANY(%s)))", *known[1], texts, numbers)
        return
    text = plain_of(single(name, values))
    at, number = moment(text) if len(text) > 18 else None, float_of(text)
    if number is not None:
        query.add(f"e.id IN ({base} AND number {OPERATORS[operator]} %s)", *known[1], number)
    elif at is not None:
        query.add(f"e.id IN ({base} AND at {OPERATORS[operator]} %s)", *known[1], at)
    else:
        query.add(f'e.id IN ({base} AND text COLLATE "C" {OPERATORS[operator]} %s)', *known[1], text)


def _scope(rest: str) -> tuple[FieldScope, bool, str]:
    for head, scope, inner in SCOPES:
        if rest.startswith(head):
            return scope, inner, rest[len(head) :]
    raise AssertionError("unreachable")


def _inside(inner: bool) -> str:
    return ' AND "inner"' if inner else ' AND NOT "inner"'


def _known_as(name: str, prefixes: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """By the name in full where the sender told its name space, else by the name as it was captured."""
    head, _, rest = name.partition(":")
    if head in prefixes or rest.startswith("//") or head == "urn":
        return "uri = %s", (
            full_name(name.replace("#", "/"), prefixes) if head == "urn" else full_name(name, prefixes),
        )
    return "name = %s", (name,)


def _exists(query: Query, name: str, rest: str, values: list[Any], prefixes: Mapping[str, str]) -> None:
    wanted = truth_of(name, values, empty=True)
    if rest == "errorDeclaration":
        if wanted:
            query.add("e.error_at IS NOT NULL")
    elif rest in ("sensorElement", "sensorElementList"):
        if wanted:
            query.add("e.has_sensors")
    elif rest in BODY_FIELDS:
        if wanted:
            query.add("e.body ? %s", rest)
    elif ":" in rest:
        scope, inner, field_name = _scope(rest)
        known = _known_as(field_name, prefixes)
        text = f"SELECT event_id FROM tracing_epcisfield WHERE scope = {int(scope)}{_inside(inner)} AND {known[0]}"
        if wanted:
            query.add(f"e.id IN ({text})", *known[1])
    else:
        raise QueryRefused(name, "is no field whose existence can be asked for.")


BODY_FIELDS = words_of(
    """
    bizStep disposition persistentDisposition readPoint bizLocation ilmd epcList quantityList parentID
    sourceList destinationList bizTransactionList transformationID certificationInfo
    """
)


def _has_attribute(query: Query, name: str, field_name: str, attributes: list[Any], values: list[Any] | None) -> None:
    """The field names something whose master data has one of these attributes (with one of these values)."""
    if field_name not in ATTRIBUTED:
        raise QueryRefused(name, f"{field_name or 'It'} has no master data.")
    text = HAS_ATTRIBUTE.replace("{places}", ATTRIBUTED[field_name])
    conditions: list[str] = []
    found: list[Any] = []
    for attribute in attributes:
        rest = "" if values is None else " AND a->>'attribute' = ANY(%s)"
        conditions.append(text.replace("{rest}", rest))
        found += [str(attribute)] if values is None else [str(attribute), [plain_of(value) for value in values]]
    query.add("(" + " OR ".join(conditions) + ")", *found)


def _of_field(scope: FieldScope) -> str:
    return f"SELECT f.text FROM tracing_epcisfield f WHERE f.event_id = e.id AND f.scope = {int(scope)}"


_EPCS = "SELECT c.epc FROM tracing_epcisepc c WHERE c.event_id = e.id"
ATTRIBUTED = {
    "bizStep": "e.biz_step",
    "disposition": "e.disposition",
    "readPoint": "e.read_point",
    "bizLocation": "e.biz_location",
    "epcClass": _EPCS + " AND c.is_class",
    "anyEPC": _EPCS,
    "source": _of_field(FieldScope.SOURCE),
    "destination": _of_field(FieldScope.DESTINATION),
    "bizTransaction": _of_field(FieldScope.TRANSACTION),
}


def _match(query: Query, what: str, values: list[Any]) -> None:
    """An identifier in either spelling, or a pattern with `*`."""
    roles, classes = EPC_MATCHES[what]
    exact, patterns = [], []
    for value in values:
        text = str(value).strip()
        pattern = like_pattern(text) if "*" in text else None
        exact.append(canonical(text))
        if pattern is not None:
            patterns.append(pattern)
    listed = ", ".join(str(int(role)) for role in roles)
    # The pattern urn:epc:idpat:sgtin:….* is also how a class is written: it is looked for both ways.
    kind = "" if classes is None or patterns else f" AND is_class = {'true' if classes else 'false'}"
    text = "SELECT event_id FROM tracing_epcisepc WHERE epc = ANY(%s)" + kind + f" AND role IN ({listed})"
    given: list[Any] = [exact]
    for pattern in patterns:
        text += f" UNION SELECT event_id FROM tracing_epcisepc WHERE epc LIKE %s AND role IN ({listed})"
        given.append(pattern)
    query.add(f"e.id IN ({text})", *given)


def _control(query: Query, name: str, values: list[Any], prefixes: Mapping[str, str]) -> None:
    text = str(single(name, values))
    if name == "orderBy":
        if text not in ("eventTime", "recordTime") and ":" not in text:
            raise QueryRefused(name, "must be eventTime, recordTime or an extension field.")
        query.order_by = text if ":" not in text else full_name(text, prefixes)
    elif name == "orderDirection":
        if text not in ("ASC", "DESC"):
            raise QueryRefused(name, "must be ASC or DESC.")
        query.descending = text == "DESC"
    elif name == "nextPageToken":
        query.page = text
    else:
        if not WHOLE_NUMBER.match(text) or int(text) < 1:
            raise QueryRefused(name, "must be a whole number above 0.")
        if name == "perPage":
            query.per_page = min(int(text), MOST_PER_PAGE)
        elif name == "eventCountLimit":
            query.limit = int(text)
        else:
            query.most = int(text)
