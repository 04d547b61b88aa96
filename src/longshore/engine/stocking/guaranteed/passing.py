"""Message passing over linked variables, compiled. Imported on first use only: it loads numba.

Kolmogorov's sequential reweighted messages (TRW-S, 2006). A backward sweep gives a lower bound that holds whatever the
messages are, and for every value of a variable a bound on what any solution with that value costs; on a tree the first
sweep's bound is the optimum (then it is plain dynamic programming).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from longshore.engine.compiling import compiled
from longshore.engine.stocking.guaranteed.problem import Integers, Reals

HUGE = 1e90


class Links(NamedTuple):
    """Edges by variable: `before[before_at[v]:before_at[v+1]]` end at v, `after[...]` start at v."""

    first: Integers
    second: Integers
    tables: Reals
    starts: Integers
    sizes: Integers
    before: Integers
    before_at: Integers
    after: Integers
    after_at: Integers


class Messages(NamedTuple):
    """`up` (edges, labels) to the first variable, `down` to the second; `alive` (k, labels) values still possible,
    listed in `values` (k, labels), `counts` (k,) of them."""

    up: Reals
    down: Reals
    values: Integers
    counts: Integers


@compiled
def belief(links: Links, messages: Messages, unary: Reals, v: int) -> tuple[Reals, float]:
    """Cost of each value of v as the messages see it, least taken out, and that least."""
    out = np.full(unary.shape[1], HUGE)
    least = HUGE
    for i in range(messages.counts[v]):
        x = messages.values[v, i]
        total = unary[v, x]
        for j in range(links.before_at[v], links.before_at[v + 1]):
            total += messages.down[links.before[j], x]
        for j in range(links.after_at[v], links.after_at[v + 1]):
            total += messages.up[links.after[j], x]
        out[x] = total
        least = min(least, total)
    for i in range(messages.counts[v]):
        out[messages.values[v, i]] -= least
    return out, least


@compiled
def send_up(links: Links, messages: Messages, edge: int, told: Reals) -> float:
    """From the second variable, which tells `told` (labels,), to the first; returns the constant taken out."""
    u, v = links.first[edge], links.second[edge]
    start, width = links.starts[edge], links.sizes[v]
    least = HUGE
    for i in range(messages.counts[u]):
        x = messages.values[u, i]
        best = HUGE
        for j in range(messages.counts[v]):
            y = messages.values[v, j]
            best = min(best, told[y] - messages.down[edge, y] + links.tables[start + x * width + y])
        messages.up[edge, x] = best
        least = min(least, best)
    for i in range(messages.counts[u]):
        messages.up[edge, messages.values[u, i]] -= least
    return least


@compiled
def send_down(links: Links, messages: Messages, edge: int, told: Reals) -> float:
    """From the first variable to the second."""
    u, v = links.first[edge], links.second[edge]
    start, width = links.starts[edge], links.sizes[v]
    for j in range(messages.counts[v]):
        messages.down[edge, messages.values[v, j]] = HUGE
    fresh = messages.down[edge]
    for i in range(messages.counts[u]):
        x = messages.values[u, i]
        base = told[x] - messages.up[edge, x]
        row = start + x * width
        for j in range(messages.counts[v]):
            y = messages.values[v, j]
            fresh[y] = min(fresh[y], base + links.tables[row + y])
    least = HUGE
    for j in range(messages.counts[v]):
        least = min(least, fresh[messages.values[v, j]])
    for j in range(messages.counts[v]):
        fresh[messages.values[v, j]] -= least
    return least


@compiled
def share(links: Links, v: int, exact: bool) -> float:
    """Part of a variable's belief that each edge before it may use: an equal part of all for a tree's single one."""
    before = links.before_at[v + 1] - links.before_at[v]
    after = links.after_at[v + 1] - links.after_at[v]
    return 1.0 / max(before, 1) if exact else 1.0 / max(before, after, 1)


@compiled
def forward(links: Links, messages: Messages, unary: Reals) -> None:
    """Messages to later variables."""
    for v in range(len(links.sizes)):
        told, _least = belief(links, messages, unary, v)
        told *= share(links, v, False)
        for j in range(links.after_at[v], links.after_at[v + 1]):
            send_down(links, messages, links.after[j], told)


@compiled
def backward(links: Links, messages: Messages, unary: Reals, exact: bool, slack: Reals) -> float:
    """Messages to earlier variables; returns the lower bound and fills `slack` (k, labels): how much above it any
    solution with this value must be."""
    bound = 0.0
    for v in range(len(links.sizes) - 1, -1, -1):
        told, least = belief(links, messages, unary, v)
        bound += least
        part = share(links, v, exact)
        left = 1.0 - part * (links.before_at[v + 1] - links.before_at[v])
        for i in range(messages.counts[v]):
            slack[v, messages.values[v, i]] = left * told[messages.values[v, i]]
        told *= part
        for j in range(links.before_at[v], links.before_at[v + 1]):
            taken = send_up(links, messages, links.before[j], told)
            bound += taken
            add_slack(links, messages, links.before[j], told, slack[v], taken)
    return bound


@compiled
def add_slack(links: Links, messages: Messages, edge: int, told: Reals, slack: Reals, taken: float) -> None:
    """What the edge adds to each value of its second variable: its best partner's reduced cost."""
    u, v = links.first[edge], links.second[edge]
    start, width = links.starts[edge], links.sizes[v]
    best = np.full(len(slack), HUGE)
    for i in range(messages.counts[u]):
        x = messages.values[u, i]
        base = -messages.up[edge, x] - taken
        row = start + x * width
        for j in range(messages.counts[v]):
            y = messages.values[v, j]
            best[y] = min(best[y], base + links.tables[row + y])
    for j in range(messages.counts[v]):
        y = messages.values[v, j]
        slack[y] += best[y] + told[y] - messages.down[edge, y]


@compiled
def prune(messages: Messages, slack: Reals, room: float) -> int:
    """Take out values whose slack is above `room`; returns how many remain, -1 where a variable has none."""
    total = 0
    for v in range(len(messages.counts)):
        kept = 0
        for i in range(messages.counts[v]):
            x = messages.values[v, i]
            if slack[v, x] <= room:
                messages.values[v, kept] = x
                kept += 1
        messages.counts[v] = kept
        if kept == 0:
            return -1
        total += kept
    return total


@compiled
def decode(links: Links, messages: Messages, unary: Reals) -> Integers:
    """A solution: variable after variable the best value given those before it and the messages from those after."""
    found = np.zeros(len(links.sizes), dtype=np.int64)
    for v in range(len(links.sizes)):
        cost = np.full(unary.shape[1], HUGE)
        for i in range(messages.counts[v]):
            x = messages.values[v, i]
            cost[x] = unary[v, x]
            for j in range(links.after_at[v], links.after_at[v + 1]):
                cost[x] += messages.up[links.after[j], x]
            for j in range(links.before_at[v], links.before_at[v + 1]):
                edge = links.before[j]
                at = links.starts[edge] + found[links.first[edge]] * links.sizes[v] + x
                cost[x] += links.tables[at]
        found[v] = np.argmin(cost)
    return found
