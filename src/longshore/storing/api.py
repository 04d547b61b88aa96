"""The warehouse over HTTP: everything a scanner or a floor page does. The same call with the same ids does it once."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from ninja import Router, Schema

from longshore.catalog.access import may_of, now_of
from longshore.ledger.cause import Cause
from longshore.ledger.operations import Key
from longshore.storing import operations, queries

router = Router()


class WaveIn(Schema):
    """`orders`: these, whenever they leave; without, all that must leave before `ship_before`."""

    key: UUID
    site: int
    ship_before: datetime
    orders: list[int] | None = None
    device: str = ""


class PickIn(Schema):
    """`qty` missing: all of it. Less needs `short_reason`: missing, damaged or other."""

    task: int
    happened_at: datetime | None = None
    qty: int | None = None
    short_reason: str = ""
    counted: int | None = None


class PicksIn(Schema):
    picks: list[PickIn]
    partial: bool = False
    device: str = ""


class PackIn(Schema):
    site: int
    orders: list[int] | None = None
    tasks: list[int] | None = None
    device: str = ""


class MoveIn(Schema):
    """`target` missing: the put-away rule chooses the bin."""

    key: UUID
    balance: int
    qty: int | None = None
    target: int | None = None
    happened_at: datetime | None = None


class MovesIn(Schema):
    moves: list[MoveIn]
    partial: bool = False
    device: str = ""


class SetApartIn(Schema):
    key: UUID
    balance: int
    qty: int | None = None
    note: str = ""
    happened_at: datetime | None = None


class SetApartsIn(Schema):
    """`what`: hold, release, damage or scrap."""

    what: str
    rows: list[SetApartIn]
    device: str = ""


class SeenIn(Schema):
    key: UUID
    item: int
    owner: int
    counted: int
    lot: int | None = None
    condition: int = 0
    handling_unit: int | None = None
    serial: int | None = None


class CountIn(Schema):
    """`complete`: what stands there and is not in `seen` counts as nothing."""

    place: int
    seen: list[SeenIn]
    happened_at: datetime | None = None
    complete: bool = False
    device: str = ""


class DecisionIn(Schema):
    """The same `verdict` (release, downgrade or scrap) and `reason` for all of these cases."""

    cases: list[int]
    verdict: str
    reason: str
    device: str = ""


def _cause(request: HttpRequest, device: str) -> Cause:
    if "storing" not in may_of(request.user):
        raise PermissionDenied("Your role may not work in the warehouse.")
    return Cause(actor=request.user.get_username(), because="api", device=device)


def _rows(rows: list[Any]) -> list[dict[str, Any]]:
    return [row._asdict() for row in rows]


@router.get("/waves")
def list_waves(request: HttpRequest, site: int | None = None, only_open: bool = False) -> list[dict[str, Any]]:
    """Waves, newest first, and how far each is."""
    return _rows(queries.waves(site=site, only_open=only_open))


@router.post("/waves")
def release_wave(request: HttpRequest, body: WaveIn) -> dict[str, Any]:
    """Release a wave."""
    receipt = operations.release_wave(
        key=body.key,
        site=body.site,
        ship_before=body.ship_before,
        order_ids=body.orders,
        at=now_of(request),
        cause=_cause(request, body.device),
    )
    return asdict(receipt)


@router.get("/picks")
def list_picks(
    request: HttpRequest, wave: int | None = None, site: int | None = None, only_waiting: bool = True
) -> list[dict[str, Any]]:
    """What to take where, in walking order."""
    return _rows(queries.pick_list(wave=wave, site=site, only_waiting=only_waiting))


@router.post("/picks")
def confirm_picks(request: HttpRequest, body: PicksIn) -> dict[str, Any]:
    """Confirm picks, whole or short."""
    at = now_of(request)
    picks = [
        operations.Picked(pick.task, pick.happened_at or at, pick.qty, pick.short_reason, pick.counted)
        for pick in body.picks
    ]
    receipt = operations.confirm_picks(picks, at=at, cause=_cause(request, body.device), partial=body.partial)
    return asdict(receipt)


@router.post("/packs")
def pack(request: HttpRequest, body: PackIn) -> dict[str, Any]:
    """Pack what is picked; returns the new handling units with their SSCC."""
    receipt = operations.pack(
        site=body.site,
        order_ids=body.orders,
        task_ids=body.tasks,
        at=now_of(request),
        cause=_cause(request, body.device),
    )
    return asdict(receipt)


@router.get("/put-away")
def list_put_away(request: HttpRequest, site: int) -> list[dict[str, Any]]:
    """What waits on the docks, each with the bin the rule would choose."""
    rows = queries.put_away_waiting(site=site)
    bins = operations.suggest_bins(rows)
    return [row._asdict() | {"suggested": bins.get(row.balance)} for row in rows]


@router.post("/put-away")
def put_away(request: HttpRequest, body: MovesIn) -> dict[str, Any]:
    """Put goods into bins."""
    moves = _moves(body, now_of(request))
    receipt = operations.put_away(moves, at=now_of(request), cause=_cause(request, body.device), partial=body.partial)
    return asdict(receipt)


@router.post("/moves")
def move_stock(request: HttpRequest, body: MovesIn) -> dict[str, Any]:
    """Move stock between places."""
    moves = _moves(body, now_of(request))
    receipt = operations.move_stock(moves, at=now_of(request), cause=_cause(request, body.device), partial=body.partial)
    return asdict(receipt)


def _moves(body: MovesIn, at: datetime) -> list[operations.StockMove]:
    return [
        operations.StockMove(move.key, move.balance, move.happened_at or at, move.qty, move.target)
        for move in body.moves
    ]


@router.post("/set-apart")
def set_apart(request: HttpRequest, body: SetApartsIn) -> dict[str, Any]:
    """Hold stock, release it, report it damaged, or scrap it."""
    verbs = {
        "hold": operations.hold_stock,
        "release": operations.release_stock,
        "damage": operations.report_damage,
        "scrap": operations.scrap,
    }
    at = now_of(request)
    if body.what not in verbs:
        raise operations.NothingThere("unknown-verb", "There is no such verb.", "Use hold, release, damage or scrap.")
    rows = [operations.SetApart(row.key, row.balance, row.happened_at or at, row.qty, row.note) for row in body.rows]
    return asdict(verbs[body.what](rows, at=at, cause=_cause(request, body.device)))


@router.get("/counts")
def list_counts(request: HttpRequest, site: int | None = None) -> list[dict[str, Any]]:
    """Places somebody should count."""
    return _rows(queries.counts_waiting(site=site))


@router.post("/counts")
def count_place(request: HttpRequest, body: CountIn) -> dict[str, Any]:
    """Report what was counted at a place."""
    at = now_of(request)
    seen = [
        operations.Seen(
            row.key,
            Key(row.item, body.place, row.owner, row.lot, row.condition, row.handling_unit, row.serial),
            row.counted,
        )
        for row in body.seen
    ]
    receipt = operations.count_place(
        place=body.place,
        seen=seen,
        happened_at=body.happened_at or at,
        at=at,
        cause=_cause(request, body.device),
        complete=body.complete,
    )
    return asdict(receipt)


@router.get("/excursions")
def list_excursions(request: HttpRequest, only_open: bool = False) -> list[dict[str, Any]]:
    """Episodes of too warm or too cold, newest first, with the lots, money and orders they touched."""
    return _rows(queries.excursions(only_open=only_open))


@router.get("/quality")
def list_quality_cases(
    request: HttpRequest, excursion: int | None = None, only_open: bool = True
) -> list[dict[str, Any]]:
    """Lots on hold because of an excursion, and what was decided on them."""
    return _rows(queries.quality_cases(excursion=excursion, states=("held", "sent") if only_open else None))


@router.post("/quality")
def decide_quality(request: HttpRequest, body: DecisionIn) -> dict[str, Any]:
    """Release, downgrade or scrap what is on hold, with a reason. Deciding the same again changes nothing."""
    if "qualitycase" not in may_of(request.user):
        raise PermissionDenied("Your role may not decide on held lots.")
    cause = _cause(request, body.device)
    return asdict(operations.decide_quality(body.cases, body.verdict, body.reason, at=now_of(request), cause=cause))


@router.get("/docks")
def list_docks(request: HttpRequest, site: int) -> list[dict[str, Any]]:
    """Which dock of the site is booked when in the next day."""
    return _rows(queries.dock_bookings(site=site, at=now_of(request)))


@router.get("/bins")
def list_bins(
    request: HttpRequest, site: int | None = None, place: int | None = None, item: int | None = None
) -> list[dict[str, Any]]:
    """What stands where."""
    return _rows(queries.bin_contents(site=site, place=place, item=item))


@router.get("/scan")
def scan(request: HttpRequest, code: str) -> list[dict[str, Any]]:
    """What a scanned code may be."""
    return _rows(queries.scan(code))
