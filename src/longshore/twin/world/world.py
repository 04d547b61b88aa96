"""One step of the world after the other: everybody does what the hour asks, then the reactors hear of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from longshore.twin.world import buying, desk, floor, managing, returning, road, supplying
from longshore.twin.world.scene import Book, Scene, Tick

TICK = timedelta(minutes=30)


class World:
    """Everything it decides follows from the seed and from what stands in the database: it can stop and go on anywhere."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._book = Book(scene.demand)

    def step(self, tick: Tick) -> None:
        scene = self.scene
        floor.put_away(scene, tick)
        supplying.step(scene, tick)
        managing.step(scene, tick)
        desk.step(scene, self._book, tick)
        scene.drain(tick.now)
        buying.step(scene, tick)
        floor.step(scene, tick)
        road.step(scene, tick)
        returning.step(scene, tick)
        scene.drain(tick.now)

    def run(
        self, since: datetime, until: datetime, *, told: Callable[[datetime], None], every: timedelta = TICK
    ) -> None:
        """From `since` to `until`, in whole steps; `told` hears where the clock stands after each."""
        now = since
        while now < until:
            after = min(now + every, until)
            self.step(Tick(now, after))
            now = after
            told(now)
