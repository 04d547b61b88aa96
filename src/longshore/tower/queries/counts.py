"""The small numbers beside the menu."""

from __future__ import annotations

from datetime import datetime

from longshore.tower.queries.sql import one

_COUNTS = """
select
  (select count(*) from tower_openexception where state = 'open' or (state = 'snoozed' and snoozed_until <= %(at)s)),
  (select count(*) from ordering_customerorder where state not in ('delivered', 'cancelled')),
  (select count(*) from planning_proposal where state = 'proposed'),
  (select count(*) from sourcing_purchaseorder where state in ('sent', 'confirmed', 'part_received')),
  (select count(*) from storing_picktask where state = 'waiting'),
  (select count(*) from shipping_trip where state = 'under_way')
"""
_NAMES = ("exceptions", "orders", "proposals", "purchases", "picks", "trips")


def menu_counts(at: datetime) -> dict[str, int]:
    return dict(zip(_NAMES, one(_COUNTS, {"at": at}), strict=True))
