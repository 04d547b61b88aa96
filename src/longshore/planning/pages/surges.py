"""What a surge changed, as the pages of an item, of demand and of a policy show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from longshore.planning.queries.hierarchy import Node
from longshore.planning.queries.surges import SurgeRow, surges_of
from longshore.planning.wording import surge_words


@dataclass(frozen=True, slots=True)
class Told:
    """One surge: why, what stood before and stands now, and where its orders are."""

    row: SurgeRow
    why: str
    figures: tuple[tuple[str, str, str], ...]
    lines: str
    mark: str


def told(node: Node, today: date) -> list[Told]:
    return [_told(row) for row in surges_of(node, today=today)]


def band_before(surges: list[Told], today: date, days: int) -> list[float | None] | None:
    """The upper end of the band as it stood before today's surge, from today on; none where nothing surged today."""
    found = [each.row for each in surges if each.row.day == today and each.row.before.get("high")]
    if not found:
        return None
    columns = zip(*(row.before["high"][:days] for row in found), strict=False)
    values: list[float | None] = [sum(column) / 1000 for column in columns]
    return values + [None] * (days - len(values))


def _told(row: SurgeRow) -> Told:
    words = {
        "day": row.day, "qty": row.qty, "lines": row.lines, "high_milli": row.high_milli,
    }  # fmt: skip
    figures = (
        (_("Expected a day"), _day(row.before.get("mean_milli")), _day(row.after.get("mean_milli"))),
        (_("Four days of five"), _band(row.before), _band(row.after)),
        (_("Safety stock"), _whole(row.before.get("safety_stock")), _whole(row.after.get("safety_stock"))),
        (_("Reorder point"), _whole(row.before.get("reorder_point")), _whole(row.after.get("reorder_point"))),
        (_("Order-up-to level"), _whole(row.before.get("order_up_to")), _whole(row.after.get("order_up_to"))),
    )
    where = {"item": row.item, "site": row.site}
    that_day = {**where, "since": row.day.isoformat(), "till": row.day.isoformat(), "day": "received"}
    return Told(
        row,
        surge_words(words),
        figures,
        f"{reverse('demand-lines')}?{urlencode(that_day)}",
        f"{reverse('demand')}?{urlencode(where)}#mark",
    )


def _day(milli: int | None) -> str:
    return "–" if milli is None else f"{milli / 1000:.1f}"


def _whole(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _band(said: dict[str, Any]) -> str:
    return f"{_day(said.get('low_milli'))} – {_day(said.get('high_milli'))}"
