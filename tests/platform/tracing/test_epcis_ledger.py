"""The ledger told in the standard's words: every posting is an event, and an export brought back changes nothing."""

from __future__ import annotations

import json
from uuid import UUID, uuid5

import pytest

from longshore.catalog.models import HandlingUnit, Item, Partner, Place
from longshore.ledger.models import Movement, Posting, PostingKind
from longshore.ledger.operations import Input, Key, Move, NewPosting, NewTransform, Output, post, reverse, transform
from longshore.tracing.epcis.projecting import project_postings
from longshore.tracing.epcis.selecting import events_of_epcs
from longshore.tracing.models import EpcisEvent, EpcisReader
from tests.platform.ledger.conftest import NOON, WHO, Small, hours
from tests.platform.ledger.conftest import build as build_small
from tests.platform.tracing.repository import Json, Repository, document, object_event

NAMES = UUID("5a0f6b51-3c7e-4d7c-9d55-1b1f6c2f9a10")
MILK = "https://id.gs1.org/01/04012345111118/10/L1"
SSCC = "340123450000000019"


def _post(label: str, kind: int, move: Move, at: float) -> UUID:
    key = uuid5(NAMES, label)
    post([NewPosting(key, kind, hours(at), (move,), f"order:{label}")], at=hours(at), cause=WHO)
    return key


@pytest.fixture
def company(repository: Repository) -> Small:
    """The ledger's small world, whose milk has a GTIN and whose shop is the customer that may read."""
    small = build_small()
    Item.objects.filter(pk=small.milk).update(gtin="04012345111118")
    Place.objects.filter(pk=small.east).update(gln="4012345000054")
    EpcisReader.objects.filter(user=repository.customer.user).update(partner=Partner.objects.get(code="SHOP"))
    EpcisReader.objects.filter(user=repository.supplier.user).update(partner=Partner.objects.get(code="DAIRY"))
    return small


def _journey(small: Small) -> list[UUID]:
    """Received, put away, picked, packed, loaded, delivered; some on hold, some turned into something else."""
    unit = HandlingUnit.objects.create(sscc=SSCC, created_at=NOON)
    packed = Key(small.milk, small.stage, small.owner, small.early, 0, unit.pk)
    loaded = Key(small.milk, small.truck, small.owner, small.early, 0, unit.pk)
    held = small.key(small.shelf, condition=2)
    keys = [
        _post("receive", PostingKind.RECEIPT, Move(small.key(small.supplier), small.key(small.dock), 100), 1),
        _post("putaway", PostingKind.PUTAWAY, Move(small.key(small.dock), small.key(small.shelf), 100), 2),
        _post("hold", PostingKind.CONDITION, Move(small.key(small.shelf), held, 10), 3),
        _post("pick", PostingKind.PICK, Move(small.key(small.shelf), small.key(small.stage), 30), 4),
        _post("pack", PostingKind.PACK, Move(small.key(small.stage), packed, 30), 5),
        _post("load", PostingKind.LOAD, Move(packed, loaded, 30), 6),
        _post("deliver", PostingKind.DELIVER, Move(loaded, small.key(small.customer), 30), 7),
    ]
    made = uuid5(NAMES, "make")
    butter = Key(small.salt, small.shelf, small.owner)
    run = NewTransform(made, hours(8), (Input(small.key(small.shelf), 20, 2),), (Output(butter, 5),))
    transform([run], at=hours(8), cause=WHO)
    return [*keys, made]


def _by_posting(repository: Repository) -> dict[UUID, Json]:
    told = {event["eventID"]: event for event in repository.house.events()}
    return {
        row.posting_key: told[row.event_id] for row in EpcisEvent.objects.exclude(posting_key=None) if row.posting_key
    }


def test_every_posting_is_an_event(repository: Repository, company: Small) -> None:
    """Each kind of posting has its event: kind, step, disposition, goods with lot and quantity, place, document."""
    keys = _journey(company)
    assert project_postings(at=hours(9)) == len(keys) == Posting.objects.count()
    assert project_postings(at=hours(9)) == 0
    told = _by_posting(repository)
    assert set(told) == set(keys)
    receive, putaway, hold, pick, pack, load, deliver, make = (told[key] for key in keys)
    site = "https://id.gs1.org/414/4012345000054/254"
    assert receive["quantityList"] == [{"epcClass": MILK, "quantity": 100}]
    assert (receive["bizStep"], receive["readPoint"]["id"]) == ("receiving", f"{site}/E-DOCK")
    assert receive["sourceList"] == [{"type": "possessing_party", "source": "urn:longshore:party:P-SUP"}]
    assert receive["bizTransactionList"] == [{"type": "po", "bizTransaction": "urn:longshore:document:order:receive"}]
    assert (putaway["bizStep"], putaway["disposition"]) == ("storing", "sellable_accessible")
    assert (hold["bizStep"], hold["disposition"]) == ("inspecting", "non_sellable_other")
    assert (pick["bizStep"], pick["type"]) == ("picking", "ObjectEvent")
    assert (pack["type"], pack["action"], pack["parentID"]) == (
        "AggregationEvent",
        "ADD",
        f"https://id.gs1.org/00/{SSCC}",
    )
    assert pack["childQuantityList"] == [{"epcClass": MILK, "quantity": 30}]
    assert (load["bizStep"], load["epcList"]) == ("loading", [f"https://id.gs1.org/00/{SSCC}"])
    assert deliver["destinationList"] == [{"type": "possessing_party", "destination": "urn:longshore:party:P-SHOP"}]
    assert make["type"] == "TransformationEvent"
    assert make["inputQuantityList"] == [{"epcClass": MILK, "quantity": 20}]
    assert make["outputQuantityList"] == [{"epcClass": "urn:longshore:item:SALT", "quantity": 5}]
    assert all(
        event["eventTime"] == f"2026-03-02T{13 + n:02d}:00:00.000Z" for n, event in enumerate(told[k] for k in keys)
    )
    assert [row.biz_step.rpartition("-")[2] for row in events_of_epcs([MILK])][:3] == [
        "receiving",
        "storing",
        "inspecting",
    ]


def test_a_reversal_declares_the_event_wrong(repository: Repository, company: Small) -> None:
    """What the ledger took back is an error declaration of the same event, even in the same batch."""
    key = _post("receive", PostingKind.RECEIPT, Move(company.key(company.supplier), company.key(company.dock), 100), 1)
    reverse(key, key=uuid5(NAMES, "back"), at=hours(2), cause=WHO)
    assert project_postings(at=hours(3)) == 2
    first, second = repository.house.events()
    assert first["eventID"] == second["eventID"]
    assert second["errorDeclaration"] == {"declarationTime": "2026-03-02T14:00:00.000Z", "reason": "did_not_occur"}


def test_importing_ones_own_export_changes_nothing(repository: Repository, company: Small) -> None:
    """All events asked for and handed in again, in JSON or XML: no new event, no movement, and the job says so."""
    _journey(company)
    project_postings(at=hours(9))
    repository.house.capture(document(object_event("foreign")))
    before = (EpcisEvent.objects.count(), Movement.objects.count())
    asked = repository.house.get("/events?perPage=1000")
    job = repository.house.capture(json.loads(asked.content))
    assert (job["success"], job["errors"]) == (True, [])
    asked = repository.house.get("/events?perPage=1000", Accept="application/xml")
    job = repository.house.capture(asked.content, kind="application/xml")
    assert (job["success"], job["errors"]) == (True, [])
    assert project_postings(at=hours(10)) == 0
    assert (EpcisEvent.objects.count(), Movement.objects.count()) == before


def test_partners_see_their_side_of_the_ledger(repository: Repository, company: Small) -> None:
    """The supplier sees what it delivered, the customer what was delivered to it, neither the shelves between."""
    _journey(company)
    project_postings(at=hours(9))
    assert [event["bizTransactionList"][0]["bizTransaction"] for event in repository.supplier.events()] == [
        "urn:longshore:document:order:receive"
    ]
    assert [event["bizTransactionList"][0]["bizTransaction"] for event in repository.customer.events()] == [
        "urn:longshore:document:order:deliver"
    ]
