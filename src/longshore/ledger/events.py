"""What the ledger tells others, after commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PostingsMade:
    """Goods moved. `sites` are the sites touched on either side."""

    name: ClassVar[str] = "ledger.posted"
    postings: tuple[int, ...]
    kinds: tuple[int, ...]
    items: tuple[int, ...]
    sites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ClaimsDisplaced:
    """What these claims stood on is gone; their demands stand on nothing now."""

    name: ClassVar[str] = "ledger.claims-displaced"
    claims: tuple[int, ...]
    demands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FlowsChanged:
    """Planned flows moved in time or quantity. Each: flow, item, site, kind, document, before, after."""

    name: ClassVar[str] = "ledger.flow-changed"
    flows: tuple[dict[str, object], ...]
