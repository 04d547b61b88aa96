"""The people in the warehouses: they release waves, pick with now and then something missing, pack, and count."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from longshore.catalog.models import Place
from longshore.ledger.models import Balance
from longshore.ledger.operations import Key
from longshore.shipping.operations import open_shipments, stage
from longshore.storing.models import PickTask, Wave
from longshore.storing.operations import Picked, Seen, confirm_picks, count_place, pack, put_away_all, release_wave
from longshore.twin.world.scene import Scene, Tick

# (starts, leaves): promises leave at 06:00, 09:00 and 14:00; most is picked well before, what has just come two hours before.
WAVES = ((150, 360), (240, 360), (330, 540), (420, 540), (600, 840), (720, 840), (960, 1080))
LINES_AN_HOUR = 180  # picked by all the people of one site together
SHORT_SHARE = 0.006
DAMAGED_SHARE = 0.002
COUNT_MINUTE = 1260
BINS_A_NIGHT = 3
MISCOUNT_SHARE = 0.04


def step(scene: Scene, tick: Tick) -> None:
    for starts, leaves in WAVES:
        moment = tick.passes(starts)
        if moment is not None:
            release(scene, moment, timedelta(minutes=leaves - starts))
    pick_and_pack(scene, tick)
    moment = tick.passes(COUNT_MINUTE)
    if moment is not None:
        count(scene, moment)


def release(scene: Scene, at: datetime, ahead: timedelta) -> None:
    for code, site in scene.sites.items():
        release_wave(
            key=scene.key("wave", code, at.isoformat()), site=site, ship_before=at + ahead, at=at,
            cause=scene.cause(f"floor {code}"),
        )  # fmt: skip


def pick_and_pack(scene: Scene, tick: Tick) -> None:
    """As many lines as people can pick in this step, along the walk; then orders with nothing left to pick are packed."""
    room = int(LINES_AN_HOUR * (tick.now - tick.since).total_seconds() // 3600) or 1
    open_waves = Wave.objects.filter(done_at=None).order_by().values_list("site", flat=True)
    working = set(open_waves.distinct())
    for code, site in scene.sites.items():
        if site in working:
            _pick(scene, code, room, tick.now)
            _pack(scene, code, tick.now)


def _pick(scene: Scene, code: str, room: int, now: datetime) -> None:
    tasks = (
        PickTask.objects.filter(state="waiting", wave__site=scene.sites[code])
        .order_by("wave_id", "sequence", "id")
        .values_list("id", "qty", "wave__number", "sequence")[:room]
    )
    picks = [_picked(scene, task, now) for task in tasks]
    confirm_picks(picks, at=now, cause=scene.cause(f"floor {code}"), partial=True)


def _picked(scene: Scene, task: tuple[int, int, str, int], now: datetime) -> Picked:
    pk, qty, wave, sequence = task
    rng = scene.chance("pick", wave, sequence)
    luck = float(rng.random())
    if luck < SHORT_SHARE:
        return Picked(pk, now, qty=qty - 1 - int(rng.integers(qty)), short_reason="missing")
    if luck < SHORT_SHARE + DAMAGED_SHARE:
        return Picked(pk, now, qty=qty - 1, short_reason="damaged")
    return Picked(pk, now)


def _pack(scene: Scene, code: str, now: datetime) -> None:
    site, cause = scene.sites[code], scene.cause(f"floor {code}")
    at_site = PickTask.objects.filter(wave__site=site)
    still_picking = at_site.filter(state="waiting", order_line__isnull=False).values("order_line__order_id")
    ready = at_site.filter(picked__gt=F("packed")).exclude(order_line__order_id__in=still_picking)
    tasks = list(ready.order_by("id").values_list("id", flat=True))
    if tasks:
        pack(site=site, task_ids=tasks, at=now, cause=cause)
        opened = open_shipments(site=site, at=now, cause=cause)
        stage(opened.shipments, at=now, cause=cause)


def put_away(scene: Scene, tick: Tick) -> None:
    """What waits at the docks goes into bins."""
    waiting = set(
        Balance.objects.filter(qty__gt=0, bounded=True, place__usage="receiving", condition=0)
        .order_by()
        .values_list("place__site_id", flat=True)
        .distinct()
    )
    for code, site in scene.sites.items():
        if site in waiting:
            put_away_all(site=site, at=tick.now, cause=scene.cause(f"floor {code}"))


def count(scene: Scene, at: datetime) -> None:
    """A few bins a night, in turn; now and then a count differs from the books by one or two."""
    for code, site in scene.sites.items():
        bins = list(
            Place.objects.filter(site=site, usage="storage").order_by("pick_rank", "code").values_list("id", "code")
        )
        start = at.toordinal() * BINS_A_NIGHT
        for turn in range(BINS_A_NIGHT):
            place, name = bins[(start + turn) % len(bins)]
            _count_bin(scene, (place, name), at, f"floor {code}")


def _count_bin(scene: Scene, where: tuple[int, str], at: datetime, actor: str) -> None:
    place, name = where
    standing = Balance.objects.filter(place_id=place, qty__gt=0).order_by("item__code", "lot__code", "id")
    rng = scene.chance("count", name, at.date().toordinal())
    seen = []
    for number, row in enumerate(standing):
        wrong = float(rng.random()) < MISCOUNT_SHARE
        counted = max(0, row.qty + int(rng.integers(-2, 2))) if wrong else row.qty
        key = Key(
            row.item_id, row.place_id, row.owner_id, row.lot_id, row.condition, row.handling_unit_id, row.serial_id
        )
        seen.append(Seen(scene.key("count", name, at.isoformat(), number), key, counted))
    if seen:
        count_place(place=place, seen=seen, happened_at=at, at=at, cause=scene.cause(actor))
