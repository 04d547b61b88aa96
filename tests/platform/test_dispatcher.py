"""The outbox is told at least once, in order, each reactor on its own; what cannot be told is visible."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from longshore.ledger.models import Delivery, OutboxEvent
from longshore.ledger.outbox import Told
from longshore.project import dispatcher
from longshore.project.dead_letters import revive
from longshore.project.subscriptions import SUBSCRIPTIONS

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


class Ears:
    """Reactors that remember, and fail when told to."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.fails = 0


ears = Ears()


def listen(told: Told) -> None:
    ears.heard.append(told.payload["n"])
    OutboxEvent.objects.create(name="test.written", payload={}, at=told.at)
    if ears.fails > 0:
        ears.fails -= 1
        raise ValueError("not now")


def echo(told: Told) -> None:
    if told.payload["n"] < 2:
        OutboxEvent.objects.create(name="test.said", payload={"n": told.payload["n"] + 1}, at=told.at)


@pytest.fixture(autouse=True)
def subscribed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    ears.__init__()  # type: ignore[misc]
    monkeypatch.setitem(SUBSCRIPTIONS, "test.said", (listen,))
    yield


def say(*numbers: int) -> None:
    OutboxEvent.objects.bulk_create(OutboxEvent(name="test.said", payload={"n": n}, at=AT) for n in numbers)


def test_told_once_and_in_order() -> None:
    """Three events are told in the order of their making, and a second drain tells nothing."""
    say(1, 2, 3)
    drained = dispatcher.drain_outbox(at=AT)
    assert (drained.events, drained.delivered, drained.failed, drained.dead) == (6, 3, 0, 0)
    assert ears.heard == [1, 2, 3]
    assert dispatcher.drain_outbox(at=AT) == dispatcher.NOTHING


def test_what_reactors_emit_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """One drain follows the whole chain of events."""
    monkeypatch.setitem(SUBSCRIPTIONS, "test.said", (echo, listen))
    say(0)
    dispatcher.drain_outbox(at=AT)
    assert ears.heard == [0, 1, 2]


def test_a_failure_undoes_its_own_writes_and_is_tried_again_later() -> None:
    """The failed reactor leaves no trace but its error; two seconds later it succeeds."""
    ears.fails = 1
    say(1)
    assert dispatcher.drain_outbox(at=AT).failed == 1
    assert OutboxEvent.objects.filter(name="test.written").count() == 0
    waiting = Delivery.objects.get()
    assert (waiting.state, waiting.attempts, waiting.error) == ("waiting", 1, "ValueError: not now")
    assert dispatcher.drain_outbox(at=AT + timedelta(seconds=1)).delivered == 0
    assert dispatcher.drain_outbox(at=AT + timedelta(seconds=2)).delivered == 1
    assert OutboxEvent.objects.filter(name="test.written").count() == 1


def test_after_eight_attempts_a_delivery_is_dead_and_can_be_revived() -> None:
    """A dead letter keeps its error, is not tried again by itself, and a person can revive it."""
    ears.fails = 8
    say(1)
    at = AT
    for _ in range(8):
        dispatcher.drain_outbox(at=at)
        at += timedelta(hours=1)
    dead = Delivery.objects.get()
    assert (dead.state, dead.attempts) == ("dead", 8)
    assert dispatcher.drain_outbox(at=at + timedelta(days=9)) == dispatcher.NOTHING
    assert revive(delivery_ids=[dead.id], at=at) == 1
    assert dispatcher.drain_outbox(at=at).delivered == 1


def test_one_poisonous_event_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The events behind a failing one are told."""
    ears.fails = 1
    say(1, 2, 3)
    drained = dispatcher.drain_outbox(at=AT)
    assert (drained.delivered, drained.failed) == (2, 1)
    assert ears.heard == [1, 2, 3]


def test_a_reactor_that_is_gone_is_a_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery planned for a reactor that was renamed since is not lost silently."""
    say(1)
    dispatcher._plan(AT)
    Delivery.objects.update(reactor="nowhere.gone")
    assert dispatcher.drain_outbox(at=AT).dead == 1
    assert Delivery.objects.get().error == "No reactor is called nowhere.gone; it was renamed or removed."
