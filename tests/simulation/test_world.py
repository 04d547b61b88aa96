"""The whole company for a day and a half, on a dispatcher that is late, dies in the middle of its work and starts again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from longshore.engine.simulating.streams import Streams
from longshore.ledger.audit import audit
from longshore.ledger.models import Delivery, OutboxEvent
from longshore.project import dispatcher
from longshore.twin import demo
from longshore.twin.demo import FIRST_DAY, open_company
from longshore.twin.world.scene import Drain, Tick, at_minute
from longshore.twin.world.world import World
from tests.simulation.auditor import findings

STEP = timedelta(minutes=60)
STEPS = 36


class Died(BaseException):
    """The dispatcher's process is gone."""


def _faulty(seed: int) -> Drain:
    """Skips every third call; every fifth dies after some deliveries, of which the last is lost uncommitted."""
    rng = Streams(seed).stream("dispatcher")
    deliver_one = dispatcher._deliver_one

    def drain(at: datetime) -> None:
        luck = float(rng.random())
        if luck < 0.3:
            return
        left = int(rng.integers(1, 12)) if luck < 0.5 else None

        def counted(delivery_id: int, moment: datetime) -> dispatcher.Drained:
            nonlocal left
            with transaction.atomic():
                done = deliver_one(delivery_id, moment)
                if left is not None:
                    left -= 1
                    if left == 0:
                        raise Died
            return done

        dispatcher._deliver_one = counted  # type: ignore[assignment]
        try:
            dispatcher.drain_outbox(at=at)
        except Died:
            pass
        finally:
            dispatcher._deliver_one = deliver_one  # type: ignore[assignment]

    return drain


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [11])
def test_books_agree_after_every_step(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the dispatcher does, after every hour the auditor finds nothing; told at last, nothing is dead or waiting."""
    monkeypatch.setattr(demo, "drain", lambda: _faulty(seed))
    _company, scene = open_company(seed, FIRST_DAY, progress=lambda text: None)
    world, now = World(scene), at_minute(FIRST_DAY, 0)
    for step in range(STEPS):
        world.step(Tick(now, now + STEP))
        now += STEP
        assert findings() == [], f"seed {seed}, step {step}: {findings()}"
    dispatcher.drain_outbox(at=now + timedelta(hours=1))
    assert findings() == [], f"seed {seed}, after the last telling: {findings()}"
    assert audit().discrepancies == (), f"seed {seed}"
    assert not Delivery.objects.exclude(state="done").exists(), f"seed {seed}"
    assert not OutboxEvent.objects.filter(dispatched=False).exists(), f"seed {seed}"
