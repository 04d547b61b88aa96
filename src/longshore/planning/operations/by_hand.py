"""Policies as people and files set them, and lead times as purchasing measured them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import RejectedRow, RowsRefused
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.planning.events import PolicyChanged
from longshore.planning.reading import execute, rows

PUT = """
INSERT INTO planning_stockpolicy AS p (item_id, site_id, source_id, review_minutes, service_level_bp, own_service,
    lead_time_minutes, safety_stock, reorder_point, order_qty, order_up_to, automatic, locked, explanation, computed_at)
SELECT u.item, u.site, nullif(u.source, 0), COALESCE(u.review, 1440), COALESCE(u.service, i.service_level_bp),
    u.service IS NOT NULL, COALESCE(u.lead, 1440), COALESCE(u.safety, 0), COALESCE(u.reorder, 0),
    COALESCE(u.quantity, 1), COALESCE(u.up_to, u.reorder + u.quantity, 1), COALESCE(u.automatic, false),
    u.reorder IS NOT NULL, u.explanation::jsonb, %(at)s
FROM unnest(%(item)s::bigint[], %(site)s::bigint[], %(source)s::bigint[], %(review)s::int[], %(service)s::int[],
    %(safety)s::bigint[], %(reorder)s::bigint[], %(quantity)s::bigint[], %(up_to)s::bigint[], %(automatic)s::bool[],
    %(lead)s::int[], %(explanation)s::text[])
    AS u(item, site, source, review, service, safety, reorder, quantity, up_to, automatic, lead, explanation)
JOIN catalog_item i ON i.id = u.item
ORDER BY 1, 2
ON CONFLICT (item_id, site_id) DO UPDATE SET source_id = EXCLUDED.source_id,
    review_minutes = EXCLUDED.review_minutes, own_service = EXCLUDED.own_service,
    service_level_bp = EXCLUDED.service_level_bp, automatic = EXCLUDED.automatic, locked = EXCLUDED.locked,
    lead_time_minutes = CASE WHEN EXCLUDED.locked THEN EXCLUDED.lead_time_minutes ELSE p.lead_time_minutes END,
    safety_stock = CASE WHEN EXCLUDED.locked THEN EXCLUDED.safety_stock ELSE p.safety_stock END,
    reorder_point = CASE WHEN EXCLUDED.locked THEN EXCLUDED.reorder_point ELSE p.reorder_point END,
    order_qty = CASE WHEN EXCLUDED.locked THEN EXCLUDED.order_qty ELSE p.order_qty END,
    order_up_to = CASE WHEN EXCLUDED.locked THEN EXCLUDED.order_up_to ELSE p.order_up_to END,
    explanation = CASE WHEN EXCLUDED.locked THEN EXCLUDED.explanation ELSE p.explanation END,
    computed_at = EXCLUDED.computed_at
"""
KNOWN = """
SELECT 'item', i.id FROM catalog_item i WHERE i.id = ANY(%(item)s)
UNION ALL SELECT 'site', p.id FROM catalog_place p WHERE p.id = ANY(%(site)s) AND p.kind = 'site'
UNION ALL SELECT 'source', p.id FROM catalog_place p WHERE p.id = ANY(%(source)s) AND p.kind = 'site'
"""
MEASURED = """
INSERT INTO planning_leadtime (supplier_id, item_id, samples, mean_minutes, sd_minutes, measured_at)
SELECT u.supplier, u.item, u.samples, u.mean, u.sd, %(at)s
FROM unnest(%(supplier)s::bigint[], %(item)s::bigint[], %(samples)s::int[], %(mean)s::bigint[], %(sd)s::bigint[])
    AS u(supplier, item, samples, mean, sd)
ORDER BY 1, 2
ON CONFLICT (supplier_id, item_id) DO UPDATE SET samples = EXCLUDED.samples, mean_minutes = EXCLUDED.mean_minutes,
    sd_minutes = EXCLUDED.sd_minutes, measured_at = EXCLUDED.measured_at
"""
LARGEST = 10**15
LONGEST_MINUTES = 10 * 365 * 1440
BOUNDS = (
    ("safety_stock", 0, LARGEST), ("reorder_point", 0, LARGEST), ("order_qty", 1, LARGEST), ("order_up_to", 1, LARGEST),
    ("review_minutes", 1, LONGEST_MINUTES), ("lead_time_minutes", 0, LONGEST_MINUTES),
)  # fmt: skip


class PoliciesRefused(RowsRefused):
    """No policy was written; `rejected` says which rows are wrong and why."""

    def __init__(self, rejected: tuple[RejectedRow, ...]) -> None:
        super().__init__(rejected, field=rejected[0].field)


@dataclass(frozen=True, slots=True)
class NewPolicy:
    """A policy as a person wants it. With a reorder point it is fixed (locked), without one planning computes it.

    `source`: the site that feeds this one; None: bought. `service_bp` None: as the item's.
    """

    item: int
    site: int
    source: int | None = None
    review_minutes: int | None = None
    service_bp: int | None = None
    safety_stock: int | None = None
    reorder_point: int | None = None
    order_qty: int | None = None
    order_up_to: int | None = None
    automatic: bool | None = None
    lead_time_minutes: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PoliciesReceipt:
    accepted: int
    rejected: tuple[RejectedRow, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """How long a supplier took for an item: `samples` receipts, mean and spread in minutes."""

    supplier: int
    item: int
    samples: int
    mean_minutes: int
    sd_minutes: int


@transaction.atomic
def put_policies(
    policies: Sequence[NewPolicy], *, at: datetime, cause: Cause, partial: bool = False
) -> PoliciesReceipt:
    """Write policies set by hand or by file. The last of several rows for one item-site counts."""
    if not policies:
        return PoliciesReceipt(0, ())
    columns = {
        "item": [p.item for p in policies],
        "site": [p.site for p in policies],
        "source": [p.source for p in policies],
    }
    known = set(rows(KNOWN, columns))
    rejected = tuple(found for n, policy in enumerate(policies, 1) if (found := _refused(n, policy, known)))
    if rejected and not partial:
        raise PoliciesRefused(rejected)
    bad = {row.row for row in rejected}
    good = {(p.item, p.site): p for n, p in enumerate(policies, 1) if n not in bad}
    _write(list(good.values()), at=at, cause=cause)
    return PoliciesReceipt(len(good), rejected)


def _write(good: Sequence[NewPolicy], *, at: datetime, cause: Cause) -> None:
    if not good:
        return
    columns = {
        "item": [p.item for p in good],
        "site": [p.site for p in good],
        "source": [p.source or 0 for p in good],
        "review": [p.review_minutes for p in good],
        "service": [p.service_bp for p in good],
        "safety": [p.safety_stock for p in good],
        "reorder": [p.reorder_point for p in good],
        "quantity": [p.order_qty for p in good],
        "up_to": [p.order_up_to for p in good],
        "automatic": [p.automatic for p in good],
        "lead": [p.lead_time_minutes for p in good],
        "explanation": [_why(p, cause) if p.reorder_point is not None else "{}" for p in good],
    }
    execute(PUT, {**columns, "at": at})
    items, sites = sorted({p.item for p in good}), sorted({p.site for p in good})
    emit([PolicyChanged(items, sites)], at=at, cause=cause)


def _why(policy: NewPolicy, cause: Cause) -> str:
    said = {"reason": policy.reason} if policy.reason else {}
    return json.dumps({"rule": "by-hand", "by": cause.actor, "inputs": {}, **said})


def _refused(row: int, policy: NewPolicy, known: set[tuple[str, int]]) -> RejectedRow | None:
    found = _problem(policy, known)
    if found is None:
        return None
    field, code, sentence, remedy = found
    return RejectedRow(row, field, code, str(sentence), str(remedy), str(getattr(policy, field)))


def _problem(policy: NewPolicy, known: set[tuple[str, int]]) -> tuple[str, str, object, object] | None:
    remedy = _("Correct the row or leave it out.")
    if ("item", policy.item) not in known:
        return "item", "no-such-item", _("There is no such item."), remedy
    if ("site", policy.site) not in known:
        return "site", "no-such-site", _("There is no such site."), remedy
    if policy.source is not None and (("source", policy.source) not in known or policy.source == policy.site):
        return "source", "no-such-source", _("The source must be another site."), remedy
    if policy.service_bp is not None and not 0 < policy.service_bp < 10_000:
        return "service_bp", "bad-service", _("A service level lies between 0 and 100 %."), _("Give 9500 for 95 %.")
    for field, least, most in BOUNDS:
        value = getattr(policy, field)
        if value is not None and value < least:
            return field, "too-small", _("%(value)s is too small.") % {"value": value}, remedy
        if value is not None and value > most:
            return field, "too-large", _("%(value)s is too large.") % {"value": value}, remedy
    if policy.reorder_point is not None and policy.order_qty is None:
        return "order_qty", "quantity-missing", _("A reorder point set by hand needs an order quantity."), remedy
    return None


@transaction.atomic
def record_lead_times(measured: Sequence[Measured], *, at: datetime) -> int:
    """Take over what purchasing measured; policies and offers use it once there are enough receipts."""
    columns = {
        "supplier": [m.supplier for m in measured],
        "item": [m.item for m in measured],
        "samples": [m.samples for m in measured],
        "mean": [m.mean_minutes for m in measured],
        "sd": [m.sd_minutes for m in measured],
    }
    return execute(MEASURED, {**columns, "at": at}) if measured else 0
