"""What the devices of the living company say: what the books and the roads say, in their way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from longshore.catalog.models import HandlingUnit, Item, Partner, Place, UnitOfMeasure
from longshore.catalog.operations import ensure_fixed_places
from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.sensing.metrics import ensure_metrics
from longshore.sensing.operations import Attach, NewDevice, attach, register_devices
from longshore.sensing.simulate.faults import NONE, Said
from longshore.shipping.models import Vehicle
from longshore.twin.company.generate import make_company
from longshore.twin.company.sensors import sensors
from longshore.twin.demo import FIRST_DAY
from longshore.twin.line import tokens_for
from longshore.twin.world import telemetry
from longshore.twin.world.driving import Drive, Leg, Spot
from longshore.twin.world.telemetry import Telemetry, epc_of, hanging, vehicle_places

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
CAUSE = Cause("test")
MINUTE = timedelta(minutes=1)


def test_every_cold_room_truck_dock_and_plant_of_the_company_has_its_devices() -> None:
    """Two thermometers a cold zone, a tracker and three compartments a truck of ours, portals, scales, machines."""
    company = make_company(7, FIRST_DAY)
    found = list(sensors(company))
    counts = {kind: sum(one.kind == kind for one in found) for kind in ("tracker", "portal", "scale", "machine")}
    own = sum(not truck.carrier for truck in company.network.trucks)
    sites, plants = len(company.network.sites), sum(site.kind == "plant" for site in company.network.sites)
    assert counts == {"tracker": own, "portal": 2 * sites, "scale": 2 * (sites - plants), "machine": 3 * plants}
    assert sum(one.kind == "logger" for one in found) == 3 * own + 6 * sites
    assert len({one.code for one in found}) == len(found)
    assert found == list(sensors(make_company(7, FIRST_DAY)))


@pytest.fixture
def company(db: None) -> dict[str, int]:
    """A site with docks, a truck and its compartments, a scale under some tea."""
    ensure_fixed_places()
    ensure_metrics()
    site = Place.objects.create(code="HUB", name="Hub", kind="site", latitude=31.0, longitude=121.0).pk
    made = {"site": site}
    for code, kind, usage in (("OUT", "dock", "shipping"), ("IN", "dock", "receiving"), ("BIN", "bin", "storage")):
        place = Place.objects.create(code=code, name=code, kind=kind, usage=usage, parent_id=site, site_id=site)
        made[code] = place.pk
    made["truck"] = Place.objects.create(code="V-1", name="Truck", kind="vehicle").pk
    Vehicle.objects.create(place_id=made["truck"], plate="1", home_site_id=site, capacity_g=1, capacity_cm3=1)
    scale = {"item": "TEA", "per_unit": 0.5, "tare": 2.0}
    wanted = (
        ("P-OUT", "portal", "OUT", 0, {}), ("P-IN", "portal", "IN", 0, {}), ("GPS", "tracker", "truck", 300, {}),
        ("TH-C", "logger", "truck", 60, {"classes": ["chilled"]}), ("SC", "scale", "BIN", 60, scale),
    )  # fmt: skip
    rows = [NewDevice(code, kind, expected_every_s=every, settings=more) for code, kind, _at, every, more in wanted]
    ids = {one.code: one.device for one in register_devices(rows, at=AT, cause=CAUSE).accepted}
    attach([Attach(ids[code], place=made[where]) for code, _kind, where, *_ in wanted], at=AT, cause=CAUSE)
    return made


def moved(*moves: tuple[str, Key, Key]) -> None:
    for number, (kind, one, two) in enumerate(moves):
        at = AT + number * MINUTE
        posting = NewPosting(uuid4(), PostingKind[kind], at, (Move(one, two, 4),))
        post([posting], at=at, cause=CAUSE)


def test_what_is_loaded_goes_through_its_portal(company: dict[str, int]) -> None:
    """Outwards onto the truck, inwards from it: each handling unit once, with the tag of its SSCC, nothing before."""
    item = Item.objects.create(code="TEA", name="Tea", base_unit=UnitOfMeasure.objects.get_or_create(code="EA")[0]).pk
    owner, opening = Partner.objects.get(is_owner=True).pk, Place.objects.get(code="OPENING").pk
    unit = HandlingUnit.objects.create(sscc="095212340000000017", created_at=AT).pk
    out, on, back = (Key(item, company[where], owner, handling_unit=unit) for where in ("OUT", "truck", "IN"))
    speaking = Telemetry(7, hanging())
    assert list(speaking.passages(AT)) == []
    moved(("OPENING", Key(item, opening, owner), out))
    assert list(speaking.passages(AT)) == []
    for kind, one, two, portal, first in (("LOAD", out, on, "P-OUT", 1), ("UNLOAD", on, back, "P-IN", 2)):
        moved((kind, one, two))
        said = list(speaking.passages(AT + 2 * MINUTE))
        reads = [read for message in said for read in message.body["reads"] if read["rssi"] > -70]
        assert {message.device for message in said} == {portal}
        assert {read["epc"] for read in reads} == {epc_of("095212340000000017")}
        assert min(reads, key=lambda read: read["at"])["antenna"] == first
    assert epc_of("095212340000000017") == "urn:epc:id:sscc:9521234.0000000001"


def test_a_scale_feels_what_the_books_say(company: dict[str, int]) -> None:
    """Tare and four pieces of half a kilogram; an empty shelf is its tare."""
    item = Item.objects.create(code="TEA", name="Tea", base_unit=UnitOfMeasure.objects.get_or_create(code="EA")[0]).pk
    speaking = Telemetry(7, hanging())

    def felt() -> float:
        (one,) = [said for said in speaking.speak(AT, AT + MINUTE) if said.device == "SC"]
        return round(one.body["v"]["weight"], 1)

    assert felt() == 2.0
    owner, opening = Partner.objects.get(is_owner=True).pk, Place.objects.get(code="OPENING").pk
    moved(("OPENING", Key(item, opening, owner), Key(item, company["BIN"], owner)))
    assert felt() == 4.0


def test_trucks_report_from_the_road_and_from_the_yard(company: dict[str, int]) -> None:
    """Every five seconds where the drive has brought it; parked every four minutes, at home."""
    speaking = Telemetry(7, hanging())
    vehicle = Vehicle.objects.get()
    start, end = Spot(31.0, 121.0), Spot(31.0, 122.0)
    leg = Leg(1, start, end, 95_000, AT, AT + timedelta(hours=1), AT + timedelta(hours=2))
    drive = Drive(1, "T-1", vehicle.pk, start, AT, 60, ())
    half = AT + timedelta(minutes=30)
    places = {vehicle.pk: vehicle.place_id}
    (fix,) = speaking.positions([(drive, [leg])], places, half - timedelta(seconds=5), half)
    assert (fix.device, fix.body["lat"], fix.body["lon"]) == ("GPS", 31.0, 121.5)
    assert list(speaking.positions([(drive, [leg])], places, half, half + timedelta(seconds=1))) == []
    parked = [
        speaking.positions([], {}, AT + n * timedelta(seconds=5), AT + (n + 1) * timedelta(seconds=5))
        for n in range(48)
    ]
    assert [one.body["speed_kmh"] for row in parked for one in row] == [0]
    assert vehicle_places() == {}


def test_one_truck_warms_each_day(company: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """For three quarters of an hour, far beyond what chilled goods bear; the rest of the day it is cold."""
    monkeypatch.setattr(telemetry, "FAULTS", NONE)
    day = AT.replace(hour=0)
    said: Sequence[Said] = list(Telemetry(7, hanging()).speak(day, day + timedelta(days=1)))
    warm = [one.at for one in said if one.body["v"].get("temperature", 0) > 8]
    cold = [one for one in said if one.device == "TH-C" and one.body["v"]["temperature"] < 4]
    assert timedelta(minutes=20) < max(warm) - min(warm) < timedelta(minutes=45)
    assert len(cold) > 1380


def test_keys_are_kept_for_the_installation(company: dict[str, int], tmp_path: Path) -> None:
    """A second start finds the first one's; a lost file gets new ones."""
    file = tmp_path / "devices.json"
    first = tokens_for(hanging(), file, at=AT)
    assert tokens_for(hanging(), file, at=AT) == first
    assert file.stat().st_mode & 0o077 == 0
    file.unlink()
    assert set(tokens_for(hanging(), file, at=AT)) == set(first)
