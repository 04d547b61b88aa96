"""The last movements, as a person would tell them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from longshore.tower.queries.sql import rows


@dataclass(frozen=True, slots=True)
class Moved:
    id: int
    kind: int
    at: datetime
    item: str
    item_name: str
    item_name_zh: str
    qty: int
    source: str
    target: str
    document: str


_MOVED = """
select m.id, p.kind, m.happened_at, i.code, i.name, i.name_zh, m.qty,
       coalesce(a.code, '?'), coalesce(b.code, '?'), p.document
  from ledger_movement m
  join ledger_posting p on p.id = m.posting_id
  join ledger_balance s on s.id = m.source_id join ledger_balance t on t.id = m.target_id
  join catalog_item i on i.id = s.item_id
  join catalog_place a on a.id = s.place_id join catalog_place b on b.id = t.place_id
 where {which} order by m.id desc limit %(limit)s
"""


def last_moved(limit: int = 12) -> tuple[Moved, ...]:
    return rows(Moved, _MOVED.format(which="true"), {"limit": limit})


def moved_by(postings: Sequence[int], limit: int = 8) -> tuple[Moved, ...]:
    asked = {"postings": list(postings), "limit": limit}
    return rows(Moved, _MOVED.format(which="m.posting_id = any(%(postings)s)"), asked)
