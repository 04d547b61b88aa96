"""Pure rules of tracing: how things are numbered, what a recall may do next, what was typed into the search."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

THING, LOT, SERIAL, UNIT, DELIVERY, RECEIPT, FOREIGN_UNIT = range(7)
KINDS: Final = 8  # room in a node's number
CLOSED: Final = (
    UNIT,
    DELIVERY,
    RECEIPT,
    FOREIGN_UNIT,
)  # reached, not gone through: what shares a pallet is no relative


def node_of(kind: int, row: int) -> int:
    """The number of a thing: its kind and the id of its row in one integer."""
    return row * KINDS + kind


def kind_of(node: int) -> int:
    return node % KINDS


def row_of(node: int) -> int:
    return node // KINDS


def rows_of(nodes: IntArray | Iterable[int], kind: int) -> list[int]:
    """The ids of those of this kind."""
    return [row_of(node) for node in nodes if kind_of(node) == kind]


def closed(nodes: IntArray) -> npt.NDArray[np.bool_]:
    return np.isin(nodes % KINDS, CLOSED)


# Which step may follow which state of a recall; each may be repeated where that does no harm.
MAY: Final[dict[str, tuple[str, ...]]] = {
    "hold": ("found", "held", "notified", "reconciled"),
    "notify": ("held", "notified"),
    "answer": ("notified", "reconciled"),
    "reconcile": ("held", "notified", "reconciled"),
    "close": ("reconciled", "closed"),
    "cancel": ("found", "held", "notified", "reconciled", "cancelled"),
}
ENDED: Final = ("closed", "cancelled")


def apportion(total: int, shares: list[int]) -> list[int]:
    """`total` in whole units by these shares; the parts add up to the total exactly."""
    whole, parts, before, run = sum(shares), [], 0, 0
    for share in shares:
        run += share
        now = total * run // whole
        parts.append(now - before)
        before = now
    return parts


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody scanned or typed, as far as its shape tells: the parts of a GS1 key, or plain text."""

    text: str
    gtin: str = ""
    lot: str = ""
    serial: str = ""
    sscc: str = ""


_LINK = re.compile(r"/(00|01|10|21)/([^/?#]+)")
_BRACKETS = re.compile(r"\((00|01|10|21)\)([^(]+)")


def typed(text: str) -> Typed:
    """A Digital Link, bracketed application identifiers, an SSCC or GTIN by its digits, or any code."""
    text = text.strip()
    found = {ai: unquote(value).strip() for ai, value in (*_LINK.findall(text), *_BRACKETS.findall(text))}
    digits = text if text.isascii() and text.isdigit() else ""
    gtin = found.get("01", digits if len(digits) in (8, 12, 13, 14) else "")
    sscc = found.get("00", digits if len(digits) == 18 else "")
    return Typed(text, gtin.zfill(14) if gtin else "", found.get("10", ""), found.get("21", ""), sscc)
