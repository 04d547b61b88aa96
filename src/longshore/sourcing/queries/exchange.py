"""Contracts, quotes, approvals, changes, claims and documents, as people read them. `supplier` keeps all to one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from longshore.planning.reading import rows
from longshore.sourcing.price_rules import token_of

CONTRACTS = """
SELECT c.id, c.code, c.supplier_id, s.name, s.name_zh, c.starts_on, c.ends_on, p.item_id, i.code, p.from_qty,
    p.unit_price
FROM sourcing_contract c JOIN catalog_partner s ON s.id = c.supplier_id
JOIN sourcing_contractprice p ON p.contract_id = c.id JOIN catalog_item i ON i.id = p.item_id
WHERE %(supplier)s::bigint IS NULL OR c.supplier_id = %(supplier)s
ORDER BY c.ends_on DESC, c.code, i.code, p.from_qty LIMIT 2000
"""
QUOTES = """
SELECT r.id, r.number, r.state, r.item_id, i.code, i.name, i.name_zh, d.code, r.qty, r.needed_at, r.answer_by,
    q.supplier_id, s.name, s.name_zh, q.state, q.unit_price, q.breaks, q.moq, q.multiple, q.lead_minutes, q.capacity,
    q.valid_until, q.note, q.answered_at, r.own_offer_of_id IS NOT NULL, u.code
FROM sourcing_quoterequest r JOIN sourcing_quote q ON q.request_id = r.id
JOIN catalog_partner s ON s.id = q.supplier_id JOIN catalog_item i ON i.id = r.item_id
JOIN catalog_place d ON d.id = r.site_id JOIN catalog_unitofmeasure u ON u.id = i.base_unit_id
WHERE (%(supplier)s::bigint IS NULL OR q.supplier_id = %(supplier)s)
    AND (%(request)s::bigint IS NULL OR r.id = %(request)s)
ORDER BY r.id DESC, q.unit_price, s.code LIMIT 1000
"""
APPROVALS = """
SELECT a.id, s.name, s.name_zh, d.code, a.value, jsonb_array_length(a.proposals), a.state, a.asked_at, a.asked_by,
    a.decided_by
FROM sourcing_orderapproval a JOIN catalog_partner s ON s.id = a.supplier_id JOIN catalog_place d ON d.id = a.site_id
ORDER BY a.state <> 'waiting', a.id DESC LIMIT 200
"""
CHANGES = """
SELECT h.id, o.number, o.id, l.id, l.line, i.code, h.expedite, h.qty, h.wanted_at, h.reason, h.state, h.asked_at,
    h.asked_by
FROM sourcing_orderchange h JOIN sourcing_purchaseorderline l ON l.id = h.line_id
JOIN sourcing_purchaseorder o ON o.id = l.order_id JOIN catalog_item i ON i.id = l.item_id
WHERE (%(supplier)s::bigint IS NULL OR o.supplier_id = %(supplier)s)
    AND (%(order)s::bigint IS NULL OR o.id = %(order)s)
ORDER BY h.state <> 'asked', h.id DESC LIMIT 200
"""
CLAIMS = """
SELECT c.id, c.number, o.number, o.supplier_id, s.name, s.name_zh, i.code, c.kind, c.qty, c.amount, c.credited, c.note,
    c.state, c.made_at, c.answer, c.credit_note, i.name, i.name_zh
FROM sourcing_supplierclaim c JOIN sourcing_purchaseorderline l ON l.id = c.line_id
JOIN sourcing_purchaseorder o ON o.id = l.order_id JOIN catalog_partner s ON s.id = o.supplier_id
JOIN catalog_item i ON i.id = l.item_id
WHERE (%(supplier)s::bigint IS NULL OR o.supplier_id = %(supplier)s)
    AND (%(order)s::bigint IS NULL OR o.id = %(order)s)
ORDER BY c.state <> 'open', c.id DESC LIMIT 500
"""
DOCUMENTS = """
SELECT m.id, m.supplier_id, s.code, COALESCE(o.number, ''), m.incoming, m.channel, m.kind, m.state, m.told, m.at,
    m.body
FROM sourcing_orderdocument m JOIN catalog_partner s ON s.id = m.supplier_id
LEFT JOIN sourcing_purchaseorder o ON o.id = m.order_id
WHERE (%(supplier)s::bigint IS NULL OR m.supplier_id = %(supplier)s)
    AND (%(order)s::bigint IS NULL OR m.order_id = %(order)s)
    AND (%(state)s::text IS NULL OR m.state = %(state)s)
ORDER BY m.id DESC LIMIT 200
"""


@dataclass(frozen=True, slots=True)
class ContractRow:
    id: int
    code: str
    supplier: int
    supplier_name: str
    supplier_name_zh: str
    starts_on: date
    ends_on: date
    item: int
    item_code: str
    from_qty: int
    unit_price: int


@dataclass(frozen=True, slots=True)
class QuoteRow:
    request: int
    number: str
    request_state: str
    item: int
    item_code: str
    item_name: str
    item_name_zh: str
    site_code: str
    qty: int
    needed_at: datetime
    answer_by: datetime
    supplier: int
    supplier_name: str
    supplier_name_zh: str
    state: str
    unit_price: int | None
    breaks: list[list[int]]
    moq: int
    multiple: int
    lead_minutes: int | None
    capacity: int | None
    valid_until: date | None
    note: str
    answered_at: datetime | None
    own_offer: bool  # nobody asked: the supplier offers by itself
    unit: str

    @property
    def price_for_all(self) -> int | None:
        """What a unit costs when the whole quantity is bought."""
        reached = [price for start, price in self.breaks if start <= self.qty]
        return reached[-1] if reached else self.unit_price

    @property
    def value(self) -> int | None:
        price = self.price_for_all
        return None if price is None else price * self.qty

    @property
    def stands(self) -> bool:
        """An offer that was declined after it was made is none."""
        return self.state in ("quoted", "won")

    @property
    def seen(self) -> str:
        """What is offered as a token: another one once the offer is another."""
        return token_of(self.unit_price, self.breaks, self.moq, self.multiple, self.lead_minutes, self.capacity,
                           self.valid_until)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    id: int
    supplier_name: str
    supplier_name_zh: str
    site_code: str
    value: int
    lines: int
    state: str
    asked_at: datetime
    asked_by: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    id: int
    number: str
    order: int
    line_id: int
    line: int
    item_code: str
    expedite: bool
    qty: int | None
    wanted_at: datetime | None
    reason: str
    state: str
    asked_at: datetime
    asked_by: str


@dataclass(frozen=True, slots=True)
class ClaimRow:
    id: int
    number: str
    order_number: str
    supplier: int
    supplier_name: str
    supplier_name_zh: str
    item_code: str
    kind: str
    qty: int
    amount: int
    credited: int
    note: str
    state: str
    made_at: datetime
    answer: str
    credit_note: str
    item_name: str
    item_name_zh: str


@dataclass(frozen=True, slots=True)
class DocumentRow:
    id: int
    supplier: int
    supplier_code: str
    number: str
    incoming: bool
    channel: str
    kind: str
    state: str
    told: str
    at: datetime
    body: str


def contracts(supplier: int | None = None) -> tuple[ContractRow, ...]:
    """A row for each price, the contracts that end last first."""
    return tuple(ContractRow(*row) for row in rows(CONTRACTS, {"supplier": supplier}))


def quotes(*, supplier: int | None = None, request: int | None = None) -> tuple[QuoteRow, ...]:
    """A row for each supplier asked, the latest request first, then the cheapest."""
    return tuple(QuoteRow(*row) for row in rows(QUOTES, {"supplier": supplier, "request": request}))


def approvals() -> tuple[ApprovalRow, ...]:
    """Those that wait first."""
    return tuple(ApprovalRow(*row) for row in rows(APPROVALS, {}))


def changes(*, supplier: int | None = None, order: int | None = None) -> tuple[ChangeRow, ...]:
    return tuple(ChangeRow(*row) for row in rows(CHANGES, {"supplier": supplier, "order": order}))


def claims(*, supplier: int | None = None, order: int | None = None) -> tuple[ClaimRow, ...]:
    return tuple(ClaimRow(*row) for row in rows(CLAIMS, {"supplier": supplier, "order": order}))


def documents(
    *, supplier: int | None = None, order: int | None = None, state: str | None = None
) -> tuple[DocumentRow, ...]:
    asked: dict[str, Any] = {"supplier": supplier, "order": order, "state": state}
    return tuple(DocumentRow(*row) for row in rows(DOCUMENTS, asked))
