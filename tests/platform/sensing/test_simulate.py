"""Simulated devices: the same from the same seed however time is cut, with the faults asked for, losing nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from longshore.sensing.simulate.faults import NONE, REALISTIC, Faults, outage, sent, skew_s, stuck_since
from longshore.sensing.simulate.fleets import like, make_fleet
from longshore.sensing.simulate.link import Door, Link
from longshore.sensing.simulate.signals import said, value
from tests.platform.sensing.speaking import run_apart

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ODD = timedelta(minutes=7, seconds=13)


def test_cutting_time_into_pieces_changes_nothing() -> None:
    """Every kind says the same in one hour as in pieces of odd lengths."""
    for device in make_fleet(20, 3, 30):
        whole = list(said(device, AT, AT + HOUR, REALISTIC, 3))
        pieces, since = [], AT
        while since < AT + HOUR:
            until = min(since + ODD, AT + HOUR)
            pieces += said(device, since, until, REALISTIC, 3)
            since = until
        assert sorted(pieces, key=lambda one: (one.at, one.topic, one.seq)) == sorted(
            whole, key=lambda one: (one.at, one.topic, one.seq)
        )
        assert whole


def test_another_seed_is_another_fleet() -> None:
    """Noise and faults follow the seed."""
    device = like("L-1", "logger", 1)
    assert list(said(device, AT, AT + HOUR, NONE, 1)) != list(said(device, AT, AT + HOUR, NONE, 2))


def test_an_outage_stores_and_forwards() -> None:
    """Nothing is lost and nothing goes out during the outage; then it comes in the order in which it was said."""
    faults, device = Faults(outages_a_day=3.0), like("L-1", "logger", 1)
    messages = list(said(device, AT, AT + 24 * HOUR, faults, 1))
    going = sent(messages, faults, 1)
    assert len(going) == len(messages) == 1440
    held = [one for one in going if one.send_at > datetime.fromisoformat(one.body["at"])]
    assert held
    assert [one.body["seq"] for one in going] == sorted(one.body["seq"] for one in going)
    for one in going:
        at = datetime.fromisoformat(one.body["at"])
        window = outage("L-1", at, faults, 1)
        assert one.send_at == (at if window is None else window.until)


def test_faults_come_as_often_as_asked() -> None:
    """Shares of duplicates, lost positions and missed reads are near what was asked for."""
    faults = Faults(duplicates=0.1, nulls=0.05, jumps=0.05)
    tracker = like("T-1", "tracker", 5, 5)
    going = sent(said(tracker, AT, AT + 3 * HOUR, faults, 5), faults, 5)
    fixes = [one for one in going if one.topic == "fix"]
    assert 0.06 < sum(one.times == 2 for one in going) / len(going) < 0.14
    assert 0.03 < sum(one.body["lat"] == 0.0 for one in fixes) / len(fixes) < 0.07
    assert 0.03 < sum(one.body["accuracy_m"] == 900 for one in fixes) / len(fixes) < 0.07
    portal = like("P-1", "portal", 5)
    reads = [sum(len(one.body["reads"]) for one in said(portal, AT, AT + 9 * HOUR, f, 5)) for f in (
        NONE, Faults(missed_reads=0.5), Faults(double_reads=0.5))]  # fmt: skip
    assert 0.35 < reads[1] / reads[0] < 0.65
    assert 1.35 < reads[2] / reads[0] < 1.65


def test_clocks_stuck_and_drifting_sensors() -> None:
    """A device's clock is off by the same amount always; a stuck sensor repeats itself; a drifting one moves away."""
    assert skew_s("A", REALISTIC, 1) == skew_s("A", REALISTIC, 1) != 0.0
    stuck = Faults(stuck_a_day=20.0)
    device = like("L-1", "logger", 1)
    start = next(
        when
        for when in (AT + timedelta(minutes=i) for i in range(3000))
        if stuck_since("L-1", "temperature", when, stuck, 1)
    )
    values = {value(device, "temperature", start + timedelta(minutes=i), stuck, 1) for i in range(30)}
    assert len(values) == 1
    free, off = (value(device, "temperature", AT, f, 1) for f in (NONE, Faults(drift_a_day=0.5)))
    assert abs(off - free) > 0.5


def test_a_device_keeps_what_was_not_acknowledged() -> None:
    """The line breaks in the middle of 60 messages: each arrives, repeats are marked as such, and the link counts them."""

    async def story() -> tuple[list[bytes], int, Link]:
        heard: list[bytes] = []
        breaks = [20]

        async def gateway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _packet(reader)
            writer.write(b"\x20\x02\x00\x00")
            try:
                while True:
                    head, body = await _packet(reader)
                    if head & 0xF0 != 0x30:
                        continue
                    size = int.from_bytes(body[:2], "big")
                    heard.append(body[size + 4 :])
                    if breaks and len(heard) == breaks[0]:
                        breaks.clear()
                        break
                    writer.write(b"\x40\x02" + body[size + 2 : size + 4])
            except asyncio.IncompleteReadError:
                pass
            writer.close()

        server = await asyncio.start_server(gateway, "127.0.0.1", 0)
        link = Link(Door("127.0.0.1", server.sockets[0].getsockname()[1]), "L-1", "token")
        task = asyncio.create_task(link.run())
        for number in range(60):
            link.say("t", b"%d" % number)
        assert await link.drained(10)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        server.close()
        return heard, link.counts.acknowledged, link

    heard, acknowledged, link = run_apart(story())
    assert {int(one) for one in heard} == set(range(60))
    assert (acknowledged, link.counts.reconnects) == (60, 1)
    assert link.counts.again >= 1


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readexactly(1))[0]
    size = (await reader.readexactly(1))[0]
    if size & 0x80:
        size = (size & 0x7F) | (await reader.readexactly(1))[0] << 7
    return head, await reader.readexactly(size)
