"""Recalls as their pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from longshore.ledger.wire import run
from longshore.tracing.models import Recall

_LISTED: Final = """
SELECT r.number, r.reason, r.kind, r.state, r.created_at, r.actor,
    (SELECT count(*) FROM tracing_recallline l WHERE l.recall_id = r.id),
    (SELECT coalesce(sum(abs(l.unexplained)), 0)::bigint FROM tracing_recallline l WHERE l.recall_id = r.id),
    (SELECT count(DISTINCT t.place_id) FROM tracing_recallletter t WHERE t.recall_id = r.id)
FROM tracing_recall r ORDER BY r.id DESC LIMIT 200
"""
_LINES: Final = """
SELECT t.node, t.depth, i.code, i.name, i.name_zh, coalesce(s.code, l.code, ''), t.made, t.found, t.held, t.shipped,
    t.scrapped, t.consumed, t.unexplained
FROM tracing_recallline t JOIN catalog_item i ON i.id = t.item_id
LEFT JOIN catalog_lot l ON l.id = t.lot_id LEFT JOIN catalog_serial s ON s.id = t.serial_id
WHERE t.recall_id = %s ORDER BY abs(t.unexplained) DESC, t.depth, i.code, 6
"""
_LETTERS: Final = """
SELECT t.id, t.state, p.id, p.code, coalesce(c.name, p.name), coalesce(nullif(c.name_zh, ''), p.name_zh), i.code, i.name,
    i.name_zh, coalesce(l.code, ''), t.document, t."order", t.qty, t.delivered_at, t.sent_at, t.answered_at, t.recovered,
    coalesce(c.email, ''), coalesce(c.phone, '')
FROM tracing_recallletter t JOIN catalog_place p ON p.id = t.place_id JOIN catalog_item i ON i.id = t.item_id
LEFT JOIN catalog_partner c ON c.id = t.partner_id LEFT JOIN catalog_lot l ON l.id = t.lot_id
WHERE t.recall_id = %s ORDER BY p.code, t.delivered_at, t.id
"""


@dataclass(frozen=True, slots=True)
class ListedRecall:
    number: str
    reason: str
    kind: str
    state: str
    created_at: datetime
    actor: str
    lots: int
    unexplained: int
    customers: int


@dataclass(frozen=True, slots=True)
class RecallLineRow:
    node: int
    depth: int
    item: str
    name: str
    name_zh: str
    code: str
    made: int
    found: int
    held: int
    shipped: int
    scrapped: int
    consumed: int
    unexplained: int


@dataclass(frozen=True, slots=True)
class LetterRow:
    letter: int
    state: str
    place: int
    place_code: str
    name: str
    name_zh: str
    item: str
    item_name: str
    item_name_zh: str
    lot: str
    document: str
    order: str
    qty: int
    delivered_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    recovered: int | None
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a recall, when it was done, and the verb that does it."""

    verb: str
    title: str | Promise
    at: datetime | None

    @property
    def done(self) -> bool:
        return self.at is not None


def recalls_listed() -> tuple[ListedRecall, ...]:
    return tuple(ListedRecall(*row) for row in run(_LISTED))


def lines_of(recall: int) -> tuple[RecallLineRow, ...]:
    """Its lots: what is unexplained first, then from the start outwards."""
    return tuple(RecallLineRow(*row) for row in run(_LINES, recall))


def letters_of(recall: int) -> tuple[LetterRow, ...]:
    """Who got any of it, by customer."""
    return tuple(LetterRow(*row) for row in run(_LETTERS, recall))


def steps_of(recall: Recall) -> tuple[Step, ...]:
    return (
        Step("start", _("Found"), recall.created_at),
        Step("hold", _("On hold"), recall.held_at),
        Step("notify", _("Customers told"), recall.notified_at),
        Step("reconcile", _("Reconciled"), recall.reconciled_at),
        Step("close", _("Closed"), recall.ended_at if recall.state == "closed" else None),
    )
