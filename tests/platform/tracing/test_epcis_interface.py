"""The interfaces as a client meets them: capture jobs, errors, spellings, pages, named queries, partners."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from longshore.tracing.epcis.keys import canonical, to_urn
from longshore.tracing.models import EpcisEvent, EpcisVocabulary
from tests.platform.tracing.repository import Json, Repository, document, object_event

LINK, URN = "https://id.gs1.org/01/04012345111118/21/1", "urn:epc:id:sgtin:4012345.011111.1"


def _problem(made: object, status: int, kind: str) -> Json:
    assert made.status_code == status, made.content  # type: ignore[attr-defined]
    assert made["Content-Type"] == "application/problem+json"  # type: ignore[index]
    problem: Json = json.loads(made.content)  # type: ignore[attr-defined]
    assert problem["type"] == f"epcisException:{kind}"
    assert problem["status"] == status
    return problem


def test_both_error_behaviours(repository: Repository) -> None:
    """`rollback` stores nothing of a document with one bad event, `proceed` stores the others and says which failed."""
    good, bad = object_event("1", eventID="urn:uuid:1"), object_event("2", eventID="urn:uuid:2", bizStep="flying")
    _problem(repository.house.call("POST", "/capture", document(good, bad)), 400, "ValidationException")
    assert repository.house.events() == []
    job = repository.house.capture(document(good, bad), GS1_Capture_Error_Behaviour="proceed")
    assert (job["running"], job["success"], job["captureErrorBehaviour"]) == (False, False, "proceed")
    assert [error["path"] for error in job["errors"]] == ["/epcisBody/eventList/1/bizStep"]
    assert [event["eventID"] for event in repository.house.events()] == ["urn:uuid:1"]
    # An id that belongs to another event is found out only while storing.
    clashing = document(object_event("9", eventID="urn:uuid:1"), object_event("3", eventID="urn:uuid:3"))
    job = repository.house.capture(clashing)
    assert (job["success"], job["errors"][0]["status"]) == (False, 409)
    assert len(repository.house.events()) == 1
    assert repository.house.capture(clashing, GS1_Capture_Error_Behaviour="proceed")["success"] is False
    assert [event["eventID"] for event in repository.house.events()] == ["urn:uuid:1", "urn:uuid:3"]


def test_one_event_at_once(repository: Repository) -> None:
    """POST /events answers 201 with the event's address, 409 for the same id again, 400 with a path, 415 and 413."""
    event = {"@context": document()["@context"], **object_event()}
    made = repository.house.call("POST", "/events", event)
    assert made.status_code == 201
    stored = json.loads(made.content)
    assert stored["eventID"].startswith("ni:///sha-256;")
    assert repository.house.json(made["Location"].partition("/epcis")[2])["eventID"] == stored["eventID"]
    _problem(repository.house.call("POST", "/events", event), 409, "ResourceAlreadyExistsException")
    _problem(
        repository.house.call("POST", "/events", {**event, "eventID": stored["eventID"], "action": "ADD"}),
        409,
        "ResourceAlreadyExistsException",
    )
    wrong = _problem(repository.house.call("POST", "/events", {**event, "action": "EAT"}), 400, "ValidationException")
    assert wrong["errors"][0]["path"] == "/action"
    _problem(repository.house.call("POST", "/events", b"x", kind="text/plain"), 415, "UnsupportedMediaTypeException")
    _problem(repository.house.get("/events/urn:uuid:none"), 404, "NoSuchNameException")
    _problem(repository.house.get("/events", Accept="image/png"), 406, "NotAcceptableException")
    _problem(repository.house.get("/events?EQ_nothing=1"), 400, "QueryParameterException")


def test_limits_are_announced_and_kept(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """OPTIONS /capture tells the limits; one event more, or one byte more, is refused with 413."""
    options = repository.house.call("OPTIONS", "/capture")
    assert (options.status_code, options["GS1-EPCIS-Capture-Limit"]) == (204, "10000")
    assert options["GS1-Capture-Error-Behaviour"] == "all"
    assert options["GS1-EPC-Format"] == "No_Preference,Always_GS1_Digital_Link,Always_EPC_URN,Never_Translates"
    monkeypatch.setattr("longshore.tracing.epcis.capturing.MOST_EVENTS", 1)
    two = document(object_event("1"), object_event("2"))
    _problem(repository.house.call("POST", "/capture", two), 413, "CaptureLimitExceededException")
    monkeypatch.setattr("longshore.tracing.epcis.speaking.MOST_BYTES", 100)
    _problem(repository.house.call("POST", "/capture", two), 413, "CaptureLimitExceededException")
    _problem(repository.house.get("/events?MATCH_epc=" + "x" * 9000), 414, "URITooLongException")


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("Always_GS1_Digital_Link", LINK), ("Always_EPC_URN", URN), ("Never_Translates", URN)],
)
def test_identifiers_in_the_spelling_asked_for(repository: Repository, asked: str, answered: str) -> None:
    """An event captured with URNs is told in either spelling, and found by either; the hash does not care."""
    repository.house.capture(document(object_event(readPoint={"id": "urn:epc:id:sgln:4012345.00005.122"})))
    for spelled in (URN, LINK, "urn:epc:idpat:sgtin:4012345.011111.*", "urn:epc:idpat:sgtin:4012345.*.*"):
        found = repository.house.events(f"MATCH_epc={quote(spelled, safe='')}", GS1_EPC_Format=asked)
        assert [event["epcList"] for event in found] == [[answered]], spelled
    want = {"Always_GS1_Digital_Link": "https://id.gs1.org/414/4012345000054/254/122"}
    assert found[0]["readPoint"]["id"] == want.get(asked, "urn:epc:id:sgln:4012345.00005.122")
    assert repository.house.events("MATCH_epc=urn:epc:idpat:sgtin:4012346.*.*") == []


def test_every_key_there_and_back() -> None:
    """Every scheme of EPC URN becomes a Digital Link, and with the company prefix the same URN again."""
    for urn in (
        *(
            "urn:epc:id:sgtin:4012345.012345.12",
            "urn:epc:id:sscc:4012345.0000000333",
            "urn:epc:id:grai:4012345.66666.87",
        ),
        *("urn:epc:id:giai:4012345.AAbb", "urn:epc:id:gsrn:4012345.9876540000", "urn:epc:id:gsrnp:4012345.0000098765"),
        *("urn:epc:id:gdti:4012345.55555.98", "urn:epc:id:cpi:4012345.ABC.123", "urn:epc:id:sgcn:4012345.99999.44"),
        *("urn:epc:id:ginc:4012345.333", "urn:epc:id:gsin:4012345.999987654", "urn:epc:id:upui:4012345.012345.AB12"),
        *("urn:epc:id:itip:4012345.012345.01.02.999", "urn:epc:class:lgtin:4054739.099914.20160711"),
        *(
            "urn:epc:idpat:sgtin:4054739.099914.*",
            "urn:epc:idpat:grai:4012345.66666.*",
            "urn:epc:id:pgln:4012345.00225",
        ),
        *(
            "urn:epc:id:sgln:4012345.00011.987",
            "urn:epc:id:sgln:4012345.00011.0",
            "urn:epc:id:sgtin:0614141.812345.6789%2F%26%25%22!%3F()",
        ),
    ):
        link = canonical(urn)
        assert link.startswith("https://id.gs1.org/"), urn
        assert to_urn(link, {"4012345", "4054739", "0614141"}) == urn
        assert to_urn(link, set()) == link
    assert canonical("https://example.com/some/path/gtin/9780345418913/lot/7/ser/765tz?abc=1") == (
        "https://id.gs1.org/01/09780345418913/21/765tz"
    )


def test_pages_order_and_counts(repository: Repository) -> None:
    """Pages follow each other without gap or repetition in any order; a limit cuts, maxEventCount refuses."""
    spread = [
        object_event(str(n), eventID=f"urn:uuid:{n}", eventTime=f"2026-11-{20 - n:02d}T10:00:00Z", **{"ex:size": n % 4})
        for n in range(7)
    ]
    repository.house.capture(document(*spread, context={"ex": "https://ns.example.com/"}))
    ids = [f"urn:uuid:{n}" for n in range(7)]

    def asked(query: str) -> list[str]:
        found = repository.house.events(query, GS1_Extensions="ex=https://ns.example.com/")
        return [event["eventID"] for event in found]

    assert asked("perPage=2") == ids
    assert asked("perPage=3&orderBy=eventTime&orderDirection=ASC") == ids[::-1]
    assert asked("perPage=3&orderBy=eventTime") == ids
    assert asked("perPage=2&orderBy=ex:size&orderDirection=ASC") == [f"urn:uuid:{n}" for n in (0, 4, 1, 5, 2, 6, 3)]
    assert asked("perPage=2&orderBy=recordTime&eventCountLimit=3") == ids[:3:-1]
    assert asked("EQ_ex:size=1|3&perPage=1") == ["urn:uuid:1", "urn:uuid:3", "urn:uuid:5"]
    assert asked("GE_ex:size=2&LT_eventTime=2026-11-16T00:00:00Z") == ["urn:uuid:6"]
    _problem(repository.house.get("/events?maxEventCount=6"), 413, "QueryTooLargeException")
    assert len(asked("maxEventCount=7")) == 7
    _problem(repository.house.get("/events?nextPageToken=forged"), 400, "QueryParameterException")
    _problem(repository.house.get("/events?maxEventCount=1&eventCountLimit=1"), 400, "QueryParameterException")


def test_top_level_resources(repository: Repository) -> None:
    """What exists can be walked: kinds, EPCs, steps, places, dispositions, and the events of each."""
    event = object_event(disposition="in_transit", readPoint={"id": "urn:epc:id:sgln:4012345.00005.0"})
    repository.house.capture(document({**event, "bizLocation": {"id": "urn:epc:id:sgln:4012345.00006.0"}}))
    place = "https://id.gs1.org/414/4012345000"
    want = {
        "epcs": LINK,
        "bizSteps": "shipping",
        "dispositions": "in_transit",
        "readPoints": f"{place}054",
        "bizLocations": f"{place}061",
    }
    assert set(repository.house.json("/")["member"]) >= set(want)
    for name, value in want.items():
        assert repository.house.json(f"/{name}")["member"] == [value], name
        assert repository.house.json(f"/{name}/{quote(value, safe='')}")["member"] == ["events"]
        found = repository.house.json(f"/{name}/{quote(value, safe='')}/events")
        assert len(found["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 1, name
        _problem(repository.house.get(f"/{name}/urn:nothing"), 404, "NoSuchNameException")
    assert len(repository.house.json("/eventTypes")["member"]) == 5
    assert (
        len(
            repository.house.json("/eventTypes/ObjectEvent/events")["epcisBody"]["queryResults"]["resultsBody"][
                "eventList"
            ]
        )
        == 1
    )


def test_the_character_nul_stops_no_capture(repository: Repository) -> None:
    """NUL in a value, a name or master data is left out; six letters that only look like it stay as they are."""
    nul, letters = "a\x00b", "a\\u0000b"
    element = {"id": "urn:x:ab", "attributes": [{"id": "cbvmda:city", "attribute": nul}]}
    listed = {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": [element]}
    header = {"epcisMasterData": {"vocabularyList": [listed]}}
    event = object_event(**{"example:one": nul, "example:two": letters})
    made = document(event, epcisHeader=header, context={"example": "https://ns.example.com/"})
    assert repository.house.capture(made)["success"] is True
    assert EpcisVocabulary.objects.get().attributes == [{"id": "cbvmda:city", "attribute": "ab"}]
    (kept,) = repository.house.json("/events")["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert (kept["example:one"], kept["example:two"]) == ("ab", letters)


def test_master_data_and_places_below(repository: Repository) -> None:
    """Master data of a header is kept; WD_ finds places inside, HASATTR_ and EQATTR_ find by attribute."""
    site, door = "https://id.gs1.org/414/4012345000054", "https://id.gs1.org/414/4012345000054/254/door"
    vocabulary = {
        "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
        "vocabularyElementList": [
            {"id": site, "attributes": [{"id": "cbvmda:city", "attribute": "Bonn"}], "children": [door]},
            {"id": door, "attributes": [{"id": "cbvmda:kind", "attribute": "door"}]},
        ],
    }
    header = {"epcisMasterData": {"vocabularyList": [vocabulary]}}
    repository.house.capture(document(object_event(bizLocation={"id": door}), epcisHeader=header))
    assert EpcisVocabulary.objects.count() == 2
    counts = {
        f"WD_bizLocation={quote(site, safe='')}": 1,
        f"EQ_bizLocation={quote(site, safe='')}": 0,
        "HASATTR_bizLocation=cbvmda:kind": 1,
        "HASATTR_bizLocation=cbvmda:city": 0,
        "EQATTR_bizLocation_cbvmda:kind=door": 1,
        "EQATTR_bizLocation_cbvmda:kind=window": 0,
    }
    assert {query: len(repository.house.events(query)) for query in counts} == counts


def test_an_error_is_declared_not_deleted(repository: Repository) -> None:
    """A declaration repeats the event with its id; both stay, the id then means the declaration, and rows never change."""
    event = object_event(eventID="urn:uuid:1")
    error = {"declarationTime": "2026-11-21T00:00:00Z", "reason": "did_not_occur", "correctiveEventIDs": ["urn:uuid:2"]}
    repository.house.capture(document(event))
    repository.house.capture(document({**event, "errorDeclaration": error}))
    assert len(repository.house.events()) == 2
    for query in (
        "EXISTS_errorDeclaration=true",
        "EQ_errorReason=did_not_occur",
        "EQ_correctiveEventID=urn:uuid:2",
        "GE_errorDeclarationTime=2026-11-21T00:00:00Z",
    ):
        assert [found["errorDeclaration"] for found in repository.house.events(query)] == [error], query
    assert repository.house.json("/events/urn:uuid:1")["errorDeclaration"] == error
    assert len({row.hash for row in EpcisEvent.objects.all()}) == 1
    with pytest.raises(Exception, match="append-only"):
        EpcisEvent.objects.filter(event_id="urn:uuid:1").delete()


def test_named_queries(repository: Repository) -> None:
    """A query gets a name once, is asked by it, and goes with its subscriptions."""
    repository.house.capture(document(object_event("1"), object_event("2", bizStep="receiving")))
    named = {"name": "received", "query": {"EQ_bizStep": ["receiving"]}}
    made = repository.house.call("POST", "/queries", named)
    assert (made.status_code, made["Location"].endswith("/epcis/queries/received")) == (201, True)
    _problem(repository.house.call("POST", "/queries", named), 409, "ResourceAlreadyExistsException")
    unknown = {"name": "x", "query": {"GE_eventDate": "2026-01-01T00:00:00+01:00"}}
    _problem(repository.house.call("POST", "/queries", unknown), 400, "QueryParameterException")
    found = repository.house.json("/queries/received/events")["epcisBody"]["queryResults"]
    assert (found["queryName"], len(found["resultsBody"]["eventList"])) == ("received", 1)
    assert repository.house.json("/queries") == [named]
    assert repository.house.call("DELETE", "/queries/received").status_code == 204
    _problem(repository.house.get("/queries/received"), 404, "NoSuchNameException")


def test_partners_see_only_what_is_theirs(repository: Repository) -> None:
    """A partner sees what it captured and what names it as a party; nobody without a token sees anything."""
    parties = {
        "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00000"}],
        "destinationList": [{"type": "owning_party", "destination": "urn:epc:id:pgln:0614141.00000"}],
    }
    repository.house.capture(
        document(object_event("house", eventID="urn:uuid:1"), object_event("sold", eventID="urn:uuid:2", **parties))
    )
    repository.supplier.capture(document(object_event("own", eventID="urn:uuid:3")))

    def ids(asker: object) -> list[str]:
        return [event["eventID"] for event in asker.events()]  # type: ignore[attr-defined]

    assert ids(repository.house) == ["urn:uuid:1", "urn:uuid:2", "urn:uuid:3"]
    assert ids(repository.viewer) == ids(repository.house)
    assert ids(repository.supplier) == ["urn:uuid:2", "urn:uuid:3"]
    assert ids(repository.customer) == ["urn:uuid:2"]
    _problem(repository.customer.get("/events/urn:uuid:3"), 404, "NoSuchNameException")
    assert LINK.replace("/21/1", "/21/house") not in repository.customer.json("/epcs")["member"]
    assert repository.customer.json("/capture") == []
    _problem(repository.viewer.call("POST", "/capture", document(object_event())), 403, "SecurityException")
    strange = {"Authorization": f"Bearer {repository.customer.token}"}
    assert repository.customer.client.get("/api/catalog/items", headers=strange).status_code == 401
    repository.customer.token = "lsh_wrong"
    _problem(repository.customer.get("/events"), 401, "SecurityException")


def test_a_harmful_xml_document_is_refused(repository: Repository) -> None:
    """Entities are not expanded, depth is limited, and broken XML is answered with the line."""
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbb">]><a>&b;</a>'
    deep = b"<a>" * 500 + b"</a>" * 500
    for content in (bomb, deep, b"<a><b></a>"):
        made = repository.house.call("POST", "/capture", content, kind="application/xml")
        assert _problem(made, 400, "ValidationException")["errors"][0]["path"].startswith("line ")
