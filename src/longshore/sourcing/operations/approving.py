"""An order worth more than who released it may spend waits for a second person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.planning.events import Decided
from longshore.planning.reading import rows
from longshore.sourcing.events import ApprovalAsked
from longshore.sourcing.models import ApprovalLimit, ApprovalState, OrderApproval

# The most a person may order: the highest limit of its groups; None: no limit is set for it.
LIMITS = """
SELECT u.username, max(l.most), bool_or(u.is_superuser)
FROM auth_user u
LEFT JOIN auth_user_groups m ON m.user_id = u.id
LEFT JOIN auth_group g ON g.id = m.group_id
LEFT JOIN sourcing_approvallimit l ON l.role = g.name
WHERE u.username = ANY(%(names)s) GROUP BY 1
"""
WITHDRAW = """
UPDATE planning_proposal SET state = 'rejected', decided_at = %(at)s, decided_by = %(actor)s
WHERE id = ANY(%(ids)s) AND state = 'released' AND flow_id IS NULL
RETURNING id
"""
SIGNED = "SELECT DISTINCT decided_by FROM planning_proposal WHERE id = ANY(%(ids)s)"


class ApprovalRefused(Refusal):
    """This person may not decide, or somebody did."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What would be one order. `signers` released its proposals."""

    supplier: int
    site: int
    proposals: tuple[int, ...]
    value: int
    signers: frozenset[str]


def held_back(bundles: Sequence[Bundle], *, at: datetime, cause: Cause) -> frozenset[int]:
    """Proposals that wait for a second person, in the caller's transaction. Without any limit nothing does."""
    limits = dict(ApprovalLimit.objects.values_list("role", "most"))
    if not limits:
        return frozenset()
    of_person = _limits({name for bundle in bundles for name in bundle.signers}, limits)
    held = [bundle for bundle in bundles if bundle.value > min(of_person[name] for name in bundle.signers)]
    made = OrderApproval.objects.bulk_create(
        OrderApproval(
            supplier_id=bundle.supplier,
            site_id=bundle.site,
            proposals=list(bundle.proposals),
            value=bundle.value,
            asked_at=at,
            asked_by=",".join(sorted(bundle.signers))[:80],
        )
        for bundle in held
    )
    emit([ApprovalAsked(each.pk, each.value) for each in made], at=at, cause=cause)
    return frozenset(number for bundle in held for number in bundle.proposals)


def may_spend(name: str) -> int | None:
    """The most a person may order alone; None: as much as it likes."""
    limits = dict(ApprovalLimit.objects.values_list("role", "most"))
    return _limits({name}, limits)[name] if limits and not _is_free(name) else None


@transaction.atomic
def refuse_order(approval: int, *, at: datetime, cause: Cause) -> tuple[int, ...]:
    """Do not order: its proposals are rejected. Returns them."""
    row = waiting_approval(approval)
    _sign(row, ApprovalState.REFUSED, at, cause)
    gone = sorted(number for (number,) in rows(WITHDRAW, {"ids": row.proposals, "at": at, "actor": cause.actor}))
    if gone:
        emit([Decided(gone[0], gone, "rejected")], at=at, cause=cause)
    return tuple(gone)


def sign_order(approval: int, *, at: datetime, cause: Cause) -> tuple[int, ...]:
    """The second person's yes, in the caller's transaction; the proposals that may be ordered now."""
    row = waiting_approval(approval)
    # From the proposals: the row's own list of names is cut to what a screen shows.
    if (cause.actor,) in rows(SIGNED, {"ids": row.proposals}):
        raise ApprovalRefused(
            "same-person",
            _("Who released an order cannot approve it, too."),
            _("Ask somebody else."),
            approval=approval,
        )
    limit = may_spend(cause.actor)
    if limit is not None and row.value > limit:
        raise ApprovalRefused(
            "above-limit",
            _("This order is worth more than you may approve."),
            _("Ask somebody with a higher limit."),
            approval=approval,
            limit=limit,
        )
    _sign(row, ApprovalState.APPROVED, at, cause)
    return tuple(row.proposals)


def waiting_approval(approval: int) -> OrderApproval:
    """Locked; refused where somebody has decided."""
    row = OrderApproval.objects.select_for_update().filter(pk=approval).first()
    if row is None or row.state != ApprovalState.WAITING:
        raise ApprovalRefused(
            "approval-decided",
            _("There is no such order to approve, or somebody has decided."),
            _("Open the list again."),
            approval=approval,
            by="" if row is None else row.decided_by,
        )
    return row


def _sign(row: OrderApproval, state: ApprovalState, at: datetime, cause: Cause) -> None:
    row.state, row.decided_at, row.decided_by = state, at, cause.actor
    row.save()


def _is_free(name: str) -> bool:
    return any(superuser for _name, _most, superuser in rows(LIMITS, {"names": [name]}))


def _limits(names: set[str], limits: dict[str, int]) -> dict[str, int]:
    """Nothing for somebody without a limit: whoever sets limits means everybody."""
    found = {name: limits.get(name, 0) for name in names}  # `plan` and other programs have a limit by their name
    for name, most, superuser in rows(LIMITS, {"names": sorted(names)}):
        found[name] = 2**62 if superuser else int(most or 0)
    return found
