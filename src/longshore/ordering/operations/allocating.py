"""Give lines their supply, one order after the other, against what is left. Nothing here writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from longshore.engine.promising.problem import DAY, Line, LinePromise, Promise, PromiseProblem, Supply, Take
from longshore.engine.promising.solve import next_date, solve
from longshore.ordering.operations.residual import BORROWED, Residual, Source
from longshore.ordering.queries.geography import Ways
from longshore.ordering.queries.wanted import Held, WantedLine, WantedOrder
from longshore.ordering.rules import Way, grams_a_unit, is_better, late_penalty, minutes, moment


@dataclass(frozen=True, slots=True)
class Allocated:
    """`qty` of a source for a line. Times in minutes. `borrowed`: a less urgent order holds it and must give it up."""

    source: Source
    site: int
    qty: int
    ship_at: int
    arrive_at: int
    borrowed: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a line has after a promise: new allocations beside the claims it keeps, minus those it gives up."""

    order: WantedOrder
    line: WantedLine
    allocated: tuple[Allocated, ...]
    given_up: tuple[Held, ...]
    promised_at: datetime | None
    short: int
    explanation: dict[str, object] = field(default_factory=dict)

    @property
    def changes_nothing(self) -> bool:
        """Nothing to write: same claims, same date, same shortage, and that has been told before."""
        told = self.line.told and self.line.short == self.short and self.line.promised_at == self.promised_at
        return told and not self.allocated and not self.given_up


@dataclass(frozen=True, slots=True)
class Wish:
    """A line of an order that wants `need`, and the soft claims it may give up for something better."""

    line: WantedLine
    need: int
    loose: tuple[Held, ...] = ()
    kept: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class Allocator:
    """Promises orders in the order given; each takes from what the ones before left."""

    residual: Residual
    ways: Ways
    at: datetime

    def first(self, order: WantedOrder) -> list[Outcome]:
        """Cover what no claim covers yet; claims stay."""
        wishes = []
        settled = []
        for line in order.lines:
            need = line.open_qty - line.covered
            if need > 0:
                wishes.append(Wish(line, need, kept=line.held))
            elif not line.told and line.open_qty:
                settled.append(_settled(order, line))
        return settled + (self._outcomes(order, wishes, self._solve(order, wishes)) if wishes else [])

    def again(self, order: WantedOrder, lines: frozenset[int], *, anyway: bool = False) -> list[Outcome]:
        """Re-promise these lines: give up soft claims only where the new promise is needed or better, or `anyway`."""
        freed = self._no_longer_wanted(order, lines)
        wishes = self._wishes(order, lines, anyway)
        if not wishes:
            return freed
        self._give_back(wishes)
        answer = self._solve(order, wishes)
        if anyway or self._worth_it(order, wishes, answer[0]):
            return freed + self._outcomes(order, wishes, answer)
        for wish in wishes:
            for held in wish.loose:
                self.residual.take_back(wish.line.item, held)
        return freed

    def urgent(self, order: WantedOrder, rivals: Sequence[tuple[int, Held]]) -> list[Outcome]:
        """Promise an order from what is free; with what rivals (item, claim) hold only if that makes it better."""
        wishes = self._wishes(order, frozenset(line.id for line in order.lines), False)
        if not wishes:
            return []
        self._give_back(wishes)
        alone = self._solve(order, wishes)
        if _value(alone[0]) <= (0, minutes(order.requested_at)):
            return self._outcomes(order, wishes, alone)
        for item, held in rivals:
            self.residual.give_back(item, held, BORROWED)
        helped = self._solve(order, wishes)
        if _value(helped[0]) < _value(alone[0]):
            return self._outcomes(order, wishes, helped)
        return self._outcomes(order, wishes, alone)

    def _no_longer_wanted(self, order: WantedOrder, lines: frozenset[int]) -> list[Outcome]:
        """Lines that hold softly what nobody wants any more give it all up."""
        outcomes = []
        for line in order.lines:
            loose = tuple(held for held in line.held if not held.hard)
            if line.id in lines and loose and line.open_qty <= line.covered - sum(held.qty for held in loose):
                for held in loose:
                    self.residual.give_back(line.item, held)
                reason: dict[str, object] = {"binding": {"code": "no-longer-wanted"}}
                outcomes.append(Outcome(order, line, (), loose, line.promised_at, 0, reason))
        return outcomes

    def _wishes(self, order: WantedOrder, lines: frozenset[int], anyway: bool) -> list[Wish]:
        """What these lines want beside their hard claims. Of a complete order all lines want together."""
        wishes = []
        for line in order.lines:
            loose = tuple(held for held in line.held if not held.hard)
            kept = tuple(held for held in line.held if held.hard)
            need = line.open_qty - sum(held.qty for held in kept)
            if need > 0 and (line.id in lines or order.ship_complete):
                wishes.append(Wish(line, need, loose, kept))
        needy = [wish for wish in wishes if anyway or self._needy(order, wish)]
        return wishes if needy and order.ship_complete else needy

    def _give_back(self, wishes: Sequence[Wish]) -> None:
        for wish in wishes:
            for held in wish.loose:
                self.residual.give_back(wish.line.item, held)

    def still_good(self, held: Held) -> bool:
        """Whether a claim can still leave as planned."""
        ship_at = minutes(held.ship_at)
        return held.stands and (held.kind == "balance" or self.residual.ready(held.ready_at) <= ship_at)

    def _needy(self, order: WantedOrder, wish: Wish) -> bool:
        """Not whole, not on time, or standing on something that will not hold: everything else stays untouched."""
        line = wish.line
        if line.promised_at is None or line.promised_at > order.requested_at or line.short or not line.told:
            return True
        return wish.need != sum(held.qty for held in wish.loose) or not all(map(self.still_good, wish.loose))

    def _worth_it(self, order: WantedOrder, wishes: Sequence[Wish], promise: Promise) -> bool:
        """A claim that no longer holds forces a new promise; else it must be better for a line and worse for none."""
        by_line = {line.line_key: line for line in promise.lines}
        verdicts = []
        for wish in wishes:
            found = by_line[wish.line.id]
            if any(not self.still_good(held) for held in wish.loose):
                return True
            before_short = wish.need - sum(held.qty for held in wish.loose)
            if wish.line.short != before_short or not wish.line.told:
                return True  # what was told is not what is so: tell it again
            before = None if wish.line.promised_at is None else minutes(wish.line.promised_at)
            facts = {"before_at": before, "before_short": before_short}
            after = {"after_at": found.promised_at, "after_short": found.short}
            wanted_at = minutes(order.requested_at)
            better = is_better(**facts, **after, wanted_at=wanted_at)  # type: ignore[arg-type]
            worse = found.short > before_short or (
                found.short == before_short and (found.promised_at or 0) > (before or 0) and not better
            )
            verdicts.append((better, worse))
        return any(better for better, _ in verdicts) and not any(worse for _, worse in verdicts)

    def _solve(self, order: WantedOrder, wishes: Sequence[Wish]) -> tuple[Promise, PromiseProblem]:
        items = sorted({wish.line.item for wish in wishes})
        supplies = self.residual.supplies(items)
        stocked = {supply.site for supply in supplies}
        every = [way for way in self.ways.get((order.ship_to, order.customer), ()) if way.site in stocked]
        most = self.residual.policy.most_sites
        problem = self._problem(order, wishes, supplies, every[:most])
        promise = solve(problem)
        if len(every) > most and any(line.short for line in promise.lines):
            problem = self._problem(order, wishes, supplies, every)
            promise = solve(problem)
        return promise, problem

    def _problem(
        self, order: WantedOrder, wishes: Sequence[Wish], supplies: tuple[Supply, ...], ways: Sequence[Way]
    ) -> PromiseProblem:
        policy = self.residual.policy
        weight = grams_a_unit([(wish.need, wish.line.weight_g) for wish in wishes])
        return PromiseProblem(
            lines=tuple(
                Line(wish.line.id, wish.line.item, wish.need, wish.line.min_remaining_days * DAY) for wish in wishes
            ),
            supplies=supplies,
            routes=tuple(way.route(weight) for way in ways),
            now=self.residual.now,
            requested_at=minutes(order.requested_at),
            split_penalty=policy.split_penalty,
            late_penalty_per_day=late_penalty(policy, order.priority),
            ship_complete=order.ship_complete,
            max_splits=policy.max_splits,
        )

    def _outcomes(
        self, order: WantedOrder, wishes: Sequence[Wish], answer: tuple[Promise, PromiseProblem]
    ) -> list[Outcome]:
        promise, problem = answer
        by_line = {line.line_key: line for line in promise.lines}
        reason = self._reason(promise)
        outcomes = []
        for wish in wishes:
            found = by_line[wish.line.id]
            allocated = tuple(part for take in found.takes for part in self._draw(take))
            dates = [held.due_at for held in wish.kept]
            if found.promised_at is not None:
                dates.append(moment(found.promised_at))
            explanation = dict(reason, takes=[_told(part) for part in allocated])
            if found.short:
                possible = self._possible(wish, found, problem)
                explanation["short"] = found.short
                explanation["possible_at"] = None if possible is None else moment(possible).isoformat()
            last = max(dates, default=None)
            outcomes.append(Outcome(order, wish.line, allocated, wish.loose, last, found.short, explanation))
        return outcomes

    def _draw(self, take: Take) -> list[Allocated]:
        rank, drawn = self.residual.draw(take.supply_key, take.qty)
        return [
            Allocated(source, take.site, qty, take.ship_at, take.arrive_at, rank == BORROWED) for source, qty in drawn
        ]

    def _possible(self, wish: Wish, found: LinePromise, problem: PromiseProblem) -> int | None:
        """When the whole line could come from supply known today, whatever it costs."""
        return None if found.promised_at is None and not problem.routes else next_date(problem, wish.line.id)

    def _reason(self, promise: Promise) -> dict[str, object]:
        """The engine's explanation with supply named as the ledger names it, and minutes as times."""
        why = promise.explanation
        binding: dict[str, object] = {"code": why.binding.code}
        if why.binding.site is not None:
            binding["site"] = why.binding.site
        if why.binding.line_key is not None:
            binding["line"] = why.binding.line_key
        if why.binding.at is not None:
            binding["at"] = moment(why.binding.at).isoformat()
        if why.binding.qty:
            binding["qty"] = why.binding.qty
        if why.binding.supply_key is not None:
            source = self.residual.source(why.binding.supply_key)
            binding["supply"] = None if source is None else f"{source[0]}:{source[1]}"
        told: dict[str, object] = {"binding": binding, "cost": promise.cost, "proven": why.proven}
        if why.runner_up is not None:
            told["runner_up"] = {
                "shipments": [
                    {"site": site, "ship_at": moment(ship_at).isoformat()} for site, ship_at in why.runner_up.shipments
                ],
                "cost": why.runner_up.cost,
                "short": why.runner_up.short,
            }
        if why.flip is not None:
            told["flip"] = {"code": why.flip.code, "amount": why.flip.amount}
        return told


def _value(promise: Promise) -> tuple[int, int]:
    """Less is better: units short, then the last arrival."""
    short = sum(line.short for line in promise.lines)
    return short, max((line.promised_at or 0 for line in promise.lines), default=0)


def _told(part: Allocated) -> dict[str, object]:
    return {
        "supply": f"{part.source[0]}:{part.source[1]}",
        "site": part.site,
        "qty": part.qty,
        "ship_at": moment(part.ship_at).isoformat(),
        "arrive_at": moment(part.arrive_at).isoformat(),
    }


def _settled(order: WantedOrder, line: WantedLine) -> Outcome:
    """A line fully held by claims that were never told."""
    return Outcome(order, line, (), (), max(held.due_at for held in line.held), 0, {"binding": {"code": "held"}})
