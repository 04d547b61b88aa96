"""What a proposal is for and what serves a demand, through bills of material and sites, from the plan as it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np

from longshore.planning import rules
from longshore.planning.pegging_rules import (
    COMING,
    DECIDED,
    DRAWN,
    FORECAST,
    HELD,
    ORDER,
    PLANNED,
    PROPOSED,
    SAFETY,
    STOCK,
    Claimed,
    Demand,
    Facts,
    ItemSite,
    Pegging,
    Row,
    Supply,
)
from longshore.planning.queries import pegging_sql as sql
from longshore.planning.queries.names import Name
from longshore.planning.queries.network_facts import expected_of
from longshore.planning.queries.network_writing import ZONE
from longshore.planning.reading import rows

DAYS: Final = 90
ROWS: Final = 600


@dataclass(frozen=True, slots=True)
class Chain:
    """One thing asked about, supply or demand, and what it serves or what serves it."""

    supply: Supply | None
    demand: Demand | None
    at: ItemSite
    qty: int
    first: date
    last: date
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Chains, with the names of the items and sites in them; `more`: chains and rows left out because there are too many."""

    today: date
    chains: tuple[Chain, ...]
    items: dict[int, Name]
    sites: dict[int, Name]
    more: int = 0


def what_for(item: int, site: int, *, at: datetime) -> Answer:
    """Everything an item-site has and gets, and what each is for."""
    return _upward([(item, site)], lambda supply: supply.at == (item, site), at=at)


def what_proposal_for(item: int, site: int, proposal: int, *, at: datetime) -> Answer:
    """What one proposal is for, open, decided or on its way; no chain where the plan has no order for it any more."""
    return _upward([(item, site)], lambda supply: supply.proposal == proposal and supply.at == (item, site), at=at)


def what_serves(item: int, site: int, *, at: datetime) -> Answer:
    """What customers, forecasts and other item-sites want of an item-site, and what serves each."""
    today, pegging = _pegging(sql.BELOW, [(item, site)], at=at)
    wanted = [demand for demand in pegging.facts.demands if demand.at == (item, site)]
    return _answer(today, [_served(pegging, group) for group in _grouped(wanted)])


def what_serves_order(order: int, *, at: datetime) -> Answer:
    """What serves the lines of a customer order, stock claimed for them first."""
    lines = rows(sql.LINES_OF_ORDER, {"order": order})
    places = sorted({(item, site) for _line, item, site in lines})
    if not places:
        return Answer(_today(at)[0], (), {}, {})
    today, pegging = _pegging(sql.BELOW, places, at=at)
    mine = {f"line:{line}:{site}" for line, _item, site in lines}
    wanted = [demand for demand in pegging.facts.demands if demand.key in mine]
    return _answer(today, [_served(pegging, [demand]) for demand in wanted])


def _upward(seeds: Sequence[ItemSite], chosen: Callable[[Supply], bool], *, at: datetime) -> Answer:
    today, pegging = _pegging(sql.ABOVE, seeds, at=at)
    asked = [each for each in pegging.facts.supplies if chosen(each)]
    asked.sort(key=lambda each: (each.kind != STOCK, each.day, each.key))
    chains = [Chain(each, None, each.at, each.qty, each.day, each.day, pegging.upward(each.key)) for each in asked]
    return _answer(today, chains)


def _grouped(wanted: Iterable[Demand]) -> list[list[Demand]]:
    found: dict[str, list[Demand]] = {}
    for demand in sorted(wanted, key=lambda each: (each.kind == SAFETY, each.turn, each.day)):
        found.setdefault(demand.group, []).append(demand)
    return list(found.values())


def _served(pegging: Pegging, group: Sequence[Demand]) -> Chain:
    days = [demand.day for demand in group]
    served = pegging.downward([demand.key for demand in group])
    one = group[0]
    return Chain(None, one, one.at, sum(each.qty for each in group), min(days), max(days), served)


def _answer(today: date, chains: Sequence[Chain]) -> Answer:
    shown, room = [], ROWS
    for chain in chains:
        if room <= 0:
            break
        kept = chain.rows[:room]
        room -= len(kept) + 1
        shown.append(Chain(chain.supply, chain.demand, chain.at, chain.qty, chain.first, chain.last, kept))
    more = sum(len(chain.rows) + 1 for chain in chains) - sum(len(chain.rows) + 1 for chain in shown)
    told: list[Chain | Row] = [*shown, *(row for chain in shown for row in chain.rows)]
    places = {each.at for each in told} | {each.demand.into for each in told if each.demand and each.demand.into}
    items, sites = sorted({item for item, _site in places}), sorted({site for _item, site in places})
    named: dict[str, dict[int, Name]] = {"item": {}, "site": {}}
    for kind, number, *name in rows(sql.NAMES, {"items": items, "sites": sites}):
        named[kind][number] = Name(*name)
    return Answer(today, tuple(shown), named["item"], named["site"], more)


def _today(at: datetime) -> tuple[date, str]:
    zone = rows(ZONE, {})
    name = zone[0][0] if zone else "UTC"
    return rules.local_day(at, name), name


def _pegging(closure: str, seeds: Sequence[ItemSite], *, at: datetime) -> tuple[date, Pegging]:
    """The facts of these item-sites and of all that hang together with them one way, pegged."""
    today, zone = _today(at)
    reached = rows(closure, {"items": [item for item, _site in seeds], "sites": [site for _item, site in seeds]})
    asked: dict[str, Any] = {"today": today, "zone": zone}
    asked |= {"items": [item for item, _site in reached], "sites": [site for _item, site in reached]}
    return today, Pegging(facts_of(asked))


def facts_of(asked: dict[str, Any]) -> Facts:
    """What these item-sites have and get, what is wanted of them, and what is claimed for what."""
    today = asked["today"]
    policies = rows(sql.POLICIES, asked)
    claims = rows(sql.CLAIMS, asked)
    demands = [*_orders(asked, claims), *_draws(asked), *_forecasts(asked)]
    for item, site, _source, _way, safety in policies:
        if safety:
            last = today + timedelta(days=DAYS)
            demands.append(Demand(f"safety:{item}:{site}", (item, site), SAFETY, last, last, safety))
    supplies = [*_stock(asked, claims), *_coming(asked, claims), *_proposed(asked)]
    by_position = {(item, site) for item, site, _source, way, _safety in policies if way == "position"}
    fed_by = {
        (item, site): (item, source)
        for item, site, source, _way, _safety in policies
        if source is not None and (item, site) in by_position and (item, source) in by_position
    }
    known = {each.key for each in supplies}
    pairs = (Claimed(_claimed_key(row), _demand_key(row), row[4]) for row in claims)
    return Facts(tuple(supplies), tuple(demands), tuple(each for each in pairs if each.supply in known), fed_by)


def _claimed_key(claim: tuple[Any, ...]) -> str:
    _demand, item, site, flow, _qty, _day = claim
    return f"coming:{flow}" if flow else f"stock:{item}:{site}"


def _demand_key(claim: tuple[Any, ...]) -> str:
    what, number = claim[0].partition(":")[::2]
    return f"line:{number}:{claim[2]}" if what == "order-line" else f"{claim[0]}:{claim[1]}:{claim[2]}"


def _stock(asked: dict[str, Any], claims: Sequence[tuple[Any, ...]]) -> list[Supply]:
    free = {(item, site): qty for item, site, qty in rows(sql.STOCK, asked)}
    held: dict[ItemSite, int] = {}
    for _demand, item, site, flow, qty, _day in claims:
        if not flow:
            held[item, site] = held.get((item, site), 0) + qty
    return [
        Supply(f"stock:{at[0]}:{at[1]}", at, STOCK, asked["today"], free.get(at, 0) + held.get(at, 0), held.get(at, 0))
        for at in sorted({*free, *held})
    ]


def _coming(asked: dict[str, Any], claims: Sequence[tuple[Any, ...]]) -> list[Supply]:
    held: dict[int, int] = {}
    for _demand, _item, _site, flow, qty, _day in claims:
        held[flow] = held.get(flow, 0) + qty
    return [
        Supply(
            key=f"coming:{number}", at=(item, site), kind=COMING, day=max(day, asked["today"]), qty=qty,
            held=held.get(number, 0), way=kind or way, source=name, source_zh=name_zh, document=document, proposal=proposal,
        )
        for number, item, site, day, qty, document, name, name_zh, way, proposal, kind in rows(sql.COMING, asked)
    ]  # fmt: skip


def _proposed(asked: dict[str, Any]) -> list[Supply]:
    found = [
        Supply(
            key=f"proposal:{number}", at=(item, site), kind=PROPOSED if is_open else DECIDED, day=day, qty=qty, way=kind,
            source=name, source_zh=name_zh, order_on=order_on, proposal=number,
        )
        for number, is_open, item, site, day, order_on, qty, kind, name, name_zh in rows(sql.PROPOSALS, asked)
    ]  # fmt: skip
    return found + [
        Supply(
            key=f"planned:{number}", at=(item, site), kind=PLANNED, day=day, qty=qty, way=kind, source=name,
            source_zh=name_zh, order_on=order_on, proposal=proposal,
        )
        for number, item, site, day, order_on, qty, kind, name, name_zh, proposal in rows(sql.PLANNED, asked)
    ]  # fmt: skip


def _orders(asked: dict[str, Any], claims: Sequence[tuple[Any, ...]]) -> list[Demand]:
    """Customer order lines, with what is claimed for them; and what else claims are for."""
    today = asked["today"]
    owed = {(f"line:{line}:{site}", item, site, line): qty for line, item, site, qty in rows(sql.OWED, asked)}
    held: dict[tuple[str, int, int, int], tuple[int, date]] = {}
    for claim in claims:
        number = claim[0].partition(":")[2]
        key = (_demand_key(claim), claim[1], claim[2], int(number) if number.isdigit() else 0)
        before = held.get(key, (0, claim[5]))
        held[key] = (before[0] + claim[4], min(before[1], claim[5]))
    lines = [key[3] for key in {*owed, *held} if key[0].startswith("line:")]
    told = {row[0]: row[1:] for row in rows(sql.LINES, {"lines": lines, "zone": asked["zone"]})}
    moves = [key[3] for key in held if key[0].startswith("transfer:")]
    flows = {row[0]: row[1:] for row in rows(sql.MOVES, {"proposals": moves})}
    found = []
    for key in sorted({*owed, *held}):
        text, item, site, number = key
        qty, day = held.get(key, (0, today))
        if text.startswith("line:") and number in told:
            order, document, wanted_on, who, who_zh = told[number]
            found.append(
                Demand(text, (item, site), ORDER, min(wanted_on, today), wanted_on, qty + owed.get(key, 0), qty,
                       order=order, document=document, who=who, who_zh=who_zh)
            )  # fmt: skip
            continue
        if text.startswith("transfer:") and number in flows:
            flow, target = flows[number]
            found.append(
                Demand(text, (item, site), DRAWN, day, day, qty, qty, by=f"coming:{flow}", way="transfer",
                       into=(item, target), document=text)
            )  # fmt: skip
            continue
        found.append(Demand(text, (item, site), HELD, day, day, qty, qty, document=text.rpartition(":")[0]))
    return found


def _draws(asked: dict[str, Any]) -> list[Demand]:
    return [
        Demand(
            f"drawn:{by}:{item}:{site}", (item, site), DRAWN, max(day, asked["today"]), day, qty, by=by, way=way,
            into=(into, target),
        )
        for by, item, site, day, qty, into, target, way in rows(sql.DRAWN, asked)
    ]  # fmt: skip


def _forecasts(asked: dict[str, Any]) -> list[Demand]:
    pairs = sorted(set(zip(asked["items"], asked["sites"], strict=True)))
    item, site = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    scope = {"today": asked["today"], "days": DAYS, "items": sorted(set(item.tolist()))}
    scope |= {"pair_items": item.tolist(), "pair_sites": site.tolist()}
    demand = expected_of({"item": item, "site": site}, scope)
    found = []
    for node, day in np.argwhere(demand).tolist():
        at, on = pairs[node], asked["today"] + timedelta(days=day)
        key = f"forecast:{at[0]}:{at[1]}:{day}"
        found.append(Demand(key, at, FORECAST, on, on, int(demand[node, day])))
    return found
