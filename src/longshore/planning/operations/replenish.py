"""Review item-sites: propose what is missing, change what is proposed, withdraw what is no longer needed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.planning import proposal_rules, rebalancing_rules, rules
from longshore.planning.events import Proposed
from longshore.planning.operations.releasing import release
from longshore.planning.proposal_rules import Changes, Draft, Open
from longshore.planning.queries.positions import Review, company_day, review_of
from longshore.planning.queries.surges import surges_behind
from longshore.planning.reading import execute, listed, rows

# One review at a time: two that look at the same item-site would both order for it.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('longshore.planning.review'))"
STANDING = """
SELECT id, item_id, site_id, supplier_id, origin_id, qty, unit_price, order_at, decided_by <> ''
FROM planning_proposal
WHERE state = 'proposed' AND (%(items)s::bigint[] IS NULL OR item_id = ANY(%(items)s))
    AND (%(sites)s::bigint[] IS NULL OR site_id = ANY(%(sites)s)) AND NOT EXISTS (
        SELECT FROM planning_stockpolicy n WHERE n.item_id = planning_proposal.item_id
            AND n.site_id = planning_proposal.site_id AND n.planned_by = 'network'
    )
ORDER BY id FOR UPDATE
"""
REJECTED = """
SELECT DISTINCT ON (item_id, site_id) item_id, site_id, explanation->>'rule'
FROM planning_proposal WHERE state = 'rejected' AND decided_at > %(since)s
ORDER BY item_id, site_id, decided_at DESC
"""
FORMER = """
SELECT u.item, u.site, COALESCE(f.count, 0)
FROM unnest(%(item)s::bigint[], %(site)s::bigint[]) AS u(item, site)
LEFT JOIN LATERAL (
    SELECT COUNT(*) AS count FROM planning_proposal p WHERE p.item_id = u.item AND p.site_id = u.site
) f ON true
"""
COLUMNS = """unnest(%(number)s::bigint[], %(key)s::uuid[], %(kind)s::text[], %(item)s::bigint[], %(site)s::bigint[],
    %(supplier)s::bigint[], %(origin)s::bigint[], %(qty)s::bigint[], %(price)s::bigint[], %(order_at)s::timestamptz[],
    %(due_at)s::timestamptz[], %(grouped)s::text[], ARRAY(SELECT jsonb_array_elements(%(explanation)s::jsonb)))
    AS u(number, key, kind, item, site, supplier, origin, qty, price, order_at, due_at, grouped, explanation)"""
INSERT = f"""
INSERT INTO planning_proposal (key, kind, state, item_id, site_id, supplier_id, origin_id, qty, proposed_qty,
    unit_price, order_at, due_at, "group", explanation, cause, made_at, decided_by, decision_note)
SELECT u.key, u.kind, 'proposed', u.item, u.site, nullif(u.supplier, 0), nullif(u.origin, 0), u.qty, u.qty, u.price,
    u.order_at, u.due_at, u.grouped, u.explanation, %(cause)s, %(at)s, '', ''
FROM {COLUMNS} ORDER BY u.site, u.item
RETURNING id, item_id, site_id
"""
UPDATE = f"""
UPDATE planning_proposal p SET kind = u.kind, supplier_id = nullif(u.supplier, 0), origin_id = nullif(u.origin, 0),
    qty = u.qty, proposed_qty = u.qty, unit_price = u.price, order_at = u.order_at, due_at = u.due_at,
    "group" = u.grouped, explanation = u.explanation, cause = %(cause)s, made_at = %(at)s
FROM {COLUMNS} WHERE p.id = u.number
"""
SUPERSEDE = """
UPDATE planning_proposal SET state = 'superseded', decided_at = %(at)s, decision_note = 'no longer needed'
WHERE id = ANY(%(ids)s)
"""
WAITING = """
SELECT id FROM planning_proposal
WHERE state = 'approved' AND flow_id IS NULL AND (%(items)s::bigint[] IS NULL OR item_id = ANY(%(items)s))
    AND (%(sites)s::bigint[] IS NULL OR site_id = ANY(%(sites)s))
ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class ReplenishReceipt:
    """Ids of proposals by what became of them. `unmet`: (item, site) below policy that nobody can supply."""

    reviewed: int
    new: tuple[int, ...]
    updated: tuple[int, ...]
    superseded: tuple[int, ...]
    released: tuple[int, ...]
    unmet: tuple[tuple[int, int], ...]


@transaction.atomic
def replenish(
    *, at: datetime, cause: Cause, items: Sequence[int] | None = None, sites: Sequence[int] | None = None
) -> ReplenishReceipt:
    """Compare each policy with its stock position and time-phased stock; automatic policies are released at once."""
    rows(ONE_AT_A_TIME, {})
    scope = {"items": listed(items), "sites": listed(sites)}
    review = review_of(at=at, items=items, sites=sites)
    if not review.policies:
        return ReplenishReceipt(0, (), (), (), (), ())
    timezone = review.policies[0].timezone
    decisions, unmet = _decisions(review)
    surges = surges_behind(items, today=rules.day_of(review.today)) if decisions else {}
    drafts = [_drafted(decision, review, surges, at) for decision in decisions]
    standing = [Open(*row) for row in rows(STANDING, scope)]
    rejected = {(item, site): rule for item, site, rule in rows(REJECTED, {"since": at - rules.QUIET_AFTER_REJECTION})}
    found = proposal_rules.changes(drafts, standing, rejected, timezone)
    ids = _write(found, at=at, cause=cause)
    if ids or found.updated or found.superseded:
        changed = sorted([*ids.values(), *(number for number, _ in found.updated)])
        emit([Proposed(changed, list(found.superseded))], at=at, cause=cause)
    released = _release_by_policy(review, scope, at=at, cause=cause)
    return ReplenishReceipt(
        reviewed=len(review.policies),
        new=tuple(sorted(ids.values())),
        updated=tuple(number for number, _ in found.updated),
        superseded=found.superseded,
        released=released,
        unmet=unmet,
    )


def _decisions(review: Review) -> tuple[tuple[rules.Decision, ...], tuple[tuple[int, int], ...]]:
    decisions, unmet = rebalancing_rules.decide(review.positions, review.forecast_milli, review.today)
    return decisions, tuple((review.positions[row].item, review.positions[row].site) for row in unmet)


def _drafted(
    decision: rules.Decision, review: Review, surges: dict[tuple[int, int], dict[str, int | None]], at: datetime
) -> Draft:
    policy = review.policies[decision.row]
    surge = surges.get((policy.item, policy.site))
    told = decision if surge is None else replace(decision, explanation={**decision.explanation, "surge": surge})
    return proposal_rules.draft(
        told, review.positions[decision.row], at=at, timezone=policy.timezone, automatic=policy.automatic
    )


def _write(found: Changes, *, at: datetime, cause: Cause) -> dict[tuple[int, int], int]:
    """Insert, update and supersede; returns the ids of the new ones by item-site."""
    because = {"at": at, "cause": (cause.because or cause.actor)[:120]}
    if found.superseded:
        execute(SUPERSEDE, {"ids": list(found.superseded), "at": at})
    if found.updated:
        execute(UPDATE, {**_columns([wanted for _, wanted in found.updated], [n for n, _ in found.updated]), **because})
    if not found.new:
        return {}
    columns = _columns(found.new, [0] * len(found.new))
    former = {(item, site): count for item, site, count in rows(FORMER, columns)}
    columns["key"] = [proposal_rules.key_of(d.item, d.site, former[d.item, d.site]) for d in found.new]
    return {(item, site): number for number, item, site in rows(INSERT, {**columns, **because})}


def _columns(drafts: Sequence[Draft], numbers: Sequence[int]) -> dict[str, Any]:
    return {
        "number": list(numbers),
        "key": [None] * len(drafts),
        "kind": [d.kind for d in drafts],
        "item": [d.item for d in drafts],
        "site": [d.site for d in drafts],
        "supplier": [d.supplier or 0 for d in drafts],
        "origin": [d.origin or 0 for d in drafts],
        "qty": [d.qty for d in drafts],
        "price": [d.unit_price for d in drafts],
        "order_at": [d.order_at for d in drafts],
        "due_at": [d.due_at for d in drafts],
        "grouped": [d.group for d in drafts],
        "explanation": json.dumps([d.explanation for d in drafts]),
    }


def _release_by_policy(
    review: Review, scope: dict[str, list[int] | None], *, at: datetime, cause: Cause
) -> tuple[int, ...]:
    """Proposals of automatic policies whose day has come, and approved transfers that waited for stock."""
    automatic = {(policy.item, policy.site): policy.timezone for policy in review.policies if policy.automatic}
    day = company_day(at, review.policies)
    due = [
        row.id
        for row in (Open(*each) for each in rows(STANDING, scope))
        if (row.item, row.site) in automatic
        and not row.by_hand
        and rules.local_day(row.order_at, automatic[row.item, row.site]) <= day
    ]
    due += [number for (number,) in rows(WAITING, scope)]
    return release(due, at=at, cause=cause).released if due else ()
