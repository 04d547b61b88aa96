"""What an EPCIS 2.0 document and each kind of event must look like, as JSON Schema built from the standard's rules."""

from __future__ import annotations

from typing import Any

from longshore.tracing.epcis import vocabulary as words

Schema = dict[str, Any]
URI: Schema = {"type": "string", "format": "uri", "maxLength": 2000}
TIME: Schema = {"type": "string", "format": "date-time"}
NUMBER: Schema = {"type": "number", "minimum": -1e25, "maximum": 1e25}
MEASURED: Schema = {"type": "number"}
TEXT: Schema = {"type": "string"}
EVENT_TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
# A standard word is written bare: its URN in JSON is refused, so that everybody writes the same.
NOT_CBV = r"^(?!urn:epcglobal:cbv|https?://ns\.gs1\.org/cbv/)"
NOT_WEB_VOCABULARY = r"^(?!https?://(www\.)?gs1\.org/voc/)"


def _word(known: frozenset[str], pattern: str = NOT_CBV) -> Schema:
    return {"anyOf": [{"type": "string", "enum": sorted(known)}, {**URI, "pattern": pattern}]}


def _list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def _closed(properties: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """Nothing but these."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _open(properties: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """These, and extensions whose names are URIs or compact URIs."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "propertyNames": {"anyOf": [{"enum": sorted(properties)}, {"format": "uri"}]},
    }


CONTEXT: Schema = {
    "anyOf": [URI, {"type": "object"}, _list({"anyOf": [URI, {"type": "object"}]}, uniqueItems=True)],
}
QUANTITY = _closed(
    {"epcClass": URI, "quantity": NUMBER, "uom": {"type": "string", "pattern": "^[A-Z0-9]{2,3}$"}}, ("epcClass",)
)
EPCS = _list(URI, uniqueItems=True)
QUANTITIES = _list(QUANTITY)
PLACE: Schema = {"type": "object", "properties": {"id": URI}, "required": ["id"]}
SENSOR_COMMON: dict[str, Schema] = {
    "time": TIME,
    **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"), URI),
}
SENSOR_NUMBERS = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
SENSOR_REPORT = _open(
    {
        **SENSOR_COMMON,
        **dict.fromkeys(SENSOR_NUMBERS, MEASURED),
        **dict.fromkeys(("microorganism", "chemicalSubstance", "coordinateReferenceSystem", "uriValue"), URI),
        "type": _word(words.MEASUREMENTS, NOT_WEB_VOCABULARY),
        "exception": _word(words.ALERTS, NOT_WEB_VOCABULARY),
        "component": _word(words.COMPONENTS),
        "stringValue": TEXT,
        "booleanValue": {"type": "boolean"},
        "hexBinaryValue": {"type": "string", "pattern": "^[A-Fa-f0-9]+$"},
        "uom": TEXT,
    },
    ("type",),
)
SENSORS = _list(
    _open(
        {
            "sensorMetadata": _open({**SENSOR_COMMON, "startTime": TIME, "endTime": TIME}),
            "sensorReport": _list(SENSOR_REPORT, minItems=1),
        },
        ("sensorReport",),
    )
)
ERROR_DECLARATION = _open(
    {"declarationTime": TIME, "reason": _word(words.ERROR_REASONS), "correctiveEventIDs": _list(URI)},
    ("declarationTime",),
)
DISPOSITION = _word(words.DISPOSITIONS)
PERSISTENT: Schema = {
    **_closed(dict.fromkeys(("set", "unset"), _list(DISPOSITION, minItems=1, uniqueItems=True))),
    "minProperties": 1,
}
COMMON: dict[str, Schema] = {
    "@context": CONTEXT,
    "eventTime": TIME,
    "recordTime": TIME,
    "eventTimeZoneOffset": {"type": "string", "pattern": r"^[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)$"},
    "eventID": URI,
    "certificationInfo": {"anyOf": [URI, _list(URI)]},
    "errorDeclaration": ERROR_DECLARATION,
    "persistentDisposition": PERSISTENT,
    "bizStep": _word(words.BIZ_STEPS),
    "disposition": DISPOSITION,
    "readPoint": PLACE,
    "bizLocation": PLACE,
    "sensorElementList": SENSORS,
    "bizTransactionList": _list(
        _closed({"type": _word(words.TRANSACTION_TYPES), "bizTransaction": URI}, ("bizTransaction",))
    ),
    "sourceList": _list(_closed({"type": _word(words.PARTY_TYPES), "source": URI}, ("type", "source"))),
    "destinationList": _list(_closed({"type": _word(words.PARTY_TYPES), "destination": URI}, ("type", "destination"))),
}
ACTION: Schema = {"type": "string", "enum": ["OBSERVE", "ADD", "DELETE"]}
ILMD: Schema = {"type": "object", "propertyNames": {"format": "uri"}}


def _event(name: str, properties: dict[str, Schema], required: tuple[str, ...] = (), **rules: Any) -> Schema:
    known = {**COMMON, "type": {"enum": [name]}, **properties}
    return {**_open(known, ("type", "eventTime", "eventTimeZoneOffset", *required)), **rules}


def _some(name: str, least: int = 1) -> Schema:
    return {"properties": {name: {"minItems": least}}, "required": [name]}


DELETING: Schema = {"properties": {"action": {"const": "DELETE"}}, "required": ["action"]}
_MADE_OF = [_some("inputEPCList"), _some("inputQuantityList")]
_MADE_TO = [_some("outputEPCList"), _some("outputQuantityList")]
EVENTS: dict[str, Schema] = {
    "ObjectEvent": _event(
        "ObjectEvent",
        {"epcList": EPCS, "quantityList": QUANTITIES, "action": ACTION, "ilmd": ILMD},
        ("action",),
        anyOf=[
            _some("epcList", 0),
            _some("quantityList"),
            {"allOf": [_some("sensorElementList"), {"required": ["readPoint"]}]},
        ],
        # Master data belongs to the birth of a thing or a lot.
        **{"if": {"required": ["ilmd"]}, "then": {"properties": {"action": {"const": "ADD"}}}},
    ),
    "AggregationEvent": _event(
        "AggregationEvent",
        {"parentID": URI, "childEPCs": _list(URI), "childQuantityList": QUANTITIES, "action": ACTION},
        ("action",),
        anyOf=[_some("childEPCs"), _some("childQuantityList"), DELETING],
        # Only an observation may leave out what things are packed into.
        **{
            "if": {"properties": {"action": {"enum": ["ADD", "DELETE"]}}},
            "then": {"required": ["parentID"]},
        },
    ),
    "TransactionEvent": _event(
        "TransactionEvent",
        {
            "bizTransactionList": {**COMMON["bizTransactionList"], "minItems": 1},
            "parentID": URI,
            "epcList": _list(URI),
            "quantityList": QUANTITIES,
            "action": ACTION,
        },
        ("bizTransactionList", "action"),
        anyOf=[_some("epcList", 0), _some("quantityList"), DELETING],
    ),
    "TransformationEvent": _event(
        "TransformationEvent",
        {
            **dict.fromkeys(("inputEPCList", "outputEPCList"), EPCS),
            **dict.fromkeys(("inputQuantityList", "outputQuantityList"), QUANTITIES),
            "transformationID": URI,
            "ilmd": ILMD,
        },
        anyOf=[
            {"allOf": [{"anyOf": _MADE_OF}, {"anyOf": _MADE_TO}]},
            {"allOf": [{"required": ["transformationID"]}, {"anyOf": [*_MADE_OF, *_MADE_TO]}]},
        ],
    ),
    "AssociationEvent": _event(
        "AssociationEvent",
        {"parentID": URI, "childEPCs": _list(URI), "childQuantityList": QUANTITIES, "action": ACTION},
        ("parentID", "action"),
        anyOf=[_some("childEPCs"), _some("childQuantityList"), DELETING],
    ),
}
# A kind of event of somebody's own: its name is a URI, and it has the common fields.
OTHER_EVENT: Schema = {
    "type": "object",
    "properties": {**COMMON, "type": URI},
    "required": ["type", "eventTime", "eventTimeZoneOffset"],
}
VOCABULARY: Schema = {
    "type": "object",
    "properties": {
        "type": URI,
        "vocabularyElementList": _list(
            {
                "type": "object",
                "properties": {
                    "id": URI,
                    "attributes": _list({"type": "object", "properties": {"id": URI}, "required": ["id"]}),
                    "children": _list(URI),
                },
                "required": ["id"],
            }
        ),
    },
    "required": ["type"],
}
HEADER = _open(
    {"epcisMasterData": {"type": "object", "properties": {"vocabularyList": _list(VOCABULARY)}}},
)
EVENT_LIST: Schema = {"type": "array", "items": {"type": "object", "required": ["type"]}}
DOCUMENT = _open(
    {
        "@context": CONTEXT,
        "id": URI,
        "type": {"enum": ["EPCISDocument"]},
        "schemaVersion": {"type": "string", "pattern": r"^\d+(\.\d+)*$"},
        "creationDate": TIME,
        **dict.fromkeys(("instanceIdentifier", "sender", "receiver"), TEXT),
        "epcisHeader": HEADER,
        "epcisBody": {"type": "object", "properties": {"eventList": EVENT_LIST}, "required": ["eventList"]},
    },
    ("@context", "type", "schemaVersion", "creationDate", "epcisBody"),
)
RESULTS = _open(
    {
        "queryName": TEXT,
        "subscriptionID": TEXT,
        "resultsBody": _open(
            {"eventList": EVENT_LIST, "vocabularyList": _list(VOCABULARY)},
            ("eventList",),
        ),
    },
    ("queryName", "resultsBody"),
)
QUERY_DOCUMENT = _open(
    {
        "@context": CONTEXT,
        "id": URI,
        "type": {"enum": ["EPCISQueryDocument"]},
        "schemaVersion": {"type": "string", "pattern": r"^\d+(\.\d+)*$"},
        "creationDate": TIME,
        "epcisHeader": HEADER,
        "epcisBody": _open({"queryResults": RESULTS}, ("queryResults",)),
    },
    ("@context", "type", "epcisBody"),
)
