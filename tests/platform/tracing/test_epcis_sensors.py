"""GS1's test TCR-53, SensorElement: all 29 steps, by the numbers of its procedure."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from tests.platform.tracing.repository import Json, Repository, document, object_event

SPACES = {"ex": "https://ns.example.com/epcis/"}
START, END = "2026-11-19T08:00:00+08:00", "2026-11-19T12:00:00+08:00"
INSIDE, BEFORE, AFTER = "2026-11-19T10:00:00+08:00", "2026-11-19T07:00:00+08:00", "2026-11-19T13:00:00+08:00"
DEVICE, PROCESS, RULES = (
    "urn:epc:id:giai:4000001.111",
    "https://example.com/253/4012345000054987",
    "https://example.com/rules/7",
)
MICROBE, SUBSTANCE = (
    "https://www.ncbi.nlm.nih.gov/taxonomy/1126011",
    "https://identifiers.org/inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-N",
)


def set1() -> Json:
    """Every attribute of a sensor element, extensions at its three levels, one event without sensors, one in Celsius."""
    full = {
        "sensorMetadata": {
            "time": INSIDE,
            "startTime": START,
            "endTime": END,
            "deviceID": DEVICE,
            "deviceMetadata": "https://id.gs1.org/8004/4000001111",
            "rawData": "https://example.org/8004/401234599999",
            "dataProcessingMethod": PROCESS,
            "bizRules": RULES,
            "ex:batteryLevel": 87,
        },
        "sensorReport": [
            {
                "type": "Temperature",
                "value": 26.0,
                "minValue": 25.5,
                "maxValue": 26.4,
                "meanValue": 26.1,
                "sDev": 0.2,
                "percRank": 50,
                "percValue": 26.2,
                "uom": "CEL",
                "component": "x",
                "coordinateReferenceSystem": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
                "exception": "ALARM_CONDITION",
                "ex:channel": 3,
            },
            {"type": "ex:Colour", "stringValue": "red"},
            {"type": "ex:Open", "booleanValue": True},
            {"type": "ex:Raw", "hexBinaryValue": "f0f0f0"},
            {"type": "ex:Picture", "uriValue": "https://example.com/picture/1"},
            {"type": "AmountOfSubstancePerUnitVolume", "value": 0.18, "uom": "C35", "chemicalSubstance": SUBSTANCE},
            {"type": "AmountOfSubstancePerUnitVolume", "value": 0.05, "uom": "C35", "microorganism": MICROBE},
        ],
        "ex:mounting": "ceiling",
    }
    cold = {"sensorReport": [{"type": "Temperature", "value": 2.0, "uom": "CEL"}]}
    return document(
        object_event("full", eventID="urn:uuid:5a000000-0000-4000-8000-000000000001", sensorElementList=[full]),
        object_event("cold", eventID="urn:uuid:5a000000-0000-4000-8000-000000000002", sensorElementList=[cold]),
        object_event("blind", eventID="urn:uuid:5a000000-0000-4000-8000-000000000003"),
        context=SPACES,
    )


FULL, COLD, BLIND = (f"urn:uuid:5a000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))


def _found(repository: Repository, **parameters: object) -> set[str]:
    query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parameters.items())
    return {
        event["eventID"] for event in repository.house.events(query, GS1_Extensions="ex=https://ns.example.com/epcis/")
    }


# Step of the procedure → parameters that find the full event, and parameters that do not.
STEPS: dict[int, tuple[tuple[Json, ...], tuple[Json, ...]]] = {
    4: (({"GE_time": START, "LT_time": END},), ({"GE_time": END, "LT_time": AFTER},)),
    5: (
        ({"GE_startTime": START, "LT_startTime": INSIDE}, {"GE_endTime": END, "LT_endTime": AFTER}),
        ({"GE_startTime": INSIDE}, {"LT_startTime": START}, {"GE_endTime": AFTER}, {"LT_endTime": END}),
    ),
    6: (({"EQ_type": "Temperature"}, {"EQ_type": "gs1:Temperature"}), ({"EQ_type": "Speed"},)),
    7: (
        ({"EQ_deviceID": DEVICE}, {"EQ_deviceID": "https://id.gs1.org/8004/4000001111"}),
        ({"EQ_deviceID": "urn:epc:id:giai:4000001.9"},),
    ),
    8: (({"EQ_dataProcessingMethod": PROCESS},), ({"EQ_dataProcessingMethod": "https://example.com/other"},)),
    9: (({"EQ_microorganism": MICROBE},), ({"EQ_microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/1"},)),
    10: (({"EQ_chemicalSubstance": SUBSTANCE},), ({"EQ_chemicalSubstance": "https://identifiers.org/inchikey:NONE"},)),
    11: (({"EQ_bizRules": RULES},), ({"EQ_bizRules": "https://example.com/rules/8"},)),
    12: (
        ({"EQ_value_CEL": 26}, {"GE_value_CEL": 26, "LT_value_CEL": 27}),
        ({"EQ_value_CEL": 25}, {"GE_value_CEL": 27}, {"GE_value_CEL": 3, "LT_value_CEL": 26}),
    ),
    13: (({"GE_minValue_CEL": 25.5, "LT_minValue_CEL": 26},), ({"GE_minValue_CEL": 26}, {"LT_minValue_CEL": 25.5})),
    14: (({"GE_maxValue_CEL": 26, "LT_maxValue_CEL": 27},), ({"GE_maxValue_CEL": 27}, {"LT_maxValue_CEL": 26})),
    15: (({"GE_meanValue_CEL": 26, "LT_meanValue_CEL": 27},), ({"GE_meanValue_CEL": 27}, {"LT_meanValue_CEL": 26})),
    16: (({"EQ_stringValue": "red"},), ({"EQ_stringValue": "blue"},)),
    17: (({"EQ_booleanValue": "true"},), ({"EQ_booleanValue": "false"},)),
    18: (({"EQ_hexBinaryValue": "f0f0f0"}, {"EQ_hexBinaryValue": "F0F0F0"}), ({"EQ_hexBinaryValue": "0f"},)),
    19: (({"EQ_uriValue": "https://example.com/picture/1"},), ({"EQ_uriValue": "https://example.com/picture/2"},)),
    20: (
        (
            {"EQ_SENSORELEMENT_ex:mounting": "ceiling"},
            {"GT_SENSORELEMENT_ex:mounting": "a", "LT_SENSORELEMENT_ex:mounting": "z"},
        ),
        (
            {"EQ_SENSORELEMENT_ex:mounting": "floor"},
            {"GE_SENSORELEMENT_ex:mounting": "d"},
            {"LE_SENSORELEMENT_ex:mounting": "b"},
        ),
    ),
    21: (
        (
            {"EQ_SENSORMETADATA_ex:batteryLevel": 87},
            {"GT_SENSORMETADATA_ex:batteryLevel": 86, "LE_SENSORMETADATA_ex:batteryLevel": 87},
            {"GE_SENSORMETADATA_ex:batteryLevel": 87, "LT_SENSORMETADATA_ex:batteryLevel": 100},
        ),
        ({"EQ_SENSORMETADATA_ex:batteryLevel": 86}, {"GT_SENSORMETADATA_ex:batteryLevel": 87}),
    ),
    22: (
        ({"EQ_SENSORREPORT_ex:channel": 3}, {"GT_SENSORREPORT_ex:channel": 2, "LT_SENSORREPORT_ex:channel": 10}),
        ({"EQ_SENSORREPORT_ex:channel": 4}, {"GE_SENSORREPORT_ex:channel": 4}, {"LE_SENSORREPORT_ex:channel": 2}),
    ),
    23: (({"GE_sDev": 0.2, "LT_sDev": 0.3},), ({"GE_sDev": 0.3}, {"LT_sDev": 0.2})),
    24: (({"GE_percRank": 50, "LT_percRank": 51},), ({"GE_percRank": 51}, {"LT_percRank": 50})),
    25: (
        ({"GE_percValue": 26, "LT_percValue": 27}, {"GE_percValue_CEL": 26}),
        ({"GE_percValue": 27}, {"LT_percValue": 26}),
    ),
    26: (
        (
            # 299.15 K is what was captured as 26 degrees Celsius; 78.8 is the same in Fahrenheit.
            {"EQ_type": "gs1:Temperature", "GE_value_KEL": 299.15},
            {"EQ_type": "gs1:Temperature", "LE_value_FAH": 78.8, "GE_value_FAH": 78.7},
        ),
        ({"EQ_type": "gs1:Temperature", "GE_value_KEL": 299.25}, {"EQ_type": "gs1:Temperature", "GE_value_MTR": 1}),
    ),
}


def test_tcr53_steps_1_to_26(repository: Repository) -> None:
    """Set 1 is captured with all its attributes and found by each of them, in another unit too, and not by others."""
    before = "2026-11-22T07:59:00+00:00"
    want = set1()
    assert repository.house.capture(want)["success"] is True
    kept = {event["eventID"]: event for event in repository.house.events(GS1_EPC_Format="Never_Translates")}
    for event in want["epcisBody"]["eventList"]:
        got = {name: value for name, value in kept[event["eventID"]].items() if name != "recordTime"}
        assert got == event
    assert _found(repository, GE_recordTime="2020-01-01T00:00:00Z") == {FULL, COLD, BLIND}, before
    assert _found(repository, EXISTS_sensorElement="true") == {FULL, COLD}
    for step, (finding, missing) in STEPS.items():
        for parameters in finding:
            assert FULL in _found(repository, **parameters), (step, parameters)
        for parameters in missing:
            assert FULL not in _found(repository, **parameters), (step, parameters)
    assert len(STEPS) == 23


def test_tcr53_steps_27_and_28(repository: Repository) -> None:
    """Set 2: what is said of the whole element and what is said of one report are found by the same question."""
    said = [
        {"dataProcessingMethod": f"https://example.com/method/{n}", "deviceID": f"https://id.gs1.org/8004/400000122{n}"}
        | {"deviceMetadata": f"https://example.com/about/{n}", "rawData": f"https://example.com/raw/{n}"}
        | {"time": f"2026-11-19T1{n}:00:00+08:00"}
        for n in (1, 2)
    ]
    report = {"type": "Temperature", "value": 4, "uom": "CEL"}
    above = object_event(
        "1", eventID="urn:uuid:1", sensorElementList=[{"sensorMetadata": said[0], "sensorReport": [report]}]
    )
    inside = object_event("2", eventID="urn:uuid:2", sensorElementList=[{"sensorReport": [{**report, **said[1]}]}])
    assert repository.house.capture(document(above, inside))["success"] is True
    for number, attributes in enumerate(said, start=1):
        for name, value in attributes.items():
            assert _found(repository, **{f"EQ_{name}": value}) == {f"urn:uuid:{number}"}, name


@pytest.mark.parametrize("name", ["dataProcessingMethod", "deviceID", "deviceMetadata", "rawData", "time"])
@pytest.mark.parametrize("same", [True, False])
def test_tcr53_step_29(repository: Repository, name: str, same: bool) -> None:
    """Set 3: an attribute said both of the element and of its report is refused, the same value or not."""
    values = [INSIDE, BEFORE] if name == "time" else ["https://example.com/1", "https://example.com/2"]
    element = {
        "sensorMetadata": {name: values[0]},
        "sensorReport": [{"type": "Temperature", "value": 4, "uom": "CEL", name: values[0 if same else 1]}],
    }
    made = repository.house.call("POST", "/capture", document(object_event(sensorElementList=[element])))
    assert made.status_code == 400
    where = f"/epcisBody/eventList/0/sensorElementList/0/sensorReport/0/{name}"
    assert [error["path"] for error in json.loads(made.content)["errors"]] == [where]
    assert repository.house.events() == []
