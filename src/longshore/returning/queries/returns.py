"""What has come back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from longshore.returning.models import ReturnLine


@dataclass(frozen=True, slots=True)
class ReturnRow:
    id: int
    order: int
    order_number: str
    order_line: int
    line: int
    customer_code: str
    customer_name: str
    customer_name_zh: str
    item: int
    item_code: str
    item_name: str
    item_name_zh: str
    site: int
    site_code: str
    qty: int
    restocked: int
    scrapped: int
    reason: str
    condition: int
    at: datetime
    actor: str

    @property
    def to_judge(self) -> int:
        """How many nobody has looked at yet."""
        return self.qty - self.restocked - self.scrapped


@dataclass(frozen=True, slots=True)
class ReturnPage:
    rows: tuple[ReturnRow, ...]
    total: int


_FIELDS = (
    "id", "order_line__order_id", "order_line__order__number", "order_line_id", "order_line__line",
    "order_line__order__customer__code", "order_line__order__customer__name", "order_line__order__customer__name_zh",
    "order_line__item_id", "order_line__item__code", "order_line__item__name", "order_line__item__name_zh", "site_id",
    "site__code", "qty", "restocked", "scrapped", "reason", "condition", "at", "actor",
)  # fmt: skip


def list_returns(
    *, site: int | None = None, reason: str = "", waiting: bool = False, page: int = 1, rows: int = 50
) -> ReturnPage:
    """Newest first. `waiting`: only what nobody has judged in full yet."""
    found = ReturnLine.objects.all()
    if site is not None:
        found = found.filter(site_id=site)
    if reason:
        found = found.filter(reason=reason)
    if waiting:
        found = found.filter(qty__gt=F("restocked") + F("scrapped"))
    total, size = found.count(), min(rows, 500)
    page = min(page, -(-total // size) or 1)
    first = (page - 1) * size if page > 1 else 0
    chosen = found.order_by("-at", "-id").values_list(*_FIELDS)[first : first + size]
    return ReturnPage(tuple(ReturnRow(*row) for row in chosen), total)


def returns_of_order(order: int) -> tuple[ReturnRow, ...]:
    """Oldest first."""
    rows = ReturnLine.objects.filter(order_line__order_id=order).order_by("at", "id").values_list(*_FIELDS)
    return tuple(ReturnRow(*row) for row in rows)
