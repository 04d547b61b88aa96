"""Who hears of what. The one table: event name → reactors, in the order of the map.

A reactor takes one event. It runs in its own transaction, possibly more than once for the same event, so it must be
idempotent; it raises to be tried again.
"""

from __future__ import annotations

from collections.abc import Callable

from longshore.ledger.outbox import Told
from longshore.ordering import reactors as ordering
from longshore.planning import reactors as planning
from longshore.shipping import reactors as shipping
from longshore.sourcing import reactors as sourcing
from longshore.storing import reactors as storing
from longshore.tower import reactors as tower
from longshore.tracing import reactors as tracing

Reactor = Callable[[Told], None]

SUBSCRIPTIONS: dict[str, tuple[Reactor, ...]] = {
    "ledger.posted": (
        ordering.promise_arrived_goods,
        planning.review_after_posting,
        sourcing.note_put_away,
        tracing.link_posted,
    ),
    "ledger.claims-displaced": (
        ordering.repromise_displaced,
        storing.drop_displaced_picks,
        shipping.leave_out_displaced,
    ),
    "ledger.flow-changed": (ordering.repromise_moved_supply, planning.review_after_flow),
    "sensing.excursion-began": (storing.hold_after_excursion,),
    "sensing.excursion-changed": (storing.hold_after_excursion,),
    "sensing.excursion-ended": (storing.hold_after_excursion,),
    "sensing.excursion-withdrawn": (storing.release_after_withdrawal,),
    "sensing.passed": (sourcing.receive_passed, storing.move_passed, shipping.load_passed, tower.show_passage),
    "sensing.scanned": (sourcing.receive_scanned, storing.follow_scan, shipping.load_scanned),
    "sensing.levelled": (planning.review_after_level, storing.compare_level),
    "sensing.swept": (storing.compare_sweep,),
    "sensing.located": (shipping.follow_trucks, shipping.watch_trucks),
    "sensing.device-quarantined": (tower.show_anomaly,),
    "sensing.visit-began": (shipping.arrive_at_fence,),
    "ordering.order-taken": (ordering.promise_taken_orders, planning.recount_demand),
    "ordering.order-changed": (planning.recount_demand, storing.drop_cancelled_picks),
    "ordering.order-cancelled": (
        ordering.repromise_freed_supply,
        planning.recount_demand,
        planning.review_after_promise,
        storing.drop_cancelled_picks,
    ),
    "ordering.promised": (planning.review_after_promise,),
    "planning.left-band": (planning.forecast_surges,),
    "planning.surged": (planning.review_after_surge,),
    "planning.decided": (sourcing.order_released, storing.claim_released_transfers),
    "sourcing.ordered": (ordering.promise_ordered_supply, sourcing.write_ordered, storing.book_dock_for_purchase),
    "sourcing.document-written": (sourcing.send_mails,),
    "sourcing.confirmed": (storing.book_dock_for_purchase, storing.free_dock_of_purchase),
    "sourcing.closed-short": (storing.free_dock_of_purchase,),
    "sourcing.delayed": (storing.book_dock_for_purchase,),
    "sourcing.received": (planning.review_after_receipt, storing.free_dock_of_purchase),
    "sourcing.receipts-taken-back": (planning.review_after_receipt, storing.book_dock_for_purchase),
    "storing.goods-held": (tower.show_excursion,),
    "storing.quality-decided": (tower.show_excursion,),
    "storing.picked-short": (ordering.repromise_missing_goods,),
    "shipping.planned": (shipping.book_docks_for_trips,),
    "shipping.eta-changed": (shipping.follow_late_truck,),
    "shipping.strayed": (tower.show_stray,),
    "shipping.refused": (ordering.repromise_missing_goods,),
    "tracing.document-handed-in": (tracing.capture_document,),
    "tracing.events-captured": (tracing.link_captured,),
    "tracing.recall-started": (tower.show_recall,),
    "tracing.recall-held": (tower.show_recall,),
    "tracing.recall-notified": (tower.show_recall,),
    "tracing.recall-reconciled": (tower.show_recall,),
    "tracing.recall-closed": (tower.show_recall,),
    "tracing.recall-cancelled": (tower.show_recall,),
}


def reactor_name(reactor: Reactor) -> str:
    """How a reactor is written down in the table of deliveries."""
    return f"{reactor.__module__.removeprefix('longshore.')}.{reactor.__name__}"


def reactors_by_name() -> dict[str, Reactor]:
    return {reactor_name(reactor): reactor for reactors in SUBSCRIPTIONS.values() for reactor in reactors}
