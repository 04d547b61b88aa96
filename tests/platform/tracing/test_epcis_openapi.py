"""The standard's own OpenAPI document against our addresses: every operation, with requests made up from its schemas."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from tests.platform.tracing.repository import Repository, document, examples, object_event

schemathesis = pytest.importorskip("schemathesis", reason="SKIPPED LOUDLY: schemathesis is not installed.")

REQUESTS = int(os.environ.get("LONGSHORE_EPCIS_REQUESTS", "1"))
# The document forgets that a bad parameter is answered with 400, which the standard's text demands.
ALWAYS = {400}
NEVER = {500}


@cache
def _raw() -> Any:
    return json.loads(examples("gs1-EPCIS/REST Bindings/openapi.json")[0].read_text())


def _operations() -> list[Any]:
    return [found.ok() for found in schemathesis.openapi.from_dict(_raw()).get_all_operations()]


@pytest.fixture
def filled(repository: Repository) -> Iterator[Repository]:
    repository.house.capture(document(object_event(readPoint={"id": "urn:epc:id:sgln:4012345.00005.0"})))
    repository.house.call("POST", "/queries", {"name": "shipped", "query": {"EQ_bizStep": ["shipping"]}})
    yield repository


def _text(value: object) -> str:
    return "|".join(map(str, value)) if isinstance(value, list) else str(value)


def _send(repository: Repository, case: Any) -> Any:
    """One made-up request. What no client library would send (control characters in a header) is left out."""
    query = {name: _text(value) for name, value in (case.query or {}).items()}
    headers = {
        name: str(value)
        for name, value in (case.headers or {}).items()
        if str(value).isascii()
        and str(value).isprintable()
        and name.lower() not in ("authorization", "upgrade", "connection")
    }
    path = case.formatted_path + (f"?{urlencode(query)}" if query else "")
    body = case.body if isinstance(case.body, dict | list) else None
    kind = case.media_type or ""
    return repository.house.call(case.method.upper(), path, body, headers=headers, kind=kind)


def test_every_operation_answers_as_documented(filled: Repository) -> None:
    """No operation is missing, none breaks, and each answers with a status its document knows."""
    operations = _operations()
    assert len(operations) == 63
    answered: dict[str, set[int]] = {}
    for operation in operations:
        known = {int(status) for status in operation.definition.raw["responses"]} | ALWAYS
        seen = answered.setdefault(f"{operation.method} {operation.path}", set())
        body = operation.definition.raw.get("requestBody")
        if body is not None:
            _ask_by_example(filled, operation, body, known - NEVER, seen)
        elif operation.method == "options":
            made = filled.house.call("OPTIONS", re.sub(r"{\w+}", "nothing", operation.path))
            assert made.status_code in known, (operation.label, made.status_code)
            seen.add(made.status_code)
        else:
            _ask(filled, operation, known - NEVER, seen)
    assert all(answered.values())
    assert 204 in answered["options /capture"] and 501 in answered["delete /nextPageToken/{token}"]
    for name in ("", "capture", "events", "eventTypes", "epcs", "bizSteps", "readPoints", "queries"):
        assert 200 in answered[f"get /{name}"], name


def _ask_by_example(repository: Repository, operation: Any, body: Any, known: set[int], seen: set[int]) -> None:
    """Documents are too deep to make up in a moment: the example of the OpenAPI document itself, and nonsense."""
    content = body.get("content") or _raw()["components"]["requestBodies"][body["$ref"].rpartition("/")[2]]["content"]
    example = content["application/json"].get("example", {"name": "shipped", "query": {"eventType": ["ObjectEvent"]}})
    path = operation.path.replace("{queryName}", "shipped")
    for sent in (example, example, {}, [], {"type": "EPCISDocument"}, "text"):
        made = repository.house.call("POST", path, sent)
        assert made.status_code in known, (operation.label, made.status_code, made.content[:300])
        seen.add(made.status_code)
    assert seen & {201, 202, 409}, operation.label


def _ask(repository: Repository, operation: Any, known: set[int], seen: set[int]) -> None:
    @settings(
        max_examples=REQUESTS,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), _round=st.just(0))
    def ask(case: Any, _round: int) -> None:
        made = _send(repository, case)
        assert made.status_code in known, (operation.label, made.status_code, made.content[:300])
        assert made["GS1-EPCIS-Version"] == "2.0.0"
        seen.add(made.status_code)

    try:
        ask()
    except Unsatisfiable:
        path = re.sub(r"{\w+}", "nothing", operation.path)
        made = repository.house.call(operation.method.upper(), path)
        assert made.status_code in known, (operation.label, made.status_code)
        seen.add(made.status_code)
