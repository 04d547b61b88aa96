"""What of announced deliveries is still on its way: pure, from the notices and from what came."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Announced:
    """So much of a line is in the delivery of a notice."""

    notice: int
    line: int
    qty: int
    shipped_at: datetime


@dataclass(frozen=True, slots=True)
class Came:
    line: int
    qty: int
    at: datetime


Left = dict[tuple[int, int], int]


def left_of(announced: Iterable[Announced], came: Iterable[Came]) -> Left:
    """(notice, line) → how much of it has not come yet.

    What comes is taken to be what was sent first. What came before anything was sent was announced by nobody, and
    counts against no notice.
    """
    events: list[tuple[datetime, int, int, Announced | Came]] = [(a.shipped_at, 0, a.notice, a) for a in announced]
    events += [(c.at, 1, 0, c) for c in came]
    left: Left = {}
    waiting: defaultdict[int, deque[tuple[int, int]]] = defaultdict(deque)
    for _at, _kind, _notice, each in sorted(events, key=lambda event: event[:3]):
        if isinstance(each, Announced):
            left[each.notice, each.line] = each.qty
            waiting[each.line].append((each.notice, each.line))
        else:
            _take(each.qty, waiting[each.line], left)
    return left


def _take(qty: int, waiting: deque[tuple[int, int]], left: Left) -> None:
    while qty > 0 and waiting:
        taken = min(qty, left[waiting[0]])
        left[waiting[0]] -= taken
        qty -= taken
        if left[waiting[0]] == 0:
            waiting.popleft()


def on_way(left: Mapping[tuple[int, int], int], open_lines: Set[int]) -> dict[int, int]:
    """Line → how much of it is announced and has not come; of a closed line nothing comes any more."""
    found: dict[int, int] = {}
    for (_notice, line), qty in left.items():
        if line in open_lines:
            found[line] = found.get(line, 0) + qty
    return found


def state_of(notice: int, left: Mapping[tuple[int, int], int], open_lines: Set[int], *, cancelled: bool) -> str:
    """`on_way`, `arrived`, `cancelled`, or `ended` where the rest of it is not waited for any more."""
    if cancelled:
        return "cancelled"
    waiting = {line for (of, line), qty in left.items() if of == notice and qty > 0}
    if waiting & open_lines:
        return "on_way"
    return "ended" if waiting else "arrived"
