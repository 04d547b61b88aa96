"""Confirm picks: goods leave their bins for the staging place, with the claims that are on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import RejectedRow, RowsRefused
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Claims, Key, Move, NewPosting, post, void_claims
from longshore.ledger.outbox import emit
from longshore.storing.events import PickConfirmed, PickedShort
from longshore.storing.operations.progress import mark_stages
from longshore.storing.operations.shorts import ShortPick, settle_shorts
from longshore.storing.queries.picks import TaskRow, lock_tasks
from longshore.storing.queries.places import places_of_use
from longshore.storing.queries.rows import change
from longshore.storing.rules import ShortReason, StagingPlace, choose_place, key_of

PICK_TO: Final = ("staging", "shipping")
_WRITE = """
UPDATE storing_picktask t SET state = k.state, picked = k.picked, short_reason = k.reason, balance_id = k.balance,
    done_at = k.done_at, actor = %(actor)s
FROM unnest(%(tasks)s::bigint[], %(states)s::text[], %(picked)s::bigint[], %(reasons)s::text[], %(balances)s::bigint[],
    %(done)s::timestamptz[]) AS k(task, state, picked, reason, balance, done_at)
WHERE t.id = k.task
"""
_CLOSE_WAVES = """
UPDATE storing_wave w SET done_at = %(at)s WHERE w.id = ANY(%(waves)s) AND w.done_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM storing_picktask t WHERE t.wave_id = w.id AND t.state = 'waiting')
"""


class PicksRefused(RowsRefused):
    """Nothing was picked; `rejected` says which confirmations could not be taken and why."""


@dataclass(frozen=True, slots=True)
class Picked:
    """What the picker did. `qty` None: all of it. Less than asked needs a reason (ShortReason); `counted` is what is
    left in the bin afterwards, where the picker counted it."""

    task: int
    happened_at: datetime
    qty: int | None = None
    short_reason: str = ""
    counted: int | None = None


@dataclass(frozen=True, slots=True)
class PicksReceipt:
    """`picked`: tasks that are done now; `replayed`: those that were done the same way before."""

    picked: tuple[int, ...]
    short: tuple[int, ...] = ()
    replayed: tuple[int, ...] = ()
    rejected: tuple[RejectedRow, ...] = ()


@dataclass(slots=True)
class _Sorted:
    """The confirmations of a batch, each with its task, as they are to be treated."""

    fresh: list[tuple[Picked, TaskRow, int]] = field(default_factory=list)  # with the quantity picked
    replayed: list[int] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)


@retried
def confirm_picks(picks: Sequence[Picked], *, at: datetime, cause: Cause, partial: bool = False) -> PicksReceipt:
    """Move what was picked from its bin to the staging place of its temperature class.

    A short pick gives the rest of the claim back, says so (storing.picked-short), and by its reason posts what is
    missing or damaged. Confirming a task again in the same way changes nothing.
    """
    with transaction.atomic():
        tasks = {row.task: row for row in lock_tasks(sorted({pick.task for pick in picks}))}
        todo = _sort(picks, tasks)
        targets = _targets(todo)
        if todo.rejected and not partial:
            raise PicksRefused(tuple(todo.rejected))
        moved = [(pick, task, qty) for pick, task, qty in todo.fresh if qty]
        stayed = dict(post([_posting(*each, targets) for each in moved], at=at, cause=cause).splits) if moved else {}
        shorts = _shorts(todo, stayed)
        void_claims([claim for claim, _short in shorts if claim], at=at, cause=cause)
        settle_shorts([short for _claim, short in shorts], at=at, cause=cause)
        _write(todo, cause)
        _tell(todo, at, cause)
        short = tuple(short.task for _claim, short in shorts)
        return PicksReceipt(
            tuple(task.task for _p, task, _q in todo.fresh), short, tuple(todo.replayed), tuple(todo.rejected)
        )


def _sort(picks: Sequence[Picked], tasks: Mapping[int, TaskRow]) -> _Sorted:
    out = _Sorted()
    seen: set[int] = set()
    for row, pick in enumerate(picks, start=1):
        task = tasks.get(pick.task)
        problem = _problem(pick, task, seen)
        if problem is not None:
            out.rejected.append(RejectedRow(row, *problem, value=str(pick.task)))
            continue
        assert task is not None
        seen.add(pick.task)
        qty = task.qty if pick.qty is None else pick.qty
        if task.state == "waiting":
            out.fresh.append((pick, task, qty))
        else:
            out.replayed.append(task.task)
    return out


def _problem(pick: Picked, task: TaskRow | None, seen: set[int]) -> tuple[str, str, str, str] | None:
    """(field, code, sentence, remedy) if this confirmation cannot be taken."""
    if task is None:
        return "task", "no-such-task", _("There is no such pick task."), _("Reload the pick list.")
    if pick.task in seen:
        return "task", "task-twice", _("This task stands twice in the batch."), _("Confirm each task once.")
    qty = task.qty if pick.qty is None else pick.qty
    if qty < 0 or qty > task.qty:
        return (
            "qty",
            "more-than-asked",
            _("{qty} were confirmed where {asked} were asked for.").format(qty=qty, asked=task.qty),
            _("Put the rest back and confirm what was asked for."),
        )
    if qty < task.qty and pick.short_reason not in set(map(str, ShortReason)):
        return (
            "short_reason",
            "reason-needed",
            _("Less than asked for was picked."),
            _("Say why: missing, damaged or other."),
        )
    if task.state == "waiting":
        if task.claim_open and task.claim_qty >= task.qty:
            return None
        sentence = _("The goods of this task are no longer reserved for it.")
        return "task", "claim-gone", sentence, _("Leave them where they are; the order is promised anew.")
    if task.state in ("picked", "short") and task.picked == qty:
        return None
    return "task", "already-done", _("This task was closed before, differently."), _("Post a move to correct it.")


def _targets(todo: _Sorted) -> dict[tuple[int, str], int]:
    """The staging place for each site and temperature class; confirmations without one are rejected."""
    kinds = {(task.site, task.temperature_class) for _p, task, _q in todo.fresh}
    places: list[StagingPlace] = places_of_use([site for site, _c in kinds], PICK_TO) if kinds else []
    targets = {
        (site, kind): choose_place(places, site=site, usages=PICK_TO, temperature_class=kind) for site, kind in kinds
    }
    missing = [each for each in todo.fresh if not targets[each[1].site, each[1].temperature_class]]
    for _pick, task, _qty in missing:
        sentence = _("The site has no staging place.")
        remedy = _("Add a place with the use “staging” to the site.")
        todo.rejected.append(RejectedRow(1, "site", "no-staging-place", sentence, remedy, value=str(task.site)))
    todo.fresh = [each for each in todo.fresh if targets[each[1].site, each[1].temperature_class]]
    return targets


def _posting(pick: Picked, task: TaskRow, qty: int, targets: Mapping[tuple[int, str], int]) -> NewPosting:
    to = targets[task.site, task.temperature_class]
    source = Key(task.item, task.place, task.owner, task.lot, task.condition, task.handling_unit, task.serial)
    target = Key(task.item, to, task.owner, task.lot, task.condition, None, task.serial)
    move = Move(source, target, qty, Claims.CARRY, task.claim)
    return NewPosting(key_of("pick", task.task), PostingKind.PICK, pick.happened_at, (move,), task.document)


def _shorts(todo: _Sorted, stayed: Mapping[int, int]) -> list[tuple[int, ShortPick]]:
    """For each short pick: the claim on what was not picked, and what is to be done about it."""
    found: list[tuple[int, ShortPick]] = []
    for pick, task, qty in todo.fresh:
        if qty == task.qty:
            continue
        claim = stayed.get(task.claim, 0) if qty else task.claim
        key = Key(task.item, task.place, task.owner, task.lot, task.condition, task.handling_unit, task.serial)
        short = ShortPick(
            task.task, key, task.qty - qty, ShortReason(pick.short_reason), pick.happened_at, pick.counted
        )
        found.append((claim, short))
    return found


def _write(todo: _Sorted, cause: Cause) -> None:
    if not todo.fresh:
        return
    parameters = {
        "actor": cause.actor,
        "tasks": [task.task for _p, task, _q in todo.fresh],
        "states": ["picked" if qty == task.qty else "short" for _p, task, qty in todo.fresh],
        "picked": [qty for _p, _t, qty in todo.fresh],
        "reasons": ["" if qty == task.qty else pick.short_reason for pick, task, qty in todo.fresh],
        "balances": [task.balance for _p, task, _q in todo.fresh],
        "done": [pick.happened_at for pick, _t, _q in todo.fresh],
    }
    change(_WRITE, parameters)


def _tell(todo: _Sorted, at: datetime, cause: Cause) -> None:
    waves: dict[int, list[int]] = {}
    for _pick, task, _qty in todo.fresh:
        waves.setdefault(task.wave, []).append(task.task)
    change(_CLOSE_WAVES, {"at": at, "waves": sorted(waves)})
    mark_stages(sorted({task.order for _p, task, _q in todo.fresh if task.order is not None}), at=at, cause=cause)
    emit([PickConfirmed(wave, tuple(tasks)) for wave, tasks in waves.items()], at=at, cause=cause)
    emit(
        [
            PickedShort(task.task, task.order_line, task.transfer, task.qty - qty, pick.short_reason)
            for pick, task, qty in todo.fresh
            if qty < task.qty
        ],
        at=at,
        cause=cause,
    )
