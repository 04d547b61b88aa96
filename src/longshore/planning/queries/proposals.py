"""Proposals as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from longshore.planning.reading import listed, rows

LIST = """
SELECT p.id, p.key, p.kind, p.state, p.item_id, i.code, i.name, i.name_zh, u.code, p.site_id, s.code, s.name, s.name_zh,
    p.supplier_id, COALESCE(v.name, o.name, ''), COALESCE(v.name_zh, o.name_zh, ''), p.origin_id, p.qty, p.proposed_qty,
    p.unit_price, p.order_at, p.due_at, p."group", p.explanation, p.cause, p.made_at, p.decided_at, p.decided_by,
    p.decision_note, p.flow_id, COALESCE(f.document, '')
FROM planning_proposal p
JOIN catalog_item i ON i.id = p.item_id
JOIN catalog_unitofmeasure u ON u.id = i.base_unit_id
JOIN catalog_place s ON s.id = p.site_id
LEFT JOIN catalog_partner v ON v.id = p.supplier_id
LEFT JOIN catalog_place o ON o.id = p.origin_id
LEFT JOIN ledger_plannedflow f ON f.id = p.flow_id
WHERE (%(states)s::text[] IS NULL OR p.state = ANY(%(states)s))
    AND (%(ids)s::bigint[] IS NULL OR p.id = ANY(%(ids)s))
    AND (%(site)s::bigint IS NULL OR p.site_id = %(site)s)
    AND (%(supplier)s::bigint IS NULL OR p.supplier_id = %(supplier)s)
    AND (%(item)s::bigint IS NULL OR p.item_id = %(item)s)
    AND (%(kind)s::text IS NULL OR p.kind = %(kind)s)
ORDER BY p.state <> 'proposed', p.order_at, p."group", p.id DESC
LIMIT %(limit)s OFFSET %(offset)s
"""
COUNT = """
SELECT p.state, p.kind, COUNT(*)::int, COALESCE(SUM(p.qty * p.unit_price), 0)::bigint
FROM planning_proposal p GROUP BY 1, 2 ORDER BY 1, 2
"""
OFFERS = """
SELECT o.supplier_id, s.name, s.name_zh, o.unit_price, o.moq, o.multiple, o.lead_time_minutes,
    COALESCE(t.samples, 0), t.mean_minutes, t.sd_minutes
FROM catalog_supplieritem o
JOIN catalog_partner s ON s.id = o.supplier_id AND s.active
LEFT JOIN planning_leadtime t ON t.supplier_id = o.supplier_id AND t.item_id = o.item_id
WHERE o.active AND o.item_id = %(item)s
ORDER BY o.unit_price, o.lead_time_minutes, o.supplier_id
"""


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """`source_name` is the supplier's, or for a transfer the site's it comes from; `document` once it is ordered."""

    id: int
    key: object
    kind: str
    state: str
    item: int
    item_code: str
    item_name: str
    item_name_zh: str
    unit: str
    site: int
    site_code: str
    site_name: str
    site_name_zh: str
    supplier: int | None
    source_name: str
    source_name_zh: str
    origin: int | None
    qty: int
    proposed_qty: int
    unit_price: int
    order_at: datetime
    due_at: datetime
    group: str
    explanation: dict[str, Any]
    cause: str
    made_at: datetime
    decided_at: datetime | None
    decided_by: str
    decision_note: str
    flow: int | None
    document: str

    @property
    def value(self) -> int:
        return self.qty * self.unit_price


@dataclass(frozen=True, slots=True)
class Filter:
    """Which proposals; None: all."""

    states: tuple[str, ...] | None = None
    ids: tuple[int, ...] | None = None
    site: int | None = None
    supplier: int | None = None
    item: int | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class ProposalCount:
    state: str
    kind: str
    count: int
    value: int


@dataclass(frozen=True, slots=True)
class OfferRow:
    """What a supplier asks for an item, and how long it really took if that was measured."""

    supplier: int
    name: str
    name_zh: str
    unit_price: int
    moq: int
    multiple: int
    lead_time_minutes: int
    samples: int
    measured_minutes: int | None
    measured_sd_minutes: int | None


EVERYTHING = Filter()


def proposals(wanted: Filter = EVERYTHING, *, limit: int = 200, offset: int = 0) -> tuple[ProposalRow, ...]:
    """Open ones first, the most urgent first."""
    asked = {
        "states": None if wanted.states is None else list(wanted.states),
        "ids": listed(wanted.ids),
        "site": wanted.site,
        "supplier": wanted.supplier,
        "item": wanted.item,
        "kind": wanted.kind,
        "limit": limit,
        "offset": offset,
    }
    return tuple(ProposalRow(*row) for row in rows(LIST, asked))


def proposal(number: int) -> ProposalRow | None:
    found = proposals(Filter(ids=(number,)), limit=1)
    return found[0] if found else None


def counts() -> tuple[ProposalCount, ...]:
    return tuple(ProposalCount(*row) for row in rows(COUNT, {}))


def offers_for(item: int) -> tuple[OfferRow, ...]:
    """Everybody who sells the item, cheapest first."""
    return tuple(OfferRow(*row) for row in rows(OFFERS, {"item": item}))
