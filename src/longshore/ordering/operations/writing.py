"""Write outcomes down: claims, promise records, dates on lines and orders, events. Set-based, inside a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

import orjson

from longshore.ledger import outbox
from longshore.ledger.cause import Cause
from longshore.ledger.operations import NewClaim, reserve, void_claims
from longshore.ledger.wire import run
from longshore.ordering.events import Promised, Unpromised
from longshore.ordering.models import OrderState
from longshore.ordering.operations.allocating import Outcome
from longshore.ordering.operations.receipts import LinePromised, PromiseReceipt
from longshore.ordering.queries.wanted import WantedOrder, demand_of
from longshore.ordering.rules import moment

CLAIM_KEYS: Final = UUID("5b1f1d5e-6d0c-5c7e-9a57-0d8a3f0f7c11")
RECORDS: Final = """
INSERT INTO ordering_promiserecord (line_id, at, promised_at, previous_at, promised_qty, explanation, cause)
SELECT r.line, %s, r.promised_at, r.previous_at, r.qty, e.explanation, %s
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::bigint[]) WITH ORDINALITY
    AS r(line, promised_at, previous_at, qty, n)
JOIN jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS e(explanation, n) USING (n) ORDER BY r.n
"""
LINES: Final = """
UPDATE ordering_orderline l SET promised_at = r.promised_at, short = r.short,
    first_promised_at = CASE WHEN r.short = 0 THEN coalesce(l.first_promised_at, r.promised_at)
                             ELSE l.first_promised_at END
FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[]) AS r(line, promised_at, short) WHERE l.id = r.line
"""
ORDERS: Final = """
UPDATE ordering_customerorder o SET promised_at = r.promised_at, state = r.state,
    first_promised_at = coalesce(o.first_promised_at, r.promised_at)
FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS r(id, promised_at, state) WHERE o.id = r.id
"""


def write(outcomes: Sequence[Outcome], *, at: datetime, cause: Cause) -> PromiseReceipt:
    """Everything that follows from these outcomes; those that change nothing leave no trace."""
    changed = [outcome for outcome in outcomes if not outcome.changes_nothing]
    if not changed:
        return PromiseReceipt(())
    given_up = [held.claim for outcome in changed for held in outcome.given_up]
    if given_up:
        void_claims(given_up, at=at, cause=cause)
    claims = [claim for outcome in changed for claim in _claims(outcome)]
    if claims:
        reserve(claims, at=at, cause=cause)
    receipt = PromiseReceipt(tuple(_promised(outcome) for outcome in changed))
    _write_lines(changed, receipt, at, cause)
    by_line = {outcome.line.id: outcome for outcome in changed}
    orders = {outcome.order.id: outcome.order for outcome in changed}
    write_orders(list(orders.values()), by_line)
    _tell(receipt, at, cause)
    return receipt


def _claims(outcome: Outcome) -> list[NewClaim]:
    """Ids follow from the line and how many claims it has had, so a replayed history has the same ids."""
    made = []
    for index, part in enumerate(outcome.allocated):
        kind, source = part.source
        made.append(
            NewClaim(
                key=uuid5(CLAIM_KEYS, f"{outcome.line.id}:{outcome.line.claims_so_far + index}"),
                demand=demand_of(outcome.line.id),
                item=outcome.line.item,
                site=part.site,
                qty=part.qty,
                ship_at=moment(part.ship_at),
                due_at=moment(part.arrive_at),
                balance=source if kind == "balance" else None,
                flow=source if kind == "flow" else None,
                priority=outcome.order.priority,
            )
        )
    return made


def _promised(outcome: Outcome) -> LinePromised:
    line = outcome.line
    return LinePromised(
        line.id,
        outcome.order.id,
        line.item,
        outcome.promised_at,
        line.promised_at,
        line.open_qty - outcome.short,
        outcome.short,
        tuple(sorted({part.site for part in outcome.allocated})),
    )


def _write_lines(outcomes: Sequence[Outcome], receipt: PromiseReceipt, at: datetime, cause: Cause) -> None:
    lines = [promised.line for promised in receipt.lines]
    dates = [promised.promised_at for promised in receipt.lines]
    # One document: an array of texts would be escaped element by element.
    explanations = orjson.dumps([outcome.explanation for outcome in outcomes]).decode()
    before = [promised.before for promised in receipt.lines]
    qty = [promised.qty for promised in receipt.lines]
    run(LINES, lines, dates, [promised.short for promised in receipt.lines])
    run(RECORDS, at, cause.because or cause.actor, lines, dates, before, qty, explanations)


def write_orders(orders: Sequence[WantedOrder], by_line: Mapping[int, Outcome]) -> None:
    """An order's date is its last line's, once every open line is whole; then NEW becomes PROMISED, and back."""
    ids, dates, states = [], [], []
    for order in orders:
        date = order_date(order, by_line)
        state = order.state
        if state in (OrderState.NEW, OrderState.PROMISED):
            state = OrderState.NEW if date is None else OrderState.PROMISED
        if (date, state) != (order.promised_at, order.state):
            ids.append(order.id)
            dates.append(date)
            states.append(str(state))
    if ids:
        run(ORDERS, ids, dates, states)


def order_date(order: WantedOrder, by_line: Mapping[int, Outcome]) -> datetime | None:
    last: datetime | None = None
    for line in order.lines:
        if not line.open_qty:
            continue
        outcome = by_line.get(line.id)
        date, short = (line.promised_at, line.short) if outcome is None else (outcome.promised_at, outcome.short)
        if date is None or short:
            return None
        last = date if last is None or date > last else last
    return last


def _tell(receipt: PromiseReceipt, at: datetime, cause: Cause) -> None:
    """One event for the whole round: a hundred orders promised together are one thing to react to."""
    if not receipt.lines:
        return
    before = {str(line.line): _iso(line.before) for line in receipt.lines}
    after = {str(line.line): _iso(line.promised_at) for line in receipt.lines}
    orders = sorted({line.order for line in receipt.lines})
    told: list[outbox.Event] = [Promised(orders, before, after, cause.because or cause.actor)]
    short = receipt.unpromised
    if short:
        told.append(Unpromised(sorted({line.order for line in short}), [line.line for line in short]))
    outbox.emit(told, at=at, cause=cause)


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
