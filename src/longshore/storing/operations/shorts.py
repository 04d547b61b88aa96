"""What a short pick says about the bin: something is missing, something is damaged, or somebody should look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from longshore.ledger.cause import Cause
from longshore.ledger.models import Condition, PostingKind
from longshore.ledger.operations import Claims, Counted, Key, Move, NewPosting, count_stock, post
from longshore.storing.models import CountTask
from longshore.storing.rules import ShortReason, key_of


@dataclass(frozen=True, slots=True)
class ShortPick:
    task: int
    key: Key
    short: int
    reason: ShortReason
    happened_at: datetime
    counted: int | None


def settle_shorts(shorts: Sequence[ShortPick], *, at: datetime, cause: Cause) -> None:
    """Take what is missing out of the books, set what is damaged apart, ask for a count of the rest.

    Missing without a count means the picker saw an empty bin. The claims of others that no longer stand are voided
    and told (ledger.claims-displaced).
    """
    if not shorts:
        return
    damaged = [short for short in shorts if short.reason is ShortReason.DAMAGED]
    if damaged:
        post([_damage(short) for short in damaged], at=at, cause=cause)
    seen = [short for short in shorts if short.counted is not None or short.reason is ShortReason.MISSING]
    if seen:
        count_stock([_count(short) for short in seen], at=at, cause=cause)
    CountTask.objects.bulk_create(
        [
            CountTask(
                key=key_of("count-after-short", short.task),
                place_id=short.key.place,
                item_id=short.key.item,
                asked_at=at,
                cause=f"pick:{short.task}",
            )
            for short in shorts
        ],
        ignore_conflicts=True,
    )


def _damage(short: ShortPick) -> NewPosting:
    target = replace(short.key, condition=int(Condition.DAMAGED))
    move = Move(short.key, target, short.short, Claims.DISPLACE)
    return NewPosting(
        key_of("damage-at-pick", short.task), PostingKind.DAMAGE, short.happened_at, (move,), f"pick:{short.task}"
    )


def _count(short: ShortPick) -> Counted:
    return Counted(key_of("count-at-pick", short.task), short.key, short.counted or 0, short.happened_at)
