"""Verbs of the capture interface: hand in a document, carry it out, capture one event."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.contrib.auth.models import User
from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.ledger.wire import run
from longshore.tracing.epcis.checking import Checked, check_document, check_event
from longshore.tracing.epcis.names import keepable
from longshore.tracing.epcis.rows import rows_of
from longshore.tracing.epcis.storing import Captor, EventIdsTaken, Stored, store
from longshore.tracing.epcis.xmlread import Fault, read_xml
from longshore.tracing.epcis.xmltree import XmlRefused
from longshore.tracing.events import DocumentHandedIn
from longshore.tracing.models import EpcisCaptureJob, EpcisReader

Json = dict[str, Any]
MOST_EVENTS = 10_000
MOST_BYTES = 16 * 2**20
VALIDATION = "epcisException:ValidationException"
TAKEN = "epcisException:ResourceAlreadyExistsException"
SAVE_VOCABULARY = """
INSERT INTO tracing_epcisvocabulary (type, element, attributes, children, partner_id, captured_at)
SELECT type, element, attributes::jsonb, children::jsonb, %s, %s
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS v(type, element, attributes, children)
ON CONFLICT (type, element, partner_id) DO UPDATE
SET attributes = EXCLUDED.attributes, children = EXCLUDED.children, captured_at = EXCLUDED.captured_at
"""


class DocumentRefused(Exception):
    """The document cannot be captured; each fault names its place."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = tuple(faults)


class TooManyEvents(Exception):
    def __init__(self, count: int) -> None:
        super().__init__(f"{count} events, {MOST_EVENTS} at most")
        self.count = count


@dataclass(frozen=True, slots=True)
class Handling:
    """How a document came and how it is to be taken. `rigour`: `lenient`, valid by the schema is enough; `strict`, times of
    sensors are held against the event's."""

    media_type: str = "application/json"
    behaviour: str = "rollback"
    rigour: str = ""

    @property
    def xml(self) -> bool:
        return self.media_type.endswith("xml")


@dataclass(frozen=True, slots=True)
class Captured:
    """A job that is done."""

    job: uuid.UUID
    success: bool
    events: int
    repeated: int
    errors: tuple[Json, ...] = field(default=())


def read_document(content: bytes, handling: Handling) -> Checked:
    """Raises DocumentRefused when the text cannot be read at all; what is wrong inside stands in the answer."""
    if not handling.xml:
        return check_document(_json(content), handling=handling.rigour)
    try:
        read = read_xml(content)
    except XmlRefused as error:
        raise DocumentRefused([Fault(f"line {error.line}", error.sentence)]) from error
    checked = check_document(read.document, xml=True, handling=handling.rigour)
    checked.envelope += read.faults.get(-1, [])
    for number, faults in read.faults.items():
        if number >= 0:
            checked.faults[number] = [*faults, *checked.faults.get(number, [])]
    return checked


def hand_in(content: bytes, handling: Handling, *, user: User, at: datetime) -> EpcisCaptureJob:
    """Take a document for capture. Raises DocumentRefused (nothing of it can be captured) or TooManyEvents."""
    checked = read_document(content, handling)
    if len(checked.events) > MOST_EVENTS:
        raise TooManyEvents(len(checked.events))
    if checked.envelope or (checked.faults and handling.behaviour == "rollback"):
        raise DocumentRefused(checked.all_faults)
    with transaction.atomic():
        job = EpcisCaptureJob.objects.create(
            key=uuid.uuid4(),
            user=user,
            behaviour=handling.behaviour,
            media_type=handling.media_type + (f"; handling={handling.rigour}" if handling.rigour else ""),
            document=content,
            created_at=at,
        )
        emit([DocumentHandedIn(str(job.key))], at=at, cause=Cause(actor=user.get_username()))
    return job


def carry_out(key: uuid.UUID, *, at: datetime) -> Captured:
    """Capture a document that was handed in; a job that is done is only read."""
    with transaction.atomic():
        job = EpcisCaptureJob.objects.select_for_update().select_related("user").get(key=key)
        if job.finished_at is None:
            _carry_out(job, at)
    return Captured(job.key, job.success, job.events, job.repeated, tuple(job.errors))


def _carry_out(job: EpcisCaptureJob, at: datetime) -> None:
    media, _, preference = job.media_type.partition("; ")
    handling = Handling(media, job.behaviour, preference.removeprefix("handling="))
    checked = read_document(bytes(job.document or b""), handling)
    context = checked.document.get("@context")
    good = [(number, event) for number, event in enumerate(checked.events) if number not in checked.faults]
    errors = [problem(VALIDATION, 400, fault) for fault in checked.all_faults]
    rows = [rows_of(event, context) for _, event in good]
    captor = captor_of(job.user, job.key)
    try:
        stored = store(rows, at=at, captor=captor, all_or_nothing=job.behaviour == "rollback")
    except EventIdsTaken as refused:
        stored = Stored(clashes=list(refused.clashes))
    for clash in stored.clashes:
        number = good[clash.number][0]
        sentence = f"The event id {clash.event_id} belongs to another event."
        errors.append(problem(TAKEN, 409, Fault(f"/epcisBody/eventList/{number}/eventID", sentence)))
    if not errors or job.behaviour == "proceed":
        _save_vocabularies(checked.document, captor, at)
    job.success, job.errors, job.finished_at, job.document = not errors, errors, at, None
    job.events, job.repeated = len(stored.ids), stored.repeated
    job.save()


def capture_event(event: object, handling: Handling, *, user: User, at: datetime) -> tuple[str, int | None]:
    """One event at once: its id and row, or (id, None) when it is there already. Raises DocumentRefused, EventIdsTaken."""
    faults = check_event(event, alone=not handling.xml, xml=handling.xml, handling=handling.rigour)
    if faults or not isinstance(event, dict):
        raise DocumentRefused(faults)
    row = rows_of(event, event.get("@context"))
    stored = store([row], at=at, captor=captor_of(user), all_or_nothing=True)
    return row.event["event_id"], stored.ids[0] if stored.ids else None


def read_event(content: bytes, handling: Handling) -> object:
    """One event from a body. XML faults of its own are raised as DocumentRefused."""
    if not handling.xml:
        return _json(content)
    try:
        read = read_xml(content)
    except XmlRefused as error:
        raise DocumentRefused([Fault(f"line {error.line}", error.sentence)]) from error
    faults = [fault for listed in read.faults.values() for fault in listed]
    if faults:
        raise DocumentRefused(faults)
    return read.document


def captor_of(user: User, job: uuid.UUID | None = None) -> Captor:
    partner_id = EpcisReader.objects.filter(user=user).values_list("partner_id", flat=True).first()
    return Captor(user.get_username(), partner_id, job)


def problem(kind: str, status: int, fault: Fault) -> Json:
    return {
        "type": kind,
        "title": "The event was not captured.",
        "status": status,
        "detail": fault.sentence,
        "path": fault.path,
    }


def _json(content: bytes) -> object:
    try:
        return orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise DocumentRefused([Fault(f"line {error.lineno}", f"Not JSON: {error.msg}.")]) from error


def _save_vocabularies(document: Json, captor: Captor, at: datetime) -> None:
    """The master data of the header, newest wins; a document may name an element twice."""
    header = document.get("epcisHeader", {}).get("epcisMasterData", {}).get("vocabularyList", ())
    elements: dict[tuple[str, str], Json] = {}
    for vocabulary in header:
        for element in vocabulary.get("vocabularyElementList", ()):
            elements[str(keepable(vocabulary["type"])), str(keepable(element["id"]))] = element
    if not elements:
        return
    run(
        SAVE_VOCABULARY,
        captor.partner_id,
        at,
        [kind for kind, _ in elements],
        [element for _, element in elements],
        [orjson.dumps(keepable(element.get("attributes", []))).decode() for element in elements.values()],
        [orjson.dumps(keepable(element.get("children", []))).decode() for element in elements.values()],
    )
