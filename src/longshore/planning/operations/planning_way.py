"""Which item-sites are planned day by day with the network, and which by their own position."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.planning.events import PolicyChanged
from longshore.planning.models import PlannedBy
from longshore.planning.reading import listed, rows

SET = """
UPDATE planning_stockpolicy p SET planned_by = %(way)s
WHERE p.planned_by <> %(way)s AND (%(items)s::bigint[] IS NULL OR p.item_id = ANY(%(items)s))
    AND (%(sites)s::bigint[] IS NULL OR p.site_id = ANY(%(sites)s))
RETURNING p.item_id, p.site_id
"""


@transaction.atomic
def plan_by(
    way: PlannedBy,
    *,
    at: datetime,
    cause: Cause,
    items: Sequence[int] | None = None,
    sites: Sequence[int] | None = None,
) -> int:
    """Let these item-sites (None: all) be planned this way from now on; how many change. Proposals follow with the next
    plan or review."""
    found = rows(SET, {"way": str(way.value), "items": listed(items), "sites": listed(sites)})
    if found:
        changed = sorted({item for item, _site in found}), sorted({site for _item, site in found})
        emit([PolicyChanged(*changed)], at=at, cause=cause)
    return len(found)
