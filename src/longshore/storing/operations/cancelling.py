"""Work that nobody needs any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.storing.queries.rows import change, fetch

_CANCEL = """
UPDATE storing_picktask t SET state = 'cancelled', done_at = %(at)s, actor = %(actor)s
FROM ledger_claim c
WHERE c.id = t.claim_id AND t.state = 'waiting' AND c.state <> 'open'
    AND (c.id = ANY(%(claims)s) OR t.order_line_id = ANY(%(lines)s))
RETURNING t.id, t.wave_id
"""
_CLOSE_WAVES = """
UPDATE storing_wave w SET done_at = %(at)s WHERE w.id = ANY(%(waves)s) AND w.done_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM storing_picktask t WHERE t.wave_id = w.id AND t.state = 'waiting')
"""


class _Cancelled(NamedTuple):
    task: int
    wave: int


@retried
@transaction.atomic
def cancel_picks(
    *, at: datetime, cause: Cause, claims: Sequence[int] = (), order_lines: Sequence[int] = ()
) -> tuple[int, ...]:
    """Take tasks off the pick lists whose claims are gone: displaced, or given back by a cancelled order."""
    parameters = {"at": at, "actor": cause.actor, "claims": list(claims), "lines": list(order_lines)}
    gone = fetch(_Cancelled, _CANCEL, parameters)
    change(_CLOSE_WAVES, {"at": at, "waves": sorted({row.wave for row in gone})})
    return tuple(sorted(row.task for row in gone))
