"""Families and balances recomputed with plain sets and dictionaries, sharing no code with the solver."""

from __future__ import annotations

from longshore.engine.tracing.problem import (
    CONSUMED,
    DOWN,
    FOUND,
    MADE,
    SCRAPPED,
    SHIPPED,
    UNEXPLAINED,
    Family,
    Links,
    MassBalance,
    Quantities,
    Question,
)


def check(links: Links, question: Question, family: Family) -> list[str]:
    """Every way in which the family is not the answer; empty: it is right. O(nodes x links)."""
    pairs = list(zip(links.source.tolist(), links.target.tolist(), strict=True))
    ways = pairs if question.direction == DOWN else [(target, source) for source, target in pairs]
    starts = set(question.starts.tolist())
    open_nodes = {node for node in range(links.nodes) if not links.closed[node]} | starts
    steps: dict[int, int] = dict.fromkeys(starts, 0)
    level, edge = 0, set(starts)
    while edge:
        level += 1
        edge = {there for here, there in ways if here in edge and here in open_nodes and there not in steps}
        steps.update(dict.fromkeys(edge, level))
    found = dict(zip(family.node.tolist(), family.depth.tolist(), strict=True))
    faults: list[str] = []
    if len(found) != len(family.node):
        faults.append("a node is told twice")
    if family.depth.tolist() != sorted(family.depth.tolist()):
        faults.append("a farther node is told before a nearer one")
    if not family.complete:
        if len(found) != question.limit or len(steps) <= question.limit:
            faults.append("it is called incomplete and is not cut at the limit")
        faults += [f"node {node}: is no relative" for node in found if steps.get(node) != found[node]]
        return faults
    faults += [f"node {node}: depth {found.get(node)}, should be {steps.get(node)}" for node in steps.keys() ^ found]
    faults += [f"node {node}: wrong depth" for node in steps.keys() & found if steps[node] != found[node]]
    gone = [row for row, (here, _there) in enumerate(ways) if here in steps and here in open_nodes]
    if gone != family.links.tolist():
        faults.append(f"links {family.links.tolist()}, should be {gone}")
    on_cycle = [row for row in gone if _reaches(pairs[row][1], pairs[row][0], [pairs[other] for other in gone])]
    if on_cycle != family.cyclic.tolist():
        faults.append(f"cyclic links {family.cyclic.tolist()}, should be {on_cycle}")
    return faults


def _reaches(begin: int, goal: int, pairs: list[tuple[int, int]]) -> bool:
    reached, edge = {begin}, {begin}
    while edge:
        edge = {there for here, there in pairs if here in edge} - reached
        reached |= edge
    return goal in reached


def check_balance(quantities: Quantities, result: MassBalance) -> list[str]:
    """Every row in which the balance is not the sum of its quantities, or does not come out."""
    sums: dict[tuple[int, int], int] = {}
    rows = zip(quantities.node.tolist(), quantities.category.tolist(), quantities.qty.tolist(), strict=True)
    for node, category, qty in rows:
        sums[node, category] = sums.get((node, category), 0) + qty
    faults = []
    for node, row in enumerate(result.columns.tolist()):
        known = [row[category] == sums.get((node, category), 0) for category in range(UNEXPLAINED)]
        accounted = row[FOUND] + row[SHIPPED] + row[SCRAPPED] + row[CONSUMED] + row[UNEXPLAINED]
        if not all(known) or row[MADE] != accounted:
            faults.append(f"node {node}: {row}")
    return faults
