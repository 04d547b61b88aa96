"""Who hears of what. The one table: event name → reactors, in the order of the map.

A reactor takes one event. It runs in its own transaction, possibly more than once for the same event, so it must be
idempotent; it raises to be tried again.
"""

from __future__ import annotations

from collections.abc import Callable

from longshore.ledger.outbox import Told

Reactor = Callable[[Told], None]

SUBSCRIPTIONS: dict[str, tuple[Reactor, ...]] = {}


def reactor_name(reactor: Reactor) -> str:
    """How a reactor is written down in the table of deliveries."""
    return f"{reactor.__module__.removeprefix('longshore.')}.{reactor.__name__}"


def reactors_by_name() -> dict[str, Reactor]:
    return {reactor_name(reactor): reactor for reactors in SUBSCRIPTIONS.values() for reactor in reactors}
