"""Raw data in the database becomes episodes: once, corrected by late data, the same in any order."""

from __future__ import annotations

import os
import random
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from longshore.catalog.models import Item, Place
from longshore.cli.main import parser
from longshore.ledger.models import OutboxEvent, PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.sensing.interpreting import interpret_all
from longshore.sensing.limits import ensure_product_limits
from longshore.sensing.metrics import ensure_metrics
from longshore.sensing.models import Device, Excursion, ProductLimit, StockLevel
from longshore.sensing.operations.interpreting import interpret, interpret_again
from tests.platform.sensing.raw import WHO, Row, device, excursions, passages, send, settle, told, visits
from tests.platform.storing.floor import MONDAY, Floor, build, name

MINUTE = timedelta(minutes=1)
WAYS = int(os.environ.get("INTERPRETATION_WAYS", "4"))  # how many orders of the same raw data are tried
SECOND = timedelta(seconds=1)


@pytest.fixture
def floor(db: None) -> Floor:
    ensure_metrics()
    ensure_product_limits()
    return build()


def minute(count: float) -> datetime:
    return MONDAY + count * MINUTE


def load_truck(floor: Floor, at: datetime, label: str = "load") -> None:
    move = Move(
        Key(floor.milk, floor.opening, floor.owner, floor.early),
        Key(floor.milk, floor.truck_place, floor.owner, floor.early),
        5,
    )
    post([NewPosting(name(label), PostingKind.OPENING, at, (move,))], at=at, cause=WHO)


def temperatures(logger: Device, *values: float, start: float = 0) -> list[Row]:
    return [(logger.pk, "temperature", minute(start + number), value) for number, value in enumerate(values)]


def events(prefix: str = "sensing.") -> list[str]:
    names = OutboxEvent.objects.filter(name__startswith=prefix).order_by("id").values_list("name", flat=True)
    return [each.removeprefix("sensing.") for each in names]


def test_a_truck_that_warms(floor: Floor) -> None:
    """Twenty minutes at 6 °C with milk aboard: one excursion, told when it is too long, and when it is over."""
    logger = device("L-1", "logger", MONDAY, place=floor.truck_place)
    load_truck(floor, minute(-60))
    for number, value in enumerate([3.0, *[6.0] * 20, 3.0]):
        send([(logger.pk, "temperature", minute(number), value)], minute(number))
        interpret(at=minute(number), cause=WHO)
        if number in (15, 16):
            assert len(excursions()) == number - 15
    ((code, limit, from_at, activated_at, until_at, worst, mkt, beyond_s, state),) = excursions()
    assert (code, limit, worst, beyond_s, state) == ("L-1", "chilled-high", 6.0, 1200, "ended")
    assert (from_at, activated_at, until_at) == (minute(1), minute(16), minute(21))
    assert mkt == pytest.approx(6.0)
    assert events() == ["excursion-began", "excursion-ended"]
    payload = OutboxEvent.objects.get(name="sensing.excursion-began").payload
    assert payload["place"] == floor.truck_place
    assert payload["metric"] == "temperature"


def test_an_empty_truck_may_be_warm_and_a_cold_room_not(floor: Floor) -> None:
    """Limits are those of what stands there; a cold room has its own."""
    truck = device("L-1", "logger", MONDAY, place=floor.truck_place)
    room = device("L-2", "logger", MONDAY, place=floor.cold)
    send([*temperatures(truck, *[20.0] * 30), *temperatures(room, *[6.0] * 30)], minute(30))
    settle(minute(30))
    assert [row[0] for row in excursions()] == ["L-2"]


def test_goods_suffer_from_when_they_came(floor: Floor) -> None:
    """A warm truck is loaded: the excursion begins with the goods, and ends for them when they leave."""
    logger = device("L-1", "logger", MONDAY, place=floor.truck_place)
    load_truck(floor, minute(10.5))
    send(temperatures(logger, *[9.0] * 30), minute(30))
    settle(minute(30))
    assert [(row[2], row[4]) for row in excursions()] == [(minute(10.5), None)]
    move = Move(
        Key(floor.milk, floor.truck_place, floor.owner, floor.early),
        Key(floor.milk, floor.cold, floor.owner, floor.early),
        5,
    )
    post([NewPosting(name("unload"), PostingKind.UNLOAD, minute(31), (move,))], at=minute(31), cause=WHO)
    send(temperatures(logger, *[9.0] * 3, start=30), minute(33))
    settle(minute(33))
    assert [(row[2], row[4], row[8]) for row in excursions()] == [(minute(10.5), minute(31), "ended")]


def test_late_readings_correct_what_was_told(floor: Floor) -> None:
    """Two readings an excursion apart, then the good one between them: withdrawn, and the next ones begin another."""
    logger = device("L-1", "logger", MONDAY, place=floor.cold, expected_every_s=600)
    send(temperatures(logger, 6.0), minute(0))
    send(temperatures(logger, 6.0, start=20), minute(20))
    settle(minute(20))
    assert events() == ["excursion-began"]
    send(temperatures(logger, 3.0, start=10), minute(21))
    settle(minute(21))
    assert excursions() == []
    assert events() == ["excursion-began", "excursion-withdrawn"]
    send(temperatures(logger, 6.0, start=40), minute(40))
    settle(minute(40))
    assert [(row[2], row[4]) for row in excursions()] == [(minute(20), None)]


def test_nothing_new_changes_nothing(floor: Floor) -> None:
    """The same readings again, and again: no event, no row."""
    logger = device("L-1", "logger", MONDAY, place=floor.cold)
    rows = temperatures(logger, 3.0, *[6.0] * 20, 3.0, *[6.0] * 20)
    send(rows, minute(50))
    settle(minute(50))
    before, said = excursions(), events()
    assert len(before) == 2
    send(rows, minute(51))
    send(rows[5:9], minute(52))
    settle(minute(52))
    assert (excursions(), events()) == (before, said)


def test_too_late_is_kept_and_changes_nothing(floor: Floor) -> None:
    """Readings of more than thirty days ago are data, and no alarm."""
    logger = device("L-1", "logger", MONDAY, place=floor.cold)
    send(temperatures(logger, *[9.0] * 30), minute(30) + timedelta(days=31))
    done = interpret(at=minute(30) + timedelta(days=31), cause=WHO)
    assert (done.late, excursions()) == (1, [])


def test_a_calm_series_is_not_read(floor: Floor) -> None:
    """Good readings cost one look at the new ones: no series is read, nothing is written."""
    logger = device("L-1", "logger", MONDAY, place=floor.cold)
    send(temperatures(logger, *[3.0, 3.7] * 30), minute(60))
    assert interpret(at=minute(60), cause=WHO).series == 0
    send(temperatures(logger, 6.0, start=60), minute(60))
    assert interpret(at=minute(60), cause=WHO).series == 1


def test_limits_of_one_item_stand_instead_of_its_class(floor: Floor) -> None:
    """Milk that bears 8 °C is not in excursion at 6 °C in a truck."""
    logger = device("L-1", "logger", MONDAY, place=floor.truck_place)
    load_truck(floor, minute(-60))
    own = ProductLimit(code="milk-high", item_id=floor.milk, metric_id=1, threshold=8.0, activation="instant")
    own.save()
    send(temperatures(logger, *[6.0] * 30, 8.5), minute(31))
    settle(minute(31))
    assert [(row[1], row[2]) for row in excursions()] == [("milk-high", minute(30))]


def tag_reads(portal: Device, epc: str, start: float, antennas: str, rssi: float = -50.0) -> list[Row]:
    """One message a read, a second apart, from `start` seconds on."""
    return [
        (portal.pk, "tags", MONDAY + (start + n) * SECOND, {"seq": n, "reads": [{"epc": epc, "antenna": int(a), "rssi": rssi}]})
        for n, a in enumerate(antennas)
    ]  # fmt: skip


def test_a_pallet_goes_through_a_portal(floor: Floor) -> None:
    """Known by its SSCC, from outside to the dock; told once the portal has been silent about it."""
    portal = device("P-1", "portal", MONDAY, place=floor.dock_in, settings={"antennas": {"1": "outer", "2": "inner"}})
    send(tag_reads(portal, "urn:epc:id:sscc:0614141.1234567890", 0, "1122"), MONDAY)
    assert interpret(at=MONDAY, cause=WHO).tags == 0
    settle(MONDAY + 3 * SECOND)
    assert passages() == [("urn:epc:id:sscc:0614141.1234567890", "P-1", "in", MONDAY, MONDAY + 3 * SECOND, 4)]
    (passage,) = OutboxEvent.objects.get(name="sensing.passed").payload["passages"]
    assert (passage["sscc"], passage["place"], passage["direction"]) == ("106141412345678908", floor.dock_in, "in")


def test_late_reads_turn_a_passage(floor: Floor) -> None:
    """What looked like in was out: the first is withdrawn in the same event that tells the second."""
    portal = device("P-1", "portal", MONDAY, place=floor.dock_in, settings={"antennas": {"1": "outer", "2": "inner"}})
    send(tag_reads(portal, "T", 2, "12", -60), MONDAY)
    settle(MONDAY + 10 * SECOND)
    send(tag_reads(portal, "T", 0, "2", -40) + tag_reads(portal, "T", 4, "1", -40), MONDAY)
    settle(MONDAY + 20 * SECOND)
    assert [row[2] for row in passages()] == ["out"]
    first, second = OutboxEvent.objects.filter(name="sensing.passed").order_by("id")
    assert second.payload["withdrawn"] == [first.payload["passages"][0]["passage"]]


def fixes(tracker: Device, *track: tuple[float, float]) -> list[Row]:
    """Seconds and metres north of the shop."""
    return [
        (tracker.pk, "fix", MONDAY + second * SECOND, {"lat": 31.2 + north / 111_195, "lon": 121.4, "accuracy_m": 5})
        for second, north in track
    ]


@pytest.fixture
def shop(floor: Floor) -> int:
    Place.objects.filter(pk=floor.shop_place).update(latitude=31.2, longitude=121.4)
    Place.objects.filter(latitude__isnull=False).exclude(pk=floor.shop_place).update(latitude=None, longitude=None)
    return floor.shop_place


def test_a_truck_at_a_shop(floor: Floor, shop: int) -> None:
    """Arrived at the first fix inside once it stayed; left at the first clearly outside; its position is told."""
    tracker = device("T-1", "tracker", MONDAY, place=floor.truck_place)
    for at, row in enumerate(fixes(tracker, (0, 2000), (60, 100), (90, 50), (130, 40), (600, 165), (660, 900))):
        send([row], MONDAY + at * SECOND)
        interpret(at=MONDAY + 700 * SECOND, cause=WHO)
    assert visits() == [("T-1", shop, MONDAY + 60 * SECOND, MONDAY + 660 * SECOND, "ended")]
    assert [each for each in events() if each != "located"] == ["visit-began", "visit-ended"]
    located = OutboxEvent.objects.filter(name="sensing.located").order_by("id").last()
    assert located is not None
    assert located.payload["fixes"][0]["place"] == floor.truck_place


def test_scans_and_machines(floor: Floor) -> None:
    """A scan is told with its parts, a bad one with its reason; a machine tells each change with what it made."""
    scanner = device("S-1", "scanner", MONDAY, place=floor.dock_in)
    machine = device("M-1", "machine", MONDAY, place=floor.site)
    said = {"code": "]C1010952123454321310L7\x1d37" + "12", "verb": "receive", "place": "nowhere"}
    send(
        [(scanner.pk, "scan", MONDAY, said), (scanner.pk, "scan", minute(1), {"code": "rubbish", "verb": "pick"})],
        MONDAY,
    )
    send(
        [
            (machine.pk, "state", minute(n), {"state": s, "good": g})
            for n, s, g in ((0, "running", 5), (1, "running", 25), (2, "down", 30))
        ],
        MONDAY,
    )
    settle(minute(3))
    good, bad = (row.payload for row in OutboxEvent.objects.filter(name="sensing.scanned").order_by("id"))
    assert (good["gtin"], good["lot"], good["count"], good["place"]) == ("09521234543213", "L7", 12, floor.dock_in)
    assert (bad["error"], bad["elements"]) == ("unknown-identifier", {})
    changes = [row.payload for row in OutboxEvent.objects.filter(name="sensing.machine-changed").order_by("id")]
    assert [(each["before"], each["state"], each["good"]) for each in changes] == [
        ("", "running", 0),
        ("running", "down", 25),
    ]


def test_a_shelf(floor: Floor) -> None:
    """A shelf that is emptied and filled tells its quantities; late readings correct them."""
    code = Item.objects.get(pk=floor.tea).code
    scale = device(
        "W-1", "scale", MONDAY, place=floor.bin_a, settings={"item": code, "per_unit": 0.5, "tare": 2.0, "noise": 0.05}
    )
    weights = [12.0, 12.0, 12.0, 14.0, 11.0, 11.0, 11.0, 11.0]
    rows: list[Row] = [(scale.pk, "weight", MONDAY + 5 * n * SECOND, value) for n, value in enumerate(weights)]
    for row in rows:
        send([row], MONDAY)
        settle(MONDAY + MINUTE)
    assert list(StockLevel.objects.order_by("at").values_list("qty", flat=True)) == [20, 18]
    assert events() == ["levelled", "levelled"]
    send(rows, MONDAY)
    settle(MONDAY + MINUTE)
    assert events() == ["levelled", "levelled"]


def test_any_order_repetition_and_delay_gives_the_same(floor: Floor, shop: int) -> None:
    """The raw data of an hour, shuffled, cut and repeated, ends in the same excursions, passages and visits."""
    logger = device("L-1", "logger", MONDAY, place=floor.truck_place)
    portal = device("P-1", "portal", MONDAY, place=floor.dock_in, settings={"antennas": {"1": "outer", "2": "inner"}})
    other = device("P-2", "portal", MONDAY, place=floor.dock_in, settings={"antennas": {"1": "outer", "2": "inner"}})
    tracker = device("T-1", "tracker", MONDAY, place=floor.truck_place)
    load_truck(floor, minute(5.5))
    chance = random.Random(7)
    values = [chance.choice([3.0, 3.4, 3.8, 4.0, 6.0, 6.0, 6.0, 10.5]) if n % 50 > 25 else 6.0 for n in range(60)]
    rows = temperatures(logger, *values)
    for n, epc in enumerate(("A", "B", "C")):
        rows += tag_reads(portal, epc, 20 * n, "11222", -50) + tag_reads(
            other, epc, 20 * n + 1, "12", -60 + 20 * (n == 1)
        )
        rows += tag_reads(portal, epc, 100 + 3 * n, "2211")
    rows += fixes(tracker, *[(30 * n, 1000 - 40 * n if n < 30 else 40 * (n - 30)) for n in range(60)], (45, 90_000))
    expected: tuple[list[object], ...] | None = None
    for _way in range(WAYS):
        said = rows + chance.sample(rows, len(rows) // 4)
        if expected is not None:
            chance.shuffle(said)
        cuts = sorted(chance.sample(range(1, len(said)), 6))
        with transaction.atomic():
            told(said, minute(70), cuts)
            found = (excursions(), passages(), visits())
            again = interpret_again(MONDAY, minute(120))
            transaction.set_rollback(True)
        expected = expected or found
        assert found == expected
        assert again.same, again
    assert expected is not None
    assert all(expected)


def test_interpreting_again_finds_what_is_missing(floor: Floor) -> None:
    """A dry run over the raw data names the episode that somebody deleted, and writes nothing."""
    logger = device("L-1", "logger", MONDAY, place=floor.cold)
    send(temperatures(logger, *[6.0] * 30, 3.0), minute(30))
    settle(minute(30))
    assert interpret_again(MONDAY, minute(60)).same
    Excursion.objects.all().delete()
    difference = interpret_again(MONDAY, minute(60))
    assert [(line[0], line[3]) for line in difference.only_told] == [("excursion", "chilled-high")]
    assert difference.only_stored == ()
    assert not Excursion.objects.exists()


def test_nonsense_is_let_be(floor: Floor) -> None:
    """Impossible temperatures, times, strengths, positions and settings stop nothing."""
    logger = device("L-1", "logger", MONDAY, place=floor.cold)
    portal = device("P-1", "portal", MONDAY, settings={"antennas": {"x": "outer"}, "gap_s": "soon", "one_way": 7})
    tracker = device("T-1", "tracker", MONDAY)
    scale = device("W-1", "scale", MONDAY, place=floor.bin_a, settings={"item": 5, "per_unit": "many"})
    rows: list[Row] = [
        *temperatures(logger, -300.0, -272.0, 1e12, *[9.0] * 20),
        (scale.pk, "weight", MONDAY, 5.0),
        (portal.pk, "tags", MONDAY, {"reads": [{"epc": "T", "rssi": 1e9, "n": -5, "at": "9999-12-31T00:00:00Z"}]}),
        (portal.pk, "tags", MONDAY + SECOND, {"reads": [7, {"epc": 9}, {"epc": "T", "at": 10**30}, {"epc": "T", "at": "x-13"}]}),
        (portal.pk, "tags", MONDAY + 2 * SECOND, {"reads": "none"}),
        (tracker.pk, "fix", MONDAY, {"lat": 10**400, "lon": 0}),
        (tracker.pk, "fix", minute(1), {"lat": 31.0, "lon": 121.0, "speed_kmh": 10**50, "heading": "north", "datum": "MARS"}),
        (tracker.pk, "fix", minute(2), {"lat": 31.0, "lon": 121.0, "speed_kmh": 10**50, "heading": "north"}),
        (tracker.pk, "state", MONDAY, {"state": 5, "good": -1, "scrap": "many"}),
        (tracker.pk, "scan", MONDAY, {"code": ["x"], "verb": None, "qty": 10**30}),
    ]  # fmt: skip
    send(rows, minute(30))
    settle(minute(30))
    assert [row[1] for row in excursions()] == ["chilled-high", "chilled-hot"]
    assert passages() == [("T", "P-1", "unknown", MONDAY, MONDAY + SECOND, 2)]


def test_one_that_fails_does_not_stop_the_others(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Carefully, what fails is left out and the rest is interpreted; the raw data shows it is missing."""
    from longshore.sensing.operations.interpreting import steps

    logger = device("L-1", "logger", MONDAY, place=floor.cold)
    other = device("L-2", "logger", MONDAY, place=floor.cold)
    send(temperatures(logger, *[6.0] * 20), minute(20))
    send(temperatures(other, *[6.0] * 20), minute(20))
    real = steps.interpret_readings

    def failing(touched, memory, **more):  # type: ignore[no-untyped-def]
        if any(row.device == logger.pk for row in touched):
            raise ZeroDivisionError("a mistake of ours")
        return real(touched, memory, **more)

    monkeypatch.setattr(steps, "interpret_readings", failing)
    with pytest.raises(ZeroDivisionError):
        interpret(at=minute(20), cause=WHO)
    for _step in range(3):
        interpret(at=minute(20), cause=WHO, careful=True)
    assert [row[0] for row in excursions()] == ["L-2"]
    assert [line[1] for line in interpret_again(MONDAY, minute(30)).only_told] == [str(logger.pk)]


def test_the_command(floor: Floor) -> None:
    """`longshore interpret` walks what waits; `--again` answers 0 when all is the same and 3 when it is not."""
    logger = device("L-1", "logger", MONDAY, place=floor.cold)
    send(temperatures(logger, *[6.0] * 30, 3.0), minute(30))
    done = interpret_all(at=minute(30))
    assert (done.batches, done.series, len(excursions())) == (1, 1, 1)
    asked = parser().parse_args(["interpret", "--again", "--from", "2026-03-02", "--to", "2026-03-03T00:00:00Z"])
    same = asked.run(asked)
    assert (same.status, same.data["compared"]) == (0, 1)
    Excursion.objects.all().delete()
    different = asked.run(asked)
    assert different.status == 3
    assert different.lines[1].startswith("only in the raw data: excursion ")
