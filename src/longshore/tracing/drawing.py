"""A family drawn in layers: what went in on the left, what came out on the right. Pure; sizes in pixels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

COLUMN, ROW, WIDE, HIGH, EDGE = 226, 56, 178, 42, 16
MOST_A_COLUMN: Final = 14


@dataclass(frozen=True, slots=True)
class Box:
    """A node at its place; `more` > 0 stands for that many that found no room in the column."""

    node: int
    x: int
    y: int
    more: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    source: int
    target: int
    path: str
    qty: int


@dataclass(frozen=True, slots=True)
class Drawing:
    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def draw(layers: Mapping[int, int], links: Sequence[tuple[int, int, int]]) -> Drawing:
    """Place each node (node: layer, negative before the start) and bend a line for each link (source, target, qty)."""
    columns: dict[int, list[int]] = defaultdict(list)
    for node, layer in sorted(layers.items()):
        columns[layer].append(node)
    beside: dict[int, list[int]] = defaultdict(list)
    for source, target, _qty in links:
        beside[source].append(target)
        beside[target].append(source)
    order = sorted(columns, key=abs)  # from the start outwards, each column by where its neighbours stand
    height: dict[int, float] = {}
    boxes: dict[int, Box] = {}
    first = min(columns, default=0)
    for layer in order:
        nodes = sorted(columns[layer], key=lambda node: (_middle(beside[node], height), node))
        room = nodes if len(nodes) <= MOST_A_COLUMN else nodes[: MOST_A_COLUMN - 1]
        for row, node in enumerate(room):
            height[node] = row / len(room)
            boxes[node] = Box(node, EDGE + (layer - first) * COLUMN, EDGE + row * ROW)
        if len(room) < len(nodes):
            x, y = EDGE + (layer - first) * COLUMN, EDGE + len(room) * ROW
            boxes[-1 - (layer - first)] = Box(-1 - (layer - first), x, y, len(nodes) - len(room))
    lines = [
        Line(source, target, _bend(boxes[source], boxes[target]), qty)
        for source, target, qty in links
        if source in boxes and target in boxes
    ]
    width = EDGE * 2 + WIDE + max((box.x for box in boxes.values()), default=0) - EDGE
    tall = EDGE + HIGH + max((box.y for box in boxes.values()), default=0)
    return Drawing(width, tall, tuple(boxes.values()), tuple(lines))


def _middle(nodes: Sequence[int], height: Mapping[int, float]) -> float:
    known = [height[node] for node in nodes if node in height]
    return sum(known) / len(known) if known else 0.5


def _bend(source: Box, target: Box) -> str:
    x1, y1 = source.x + WIDE, source.y + HIGH // 2
    x2, y2 = target.x, target.y + HIGH // 2
    half = (x2 - x1) // 2 if x2 > x1 else 40
    return f"M{x1} {y1}C{x1 + half} {y1} {x2 - half} {y2} {x2} {y2}"
