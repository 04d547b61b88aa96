"""Every example of the standard: valid ones are captured and come back the same, invalid ones are refused by path."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longshore.project.dispatcher import drain_outbox
from longshore.tracing.epcis.hashing import event_hash, pre_hash
from longshore.tracing.epcis.xmlread import ignored_fields, read_xml
from tests.platform.tracing.repository import NOW, Json, Repository, document, examples, object_event, read

OPEN = "openepcis-test-resources/core/src/main/resources"
VALID_JSON = (
    "gs1-EPCIS/JSON/**/*.jsonld",
    f"{OPEN}/2.0/EPCIS/JSON/Capture/Documents/*.json",
    f"{OPEN}/2.0/EPCIS/JSON/Query/*.json",
)
VALID_XML = (
    "gs1-EPCIS/XML/*.xml",
    "gs1-EPCIS/XML/[!C]*/*.xml",
    "gs1-EPCIS/XML/CBV/*.xml",
    f"{OPEN}/2.0/EPCIS/XML/Capture/Documents/*.xml",
    f"{OPEN}/2.0/EPCIS/XML/Query/*.xml",
    f"{OPEN}/1.2/EPCIS/XML/Capture/Documents/*.xml",
)
# Their elements stand in an order that the standard's own XML schema refuses; or they are one event without a document.
NOT_BY_SCHEMA = frozenset(("JumbledFieldsOrder.xml", "Jumbled_attributes_order.xml", "Single_event_with_namespace.xml"))
HASHES = "epcis-event-hash-generator/tests/examples/*.hashes"


def _events(content: Json) -> list[Json]:
    body = content["epcisBody"]
    listed: list[Json] = body["eventList"] if "eventList" in body else body["queryResults"]["resultsBody"]["eventList"]
    return listed


def _hashes(content: Json, ignored: list[str] | None = None) -> list[str]:
    return [event_hash(event, content.get("@context"), ignored=ignored or ()) for event in _events(content)]


def _answered_hashes(repository: Repository, xml: bool) -> list[str]:
    """Everything the repository holds, as it tells it, hashed again."""
    if xml:
        made = repository.house.get("/events?perPage=1000", Accept="application/xml")
        return _hashes(read_xml(made.content).document)
    return _hashes(repository.house.json("/events?perPage=1000", GS1_EPC_Format="Never_Translates"))


def _remember(want: dict[tuple[str, str], str], content: Json) -> None:
    """Two of GS1's files use an id that another file used for another event: the first is what the id means."""
    for event, digest in zip(_events(content), _hashes(content), strict=True):
        declared = event.get("errorDeclaration", {}).get("declarationTime", "")
        want.setdefault((event.get("eventID", digest), declared), digest)


def _carry_out(repository: Repository) -> None:
    """Some examples repeat an event's id with other content: those are the only errors there may be."""
    drain_outbox(at=NOW)
    for job in repository.house.json("/capture?perPage=1000"):
        assert job["running"] is False
        assert not [error for error in job["errors"] if error["status"] != 409], job


@pytest.mark.parametrize("pattern", VALID_JSON)
def test_valid_json_documents_come_back_equal(repository: Repository, pattern: str) -> None:
    """Each valid document is captured whole, and every event comes back with the hash it came with, in JSON and XML."""
    want: dict[tuple[str, str], str] = {}
    for path in examples(pattern):
        content = read(path)
        _remember(want, content)
        repository.house.hand_in(path.read_bytes(), "application/json")
    _carry_out(repository)
    assert set(_answered_hashes(repository, xml=False)) == set(want.values())
    assert set(_answered_hashes(repository, xml=True)) == set(want.values())


@pytest.mark.parametrize("pattern", VALID_XML)
def test_valid_xml_documents_come_back_equal(repository: Repository, pattern: str) -> None:
    """The same for XML 1.2 and 2.0."""
    want: dict[tuple[str, str], str] = {}
    for path in examples(pattern):
        if path.name in NOT_BY_SCHEMA or path.name.startswith("Example-CaptureJob"):
            continue
        content = path.read_bytes()
        _remember(want, read_xml(content).document)
        repository.house.hand_in(content, "application/xml")
    _carry_out(repository)
    assert set(_answered_hashes(repository, xml=False)) == set(want.values())
    assert set(_answered_hashes(repository, xml=True)) == set(want.values())


def test_single_example_events_are_captured(repository: Repository) -> None:
    """An example event by itself is captured at once, in JSON and in XML."""
    for path in examples(f"{OPEN}/2.0/EPCIS/*/Capture/Events/*"):
        kind = "application/xml" if path.suffix == ".xml" else "application/json"
        made = repository.house.call("POST", "/events", path.read_bytes(), kind=kind)
        assert made.status_code in (201, 409), (path.name, made.content)


INVALID = {
    "Combination_of_multiple_invalid_fields.json": "/epcisBody/eventList/0/bizStep",
    "EPCISDocument_without_context.json": "",
    "ObjectEvent_with_invalid_eventTime_format.json": "/epcisBody/eventList/0/eventTime",
    "ObjectEvent_with_non_standard_bizStep.json": "/epcisBody/eventList/0/bizStep",
    "ObjectEvent_with_non_standard_bizStep_in_second_event.json": "/epcisBody/eventList/1/bizStep",
    "ObjectEvent_with_non_standard_disposition.json": "/epcisBody/eventList/0/disposition",
    "ObjectEvent_with_unknown_field_in_quantityList.json": "/epcisBody/eventList/0/quantityList/0",
    "ObjectEvent_with_invalid_eventTime_format.xml": "/epcisBody/eventList/0/eventTime",
    "ObjectEvent_with_unknown_element.xml": "/EPCISDocument/EventList/ObjectEvent[1]/madeUpField",
    "ObjectEvent_with_wrong_element_order.xml": "/EPCISDocument/EventList/ObjectEvent[1]/eventTime",
    "ObjectEvent_without_eventTime.xml": "/epcisBody/eventList/0",
}


def test_invalid_documents_are_refused_by_path(repository: Repository) -> None:
    """Each invalid document is refused, lenient or not, with the path of what is wrong, and nothing is stored."""
    for path in examples(f"{OPEN}/2.0/EPCIS/*/Capture/Invalid/*"):
        kind = "application/xml" if path.suffix == ".xml" else "application/json"
        made = repository.house.call(
            "POST", "/capture", path.read_bytes(), kind=kind, headers={"Prefer": "handling=lenient"}
        )
        assert made.status_code == 400, path.name
        problem = json.loads(made.content)
        assert problem["type"] == "epcisException:ValidationException"
        assert problem["errors"][0]["path"] == INVALID.get(path.name, problem["errors"][0]["path"]), path.name
        if path.name.startswith("Combination_of_multiple"):
            assert len({error["path"].split("/")[3] for error in problem["errors"]}) == 5
    assert repository.house.events() == []


def _vectors(path: Path) -> list[tuple[Json, list[str]]]:
    found = []
    for suffix in (".jsonld", ".xml"):
        source = path.with_suffix(suffix)
        if source.exists():
            content = read_xml(source.read_bytes()).document if suffix == ".xml" else read(source)
            ignored = ignored_fields(source.read_bytes()) if suffix == ".xml" else _ignored(content)
            found.append((content, ignored))
    return found


def _ignored(content: Json) -> list[str]:
    places = (content, content["epcisBody"], content["epcisBody"].get("queryResults", {}))
    listed: list[str] = next(
        (place["repository-x:ignoreFields"] for place in places if "repository-x:ignoreFields" in place), []
    )
    return listed


def test_event_hashes_match_all_vectors() -> None:
    """All 28 vector files, in each syntax they come in, and the pre-hash texts where the file is intact."""
    paths = examples(HASHES)
    assert len(paths) == 28
    compared = 0
    for path in paths:
        want = [line.strip() for line in path.read_text().splitlines() if line.strip()]
        for content, ignored in _vectors(path):
            assert _hashes(content, ignored) == want, path.name
            compared += 1
        texts = path.with_suffix(".prehashes")
        whole = texts.read_text("utf-8").splitlines() if texts.exists() else []
        for event, text, digest in zip(_events(content), whole, want, strict=False):
            if _digest(text) == digest:  # some of the published texts are damaged; the hashes are not
                assert pre_hash(event, content.get("@context"), ignored=ignored) == text
    assert compared == 39


def _digest(text: str) -> str:
    import hashlib

    return f"ni:///sha-256;{hashlib.sha256(text.encode()).hexdigest()}?ver=CBV2.0"


def test_every_spelling_of_an_event_has_one_hash() -> None:
    """The files of different spellings hash alike: within each file, and over GS1's set of one event."""
    for path in examples("epcis-event-hash-generator/tests/expected_equal/*"):
        content = read(path) if path.suffix == ".json" else read_xml(path.read_bytes()).document
        assert len(set(_hashes(content))) == 1, path.name
    spelled = {}
    for path in examples("gs1-EPCIS/XML/WithEventHashID/*"):
        content = read(path) if path.suffix == ".json" else read_xml(path.read_bytes()).document
        spelled[path.name] = (_hashes(content)[0], content)
    # The second of the seven has another eventTimeZoneOffset, which every other vector has in the pre-hash text.
    other = spelled.pop("event_with_identical_hash_id_2.xml")[1]
    assert len({digest for digest, _ in spelled.values()}) == 1
    same = {**_events(other)[0], "eventTimeZoneOffset": "-06:00"}
    assert event_hash(same, other["@context"]) == next(iter(spelled.values()))[0]


def test_what_no_schema_says_is_checked_unless_asked_not_to(repository: Repository) -> None:
    """GS1's full examples say a sensor's device twice: refused by the standard's rule, taken when only the schema counts."""
    event = object_event(
        sensorElementList=[
            {
                "sensorMetadata": {"deviceID": "urn:epc:id:giai:4000001.111"},
                "sensorReport": [
                    {"type": "Temperature", "value": 4, "uom": "CEL", "deviceID": "urn:epc:id:giai:4000001.111"}
                ],
            }
        ]
    )
    made = repository.house.call("POST", "/capture", document(event))
    assert made.status_code == 400
    assert json.loads(made.content)["errors"][0]["path"].endswith("/sensorReport/0/deviceID")
    for spelling in ("handling=lenient", 'respond-async, Handling = "Lenient"; why=all-fields'):
        assert repository.house.capture(document(event), Prefer=spelling)["success"] is True
    made = repository.house.call("POST", "/capture", document(event), headers={"Prefer": "mishandling=lenient"})
    assert made.status_code == 400


def test_a_sensor_that_read_after_the_event_is_refused_by_whoever_asks_for_it(repository: Repository) -> None:
    """Requirement M122 holds with `handling=strict`, in the form of any offset; without it GS1's examples are taken."""
    sensed = {
        "sensorMetadata": {"time": "2026-11-01T13:00:01+01:00"},
        "sensorReport": [{"type": "Temperature", "value": 4}],
    }
    late = object_event(eventTime="2026-11-01T12:00:00Z", eventTimeZoneOffset="+00:00", sensorElementList=[sensed])
    made = repository.house.call(
        "POST", "/capture", document(late), headers={"Prefer": "respond-async, handling=strict"}
    )
    assert made.status_code == 400
    assert json.loads(made.content)["errors"][0]["path"].endswith("/sensorElementList/0/sensorMetadata/time")
    good = {**late, "eventTime": "2026-11-01T12:00:01Z"}
    assert repository.house.capture(document(good), Prefer="handling=strict")["success"] is True
    assert repository.house.capture(document(late))["success"] is True
