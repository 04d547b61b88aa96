"""What orders do when something happened elsewhere. Told twice, they do nothing the second time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from longshore.ledger.cause import Cause
from longshore.ledger.models import FlowKind, FlowStatus, PostingKind
from longshore.ledger.outbox import Told
from longshore.ordering.operations import PromiseReceipt, promise, repromise
from longshore.ordering.queries.waiting import (
    lines_of_demands,
    lines_on_flows,
    lines_short_of_inbound,
    untold_orders,
    waiting_lines,
)

# Movements after which there may be more to promise than before.
SUPPLYING: Final = frozenset(
    {
        PostingKind.OPENING,
        PostingKind.RECEIPT,
        PostingKind.PUTAWAY,
        PostingKind.UNLOAD,
        PostingKind.COUNT,
        PostingKind.CONDITION,
        PostingKind.PRODUCE,
        PostingKind.TRANSFER,
        PostingKind.REVERSAL,
    }
)


def promise_taken_orders(event: Told) -> None:
    """ordering.order-taken: orders that came by file or API and nobody has promised yet."""
    orders = untold_orders(event.payload["orders"])
    if orders:
        promise(orders, at=event.at, cause=_because(event))


def repromise_displaced(event: Told) -> None:
    """ledger.claims-displaced: what these lines stood on is gone."""
    _again(lines_of_demands(event.payload["demands"]), event)


def repromise_moved_supply(event: Told) -> None:
    """ledger.flow-changed: lines that stand on a receipt that moved, and lines that could be better off now."""
    flows = [flow for flow in event.payload["flows"] if flow["kind"] != FlowKind.SALE]
    standing = lines_on_flows([flow["flow"] for flow in flows])
    better = {flow["item"] for flow in flows if _is_more_or_sooner(flow["before"], flow["after"])}
    _again({*standing, *waiting_lines(sorted(better), late_too=True)}, event)


def promise_ordered_supply(event: Told) -> None:
    """sourcing.ordered: lines without supply may stand on what has been ordered now."""
    _again(lines_short_of_inbound(), event)


def repromise_freed_supply(event: Told) -> None:
    """ordering.order-cancelled: lines that wait for what it held, or are late, may have it."""
    _again(waiting_lines(event.payload["items"], late_too=True), event)


def promise_arrived_goods(event: Told) -> None:
    """ledger.posted: lines without supply that wait for these items."""
    if SUPPLYING.intersection(event.payload["kinds"]):
        _again(waiting_lines(event.payload["items"], late_too=False), event)


def repromise_missing_goods(event: Told) -> None:
    """storing.picked-short, shipping.refused: what was not found, or not taken and wanted again, is open once more."""
    payload = event.payload
    lines = [payload["order_line"]] if "order_line" in payload else [line["order_line"] for line in payload["lines"]]
    _again([int(line) for line in lines if line is not None], event)


def _is_more_or_sooner(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a planned flow could serve somebody it could not serve before."""
    if after["status"] != FlowStatus.FIRM:
        return False
    sooner = datetime.fromisoformat(str(after["arrive_at"])) < datetime.fromisoformat(str(before["arrive_at"]))
    return bool(sooner or after["qty"] > before["qty"] or before["status"] != FlowStatus.FIRM)


def _again(lines: Iterable[int], event: Told) -> PromiseReceipt:
    return repromise(sorted(lines), at=event.at, cause=_because(event))


def _because(event: Told) -> Cause:
    return Cause(actor="system", because=f"event:{event.id}")
