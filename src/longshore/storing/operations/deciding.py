"""Quality says what becomes of goods that were too warm or too cold: release, downgrade, scrap. Always with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.locks import lock_balances, retried
from longshore.ledger.outbox import emit
from longshore.storing.events import QualityDecided
from longshore.storing.models import QualityState
from longshore.storing.operations.exposing import document_of
from longshore.storing.operations.setting_apart import SetApart, release_stock, report_damage, scrap
from longshore.storing.queries.exposure import followed
from longshore.storing.queries.quality import Id, LockedCase, held_at, lock_cases, on_hold
from longshore.storing.queries.rows import change, fetch
from longshore.storing.rules import key_of

_DECIDE: Final = """
UPDATE storing_qualitycase SET state = %(state)s, decided_at = %(at)s, decided_by = %(actor)s, reason = %(reason)s
WHERE id = ANY(%(cases)s)
"""
_SEND: Final = """
UPDATE storing_qualitycase SET state = 'sent', sent_at = %(at)s
WHERE excursion = %(excursion)s AND state = 'held' RETURNING id
"""
_UNDECIDED: Final = """
SELECT id FROM storing_qualitycase WHERE excursion = %(excursion)s AND state IN ('held', 'sent') ORDER BY id
"""


class Verdict(StrEnum):
    RELEASE = "release"
    DOWNGRADE = "downgrade"
    SCRAP = "scrap"


_STATES: Final[Mapping[str, QualityState]] = {
    Verdict.RELEASE: QualityState.RELEASED,
    Verdict.DOWNGRADE: QualityState.DOWNGRADED,
    Verdict.SCRAP: QualityState.SCRAPPED,
}
_VERBS: Final = {Verdict.RELEASE: release_stock, Verdict.DOWNGRADE: report_damage, Verdict.SCRAP: scrap}


class NoSuchCase(Refusal):
    """There is no case with this number."""


class DecidedBefore(Refusal):
    """Somebody has decided otherwise."""


class ReasonNeeded(Refusal):
    """A decision without a reason is worth nothing in an audit."""


class HeldByAnother(Refusal):
    """The goods were in another excursion too, and nobody has decided on that one."""


@dataclass(frozen=True, slots=True)
class DecideReceipt:
    """`qty` base units were released, downgraded or scrapped; `replayed`: decided so before."""

    cases: tuple[int, ...]
    qty: int
    replayed: tuple[int, ...] = ()


@retried
@transaction.atomic
def decide_quality(cases: Sequence[int], verdict: str, reason: str, *, at: datetime, cause: Cause) -> DecideReceipt:
    """The same for all of these cases; what they hold is posted, wherever it stands now. Deciding the same again
    changes nothing."""
    found = lock_cases(cases)
    fresh = _fresh(cases, found, verdict, reason)
    if not fresh:
        return DecideReceipt((), 0, tuple(found))
    qty = _settle(fresh, Verdict(verdict), "", at, cause)
    change(
        _DECIDE,
        {
            "state": str(_STATES[verdict]),
            "at": at,
            "actor": cause.actor,
            "reason": reason.strip(),
            "cases": [row.case for row in fresh],
        },
    )
    emit([QualityDecided(tuple(row.case for row in fresh), verdict)], at=at, cause=cause)
    done = {row.case for row in fresh}
    return DecideReceipt(tuple(sorted(done)), qty, tuple(case for case in found if case not in done))


def _fresh(cases: Sequence[int], found: Mapping[int, LockedCase], verdict: str, reason: str) -> list[LockedCase]:
    missing = [case for case in cases if case not in found]
    if missing or verdict not in _STATES:
        raise NoSuchCase(
            "no-such-case", _("There is no such case, or no such decision."), _("Reload the list."), cases=missing
        )
    if not reason.strip():
        raise ReasonNeeded(
            "reason-needed", _("A decision needs a reason."), _("Say what was measured or seen, and by which rule.")
        )
    undecided = [row for row in found.values() if row.state in (QualityState.HELD, QualityState.SENT)]
    other = [row for row in found.values() if row not in undecided and row.state != _STATES[verdict]]
    if other:
        raise DecidedBefore(
            "decided-before",
            _("This lot was decided on before, otherwise."),
            _("Post a change of condition to correct it."),
            case=other[0].case,
        )
    return undecided


def _settle(rows: Sequence[LockedCase], verdict: Verdict, again: str, at: datetime, cause: Cause) -> int:
    """Post what the verdict means for all that these cases still hold. `again` marks goods that may be held again: what
    another case holds too then stays on hold for that one, where a decision would be refused."""
    ours = {row.case for row in rows}
    stands: dict[int, set[int]] = {}
    for case, since in held_at(sorted(ours)).items():
        times = followed(since).times
        stands[case] = {balance for balance, each in times.items() if any(p.until is None for p in each)}
    mine = set().union(*(stands.get(case, set()) for case in ours))
    lock_balances(mine)
    there = on_hold(sorted(mine))
    others = set().union(*(balances for case, balances in stands.items() if case not in ours))
    if again:
        there = {balance: qty for balance, qty in there.items() if balance not in others}
    elif verdict is Verdict.RELEASE and others.intersection(there):
        raise HeldByAnother(
            "held-by-another-case",
            _("Some of these goods are held because of another excursion too."),
            _("Decide on both cases together."),
            balances=sorted(others.intersection(there)),
        )
    excursion = {balance: row for row in rows for balance in stands.get(row.case, ())}
    apart = [
        SetApart(
            key_of("quality", excursion[balance].case, balance, at.isoformat()),
            balance,
            at,
            qty,
            document_of(excursion[balance].excursion) + again,
        )
        for balance, qty in there.items()
    ]
    if apart:
        _VERBS[verdict](apart, at=at, cause=cause)
    return sum(there.values())


@retried
@transaction.atomic
def withdraw_hold(excursion: int, reason: str, *, at: datetime, cause: Cause) -> DecideReceipt:
    """There was no excursion after all: what nobody has decided on is released, but for what another excursion holds. A
    second time there is nothing left."""
    rows = list(lock_cases([row.id for row in fetch(Id, _UNDECIDED, {"excursion": excursion})]).values())
    if not rows:
        return DecideReceipt((), 0)
    qty = _settle(rows, Verdict.RELEASE, ":withdrawn", at, cause)
    cases = tuple(row.case for row in rows)
    decided = {"state": "released", "at": at, "actor": cause.actor, "reason": reason, "cases": list(cases)}
    change(_DECIDE, decided)
    emit([QualityDecided(cases, str(Verdict.RELEASE))], at=at, cause=cause)
    return DecideReceipt(cases, qty)


@transaction.atomic
def send_to_quality(excursion: int, *, at: datetime, cause: Cause) -> tuple[int, ...]:
    """The lots on hold because of this excursion are quality's to decide on from now; returns the cases sent."""
    return tuple(sorted(row.id for row in fetch(Id, _SEND, {"excursion": excursion, "at": at, "by": cause.actor})))
