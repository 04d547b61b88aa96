"""Waves and how far each is."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from longshore.storing.queries.rows import fetch


class WaveRow(NamedTuple):
    wave: int
    number: str
    site: int
    site_code: str
    released_at: datetime
    ship_before: datetime
    done_at: datetime | None
    tasks: int
    waiting: int
    short: int
    orders: int


_WAVES = """
SELECT w.id, w.number, w.site_id, s.code, w.released_at, w.ship_before, w.done_at,
    count(t.id), count(t.id) FILTER (WHERE t.state = 'waiting'), count(t.id) FILTER (WHERE t.state = 'short'),
    count(DISTINCT l.order_id)
FROM (
    SELECT * FROM storing_wave
    WHERE (%(site)s::bigint IS NULL OR site_id = %(site)s) AND (NOT %(open)s OR done_at IS NULL)
    ORDER BY id DESC LIMIT %(limit)s
) w
JOIN catalog_place s ON s.id = w.site_id
LEFT JOIN storing_picktask t ON t.wave_id = w.id
LEFT JOIN ordering_orderline l ON l.id = t.order_line_id
GROUP BY w.id, w.number, w.site_id, s.code, w.released_at, w.ship_before, w.done_at ORDER BY w.id DESC
"""


def waves(*, site: int | None = None, only_open: bool = False, limit: int = 100) -> list[WaveRow]:
    """The newest waves first."""
    return fetch(WaveRow, _WAVES, {"site": site, "open": only_open, "limit": limit})
