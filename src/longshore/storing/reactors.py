"""What the warehouse does when something happened elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import Told
from longshore.storing.operations import (
    Level,
    Passed,
    Scan,
    Sweep,
    act_on_scan,
    book_docks,
    cancel_picks,
    claim_transfers,
    episode_of,
    follow_passages,
    free_docks,
    hold_exposed,
    policy_of_settings,
    settle_levels,
    settle_sweep,
    withdraw_hold,
)
from longshore.storing.operations.scanned import VERBS
from longshore.storing.queries.docks import purchases_wanting_a_dock
from longshore.storing.rules import key_of

NO_EXCURSION: Final = "late readings showed that there was no excursion"


def drop_displaced_picks(event: Told) -> None:
    """ledger.claims-displaced: nobody should look for goods that are not there."""
    cancel_picks(claims=event.payload["claims"], at=event.at, cause=_cause(event))


def drop_cancelled_picks(event: Told) -> None:
    """ordering.order-cancelled and ordering.order-changed: take what nobody wants off the pick lists."""
    cancel_picks(order_lines=event.payload["lines"], at=event.at, cause=_cause(event))


def claim_released_transfers(event: Told) -> None:
    """planning.decided: a released transfer claims its goods at the site that gives."""
    if event.payload.get("state") != "released":
        return
    proposals = event.payload.get("proposals", event.payload.get("proposal", []))
    claim_transfers(proposals if isinstance(proposals, list) else [proposals], at=event.at, cause=_cause(event))


def hold_after_excursion(event: Told) -> None:
    """sensing.excursion-began, -changed and -ended: what was there and may not have been goes on hold."""
    hold_exposed(episode_of(event.payload, event.at), at=event.at, cause=_cause(event))


def release_after_withdrawal(event: Told) -> None:
    """sensing.excursion-withdrawn: what was held for nothing, and nobody has decided on, is free again."""
    withdraw_hold(int(event.payload["excursion"]), NO_EXCURSION, at=event.at, cause=_cause(event))


def book_dock_for_purchase(event: Told) -> None:
    """sourcing.ordered, confirmed and delayed: the receiving dock is kept free when the goods are expected."""
    orders = event.payload.get("purchase_orders") or [event.payload["purchase_order"]]
    book_docks(purchases_wanting_a_dock([int(order) for order in orders]), at=event.at, cause=_cause(event))


def free_dock_of_purchase(event: Told) -> None:
    """sourcing.closed-short, confirmed and received: a purchase of which nothing more comes keeps no dock."""
    orders = event.payload.get("purchase_orders") or [event.payload["purchase_order"]]
    free_docks([int(order) for order in orders], at=event.at)


def compare_level(event: Told) -> None:
    """sensing.levelled: a shelf shows another quantity than the books."""
    seen = event.payload
    level = Level(int(seen["place"]), int(seen["item"]), int(seen["qty"]), datetime.fromisoformat(seen["at"]))
    settle_levels([level], policy=policy_of_settings(), at=event.at, cause=_cause(event))


def compare_sweep(event: Told) -> None:
    """sensing.swept: tags that were seen, or not, where the books have their goods."""
    seen = event.payload
    sweep = Sweep(str(seen["key"]), int(seen["place"]), tuple(seen["seen"]), datetime.fromisoformat(seen["at"]))
    settle_sweep(sweep, policy=policy_of_settings(), at=event.at, cause=_cause(event))


def move_passed(event: Told) -> None:
    """sensing.passed: handling units stand on the other side of the portal they went through."""
    passed = [
        Passed(
            passage=int(each["passage"]),
            sscc=each["sscc"],
            direction=each["direction"],
            source=each["from_place"],
            target=each["place"],
            happened_at=datetime.fromisoformat(each["at"]),
        )
        for each in event.payload["passages"]
        if each["sscc"]
    ]
    follow_passages(passed, event.payload["withdrawn"], at=event.at, cause=_cause(event))


def follow_scan(event: Told) -> None:
    """sensing.scanned: put-away, move, pick and count, as the scanner says."""
    said = event.payload
    if said["verb"] not in VERBS or said["error"]:
        return
    scan = Scan(
        key=key_of("scanned", said["key"]),
        verb=said["verb"],
        place=said["place"],
        happened_at=datetime.fromisoformat(said["at"]),
        sscc=said["sscc"],
        gtin=said["gtin"],
        lot=said["lot"],
        count=said["count"],
    )
    act_on_scan(scan, at=event.at, cause=_cause(event))


def _cause(event: Told) -> Cause:
    return Cause(actor="system", because=f"event:{event.id}")
