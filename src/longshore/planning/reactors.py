"""What planning does when it hears of something: recount demand, look again at the item-sites that were touched.

Each may hear the same event twice: demand is recounted, and a second review changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from longshore.catalog.models import Place
from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind
from longshore.ledger.outbox import Told
from longshore.ordering.models import OrderLine
from longshore.planning.operations import (
    company_today,
    note_surges,
    plan_network,
    record_demand,
    replenish,
    take_up_surges,
)
from longshore.planning.queries.attention import below_policy, planned_by_network, unforeseen

# These move goods together with the claims on them: what is free, and so what is needed, stays as it was.
TOWARDS_CUSTOMERS: Final = frozenset(
    {
        int(kind)
        for kind in (PostingKind.PICK, PostingKind.PACK, PostingKind.STAGE, PostingKind.LOAD, PostingKind.DELIVER)
    }
)


def recount_demand(event: Told) -> None:
    """ordering.order-taken, order-changed, order-cancelled; says so where a day leaves its band."""
    orders = event.payload.get("orders") or [event.payload["order"]]
    counted = record_demand([int(order) for order in orders])
    note_surges(counted.days, at=event.at, cause=_planning(event))


def forecast_surges(event: Told) -> None:
    """planning.left-band: all that wait are taken up at once, so the next of these events finds nothing to do."""
    take_up_surges(at=event.at, cause=_planning(event))


def review_after_surge(event: Told) -> None:
    """planning.surged: reorder points have moved, those of the sites that feed these, too."""
    _review(event, event.payload["items"], None)


def review_after_posting(event: Told) -> None:
    """ledger.posted: goods moved; what fell below its policy is proposed at once."""
    if TOWARDS_CUSTOMERS.issuperset(event.payload["kinds"]):
        return
    _review(event, event.payload["items"], event.payload["sites"])


def review_after_promise(event: Told) -> None:
    """ordering.promised, order-cancelled: claims took stock, or nothing covers what was asked for.

    A promise never makes a proposal needless, and the next review sees how much more is wanted: what is proposed
    already is left alone, or a hundred orders in a row would review the same items a hundred times.
    """
    grew = event.name != "ordering.order-cancelled"
    lines = event.payload.get("lines") or list(event.payload.get("after", ()))
    items = OrderLine.objects.filter(id__in=[int(line) for line in lines]).values_list("item_id", flat=True)
    _review(event, list(items), None, new_only=grew)


def review_after_flow(event: Told) -> None:
    """ledger.flow-changed: supply to come became more, less or later."""
    inbound = [flow for flow in event.payload["flows"] if flow["kind"] != "sale"]
    _review(event, [flow["item"] for flow in inbound], [flow["site"] for flow in inbound])


def review_after_receipt(event: Told) -> None:
    """sourcing.received: damaged or short goods leave a gap that the order no longer fills."""
    _review(event, event.payload["items"], event.payload["sites"])


def review_after_level(event: Told) -> None:
    """sensing.levelled: a shelf shows less than it did; whether it has to be filled is asked at once."""
    seen = event.payload
    if seen["before"] is not None and seen["qty"] >= seen["before"]:
        return
    site = Place.objects.filter(pk=seen["place"]).values_list("site_id", flat=True).first()
    if site is not None:
        _review(event, [int(seen["item"])], [site])


def _planning(event: Told) -> Cause:
    return Cause(actor="plan", because=f"event:{event.id}")


def _review(event: Told, items: Sequence[int], sites: Sequence[int] | None, *, new_only: bool = False) -> None:
    """Ask cheaply first: most postings leave stock above its policy and nothing proposed to withdraw, and most promises
    take what the network's plan had foreseen."""
    if not items:
        return
    cause = _planning(event)
    by_network = planned_by_network(sorted(set(items)))
    if by_network and new_only:
        by_network = unforeseen(by_network, today=company_today(event.at))
    if by_network:
        plan_network(at=event.at, cause=cause, items=by_network)
    touched = below_policy(items=sorted(set(items)), sites=sites, new_only=new_only)
    if touched:
        replenish(
            at=event.at,
            cause=cause,
            items=sorted({item for item, _site in touched}),
            sites=sorted({site for _item, site in touched}),
        )
