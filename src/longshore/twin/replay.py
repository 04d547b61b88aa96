"""Real history through the production verbs, in simulated time: the calendar of a day and the report at the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid5

from longshore.catalog.errors import Refusal
from longshore.catalog.models import Partner, Place
from longshore.catalog.operations import SELF
from longshore.ledger.audit import audit
from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.ordering.operations import take_orders
from longshore.planning.models import Proposal, ProposalState
from longshore.planning.operations import make_forecasts, release, replenish, set_costs, set_policies
from longshore.planning.policy_rules import Costs
from longshore.twin.demo import drain
from longshore.twin.online_retail import floor
from longshore.twin.online_retail.accounting import Account, Credits, account
from longshore.twin.online_retail.credits import Desk, inspect
from longshore.twin.online_retail.facts import CARRIER, Facts, make_facts
from longshore.twin.online_retail.lines import REASONS, Lines, read_lines
from longshore.twin.online_retail.network import Network, read_network
from longshore.twin.online_retail.opening import Opening, opening_stock
from longshore.twin.online_retail.orders import NAMES, Calendar, Sales
from longshore.twin.world.measuring import measure

Told = Callable[[str], None]
# What a planner does of an evening, before what is proposed gets ordered. The number counts days from the first.
Planner = Callable[[int, datetime], None]
SALES, PLAN = Cause("customers", "replay"), Cause("plan", "replay")


class UnknownHistory(Refusal):
    """There is no such history to replay."""


def run_replay(source: str, file: Path, *, days: int | None, seed: int, progress: Told) -> dict[str, Any]:
    """Replay the first `days` days of a history file (None: all of it) in an empty database; returns the report."""
    if source != "online-retail":
        raise UnknownHistory("unknown-history", f"There is no history “{source}”.", "Use online-retail.")
    network = read_network()
    progress("reading the file …")
    lines = read_lines(file, network, days)
    began = time.perf_counter()
    progress("making the catalog …")
    facts = make_facts(lines, network)
    replay = Replay(lines, network, facts, seed)
    set_costs(replace(Costs(), order_line=network.order_line_cost), at=replay.span[0], cause=PLAN)
    for number in range(lines.days):
        replay.live(lines.first_day + timedelta(days=number))
        if number % 10 == 9:
            progress(f"day {number + 1} of {lines.days}, {time.perf_counter() - began:.0f} s")
    made = replay.account()
    seconds = time.perf_counter() - began
    progress("auditing …")
    return _report(lines, made, replay, seconds)


def weekly(every_days: int) -> Planner:
    """Planning on: demand is forecast and policies are set anew once a week, from the first evening on."""

    def plan(day: int, at: datetime) -> None:
        if day % every_days == 0:
            make_forecasts(at=at + timedelta(hours=3), cause=PLAN, fast=True)
            set_policies(at=at, cause=PLAN)

    return plan


class Replay:
    """One simulated day after the other, each with the same hours."""

    def __init__(self, lines: Lines, network: Network, facts: Facts, seed: int, planner: Planner | None = None) -> None:
        self._lines, self._network, self._facts, self._seed = lines, network, facts, seed
        self._spread = {supplier.code: supplier.sd_hours for supplier in network.suppliers}
        self._planner = planner or weekly(network.forecast_every_days)
        self._calendar = Calendar(network.timezone)
        self._sales = Sales(lines, network, facts)
        self.tally = Credits()
        self._desk = Desk(facts, self.tally)
        self._drain = drain()
        self._carrier = Partner.objects.get(code=CARRIER).pk
        self._openings: dict[date, list[Opening]] = {}
        for opening in opening_stock(lines, network, facts.homes):
            self._openings.setdefault(opening.day, []).append(opening)
        for (reason,) in lines.frame.filter(lines.frame["kind"] == "refused").select("reason").iter_rows():
            self.tally.refused[reason] += 1

    @property
    def span(self) -> tuple[datetime, datetime]:
        first = self._lines.first_day
        return self._calendar.at(first, 0), self._calendar.at(first + timedelta(days=self._lines.days), 0)

    def live(self, day: date) -> None:
        at = {hour: self._calendar.at(day, hour) for hour in range(24)}
        network = self._network
        self._stock_new_items(day, at[1])
        floor.take_in(self._spread, seed=self._seed, zone=self._calendar.zone, at=at[7])
        inspect(at=at[7])
        floor.put_away(self._facts.sites.values(), at=at[8])
        self._drain(at[8])
        floor.bring(at=at[12])
        orders = self._sales.orders(day)
        wave = at[network.wave_hour]
        self._sell([order for order in orders if (order.received_at or wave) <= wave], wave)
        for code, site in self._facts.sites.items():
            # All that has to leave before the next wave's goods do: with the truck of tomorrow at the latest.
            floor.release(site, code, at=wave, ship_before=at[network.departure_hour] + timedelta(hours=24))
        for site in self._facts.sites.values():
            floor.work_off(site, self._carrier, at=at[network.departure_hour])
        evening = at[network.plan_hour]
        self._sell([order for order in orders if (order.received_at or wave) > wave], evening)
        self._desk.settle(list(self._sales.credits(day)), at=at[21])
        self._drain(at[21])
        self._plan(day, at[22])

    def account(self) -> Account:
        return account(self._lines.count, self.tally)

    def _sell(self, orders: list[Any], at: datetime) -> None:
        """Orders are taken; the reactors promise them and count their demand."""
        if not orders:
            return
        take_orders(orders, at=at, cause=SALES)
        self._drain(at)

    def _plan(self, day: date, at: datetime) -> None:
        """Every evening the planner has his say, then what is proposed is ordered, together for each supplier."""
        self._planner((day - self._lines.first_day).days, at)
        replenish(at=at, cause=PLAN)
        proposed = Proposal.objects.filter(state=ProposalState.PROPOSED, order_at__lte=at + timedelta(days=1))
        release(list(proposed.order_by("id").values_list("id", flat=True)), at=at, cause=PLAN)
        self._drain(at)
        floor.answer(at=at)
        self._drain(at)

    def _stock_new_items(self, day: date, at: datetime) -> None:
        """What the wholesaler bought before it first offered an item."""
        openings = self._openings.get(day, [])
        if not openings:
            return
        source = Place.objects.get(code="OPENING").pk
        owner = Partner.objects.get(code=SELF).pk
        moves = []
        for number, opening in enumerate(openings):
            item = self._facts.items[opening.code]
            bins = self._facts.bins[opening.warehouse]
            target = bins[number % len(bins)]
            moves.append(Move(Key(item, source, owner), Key(item, target, owner), opening.qty))
        key = uuid5(NAMES, f"opening/{day.isoformat()}")
        post([NewPosting(key, PostingKind.OPENING, at, tuple(moves), "opening")], at=at, cause=PLAN)


def _report(lines: Lines, made: Account, replay: Replay, seconds: float) -> dict[str, Any]:
    found = audit()
    figures = measure(*replay.span)
    refused = {
        reason: {"lines": count, "because": REASONS.get(reason, reason)} for reason, count in made.refused.items()
    }
    return {
        "source": "online-retail",
        "from": lines.first_day.isoformat(),
        "days": lines.days,
        "lines": {
            "input": made.input,
            "delivered": made.delivered,
            "open": made.open,
            "cancelled": made.cancelled,
            "returned": made.returned,
            "refused": sum(made.refused.values()),
            "sum": made.total,
        },
        "refused": refused,
        "discrepancies": len(found.discrepancies),
        "seconds": round(seconds, 1),
        "lines_per_s": round(made.input / seconds),
        "figures": {name: value for name, value in figures.items() if name not in ("lines", "delivered")},
    }
