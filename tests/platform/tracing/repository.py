"""Speaking to the repository as its users do: by HTTP with a token; and where the standard's example files are."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.http import HttpResponse
from django.test import Client

from longshore.catalog.models import Partner, Place, PlaceKind
from longshore.project.dispatcher import drain_outbox
from longshore.project.roles import ensure_roles
from longshore.project.tokens import issue
from longshore.tracing.models import EpcisReader

DATA = Path(os.environ.get("LONGSHORE_EPCIS_DATA", Path(__file__).parents[4] / "shared/data/epcis"))
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
Json = dict[str, Any]


def examples(pattern: str) -> list[Path]:
    """The standard's example files, which are not ours to copy; without them the test says so."""
    if not DATA.is_dir():
        pytest.skip(f"SKIPPED LOUDLY: the EPCIS example data is not at {DATA}; set LONGSHORE_EPCIS_DATA.")
    found = sorted(DATA.glob(pattern))
    assert found, pattern
    return found


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8-sig"))


@dataclass
class Asker:
    """Somebody with a token."""

    user: User
    token: str
    client: Client = field(default_factory=Client)

    def call(
        self, method: str, path: str, body: object = None, *, headers: Mapping[str, str] | None = None, kind: str = ""
    ) -> HttpResponse:
        given = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        made: HttpResponse = self.client.generic(
            method, f"/epcis{path}", content, content_type=kind or "application/json", headers=given
        )
        return made

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def capture(self, body: object, *, kind: str = "", **headers: str) -> Json:
        """Hand a document in, let the worker do its work, and read the job."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        made = self.call("POST", "/capture", body, headers=given, kind=kind)
        assert made.status_code == 202, made.content
        drain_outbox(at=datetime.now(UTC))
        return self.json(made["Location"].partition("/epcis")[2])

    def hand_in(self, content: bytes, kind: str) -> None:
        """A document of somebody else's, valid by the schema, its events one by one where some clash."""
        given = {"Prefer": "handling=lenient", "GS1-Capture-Error-Behaviour": "proceed"}
        made = self.call("POST", "/capture", content, headers=given, kind=kind)
        assert made.status_code == 202, made.content

    def json(self, path: str, **headers: str) -> Any:
        made = self.get(path, **headers)
        assert made.status_code == 200, made.content
        return json.loads(made.content)

    def events(self, query: str = "", **headers: str) -> list[Json]:
        """The events a query finds, over all its pages."""
        found: list[Json] = []
        path = f"/events?{query}" if query else "/events"
        while path:
            made = self.get(path, **headers)
            assert made.status_code == 200, made.content
            found += json.loads(made.content)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
            link = made.get("Link", "")
            path = link[link.index("/epcis") + 6 : link.index(">")] if link else ""
        return found


@dataclass
class Repository:
    """The house, a supplier and a customer."""

    house: Asker
    supplier: Asker
    customer: Asker
    viewer: Asker


def build() -> Repository:
    ensure_roles()
    return Repository(
        house=_asker("quality", "quality"),
        supplier=_asker("dairy", partner=_partner("SELLER", "4012345000009")),
        customer=_asker("shop", partner=_partner("BUYER", "0614141000005")),
        viewer=_asker("viewer", "viewer"),
    )


def _partner(code: str, gln: str) -> Partner:
    place = Place.objects.create(code=f"P-{code}", name=code, kind=PlaceKind.PARTY, gln=gln)
    return Partner.objects.create(code=code, name=code, place=place)


def _asker(name: str, group: str = "", partner: Partner | None = None) -> Asker:
    user = User.objects.create_user(name)
    if group:
        user.groups.add(Group.objects.get(name=group))
    if partner is not None:
        EpcisReader.objects.create(user=user, partner=partner)
    return Asker(User.objects.get(id=user.id), issue(user=user, name="test", at=NOW))


def document(*events: Json, context: Mapping[str, str] | None = None, **more: Any) -> Json:
    own: list[Any] = [CONTEXT, dict(context)] if context else [CONTEXT]
    return {
        "@context": own,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-22T08:00:00Z",
        "epcisBody": {"eventList": list(events)},
        **more,
    }


def object_event(serial: str = "1", **more: Any) -> Json:
    return {
        "type": "ObjectEvent",
        "eventTime": "2026-11-20T10:00:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [f"urn:epc:id:sgtin:4012345.011111.{serial}"],
        "action": "OBSERVE",
        "bizStep": "shipping",
        **more,
    }
