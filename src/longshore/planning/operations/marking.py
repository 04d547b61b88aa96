"""Days that forecasting shall not take as they were: found by planning, or marked by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.planning import demand_rules, rules
from longshore.planning.models import DemandDay, DemandMark, MarkKind
from longshore.planning.queries.influences import Series
from longshore.planning.reading import execute, listed, rows

LOOK_BACK = timedelta(days=28)
# Item-sites with nothing on their shelves when the day ended: stock now, less what moved since. Not before anything ever
# stood there.
BARE = """
WITH held AS MATERIALIZED (
    SELECT b.id, b.item_id, pl.site_id, b.qty, s.timezone
    FROM ledger_balance b
    JOIN catalog_place pl ON pl.id = b.place_id AND pl.usage IN ('storage', 'receiving')
    JOIN catalog_place s ON s.id = pl.site_id
    WHERE b.bounded AND b.condition = 0
        AND (b.item_id, pl.site_id) IN (SELECT * FROM unnest(%(item)s::bigint[], %(site)s::bigint[]))
),
moved AS MATERIALIZED (
    SELECT h.item_id, h.site_id, (m.happened_at AT TIME ZONE h.timezone)::date AS day, SUM(m.qty) AS qty
    FROM held h CROSS JOIN LATERAL (
        SELECT happened_at, qty FROM ledger_movement WHERE target_id = h.id AND happened_at >= %(since)s
        UNION ALL SELECT happened_at, -qty FROM ledger_movement WHERE source_id = h.id AND happened_at >= %(since)s
    ) m
    GROUP BY 1, 2, 3
),
leaf AS (
    SELECT h.item_id, h.site_id, SUM(h.qty) AS qty, MIN((f.at AT TIME ZONE h.timezone)::date) AS since
    FROM held h CROSS JOIN LATERAL (SELECT MIN(happened_at) AS at FROM ledger_movement WHERE target_id = h.id) f
    GROUP BY 1, 2
)
SELECT l.item_id, l.site_id, d.day::date
FROM leaf l CROSS JOIN generate_series(%(since)s::date, %(today)s::date - 1, interval '1 day') AS d(day)
LEFT JOIN moved m ON m.item_id = l.item_id AND m.site_id = l.site_id AND m.day > d.day::date
WHERE d.day::date >= l.since
GROUP BY 1, 2, 3, l.qty
HAVING l.qty - COALESCE(SUM(m.qty), 0) <= 0
"""
# A mark that was found holds while the day says what it said then; what a person marked stays.
PUT = """
INSERT INTO planning_demandmark AS k (item_id, site_id, day, kind, qty, counts_as, facts, note, actor, made_at)
SELECT u.item, u.site, u.day, u.kind, u.qty, u.counts_as, u.facts::jsonb, '', '', %(at)s
FROM unnest(%(item)s::bigint[], %(site)s::bigint[], %(day)s::date[], %(kind)s::text[], %(qty)s::bigint[],
    %(counts_as)s::bigint[], %(facts)s::text[]) AS u(item, site, day, kind, qty, counts_as, facts)
ORDER BY 1, 2, 3
ON CONFLICT (item_id, site_id, day) DO UPDATE SET kind = EXCLUDED.kind, qty = EXCLUDED.qty,
    counts_as = EXCLUDED.counts_as, facts = EXCLUDED.facts, made_at = EXCLUDED.made_at
WHERE k.actor = '' AND (k.kind, k.qty, k.counts_as) IS DISTINCT FROM (EXCLUDED.kind, EXCLUDED.qty, EXCLUDED.counts_as)
"""


class MarkRefused(Refusal):
    """The day was not marked."""


@dataclass(frozen=True, slots=True)
class MarkReceipt:
    mark: int
    kind: str
    qty: int
    counts_as: int


@dataclass(frozen=True, slots=True)
class NewMark:
    """`counts_as` None: what is usual there. Kind `keep` says that the day counts as it was."""

    item: int
    site: int
    day: date
    kind: str
    note: str
    counts_as: int | None = None


def find_marks(series: Series, *, today: date, at: datetime) -> int:
    """Mark the days far from usual, and those of the last four weeks on which nothing was there to sell."""
    found = {
        (row.row, row.column): (MarkKind.OUTLIER.value, row.counts_as, row.facts)
        for row in demand_rules.unusual(series.wanted, rules.epoch_day(series.first))
    }
    for place, (counts_as, share) in demand_rules.filled(series.wanted, _bare(series, today)).items():
        found[place] = (MarkKind.STOCK_OUT.value, counts_as, {"lost_bp": round(share * 10_000)})
    if not found:
        return 0
    columns = {
        "item": [series.keys[row][0] for row, _column in found],
        "site": [series.keys[row][1] for row, _column in found],
        "day": [series.first + timedelta(days=column) for _row, column in found],
        "kind": [kind for kind, _counts, _facts in found.values()],
        "qty": [int(series.wanted[place]) for place in found],
        "counts_as": [counts for _kind, counts, _facts in found.values()],
        "facts": [json.dumps(facts) for _kind, _counts, facts in found.values()],
    }
    return execute(PUT, {**columns, "at": at})


def _bare(series: Series, today: date) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    bare = np.zeros(series.wanted.shape, dtype=np.bool_)
    selling = np.flatnonzero((series.wanted > 0).sum(axis=1) >= demand_rules.ENOUGH_SALES)
    if not len(selling):
        return bare
    row_of = {series.keys[row]: int(row) for row in selling}
    asked = {
        "item": listed([item for item, _site in row_of]),
        "site": listed([site for _item, site in row_of]),
        "since": today - LOOK_BACK if today - LOOK_BACK > series.first else series.first,
        "today": today,
    }
    for item, site, day in rows(BARE, asked):
        bare[row_of[item, site], (day - series.first).days] = True
    return bare


@transaction.atomic
def mark_day(wanted: NewMark, *, at: datetime, cause: Cause) -> MarkReceipt:
    """Say by hand what a day shall count as, and why; it replaces what planning found there."""
    if wanted.kind not in (MarkKind.ONE_OFF, MarkKind.OUTLIER, MarkKind.STOCK_OUT, MarkKind.KEEP):
        raise MarkRefused("unknown-mark", _("There is no such kind of mark."), _("Choose one of the list."))
    if not wanted.note.strip():
        raise MarkRefused("no-reason", _("A mark needs a reason."), _("Say in a few words why."))
    if wanted.counts_as is not None and wanted.counts_as < 0:
        raise MarkRefused("negative-demand", _("Demand cannot be negative."), _("Give zero or more."))
    leaf = DemandDay.objects.filter(item_id=wanted.item, site_id=wanted.site)
    if not leaf.exists():
        raise MarkRefused(
            "no-demand-there",
            _("This item has never been asked for at this site."),
            _("Choose another item or site, or import its history first."),
            item=wanted.item,
            site=wanted.site,
        )
    qty = leaf.filter(day=wanted.day).values_list("qty", flat=True).first() or 0
    counts_as = qty if wanted.kind == MarkKind.KEEP else wanted.counts_as
    if counts_as is None:
        counts_as = _usual(leaf.filter(day__gt=wanted.day - LOOK_BACK, day__lt=wanted.day + LOOK_BACK), wanted.day)
    mark, _made = DemandMark.objects.update_or_create(
        item_id=wanted.item, site_id=wanted.site, day=wanted.day,
        defaults={
            "kind": wanted.kind, "qty": qty, "counts_as": counts_as, "facts": {}, "note": wanted.note.strip()[:300],
            "actor": cause.actor, "made_at": at,
        },
    )  # fmt: skip
    return MarkReceipt(mark.pk, mark.kind, qty, counts_as)


def _usual(around: object, day: date) -> int:
    """Half of the days around have less than this; days without a row had nothing."""
    sold = [qty for other, qty in around.values_list("day", "qty") if other != day]  # type: ignore[attr-defined]
    padded = sorted(sold + [0] * (2 * LOOK_BACK.days - 2 - len(sold)))
    return int(padded[len(padded) // 2])


@transaction.atomic
def remove_marks(marks: Sequence[int]) -> int:
    """Take marks away: planning may find them again, a mark `keep` prevents that."""
    removed, _by_model = DemandMark.objects.filter(pk__in=list(marks)).delete()
    return removed
