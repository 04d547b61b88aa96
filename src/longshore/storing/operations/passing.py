"""A handling unit that went through a portal inside a site stands on the other side of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from longshore.catalog.models import PlaceKind
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Claims, Key, Move, NewPosting, post
from longshore.ledger.operations.write import known_postings
from longshore.storing.queries.units import (
    Site,
    UnitGoods,
    goods_in_units,
    moved_under,
    newest_passages,
    places_by_id,
)
from longshore.storing.rules import key_of

OUR_PLACES: Final = ("receiving", "storage", "staging", "shipping", "returns", "hold")


@dataclass(frozen=True, slots=True)
class Passed:
    """A handling unit's passage; `source` and `target` as far as the portal knows them."""

    passage: int
    sscc: str
    direction: str
    source: int | None
    target: int | None
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class PassedReceipt:
    """Passages that moved goods, passages taken back, and passages that mean nothing to the warehouse."""

    moved: tuple[int, ...]
    taken_back: tuple[int, ...]
    let_be: tuple[int, ...]


@retried
def follow_passages(passed: Sequence[Passed], withdrawn: Sequence[int], *, at: datetime, cause: Cause) -> PassedReceipt:
    """Move units to where their last passage brought them, and back what a withdrawn one had moved.

    Only the newest passage of a unit counts, so that any order of telling ends with it in the same place.
    """
    with transaction.atomic():
        back = _take_back(withdrawn, at=at, cause=cause)
        newest = newest_passages([each.sscc for each in passed])
        last = [each for each in passed if newest.get(each.sscc) == each.passage]
        done = known_postings([key_of("passage", each.passage) for each in last])
        fresh = [each for each in last if key_of("passage", each.passage) not in done]
        goods: dict[str, list[UnitGoods]] = defaultdict(list)
        for row in goods_in_units([each.sscc for each in fresh]):
            goods[row.sscc].append(row)
        ends = [place for each in fresh for place in (each.source, each.target) if place is not None]
        sites = places_by_id(ends)
        postings = [_posting(each, goods[each.sscc], sites) for each in fresh]
        ready = [posting for posting in postings if posting is not None]
        if ready:
            post(ready, at=at, cause=cause)
        keys = {posting.key for posting in ready}
        moved = tuple(each.passage for each in fresh if key_of("passage", each.passage) in keys)
        return PassedReceipt(moved, back, tuple(each.passage for each in passed if each.passage not in moved))


def _posting(passed: Passed, goods: Sequence[UnitGoods], sites: Mapping[int, Site]) -> NewPosting | None:
    """None where the passage says nothing new about the unit: another site, a truck's door, or it stands there already."""
    moves: list[Move] = []
    for row in goods:
        target = _target(passed, row, sites)
        if target is not None:
            moves.append(_move(row.key, target, row.qty))
    if not moves:
        return None
    return NewPosting(
        key_of("passage", passed.passage),
        PostingKind.MOVE,
        passed.happened_at,
        tuple(moves),
        f"passage:{passed.passage}",
    )


def _target(passed: Passed, goods: UnitGoods, sites: Mapping[int, Site]) -> int | None:
    """Where the goods are now. When the direction is open they are on the side on which they did not stand."""
    target = passed.target
    if passed.direction == "unknown" and goods.place == target:
        target = passed.source
    if target is None or target == goods.place or goods.place_kind == PlaceKind.VEHICLE:
        return None
    site = sites.get(target)
    if site is None or site.site is None or site.site != goods.site or site.usage not in OUR_PLACES:
        return None
    return target


def _move(key: Key, target: int, qty: int) -> Move:
    there = Key(key.item, target, key.owner, key.lot, key.condition, key.handling_unit, key.serial)
    return Move(key, there, qty, Claims.FOLLOW)


def _take_back(passages: Sequence[int], *, at: datetime, cause: Cause) -> tuple[int, ...]:
    """The other way round, as far as the goods still stand where the passage had brought them."""
    by_key = {key_of("passage", passage): passage for passage in passages}
    back_keys = {passage: key_of("passage-withdrawn", passage) for passage in passages}
    done = known_postings(list(back_keys.values()))
    moves: dict[int, list[Move]] = defaultdict(list)
    for row in moved_under(list(by_key)) if by_key else ():
        passage = by_key[row.posting_key]
        if back_keys[passage] not in done and row.left >= row.qty:
            key = Key(row.item, row.target, row.owner, row.lot, row.condition, row.handling_unit, row.serial)
            moves[passage].append(_move(key, row.source, row.qty))
    postings = [
        NewPosting(back_keys[passage], PostingKind.MOVE, at, tuple(rows), f"passage:{passage}")
        for passage, rows in sorted(moves.items())
    ]
    if postings:
        post(postings, at=at, cause=cause)
    return tuple(sorted(moves))
