"""What is still free while a batch of orders is being promised, in memory, one pool for alike supply."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from longshore.engine.promising.problem import Supply
from longshore.ledger.queries import SupplyRow
from longshore.ordering.queries.wanted import Held
from longshore.ordering.rules import PromisePolicy, minutes

Source = tuple[str, int]  # ("balance" or "flow", id)
Alike = tuple[int, int, int, int | None, int]  # item, site, ready, usable until, rank: what an order cannot tell apart
FREE = 0
BORROWED = 1  # held by a less urgent order; offered after what is free


class Pool:
    """Supply that an order cannot tell apart: one item, site, readiness and remaining life."""

    __slots__ = ("_supply", "alike", "key", "qty", "sources")

    def __init__(self, key: int, alike: Alike) -> None:
        self.key = key
        self.alike = alike
        self.qty = 0
        self.sources: dict[Source, int] = {}
        self._supply: Supply | None = None

    @property
    def supply(self) -> Supply:
        if self._supply is None:
            item, site, ready, until, _rank = self.alike
            self._supply = Supply(self.key, item, site, ready, self.qty, until)
        return self._supply

    def add(self, source: Source, qty: int) -> None:
        left = self.sources.get(source, 0) + qty
        if left:
            self.sources[source] = left
        else:
            del self.sources[source]
        self.qty += qty
        self._supply = None

    def draw(self, qty: int) -> list[tuple[Source, int]]:
        """Take from one source where one has it all (the smallest that does), else from several."""
        whole = [(left, source) for source, left in self.sources.items() if left >= qty]
        drawn: list[tuple[Source, int]] = []
        if whole:
            drawn.append((min(whole)[1], qty))
        else:
            for source, left in sorted(self.sources.items()):
                part = min(left, qty)
                drawn.append((source, part))
                qty -= part
                if not qty:
                    break
        for source, part in drawn:
            self.add(source, -part)
        return drawn


class Residual:
    """Pools by item. `now` and all times in minutes."""

    def __init__(self, at: datetime, policy: PromisePolicy) -> None:
        self.now = minutes(at)
        self.policy = policy
        self._pools: list[Pool] = []
        self._index: dict[Alike, int] = {}
        self._by_item: dict[int, list[int]] = {}
        self._where: dict[tuple[Source, int], int] = {}

    def add_rows(self, rows: Iterable[SupplyRow], locked: Collection[Source]) -> None:
        """What the ledger says is free. Rows that appeared after our locks are left for the next call."""
        for row in rows:
            source = (row.source, row.source_id)
            if row.qty_free > 0 and source in locked:
                ready = self.ready(row.ready_at)
                self._add((row.item, row.site, ready, _minute(row.usable_until), FREE), source, row.qty_free)

    def ready(self, arrives_at: datetime | None) -> int:
        """When goods can be handled: stock now; a receipt after receiving, and not today if it is overdue."""
        if arrives_at is None:
            return self.now
        arrival = minutes(arrives_at)
        if arrival < self.now:
            return self.now + self.policy.overdue_minutes
        return arrival + self.policy.receiving_minutes

    def give_back(self, item: int, held: Held, rank: int = FREE) -> None:
        """Treat a claim's goods as free, if they can still be used."""
        if not held.stands:
            return
        source = (held.kind, held.source)
        ready = self.ready(held.ready_at)
        self._add((item, held.site, ready, _minute(held.usable_until), rank), source, held.qty)

    def take_back(self, item: int, held: Held, rank: int = FREE) -> None:
        """Undo `give_back`: the claim stays where it is."""
        if held.stands:
            source = (held.kind, held.source)
            self._pools[self._where[source, rank]].add(source, -held.qty)

    def forget(self, rank: int) -> None:
        """Offer nothing of this rank any more."""
        for pool in self._pools:
            if pool.alike[4] == rank:
                for source, qty in list(pool.sources.items()):
                    pool.add(source, -qty)

    def supplies(self, items: Iterable[int]) -> tuple[Supply, ...]:
        return tuple(
            pool.supply
            for item in items
            for pool in (self._pools[key] for key in self._by_item.get(item, ()))
            if pool.qty > 0
        )

    def draw(self, key: int, qty: int) -> tuple[int, list[tuple[Source, int]]]:
        """Take from a pool; returns its rank (FREE or BORROWED) and what was taken from which source."""
        rank = BORROWED if key & 1 else FREE
        return rank, self._pools[key >> 1].draw(qty)

    def source(self, key: int) -> Source | None:
        """A source of a pool, to name it in an explanation."""
        return min(self._pools[key >> 1].sources, default=None)

    def _add(self, alike: Alike, source: Source, qty: int) -> None:
        rank = alike[4]
        place = self._where.get((source, rank))
        if place is None:
            place = self._index.get(alike, -1)
            if place < 0:
                place = self._index[alike] = len(self._pools)
                self._pools.append(Pool(place * 2 + rank, alike))
                self._by_item.setdefault(alike[0], []).append(place)
            self._where[source, rank] = place
        self._pools[place].add(source, qty)


def _minute(moment: datetime | None) -> int | None:
    return None if moment is None else minutes(moment)
