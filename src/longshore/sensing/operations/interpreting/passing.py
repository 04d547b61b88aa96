"""Tag reads become passages, once their portal has been silent about a tag for a moment; late reads correct them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString

from django.utils.dateparse import parse_datetime

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import Event, emit
from longshore.ledger.wire import run
from longshore.sensing.events import SweepCounted, TagsPassed
from longshore.sensing.models import Direction, EpisodeState, Passage
from longshore.sensing.queries.raw import DeviceRow, SignalRow, devices_by_id, number_of
from longshore.sensing.queries.surroundings import Hung, hung, hung_at, place_ids
from longshore.sensing.rules.barcodes import Parsed, read_code
from longshore.sensing.rules.portals import Crossing, Portal, Read, find_crossings, seen_in_sweep

# After the last read of a tag: its portal may still see it.
SETTLES_AFTER: Final = timedelta(seconds=2)
LATEST_MS: Final = 4_102_444_800_000  # 2100

_KEEP: Final[LiteralString] = """
INSERT INTO sensing_tagread (epc, device_id, antenna, at, rssi, n)
SELECT * FROM unnest(%s::text[], %s::int[], %s::smallint[], %s::timestamptz[], %s::float8[], %s::int[])
ON CONFLICT (epc, at, device_id, antenna) DO UPDATE SET rssi = excluded.rssi, n = excluded.n
WHERE (sensing_tagread.rssi, sensing_tagread.n) < (excluded.rssi, excluded.n)
"""
_WATCH: Final[LiteralString] = """
INSERT INTO sensing_tagwatch AS w (epc, since, due_at) SELECT *, %s::timestamptz FROM unnest(%s::text[], %s::timestamptz[])
ON CONFLICT (epc) DO UPDATE SET since = least(w.since, excluded.since), due_at = excluded.due_at
"""
_DUE: Final[LiteralString] = """
DELETE FROM sensing_tagwatch WHERE epc IN (
    SELECT epc FROM sensing_tagwatch WHERE due_at <= %s::timestamptz ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING epc, since
"""
# Each tag's reads from the beginning of the cluster that its moment belongs to (the last pause before it), to the end.
_READS: Final[LiteralString] = """
SELECT s.epc, r.at, r.device_id, r.antenna, r.rssi, r.n FROM unnest(%s::text[], %s::timestamptz[]) AS s(epc, since)
CROSS JOIN LATERAL (
    SELECT coalesce(max(g.at), '-infinity'::timestamptz) AS at FROM (
        SELECT c.at, c.at - lag(c.at) OVER (ORDER BY c.at) AS pause FROM sensing_tagread c
        WHERE c.epc = s.epc AND c.at <= s.since
    ) g WHERE g.pause > %s
) anchor
JOIN sensing_tagread r ON r.epc = s.epc AND r.at >= anchor.at
ORDER BY s.epc, r.at
"""


def keep_reads(signals: Sequence[SignalRow], *, at: datetime, cause: Cause) -> int:
    """Write the reads of these `tags` signals down by tag, to be looked at in a moment. Sweeps are told at once."""
    sweeps = [signal for signal in signals if signal.body.get("sweep")]
    strongest: dict[tuple[str, datetime, int, int], tuple[float, int]] = {}
    for signal in signals:
        if signal.body.get("sweep"):
            continue
        for read in reads_of(signal):
            key = (read.epc, read.at, read.portal, read.antenna)
            strongest[key] = max((read.rssi, read.n), strongest.get(key, (read.rssi, read.n)))
    keys = sorted(strongest)
    if keys:
        epcs, moments, devices, antennas = (list(column) for column in zip(*keys, strict=True))
        strengths = [strongest[key] for key in keys]
        run(_KEEP, epcs, devices, antennas, moments, [each[0] for each in strengths], [each[1] for each in strengths])
        since: dict[str, datetime] = {}
        for epc, moment, _device, _antenna in keys:
            since.setdefault(epc, moment)
        run(_WATCH, at + SETTLES_AFTER, list(since), list(since.values()))
    _tell_sweeps(sweeps, at=at, cause=cause)
    return len(keys)


def reads_of(signal: SignalRow) -> list[Read]:
    """The reads of one message; what has no time of its own has that of the message, what is no read is let be."""
    found: list[Read] = []
    reads = signal.body.get("reads")
    for each in reads if isinstance(reads, list) else ():
        if not isinstance(each, dict) or not isinstance(each.get("epc"), str):
            continue
        found.append(
            Read(
                at=moment_of(each.get("at"), signal.at),
                portal=signal.device,
                antenna=_whole(each.get("antenna"), 1),
                epc=each["epc"].strip()[:120],
                rssi=_strength(each.get("rssi")),
                n=max(_whole(each.get("n"), 1), 1),
            )
        )
    return found


def moment_of(value: Any, otherwise: datetime) -> datetime:
    """A time inside a body: ISO 8601 or milliseconds since 1970. One more than a day from the message's is none."""
    found: datetime | None = None
    if isinstance(value, str):
        found = _parsed(value)
    elif isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < LATEST_MS:
        found = datetime.fromtimestamp(value / 1000, tz=UTC)
    if found is None or found.tzinfo is None or abs(found - otherwise) > timedelta(days=1):
        return otherwise
    return found


def _parsed(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:
        return None


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 32_000 else otherwise


def _strength(value: Any) -> float:
    """dBm; what cannot be one counts as a middling one."""
    meant = isinstance(value, int | float) and not isinstance(value, bool) and -150 <= value <= 50
    return float(value) if meant else -60.0


def _tell_sweeps(sweeps: Sequence[SignalRow], *, at: datetime, cause: Cause) -> None:
    places = place_ids(str(signal.body["sweep"]) for signal in sweeps)
    told: list[Event] = []
    for signal in sweeps:
        place = places.get(str(signal.body["sweep"]))
        if place is not None:
            key = f"{signal.device}:{signal.at.isoformat()}"
            told.append(SweepCounted(key, signal.device, place, signal.at.isoformat(), seen_in_sweep(reads_of(signal))))
    emit(told, at=at, cause=cause)


def due_tags(at: datetime, at_most: int) -> dict[str, datetime]:
    """Tags whose portals have fallen silent, taken off the watch, each with its earliest new read."""
    return dict(run(_DUE, at, at_most).fetchall())


def interpret_tags(due: Mapping[str, datetime], *, at: datetime, cause: Cause) -> None:
    """Correct the passages of these tags and tell what changed."""
    reads = _reads(due, timedelta(seconds=30))
    devices = devices_by_id([read.portal for rows in reads.values() for read in rows])
    portals = {device: portal_of(row) for device, row in devices.items()}
    longest = max((portal.repeat for portal in portals.values()), default=timedelta())
    if longest > timedelta(seconds=30):
        reads = _reads(due, longest)
    spells = hung(list(devices))
    places = _Places(devices, spells)
    found = {epc: find_crossings(rows, portals) for epc, rows in reads.items()}
    starts = {epc: rows[0].at for epc, rows in reads.items()}
    _write(found, starts, places, at=at, cause=cause)


def passages_between(from_at: datetime, until: datetime) -> list[Passage]:
    """What the reads of this time say now, without writing it: passages that began in it."""
    rows = run(
        "SELECT epc, min(at) FROM sensing_tagread WHERE at >= %s::timestamptz AND at < %s::timestamptz GROUP BY epc",
        from_at,
        until,
    )
    reads = _reads(dict(rows.fetchall()), timedelta(seconds=30))
    devices = devices_by_id([read.portal for each in reads.values() for read in each])
    portals = {device: portal_of(row) for device, row in devices.items()}
    places = _Places(devices, hung(list(devices)))
    crossings = [crossing for each in reads.values() for crossing in find_crossings(each, portals)]
    return [_passage(each, places, until) for each in crossings if from_at <= each.first_at < until]


def _reads(due: Mapping[str, datetime], pause: timedelta) -> dict[str, list[Read]]:
    found: dict[str, list[Read]] = defaultdict(list)
    for epc, moment, device, antenna, rssi, n in run(_READS, list(due), list(due.values()), pause):
        found[epc].append(Read(moment, device, antenna, epc, rssi, n))
    return found


def portal_of(device: DeviceRow) -> Portal:
    """A portal as its device's settings describe it: {"antennas": {"1": "outer", "2": "inner"}, "one_way": "in",
    "gap_s": 2, "repeat_s": 30, "weakest": -75, "least_reads": 2}. Without antennas: 1 and 2 outside, 3 and 4 inside."""
    said = device.settings
    antennas = said.get("antennas")
    sides = (
        antennas
        if isinstance(antennas, dict) and antennas
        else {"1": "outer", "2": "outer", "3": "inner", "4": "inner"}
    )
    usual = Portal(device.device, frozenset(), frozenset())
    gap = timedelta(seconds=abs(number_of(said, "gap_s", usual.gap.total_seconds())))
    repeat = timedelta(seconds=number_of(said, "repeat_s", usual.repeat.total_seconds()))
    one_way = said.get("one_way")
    return Portal(
        id=device.device,
        outer=frozenset(int(number) for number, side in sides.items() if side == "outer" and number.isdigit()),
        inner=frozenset(int(number) for number, side in sides.items() if side == "inner" and number.isdigit()),
        one_way=one_way if one_way in ("in", "out") else "",
        gap=gap,
        repeat=max(repeat, gap),
        weakest=number_of(said, "weakest", usual.weakest),
        least_reads=round(number_of(said, "least_reads", usual.least_reads)),
    )


class _Places:
    """Which places a portal connects: its settings name `outside` and `inside`; inside else where it hangs."""

    def __init__(self, devices: Mapping[int, DeviceRow], spells: Mapping[int, Sequence[Hung]]) -> None:
        self.spells = spells
        self.sides = {
            device: (str(row.settings.get("outside", "")), str(row.settings.get("inside", "")))
            for device, row in devices.items()
        }
        self.ids = place_ids(code for pair in self.sides.values() for code in pair)

    def ends(self, crossing: Crossing) -> tuple[int | None, int | None]:
        """From and to, in the direction of the crossing; an open direction names what is known of both sides."""
        outside, inside = (self.ids.get(code) for code in self.sides[crossing.portal])
        if inside is None:
            spell = hung_at(self.spells.get(crossing.portal, ()), crossing.at)
            inside = None if spell is None else spell.place
        return (inside, outside) if crossing.direction == Direction.OUT else (outside, inside)


def _write(
    found: Mapping[str, Sequence[Crossing]],
    starts: Mapping[str, datetime],
    places: _Places,
    *,
    at: datetime,
    cause: Cause,
) -> None:
    stored: dict[str, list[Passage]] = defaultdict(list)
    live = Passage.objects.filter(epc__in=list(starts)).exclude(state=EpisodeState.WITHDRAWN)
    for row in live.select_for_update(of=("self",)).order_by("first_at", "id"):
        if row.at >= starts[row.epc]:
            stored[row.epc].append(row)
    withdrawn: list[Passage] = []
    moved: list[Passage] = []
    new: list[Passage] = []
    for epc, crossings in found.items():
        rows = stored[epc]
        for crossing in crossings:
            same = _stored_as(crossing, rows, crossings)
            if same is None:
                new.append(_passage(crossing, places, at))
                continue
            rows.remove(same)
            if (same.first_at, same.at, same.reads) != (crossing.first_at, crossing.at, crossing.reads):
                same.first_at, same.at, same.reads = crossing.first_at, crossing.at, crossing.reads
                moved.append(same)
    withdrawn = [row for rows in stored.values() for row in rows]
    for row in withdrawn:
        row.state = EpisodeState.WITHDRAWN
    Passage.objects.bulk_update(withdrawn, ["state"])
    Passage.objects.bulk_update(moved, ["first_at", "at", "reads"])
    new.sort(key=lambda row: (row.at, row.device_id, row.epc))
    made = Passage.objects.bulk_create(new)
    if made or withdrawn:
        told = TagsPassed(tuple(_told(row) for row in made), tuple(row.pk for row in withdrawn))
        emit([told], at=at, cause=cause)


def _stored_as(crossing: Crossing, rows: Sequence[Passage], crossings: Sequence[Crossing]) -> Passage | None:
    """The row that began at the same moment, the same way; else one it overlaps that is no other crossing's."""
    begins = {(each.portal, each.first_at) for each in crossings}
    mine = [row for row in rows if (row.device_id, row.first_at) == (crossing.portal, crossing.first_at)]
    free = [row for row in rows if (row.device_id, row.first_at) not in begins]
    return next((row for row in [*mine, *free] if _same(row, crossing)), None)


def _same(row: Passage, crossing: Crossing) -> bool:
    same_way = row.device_id == crossing.portal and row.direction == crossing.direction
    return same_way and row.first_at <= crossing.at and crossing.first_at <= row.at


def _passage(crossing: Crossing, places: _Places, at: datetime) -> Passage:
    parsed = parsed_tag(crossing.epc, crossing.at.year)
    source, target = places.ends(crossing)
    return Passage(
        device_id=crossing.portal,
        epc=crossing.epc,
        sscc=parsed.sscc if parsed else "",
        gtin=parsed.gtin if parsed else "",
        lot=parsed.lot if parsed else "",
        serial=parsed.serial[:40] if parsed else "",
        direction=crossing.direction,
        from_place_id=source,
        to_place_id=target,
        first_at=crossing.first_at,
        at=crossing.at,
        reads=crossing.reads,
        learned_at=at,
    )


def parsed_tag(epc: str, year: int) -> Parsed | None:
    """What the tag says; None for a tag that is not of GS1 (it passes all the same)."""
    try:
        return read_code(epc, year=year)
    except Refusal:
        return None


def _told(row: Passage) -> dict[str, object]:
    return {
        "passage": row.pk,
        "epc": row.epc,
        "sscc": row.sscc,
        "gtin": row.gtin,
        "lot": row.lot,
        "serial": row.serial,
        "portal": row.device_id,
        "direction": row.direction,
        "from_place": row.from_place_id,
        "place": row.to_place_id,
        "at": row.at.isoformat(),
    }
