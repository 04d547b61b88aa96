"""What somebody scanned in the warehouse, with a word for what for, becomes the verb of that name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.catalog.models import PlaceKind
from longshore.ledger.cause import Cause
from longshore.sensing.queries.surroundings import trade_items
from longshore.storing.operations.confirm import Picked, confirm_picks
from longshore.storing.operations.counting import Seen, count_place
from longshore.storing.operations.putting import StockMove, move_stock, put_away
from longshore.storing.queries.units import (
    UnitGoods,
    goods_in_units,
    goods_of_item,
    picked_then,
    places_by_id,
    waiting_pick,
)
from longshore.storing.rules import key_of

VERBS: Final = ("put-away", "move", "pick", "count")


class ScanMeansNothing(Refusal):
    """The code was read, but there is nothing it can be done with there."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan in the warehouse. `key` is the same each time the scanner sends it; `count` base units or packs, if said."""

    key: UUID
    verb: str
    place: int | None
    happened_at: datetime
    sscc: str = ""
    gtin: str = ""
    lot: str = ""
    count: int | None = None


def act_on_scan(scan: Scan, *, at: datetime, cause: Cause) -> tuple[UUID, ...]:
    """Do what the scan says; the keys of what was done. The same scan again does nothing again."""
    if scan.place is None:
        raise _nothing(scan, _("The scan does not say where."), _("Scan the place first, then the goods."))
    if scan.verb == "pick":
        return _pick(scan, scan.place, at=at, cause=cause)
    if scan.verb == "count":
        return _count(scan, scan.place, at=at, cause=cause)
    return _bring(scan, scan.place, at=at, cause=cause)


def _bring(scan: Scan, place: int, *, at: datetime, cause: Cause) -> tuple[UUID, ...]:
    """Put-away and move: the goods now stand at the scanned place. What stands there already is done."""
    goods = _standing(scan, place)
    moves = _moves(scan, place, [row for row in goods if row.place != place])
    if not goods:
        raise _nothing(scan, _("No such goods stand where they could come from."), _("Look up where they are."))
    if not moves:
        return ()
    verb = put_away if scan.verb == "put-away" else move_stock
    return tuple(moved.key for moved in verb(moves, at=at, cause=cause).moved)


def _standing(scan: Scan, place: int) -> list[UnitGoods]:
    """A handling unit wherever it stands; loose goods on the receiving docks of the site, and at the place itself."""
    if scan.sscc:
        return [row for row in goods_in_units([scan.sscc]) if row.place_kind != PlaceKind.VEHICLE]
    item = trade_items([scan.gtin]).get(scan.gtin)
    site = places_by_id([place]).get(place)
    if item is None or site is None or site.site is None:
        return []
    done = goods_of_item(item.item, scan.lot, place=place)
    return [*goods_of_item(item.item, scan.lot, site=site.site), *done]


def _moves(scan: Scan, place: int, goods: Sequence[UnitGoods]) -> list[StockMove]:
    """All of a unit; of loose goods as many as were said, else all."""
    left = None if scan.sscc or scan.count is None else scan.count * trade_items([scan.gtin])[scan.gtin].units
    moves: list[StockMove] = []
    for row in goods:
        qty = row.qty if left is None else min(row.qty, left)
        if qty <= 0:
            break
        # by lot and condition, not by balance: the balance is another one when the scan is told again
        key = key_of("scan", scan.key, row.lot, row.condition, row.handling_unit, row.serial)
        moves.append(StockMove(key, row.balance, scan.happened_at, qty, place))
        left = None if left is None else left - qty
    return moves


def _pick(scan: Scan, place: int, *, at: datetime, cause: Cause) -> tuple[UUID, ...]:
    """The first waiting task of these goods in this bin is done. A scanner that sends the scan again does no second one."""
    item = trade_items([scan.gtin]).get(scan.gtin)
    if item is not None and picked_then(place, item.item, scan.happened_at):
        return ()
    task = waiting_pick(place, item.item, scan.lot) if item is not None else 0
    if not task:
        raise _nothing(scan, _("Nothing of it is to be picked here."), _("Look at the pick list."))
    confirm_picks([Picked(task, scan.happened_at)], at=at, cause=cause)
    return (scan.key,)


def _count(scan: Scan, place: int, *, at: datetime, cause: Cause) -> tuple[UUID, ...]:
    item = trade_items([scan.gtin]).get(scan.gtin)
    rows = goods_of_item(item.item, scan.lot, place=place) if item is not None else []
    rows = [row for row in rows if row.handling_unit is None and row.serial is None]
    if item is None or scan.count is None or len(rows) != 1:
        sentence = _("The count does not say of what, how many, or of which lot.")
        raise _nothing(scan, sentence, _("Scan the goods with their lot, and type how many there are."))
    seen = [Seen(key_of("scan", scan.key), rows[0].key, scan.count * item.units)]
    count_place(place=place, seen=seen, happened_at=scan.happened_at, at=at, cause=cause)
    return (seen[0].key,)


def _nothing(scan: Scan, sentence: object, remedy: object) -> ScanMeansNothing:
    return ScanMeansNothing(
        "scan-means-nothing",
        str(sentence),
        str(remedy),
        verb=scan.verb,
        place=scan.place,
        gtin=scan.gtin,
        sscc=scan.sscc,
    )
