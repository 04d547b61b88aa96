"""From order lines and what became of them to the risk of those that are still to come: pure, by the sourcing engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from longshore.engine.invalid import InvalidProblem
from longshore.engine.sourcing.lines import NOT_YET, Lateness, LatenessProblem, Lines

LEVELS: Final = (0.1, 0.5, 0.9)
PRIOR_LINES: Final = 4  # as many lines of the average supplier stand behind one that is little known
ENOUGH_DELAYS: Final = 8  # below, a supplier's own delays say less than everybody's
SEED: Final = 11
DRIVERS: Final = 2


@dataclass(frozen=True, slots=True)
class Line:
    """Days since the Unix epoch where the goods go to; `came_on` None: not complete (yet). `open`: may still come."""

    id: int
    order: int
    supplier: int
    item: int
    site: int
    asked_on: int
    due_on: int
    came_on: int | None
    open: bool
    qty: int
    value: int


@dataclass(frozen=True, slots=True)
class Risk:
    """`days`: on which one of ten, half, and nine of ten such lines are there; `drivers` (column, thousandths of log-odds)."""

    line: int
    probability_bp: int
    days: tuple[int, int, int]
    drivers: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Predicted:
    """`basis`: model, shares, or "" where nothing is known yet. `known` lines with an outcome stand behind it."""

    basis: str
    known: int
    risks: tuple[Risk, ...]


def predict(lines: Sequence[Line], *, today: int) -> Predicted:
    """The risk of every open line. Until a hundred outcomes are known, the shares of those there are."""
    usable = [line for line in lines if line.due_on > line.asked_on]
    known = [_outcome_known(line, today) for line in usable]
    ahead = [n for n, line in enumerate(usable) if line.open]
    count = sum(known)
    if not ahead or not count:
        return Predicted("", count, ())
    try:
        found = _learnt(usable, np.array(known, dtype=np.bool_))
    except InvalidProblem:
        return Predicted("shares", count, tuple(_by_shares(usable, known, ahead, today)))
    return Predicted("model", count, tuple(_by_model(usable, found, n, today) for n in ahead))


def _outcome_known(line: Line, today: int) -> bool:
    return line.came_on is not None or today > line.due_on


def _learnt(usable: Sequence[Line], known: np.ndarray) -> Lateness:  # type: ignore[type-arg]
    from longshore.engine.sourcing.lateness import predict_lateness

    def codes(name: str) -> np.ndarray:  # type: ignore[type-arg]
        return np.unique([getattr(line, name) for line in usable], return_inverse=True)[1].astype(np.int64)

    lines = Lines(
        asked_on=np.array([line.asked_on for line in usable], dtype=np.int64),
        due_on=np.array([line.due_on for line in usable], dtype=np.int64),
        came_on=np.array([NOT_YET if line.came_on is None else line.came_on for line in usable], dtype=np.int64),
        order=codes("order"),
        keys=np.column_stack([codes("supplier"), codes("item"), codes("site")]),
        numbers=np.log1p(np.array([[line.qty, line.value] for line in usable], dtype=np.float64)),
    )
    return predict_lateness(LatenessProblem(lines, known, LEVELS), seed=SEED)


def _by_model(usable: Sequence[Line], found: Lateness, row: int, today: int) -> Risk:
    line = usable[row]
    days = [line.asked_on + int(np.floor(value)) for value in found.days[row].tolist()]
    drivers = tuple(
        (found.names[int(column)], round(float(push) * 1000))
        for column, push in zip(found.drivers[row, :DRIVERS], found.pushes[row, :DRIVERS], strict=True)
    )
    return _risk(line, float(found.probability[row]), days, drivers, today)


def _by_shares(usable: Sequence[Line], known: Sequence[bool], ahead: Sequence[int], today: int) -> list[Risk]:
    outcome = {n: _late(usable[n]) for n in range(len(usable)) if known[n]}
    overall = (sum(outcome.values()) + 1) / (len(outcome) + 2)
    by_supplier: dict[int, list[int]] = {}
    for n in outcome:
        by_supplier.setdefault(usable[n].supplier, []).append(n)
    everybody = _delays(usable, list(outcome))
    found = []
    for n in ahead:
        line = usable[n]
        own = by_supplier.get(line.supplier, [])
        share = (sum(outcome[each] for each in own) + PRIOR_LINES * overall) / (len(own) + PRIOR_LINES)
        delays = _delays(usable, own)
        delays = delays if len(delays) >= ENOUGH_DELAYS else everybody
        days = [line.due_on + delay for delay in _quantiles(delays)]
        found.append(_risk(line, share, days, (("by0-late-36500", round(share * 1000)),), today))
    return found


def _late(line: Line) -> bool:
    return line.came_on is None or line.came_on > line.due_on


def _delays(usable: Sequence[Line], rows: Sequence[int]) -> list[int]:
    return [came - usable[n].due_on for n in rows if (came := usable[n].came_on) is not None]


def _quantiles(delays: Sequence[int]) -> list[int]:
    if not delays:
        return [0, 0, 0]
    return [int(value) for value in np.quantile(delays, LEVELS, method="inverted_cdf").tolist()]


def _risk(line: Line, share: float, days: Sequence[int], drivers: Sequence[tuple[str, int]], today: int) -> Risk:
    """What has not come by today comes today at the soonest; what is overdue is late already."""
    passed = today > line.due_on
    first, middle, last = (day if day > today else today for day in days)
    return Risk(line.id, 10_000 if passed else round(share * 10_000), (first, middle, last), tuple(drivers))


def group_of(driver: str) -> str:
    """What a column of the model is about, in one word that has a sentence."""
    if "-due-" in driver:
        return "crowd"
    start = driver.partition("-")[0]
    known = {"by0": "supplier", "by1": "item", "by2": "site", "by0x1": "supplier-item", "by0x2": "supplier-site",
             "by1x2": "item-site", "all": "everybody", "due": "due", "asked": "asked", "lead": "lead", "order": "order",
             "given0": "qty", "given1": "value"}  # fmt: skip
    return known.get(start, "")
