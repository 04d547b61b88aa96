"""Suppliers that manage stock by agreement: once a morning they propose to fill up what fell below the least agreed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from longshore.catalog.models import SupplierItem
from longshore.planning.models import Proposal
from longshore.planning.operations.joint_plan import Author, Words, propose_delivery, room_for
from longshore.planning.queries.agreements import Line, levels
from longshore.twin.world.scene import ZONE, Scene, Tick

MORNING: Final = 9 * 60
DAY_MINUTES: Final = 1440


def step(scene: Scene, tick: Tick) -> None:
    """Only in a living world: people of the supplier who do it themselves are in time until nine."""
    if not scene.living or tick.passes(MORNING) is None:
        return
    low = [each.line for each in levels(at=tick.now, all_shared=True) if each.state == "below" and not each.inbound]
    managed = [line for line in low if line.mode == "vmi" and line.in_force]
    if not managed:
        return
    asked = set(Proposal.objects.filter(state="proposed").values_list("item_id", "site_id"))
    offers = {
        (offer.supplier_id, offer.item_id): offer
        for offer in SupplierItem.objects.filter(item__in=[line.item for line in managed], active=True)
    }
    for line in managed:
        offer = offers.get((line.partner, line.item))
        if offer is not None and (line.item, line.site) not in asked:
            _fill(line, offer, tick)


def _fill(line: Line, offer: SupplierItem, tick: Tick) -> None:
    """As many whole packs as fit on the day it can be there; less than its least quantity it does not send."""
    ahead = -(-offer.lead_time_minutes // DAY_MINUTES)
    day = tick.now.astimezone(ZONE).date() + timedelta(days=min(max(ahead, 1), line.horizon_days - 1))
    qty = room_for(line, day, at=tick.now).most // offer.multiple * offer.multiple
    if qty >= offer.moq and qty > 0:
        propose_delivery(line.id, day, Words(qty), author=Author("supplier", line.partner), at=tick.now)
