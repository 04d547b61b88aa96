"""Rollups: every 5 minutes and every hour of each series, folded again whenever a commit of the gateway touched them.

Late data touches old buckets like new data touches young ones, so there is one way for both. A bucket is computed from
the readings themselves, never added to: doing it twice, or after a crash, gives the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from django.db import transaction

from longshore.ledger.wire import run
from longshore.sensing.models import InterpretationMark

READER = "rollups"
AT_ONCE = 2000  # batches in one transaction

_NEXT: Final[LiteralString] = """
SELECT max(id) FROM (SELECT id FROM sensing_batch WHERE id > %s::bigint ORDER BY id LIMIT %s) found
"""
# Distinct buckets that the batches touched; a bucket counts as touched from the first to the last reading of a series.
_FIVE: Final[LiteralString] = """
WITH touched AS (
    SELECT DISTINCT t.device, t.metric, b.bucket
    FROM sensing_batch s
    CROSS JOIN LATERAL unnest(s.device_ids, s.metric_ids, s.lows, s.highs) AS t(device, metric, low, high)
    CROSS JOIN LATERAL generate_series(date_bin('5 minutes', t.low, 'epoch'), t.high, '5 minutes') AS b(bucket)
    WHERE s.id > %s::bigint AND s.id <= %s::bigint
)
INSERT INTO sensing_rollup AS r (device_id, metric_id, step_s, bucket, n, total, low, high)
SELECT t.device, t.metric, 300, t.bucket, f.n, f.total, f.low, f.high
FROM touched t CROSS JOIN LATERAL (
    SELECT count(*) AS n, sum(value) AS total, min(value) AS low, max(value) AS high FROM sensing_reading
    WHERE device_id = t.device AND metric_id = t.metric AND at >= t.bucket AND at < t.bucket + interval '5 minutes'
) f WHERE f.n > 0
ON CONFLICT (device_id, metric_id, step_s, bucket) DO UPDATE
    SET n = excluded.n, total = excluded.total, low = excluded.low, high = excluded.high
    WHERE (r.n, r.total, r.low, r.high) IS DISTINCT FROM (excluded.n, excluded.total, excluded.low, excluded.high)
"""
_HOURS: Final[LiteralString] = """
WITH touched AS (
    SELECT DISTINCT t.device, t.metric, b.bucket
    FROM sensing_batch s
    CROSS JOIN LATERAL unnest(s.device_ids, s.metric_ids, s.lows, s.highs) AS t(device, metric, low, high)
    CROSS JOIN LATERAL generate_series(date_bin('1 hour', t.low, 'epoch'), t.high, '1 hour') AS b(bucket)
    WHERE s.id > %s::bigint AND s.id <= %s::bigint
)
INSERT INTO sensing_rollup AS r (device_id, metric_id, step_s, bucket, n, total, low, high)
SELECT t.device, t.metric, 3600, t.bucket, f.n, f.total, f.low, f.high
FROM touched t CROSS JOIN LATERAL (
    SELECT sum(n)::int AS n, sum(total) AS total, min(low) AS low, max(high) AS high FROM sensing_rollup
    WHERE device_id = t.device AND metric_id = t.metric AND step_s = 300 AND bucket >= t.bucket
        AND bucket < t.bucket + interval '1 hour'
) f WHERE f.n > 0
ON CONFLICT (device_id, metric_id, step_s, bucket) DO UPDATE
    SET n = excluded.n, total = excluded.total, low = excluded.low, high = excluded.high
    WHERE (r.n, r.total, r.low, r.high) IS DISTINCT FROM (excluded.n, excluded.total, excluded.low, excluded.high)
"""


@dataclass(frozen=True, slots=True)
class RollReceipt:
    """`until`: the last batch that is rolled; `buckets`: rows written; `more`: there were more batches than one go takes."""

    until: int
    buckets: int
    more: bool


def roll_up(*, at: datetime) -> RollReceipt:
    """Fold what was touched since the last time. Two of these at once do it one after the other."""
    with transaction.atomic():
        InterpretationMark.objects.get_or_create(reader=READER)
        mark = InterpretationMark.objects.select_for_update().get(reader=READER)
        (last,) = run(_NEXT, mark.last_id, AT_ONCE).fetchone() or (None,)
        if last is None:
            return RollReceipt(mark.last_id, 0, more=False)
        buckets = run(_FIVE, mark.last_id, last).rowcount + run(_HOURS, mark.last_id, last).rowcount
        (beyond,) = run(_NEXT, last, 1).fetchone() or (None,)
        mark.last_id, mark.updated_at = last, at
        mark.save(update_fields=["last_id", "updated_at"])
        return RollReceipt(last, buckets, more=beyond is not None)
