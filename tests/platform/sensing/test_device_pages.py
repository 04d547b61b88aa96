"""Pages and API of the devices: who may what, tokens that are shown once, charts, labels, and the portals against the books."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.utils import timezone

from longshore.catalog.models import HandlingUnit, Item, Partner, Place, UnitOfMeasure
from longshore.catalog.operations import ensure_fixed_places
from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.project.roles import ensure_roles
from longshore.sensing.gateway.mqtt.connection import REASONS as ANSWERED
from longshore.sensing.metrics import ensure_metrics
from longshore.sensing.models import Command, Device, DeviceKey, Passage, RefusedMessage
from longshore.sensing.operations import Attach, NewDevice, attach, digest_of, issue_keys, register_devices
from longshore.sensing.pages.showing import REASONS

pytestmark = pytest.mark.django_db
CAUSE = Cause("test")


def person(role: str) -> Client:
    ensure_roles()
    user = User.objects.create_user(role, password="x")
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def at() -> datetime:
    return timezone.now() - timedelta(hours=2)


@pytest.fixture
def site() -> int:
    ensure_fixed_places()
    return Place.objects.create(code="HUB", name="Hub", name_zh="中心仓", kind="site").pk


@pytest.fixture
def logger(at: datetime, site: int) -> int:
    ensure_metrics()
    device = register_devices([NewDevice("L-1", "logger", "Cold room")], at=at, cause=CAUSE).accepted[0].device
    attach([Attach(device, place=site)], at=at, cause=CAUSE)
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT sensing_make_days(%s, %s)", [at.date(), now.date()])
        for minute, value in ((30, 3.5), (20, 0.0), (10, 9.25)):
            row = [device, now - timedelta(minutes=minute), value, now]
            cursor.execute("INSERT INTO sensing_reading VALUES (%s, 1, %s, %s, %s)", row)
        cursor.execute("INSERT INTO sensing_lastvalue VALUES (%s, 1, %s, 9.25, %s)", [device, now, now])
    return device


def test_the_list_filters_and_opens(logger: int) -> None:
    """A device stands in the list with its place and troubles; filters that do not fit leave it out."""
    client = person("viewer")
    page = client.get("/devices/").content.decode()
    assert "L-1" in page and "No valid key" in page and "Hub" in page
    assert "L-1" in client.get("/devices/?trouble=keyless&kind=logger&q=cold").content.decode()
    assert "/devices/L-1/" not in client.get("/devices/?kind=portal").content.decode()
    assert "Add a device" not in page
    assert client.get("/devices/?page=99&site=x&state=nonsense").status_code == 200


def test_a_device_shows_its_signals_over_any_range(logger: int) -> None:
    """The chart's data hold the peak and the zero; the series can be asked for again."""
    client = person("viewer")
    for span in ("1h", "day", "week", "month", "year", "nonsense"):
        page = client.get(f"/devices/L-1/?range={span}").content.decode()
        data = json.loads(page.split('id="signal-1" type="application/json">')[1].split("</script>")[0])
        assert (min(p[2] for p in data["points"]), max(p[3] for p in data["points"])) == (0.0, 9.25)
        assert data["unit"] == "°C"
    series = client.get("/devices/L-1/series.json?metric=temperature&range=1h").json()
    assert [point[1] for point in series["points"]] == [3.5, 0.0, 9.25]
    assert client.get("/devices/NOBODY/").status_code == 404
    assert client.get("/devices/L-1/series.json?metric=nonsense").status_code == 404


def test_a_token_is_on_the_answer_and_nowhere_else(logger: int) -> None:
    """Issuing shows it with its code; loading the page again does not."""
    client = person("quality")
    answer = client.post("/devices/L-1/do/issue/")
    token = answer.content.decode().split('id="token">')[1].split("<")[0]
    assert bytes(DeviceKey.objects.get().digest) == digest_of(token)
    assert "<svg" in answer.content.decode()
    assert token not in client.get("/devices/L-1/").content.decode()


def test_verbs_of_a_page_do_what_they_say(logger: int, site: int) -> None:
    """Quarantine, readmit, attach, rotate, revoke, command, retire; a refusal shows its sentence and changes nothing."""
    client = person("manager")

    def do(verb: str, **typed: str) -> int:
        return client.post(f"/devices/L-1/do/{verb}/", typed).status_code

    assert do("quarantine", reason="") == 422
    assert Device.objects.get().state == "new"
    assert do("quarantine", reason="odd values") == 302
    assert "odd values" in client.get("/devices/L-1/").content.decode()
    assert [do("readmit"), do("rotate"), do("attach", place="NOWHERE"), do("attach", place="")] == [302, 200, 422, 302]
    assert [do("command", body="no json"), do("command", body='{"every_s": 30}', retained="on")] == [422, 302]
    assert Command.objects.get().retained
    assert do("revoke", key=str(DeviceKey.objects.get().pk)) == 302
    assert do("dance") == 404
    assert do("retire") == 302
    assert Device.objects.get().state == "retired"


def test_a_viewer_changes_nothing(logger: int) -> None:
    """Neither by page nor by API; a stranger is asked to log in."""
    client = person("viewer")
    before = list(Device.objects.values())
    for path in ("/devices/L-1/do/retire/", "/devices/add/", "/devices/labels/provision/"):
        assert client.post(path, {"device": "L-1"}).status_code == 403
    call = client.post("/api/sensing/devices/retire", {"devices": ["L-1"]}, content_type="application/json")
    assert call.status_code == 403
    assert Client().get("/devices/").status_code == 302
    assert list(Device.objects.values()) == before


def test_adding_a_device_by_page(site: int) -> None:
    """It is registered, hung up and keyed; a code that is no code comes back with the form."""
    client = person("manager")
    typed = {"code": "T-9", "kind": "tracker", "name": "Van", "place": "HUB", "expected_every_s": "30"}
    assert client.get("/devices/new/").status_code == 200
    assert 'id="token"' in client.post("/devices/add/", typed).content.decode()
    answer = client.post("/devices/add/", {**typed, "code": "T 9"})
    assert (answer.status_code, Device.objects.count()) == (422, 1)
    assert "T 9" in answer.content.decode()


def test_labels_carry_the_code_and_once_the_key(logger: int) -> None:
    """Labels to find devices by hold no secret; provisioning labels issue one key for each device chosen."""
    client = person("manager")
    page = client.get("/devices/labels/?device=L-1").content.decode()
    assert page.count("<figure") == 1 and "<svg" in page
    assert DeviceKey.objects.count() == 0
    page = client.post("/devices/labels/provision/", {"device": ["L-1"]}).content.decode()
    assert page.count("<figure") == 1
    assert DeviceKey.objects.count() == 1


def test_portals_are_compared_with_the_books(at: datetime, site: int) -> None:
    """Loaded and seen, loaded and missed, seen and not posted: each handling unit once, what is wrong first."""
    dock = Place.objects.create(
        code="HUB-OUT", name="Dock", kind="dock", usage="shipping", parent_id=site, site_id=site
    )
    truck = Place.objects.create(code="V-1", name="Truck 1", name_zh="一号车", kind="vehicle")
    item = Item.objects.create(code="TEA", name="Tea", base_unit=UnitOfMeasure.objects.get_or_create(code="EA")[0])
    owner, opening = Partner.objects.get(is_owner=True).pk, Place.objects.get(code="OPENING").pk
    seen, missed = (
        HandlingUnit.objects.create(sscc=code, created_at=at) for code in ("095212340000000017", "095212340000000024")
    )
    for unit in (seen, missed):
        here, there = (Key(item.pk, where, owner, handling_unit=unit.pk) for where in (dock.pk, truck.pk))
        source = Key(item.pk, opening, owner)
        for number, (one, two) in enumerate(((source, here), (here, there))):
            moved = at + timedelta(minutes=number)
            kind = PostingKind.OPENING if number == 0 else PostingKind.LOAD
            post([NewPosting(uuid4(), kind, moved, (Move(one, two, 4),))], at=moved, cause=CAUSE)
    portal = register_devices([NewDevice("P-1", "portal", expected_every_s=0)], at=at, cause=CAUSE).accepted[0].device
    attach([Attach(portal, place=dock.pk)], at=at, cause=CAUSE)
    assert person("manager").get("/portals/").context["compared"] == []
    issue_keys([portal], at=at, cause=CAUSE)
    for sscc in (seen.sscc, "095212340000000031"):
        Passage.objects.create(
            device_id=portal, epc=f"urn:{sscc}", sscc=sscc, direction="out", first_at=at, at=at, reads=9, learned_at=at
        )
    page = person("viewer").get("/portals/")
    rows = [(row.sscc, row.standing, row.posted, row.seen) for row, _state, _word in page.context["compared"]]
    assert rows == [
        (missed.sscc, "missed", "out", ""), ("095212340000000031", "extra", "", "out"), (seen.sscc, "both", "out", "out"),
    ]  # fmt: skip
    assert page.context["topics"] == f"portal-{portal}"
    assert (page.context["went_out"], page.context["unclear"]) == (2, 0)


def test_the_api_does_what_the_pages_do(logger: int, site: int) -> None:
    """Register, key, attach, command, series, health and refusals as JSON."""
    client = person("manager")

    def call(path: str, body: object) -> tuple[int, object]:
        answer = client.post(f"/api/sensing/{path}", json.dumps(body), content_type="application/json")
        return answer.status_code, answer.json()

    status, receipt = call("devices", {"devices": [{"code": "L-2", "kind": "logger"}]})
    assert (status, receipt["accepted"][0]["code"]) == (200, "L-2")  # type: ignore[index]
    status, receipt = call("devices/keys", {"devices": ["L-2"]})
    assert receipt["issued"][0]["token"].startswith("lsd_")  # type: ignore[index]
    assert call("devices/attach", [{"device": "L-2", "place": "HUB"}])[0] == 200
    assert call("devices/attach", [{"device": "L-2", "place": "NOWHERE"}])[0] == 404
    status, refusal = call("devices/keys/rotate", {"devices": ["NOBODY"]})
    assert (status, refusal["code"]) == (409, "unknown-device")  # type: ignore[index]
    assert call("devices/L-2/commands", {"body": {"every_s": 5}})[0] == 200
    assert call("devices/quarantine", {"devices": ["L-2"], "reason": "test"})[0] == 200
    found = client.get("/api/sensing/devices?trouble=quarantined").json()
    assert [row["code"] for row in found["devices"]] == ["L-2"]
    assert client.get("/api/sensing/devices/L-1/series?metric=temperature").json()["points"][0][1:] == [
        1,
        3.5,
        3.5,
        3.5,
    ]
    assert client.get("/api/sensing/last-values?devices=L-1").json()[0]["value"] == 9.25
    assert client.get("/api/sensing/devices/health").json()["quarantined"] == 1
    assert len(client.get("/api/sensing/devices/attachments").json()) == 2
    assert client.get("/api/sensing/devices/L-2").json()["commands"][0]["body"] == {"every_s": 5}


def test_every_reason_for_refusing_has_words(logger: int, at: datetime) -> None:
    """Each reason the gateway counts is said in words, in both languages, and what came twice is no trouble."""
    counted = {
        *ANSWERED,
        "repeated",
        "contradicted",
        "flood",
        "oversize",
        "bad-key",
        "sequence-gap",
        "quarantined",
        "retired",
    }
    assert counted - set(REASONS) == set()
    for reason in ("repeated", "contradicted", "forged"):
        RefusedMessage.objects.create(
            device_id=logger, claimed="L-1", reason=reason, hour=timezone.now(), count=2, last_at=timezone.now()
        )
    client = person("viewer")
    for language, words in (("en", "Came twice, with another value"), ("zh-hans", "重复到达且数值不同")):
        page = client.get("/devices/L-1/", headers={"accept-language": language}).content.decode()
        assert words in page and ">contradicted<" not in page and ">repeated<" not in page
