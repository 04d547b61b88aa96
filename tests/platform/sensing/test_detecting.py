"""Readings in the database go to their detectors: once, in batches, and what is unlike is told once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone, translation

from longshore.ledger import wire
from longshore.ledger.models import OutboxEvent
from longshore.project.roles import ensure_roles
from longshore.sensing.detecting import run_detectors
from longshore.sensing.metrics import ensure_metrics
from longshore.sensing.models import Anomaly, DetectorState, Device, JointDetector
from longshore.sensing.operations import detecting as judging
from longshore.sensing.operations.detecting import Detected, detect
from longshore.sensing.pages.unlike import in_words
from longshore.sensing.queries import detecting
from longshore.sensing.queries.detecting import anomalies_of, sensors_in_trouble
from longshore.sensing.queries.registry import device_row
from tests.platform.sensing.raw import METRIC, WHO, Row, device, send
from tests.platform.storing.floor import MONDAY

MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def logger(db: None) -> Device:
    ensure_metrics()
    return device("L-1", "logger", MONDAY)


def at(count: int) -> datetime:
    return MONDAY + count * MINUTE


def usual(rows: int, seed: int = 0) -> np.ndarray:
    return 4 + 0.1 * np.random.default_rng(seed).normal(size=rows)


def rows_of(logger: Device, values: np.ndarray, metric: str = "temperature", start: int = 0) -> list[Row]:
    return [(logger.pk, metric, at(start + number), value) for number, value in enumerate(values.tolist())]


def judged(rows: list[Row], moment: datetime) -> Detected:
    send(rows, moment)
    return detect(at=moment, cause=WHO)


def events() -> list[dict[str, object]]:
    return list(
        OutboxEvent.objects.filter(name="sensing.anomaly-found").order_by("id").values_list("payload", flat=True)
    )


def test_a_warm_minute_is_told_once_with_its_reason(logger: Device) -> None:
    """Ten degrees more than usual: one anomaly, one event, expected and seen said; the same batch again says nothing."""
    values = usual(1500)
    values[1400] = 14.0
    rows = rows_of(logger, values)
    done = judged(rows, at(1500))
    assert (done.series, done.readings, done.found, done.more) == (1, 1500, 1, False)
    anomaly = Anomaly.objects.get()
    assert (anomaly.device_id, anomaly.metric_id, anomaly.at) == (logger.pk, METRIC["temperature"], at(1400))
    assert anomaly.signal == "spike"
    assert anomaly.score > 6
    told = anomaly.explanation
    assert told["direction"] == "up"
    assert told["expected"] == pytest.approx(4, abs=0.2)
    assert told["seen"] == pytest.approx(14)
    expected = {"anomaly": anomaly.pk, "device": logger.pk, "metric": "temperature", "at": at(1400).isoformat()}
    assert [{**event, **expected} == event for event in events()] == [True]
    assert judged(rows, at(1501)).found == 0
    assert (Anomaly.objects.count(), len(events())) == (1, 1)


def test_batches_as_they_come_end_as_one_batch(logger: Device) -> None:
    """The worker may stop and go on anywhere: memory and anomalies are those of one pass."""
    other = device("L-2", "logger", MONDAY)
    values = usual(1500)
    values[1400:1403] = 9.0
    judged(rows_of(logger, values), at(1500))
    for start in range(0, 1500, 375):
        judged(rows_of(other, values[start : start + 375], start=start), at(1500))
    first, second = (DetectorState.objects.get(device=one) for one in (logger, other))
    assert bytes(first.state) == bytes(second.state)
    assert (first.at, second.at) == (at(1499), at(1499))
    found = [list(Anomaly.objects.filter(device=one).values_list("at", "score", "signal")) for one in (logger, other)]
    assert found[0] == found[1] != []


def test_a_stuck_sensor_is_marked_until_it_moves(logger: Device) -> None:
    """A thermometer that repeats one value for an hour: its device shows it, since when, and is well again after."""
    values = usual(1560)
    values[1500:] = values[1500]
    judged(rows_of(logger, values), at(1560))
    (trouble,) = sensors_in_trouble()
    assert (trouble.device, trouble.stuck_since) == (logger.pk, at(1500))
    row = device_row("L-1", at(1560))
    assert row is not None
    assert "stuck" in row.troubles
    judged(rows_of(logger, usual(5, 1), start=1560), at(1565))
    assert sensors_in_trouble() == ()


def test_a_shelf_may_stand_still(logger: Device) -> None:
    """A level that nobody touches for half a day is neither stuck nor unlike."""
    values = 50 - np.cumsum(np.random.default_rng(3).random(2200) < 0.5) * 0.01
    values[1500:] = values[1500]
    judged(rows_of(logger, values, "level"), at(2200))
    assert not Anomaly.objects.filter(signal="stillness").exists()
    assert sensors_in_trouble() == ()


def test_doors_and_batteries_are_not_judged(logger: Device) -> None:
    """What jumps or falls by its nature has no detector."""
    rows = rows_of(logger, usual(50), "battery") + rows_of(logger, usual(50), "door")
    assert judged(rows, at(60)) == Detected(0, 0, 0, False)
    assert not DetectorState.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_judged_is_left_out(logger: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch whose judging fails stops neither those before it nor those of other devices after it."""
    other = device("L-2", "logger", MONDAY)
    send(rows_of(logger, usual(30)), at(30))
    send([(logger.pk, "temperature", at(31), 666.0)], at(31))
    send(rows_of(other, usual(30, 1)), at(32))
    plain = judging.judge

    def fails(state: Any, series: Any, before: Any) -> Any:
        if 666.0 in series.values:
            raise ValueError("no such number")
        return plain(state, series, before)

    monkeypatch.setattr(judging, "judge", fails)
    left = iter([False] * 6)
    run_detectors(now=lambda: at(33), stopping=lambda: next(left, True))
    judged_until = dict(DetectorState.objects.values_list("device_id", "at"))
    assert judged_until == {other.pk: at(29)}


def test_numbers_beyond_all_measure_do_no_harm(logger: Device) -> None:
    """A sensor that says 1e308 and the opposite is unlike itself; what is told of it is a number."""
    values = usual(600)
    values[500:520:2], values[501:520:2] = 1.7e308, -1.7e308
    assert judged(rows_of(logger, values), at(600)).found > 0
    told = [(float(row.explanation["seen"]), row.score) for row in Anomaly.objects.all()]
    assert np.isfinite(np.array(told)).all()


def test_late_readings_and_those_ahead_change_nothing(logger: Device) -> None:
    """What is older than the newest judged is passed over and counted; what says it is of tomorrow waits until tomorrow."""
    judged(rows_of(logger, usual(100)), at(100))
    before = bytes(DetectorState.objects.get().state)
    half = 30 * timedelta(seconds=1)
    late = [(logger.pk, "temperature", at(50) + half, 400.0)]
    done = judged(late, at(101))
    assert (done.readings, done.late) == (0, 1)
    assert judged(late, at(102)).late == 0, "told again it is counted once"
    assert judged([(logger.pk, "temperature", at(1540), 400.0)], at(102)).readings == 0
    assert (DetectorState.objects.get().late, detecting.late_of(logger.pk)) == (1, 1)
    assert bytes(DetectorState.objects.get().state) == before
    assert not Anomaly.objects.exists()


def test_a_memory_of_another_release_is_begun_anew(logger: Device) -> None:
    """Bytes that this engine cannot read are replaced, not died of."""
    judged(rows_of(logger, usual(100)), at(100))
    DetectorState.objects.update(state=b"LSD0 of another time")
    assert judged(rows_of(logger, usual(10, 2), start=100), at(110)).readings == 10
    assert bytes(DetectorState.objects.get().state)[:4] == b"LSD1"


def test_many_series_cost_a_fixed_number_of_questions(logger: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty series take as many statements as one."""
    others = [device(f"M-{number}", "machine", MONDAY) for number in range(40)]
    send([row for one in others for row in rows_of(one, usual(30), "vibration")], at(30))
    send(rows_of(logger, usual(30)), at(30))
    plain, asked = wire.cursor, []

    def counted() -> psycopg.Cursor[Any]:
        asked.append(1)
        return plain()

    monkeypatch.setattr(wire, "cursor", counted)
    done = detect(at=at(31), cause=WHO)
    assert (done.series, done.readings) == (41, 1230)
    assert len(asked) < 10


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_of_a_device_says_what_is_unlike(logger: Device, language: str) -> None:
    """Which signal, how far, since when, in the reader's language."""
    values = usual(1500)
    values[1400] = 14.0
    judged(rows_of(logger, values), at(1500))
    (row,) = anomalies_of(logger.pk, at(0))
    with translation.override(language):
        told = in_words(row)
    assert (
        told["sentence"] == {"en": "14 °C, where 4.08 °C was expected", "zh-hans": "实测 14 °C，预期 4.08 °C"}[language]
    )
    assert anomalies_of(logger.pk, at(1401)) == ()
    Anomaly.objects.update(at=timezone.now() - timedelta(hours=1))
    ensure_roles()
    reader = User.objects.create_user("reader", password="x")
    reader.groups.add(Group.objects.get(name="viewer"))
    client = Client()
    client.force_login(reader)
    page = client.get("/devices/L-1/", headers={"accept-language": language}).content.decode()
    assert told["sentence"] in page
    (answered,) = client.get("/api/sensing/devices/L-1/anomalies").json()
    assert (answered["signal"], answered["metric_code"], answered["explanation"]["direction"]) == (
        "spike",
        "temperature",
        "up",
    )


def test_a_machine_is_judged_as_a_whole(db: None) -> None:
    """A current that is usual by itself but not at this speed: the signal is named, with what the others let expect."""
    ensure_metrics()
    press = device("P-1", "machine", MONDAY)
    chance = np.random.default_rng(7)
    load = np.sin(np.arange(1500) / 40) + 0.3 * chance.normal(size=1500)
    columns = {"speed": 60 + 10 * load, "current": 20 + 5 * load, "vibration": 3 + 0.8 * load, "power": 9 + 2 * load}
    signals = {metric: values + 0.1 * chance.normal(size=1500) for metric, values in columns.items()}
    signals["current"][1400:1410] = 20 - 5 * load[1400:1410]
    sent = [row for metric, values in signals.items() for row in rows_of(press, values, metric)]
    for start, end in ((0, 700), (700, 1500)):
        part = [row for row in sent if at(start) <= row[2] < at(end)]
        judged(part, at(end))
    found = list(Anomaly.objects.filter(signal="together").values_list("metric__code", "at"))
    assert [metric for metric, _at in found] == ["current"]
    assert at(1395) <= found[0][1] <= at(1403)
    shares = Anomaly.objects.get(signal="together").explanation["shares"]
    assert max(shares, key=shares.get) == "current"
    memory = JointDetector.objects.get()
    assert (memory.device_id, memory.at) == (press.pk, at(1499))
    assert memory.metrics == sorted(METRIC[metric] for metric in signals)
    assert detect(at=at(1600), cause=WHO).found == 0


def test_a_long_past_is_learnt_in_several_goes(logger: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """No go takes more than its share; the end is the same as in one."""
    monkeypatch.setattr(detecting, "ROWS_AT_ONCE", 100)
    values = usual(130)
    assert judged(rows_of(logger, values[:129]), at(129)).readings == 100
    assert judged(rows_of(logger, values[129:], start=129), at(130)).readings == 30
    assert DetectorState.objects.get().at == at(129)


@pytest.mark.django_db(transaction=True)
def test_the_workers_loop_judges_and_stops_when_asked(logger: Device) -> None:
    """One round, then the end, without waiting for the next."""
    send(rows_of(logger, usual(40)), at(40))
    answers = iter([False, True, True])
    run_detectors(now=lambda: at(40), stopping=lambda: next(answers))
    assert DetectorState.objects.get().at == at(39)
