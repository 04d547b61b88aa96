"""Imports as people do them: upload, look, map, take over, watch, cancel, download; and the same over the API."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from longshore.catalog.imports import runs
from longshore.catalog.models import ImportRun, ImportState, Item
from longshore.project.roles import ensure_roles
from tests.platform.catalog import world

NOW = datetime(2026, 1, 10, 8, tzinfo=UTC)
GOOD = "code,name,base_unit\nX1,Milk,EA\nX2,Rice,EA\n"
MIXED = "code,name,base_unit\nX1,Milk,EA\nX2,Rice,NOPE\n"


def _client(role: str) -> Client:
    ensure_roles()
    user = User.objects.create_user(role, password="a long pass-phrase")
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def _uploaded(client: Client, text: str, name: str = "items.csv", target: str = "") -> ImportRun:
    answer = client.post("/imports/upload/", {"file": SimpleUploadedFile(name, text.encode()), "target": target})
    assert answer.status_code == 302
    return ImportRun.objects.latest("id")


def _body(answer: Any) -> str:
    return answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_file_from_upload_to_the_shelf() -> None:
    """Upload finds out what it is, the preview shows it, applying imports it, the list shows it done."""
    world.build()
    client = _client("manager")
    run = _uploaded(client, GOOD)
    assert (run.target, run.state) == ("items", "uploaded")
    page = _body(client.get(f"/imports/{run.key}/"))
    assert "Import all rows" in page and not Item.objects.filter(code="X1").exists()
    assert client.post(f"/imports/{run.key}/apply/", {"mode": "all-or-nothing"}).status_code == 302
    run.refresh_from_db()
    assert (run.state, run.counts["new"], run.done, run.total) == ("done", 2, 2, 2)
    assert Item.objects.filter(code__in=["X1", "X2"]).count() == 2
    assert "items.csv" in _body(client.get("/imports/"))
    assert client.post(f"/imports/{run.key}/apply/", {"mode": "all-or-nothing"}).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_errors_are_shown_and_the_accepted_rows_can_be_taken() -> None:
    """The page names row, field, sentence and remedy; accepted-only takes the rest; the rejected rows download."""
    world.build()
    client = _client("manager")
    run = _uploaded(client, MIXED)
    page = _body(client.get(f"/imports/{run.key}/"))
    assert "There is no “NOPE” for “Base unit”." in page and "unknown-base-unit" in page
    assert "Import the accepted rows only" in page and "Import all rows" not in page
    client.post(f"/imports/{run.key}/apply/", {"mode": "all-or-nothing"})
    run.refresh_from_db()
    assert run.state == "refused" and not Item.objects.filter(code="X1").exists()
    client.post(f"/imports/{run.key}/apply/", {"mode": "accepted-only"})
    run.refresh_from_db()
    assert (run.state, run.counts["new"], run.counts["rejected"]) == ("done", 1, 1)
    table = b"".join(client.get(f"/imports/{run.key}/rejected.csv").streaming_content).decode("utf-8-sig")
    assert table.splitlines()[1].startswith("X2,Rice,NOPE,3,")


@pytest.mark.django_db(transaction=True)
def test_a_mapping_chosen_in_the_page_is_used() -> None:
    """A column nobody knows is mapped by the select beside it."""
    world.build()
    client = _client("manager")
    run = _uploaded(client, "Artikel,Text,ME\nX1,Milk,EA\n", target="items")
    assert "is missing" in _body(client.get(f"/imports/{run.key}/"))
    chosen = {"target": "items", "column_count": "3"}
    for index, (name, field) in enumerate([("Artikel", "code"), ("Text", "name"), ("ME", "base_unit")]):
        chosen |= {f"name_{index}": name, f"field_{index}": field}
    assert client.post(f"/imports/{run.key}/options/", chosen).status_code == 302
    client.post(f"/imports/{run.key}/apply/", {"mode": "all-or-nothing"})
    assert Item.objects.get(code="X1").name == "Milk"


@pytest.mark.django_db
def test_the_page_speaks_chinese() -> None:
    """Sentences, remedies and labels are there in simplified Chinese."""
    world.build()
    client = _client("manager")
    client.cookies["django_language"] = "zh-hans"
    run = _uploaded(client, MIXED)
    page = _body(client.get(f"/imports/{run.key}/"))
    assert "只导入通过的行" in page and "“NOPE”" in page and "There is no" not in page


@pytest.mark.django_db
def test_who_may_not_import_may_not() -> None:
    """A viewer sees no import page and starts none; a file of a kind that is not theirs is refused."""
    world.build()
    client = _client("viewer")
    assert client.get("/imports/").status_code == 403
    assert client.post("/imports/upload/", {"file": SimpleUploadedFile("a.csv", b"x")}).status_code == 403
    assert not ImportRun.objects.exists()
    assert client.get("/exports/items.csv").status_code == 200
    assert Client().get("/imports/").status_code == 302
    assert client.get("/exports/unicorns.csv").status_code == 404


@pytest.mark.django_db
def test_no_file_and_no_such_import() -> None:
    """A form without a file says so; an unknown import is not found."""
    client = _client("manager")
    assert client.post("/imports/upload/", {}).status_code == 422
    assert client.get("/imports/00000000-0000-4000-8000-000000000000/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_while_the_import_is_still_open() -> None:
    """Another connection sees rows done before the import has committed, and a cancel from there undoes everything."""
    world.build()
    rows = "".join(f"X{number},Name,EA\n" for number in range(5000))
    run = runs.upload(
        "big.csv", f"code,name,base_unit\n{rows}".encode(), target="items", actor="t", language="en", at=NOW
    )
    runs.start(run.key, mode="all-or-nothing")
    seen: list[tuple[int, int, int]] = []
    other = connection.copy()

    def now() -> datetime:
        return NOW

    original = runs.running.run_import

    def spied(*args: Any, progress: Any, **kwargs: Any) -> Any:
        def watch(done: int, total: int) -> None:
            progress(done, total)
            with other.cursor() as cursor:
                cursor.execute("SELECT done, total FROM catalog_importrun WHERE id = %s", [run.pk])
                stands = cursor.fetchone()
                cursor.execute("SELECT count(*) FROM catalog_item WHERE code LIKE 'X%%'")
                seen.append((*stands, cursor.fetchone()[0]))
                if done == 4000:
                    cursor.execute("UPDATE catalog_importrun SET cancel_asked = true WHERE id = %s", [run.pk])

        return original(*args, progress=watch, **kwargs)

    try:
        runs.running.run_import = spied
        done = runs.carry_out(run.pk, now=now)
    finally:
        runs.running.run_import = original
        other.close()
    assert seen == [(0, 5000, 0), (2000, 5000, 0), (4000, 5000, 0)]
    assert done.state == ImportState.CANCELLED
    assert not Item.objects.filter(code__startswith="X").exists()
    runs.start(run.key, mode="all-or-nothing")
    assert runs.carry_out(run.pk, now=now).counts["new"] == 5000
    assert runs.carry_out(run.pk, now=now).state == ImportState.DONE


@pytest.mark.django_db(transaction=True)
def test_an_import_whose_worker_was_killed_is_done_once() -> None:
    """A run left in the state "running" by a process that died is carried out by the next call."""
    world.build()
    run = runs.upload("a.csv", GOOD.encode(), target="items", actor="t", language="en", at=NOW)
    ImportRun.objects.filter(pk=run.pk).update(state=ImportState.RUNNING)
    assert runs.carry_out(run.pk, now=lambda: NOW).counts == {
        "rows": 2, "new": 2, "changed": 0, "unchanged": 0, "faults": 0, "rejected": 0
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_cancel_before_the_start_stops_it() -> None:
    """An import that only waits is cancelled at once and not carried out later."""
    world.build()
    run = runs.upload("a.csv", GOOD.encode(), target="items", actor="t", language="en", at=NOW)
    runs.start(run.key, mode="all-or-nothing")
    assert runs.cancel(run.key).state == ImportState.CANCELLED
    assert runs.carry_out(run.pk, now=lambda: NOW).state == ImportState.CANCELLED
    assert not Item.objects.filter(code="X1").exists()


@pytest.mark.django_db(transaction=True)
def test_the_api_does_what_the_page_does() -> None:
    """Upload, options, preview, apply, progress, rows and export over HTTP."""
    world.build()
    client = _client("manager")
    answer = client.post(
        "/api/catalog/imports", {"file": SimpleUploadedFile("a.csv", MIXED.encode()), "target": "items"}
    )
    assert answer.status_code == 200, answer.content
    key = answer.json()["key"]
    seen = client.get(f"/api/catalog/imports/{key}/preview").json()
    assert (seen["new"], [fault["code"] for fault in seen["rejected"]]) == (1, ["unknown-base-unit"])
    body = json.dumps({"mode": "accepted-only"})
    done = client.post(f"/api/catalog/imports/{key}/apply", body, content_type="application/json").json()
    assert (done["state"], done["counts"]["new"], done["errors"][0]["row"]) == ("done", 1, 3)
    assert client.get(f"/api/catalog/imports/{key}").json()["state"] == "done"
    found = client.get("/api/catalog/items?search=X1").json()
    assert [row["code"] for row in found["items"]] == ["X1"]
    exported = b"".join(client.get("/api/catalog/exports/items.csv").streaming_content).decode("utf-8-sig")
    assert "X1,Milk" in exported
    for path in (
        "places?root=DC1",
        "partners?role=customer",
        "lanes",
        "lots?item=A1",
        "targets",
        "items/A1",
        "imports",
    ):
        assert client.get(f"/api/catalog/{path}").status_code == 200, path


@pytest.mark.django_db
def test_rows_over_the_api() -> None:
    """Objects go in by the same rules; a fault names the object, counted from 1, and nothing is taken."""
    world.build()
    client = _client("manager")

    def send(rows: list[dict[str, object]]) -> Any:
        return client.post("/api/catalog/rows/items", json.dumps({"rows": rows}), content_type="application/json")

    good = {"code": "X1", "name": "Milk, fresh", "base_unit": "EA", "unit_price": 12.5, "lot_tracked": True}
    assert send([good]).json()["new"] == 1
    assert send([good]).json()["unchanged"] == 1
    refused = send([{**good, "code": "X2"}, {**good, "code": "X3", "unit_price": "free"}])
    assert refused.status_code == 409
    assert [(one["row"], one["field"], one["code"]) for one in refused.json()["fields"]["rejected"]] == [
        (2, "unit_price", "not-a-number")
    ]
    assert not Item.objects.filter(code="X2").exists()
    viewer = _client("viewer")
    assert viewer.post("/api/catalog/rows/items", '{"rows": []}', content_type="application/json").status_code == 403


@pytest.mark.django_db
def test_a_very_long_file_is_previewed_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page looks at the first rows and says so; both ways to import stay open, as the rest is not known yet."""
    world.build()
    monkeypatch.setattr(runs, "MOST_PREVIEWED", 2)
    client = _client("manager")
    run = _uploaded(client, MIXED + "X3,Salt,EA\n")
    page = _body(client.get(f"/imports/{run.key}/"))
    assert "The first 2 rows were checked" in page
    assert "Import all rows" in page and "Import the accepted rows only" in page


@pytest.mark.django_db
def test_the_api_keeps_imports_to_those_who_import() -> None:
    """A viewer reads items and exports, but sees no import of anybody and starts none."""
    world.build()
    run = runs.upload("a.csv", GOOD.encode(), target="items", actor="t", language="en", at=NOW)
    client = _client("viewer")
    assert client.get("/api/catalog/items").status_code == 200
    for path in ("imports", f"imports/{run.key}", f"imports/{run.key}/preview"):
        assert client.get(f"/api/catalog/{path}").status_code == 403, path
    upload = {"file": SimpleUploadedFile("a.csv", GOOD.encode())}
    assert client.post("/api/catalog/imports", upload).status_code == 403
    assert client.post(f"/api/catalog/imports/{run.key}/cancel").status_code == 403
    assert ImportRun.objects.count() == 1


@pytest.mark.django_db
def test_an_upload_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over the limit is refused by its size, with the remedy."""
    monkeypatch.setattr(runs, "LARGEST_FILE", 10)
    client = _client("manager")
    answer = client.post("/imports/upload/", {"file": SimpleUploadedFile("a.csv", GOOD.encode())})
    assert answer.status_code == 422 and "Split it into several files." in _body(answer)
    assert not ImportRun.objects.exists()
