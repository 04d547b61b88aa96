"""What happened with purchase orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Ordered:
    name: ClassVar[str] = "sourcing.ordered"
    purchase_orders: list[int]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The supplier said what it will do; `changed_lines` differ from what was ordered."""

    name: ClassVar[str] = "sourcing.confirmed"
    purchase_order: int
    changed_lines: list[int]


@dataclass(frozen=True, slots=True)
class Delayed:
    """Expected at another time than before. `demands` are those whose goods would now come after they should leave."""

    name: ClassVar[str] = "sourcing.delayed"
    purchase_order: int
    before: str
    after: str
    flows: list[int]
    demands: list[str]


@dataclass(frozen=True, slots=True)
class Received:
    """Goods are on the dock; `damaged` counts base units that are not fit for use."""

    name: ClassVar[str] = "sourcing.received"
    receipts: list[int]
    purchase_orders: list[int]
    items: list[int]
    sites: list[int]
    damaged: int


@dataclass(frozen=True, slots=True)
class ReceiptsTakenBack:
    """Devices had seen goods come in that did not, as late reads showed; they are expected again."""

    name: ClassVar[str] = "sourcing.receipts-taken-back"
    purchase_orders: list[int]
    items: list[int]
    sites: list[int]


@dataclass(frozen=True, slots=True)
class ClosedShort:
    """What is missing will not come any more."""

    name: ClassVar[str] = "sourcing.closed-short"
    purchase_order: int
    lines: list[int]


@dataclass(frozen=True, slots=True)
class QuotesAsked:
    """Suppliers are asked for a price."""

    name: ClassVar[str] = "sourcing.quotes-asked"
    request: int
    suppliers: list[int]


@dataclass(frozen=True, slots=True)
class QuoteAnswered:
    """A supplier offered (`quoted`) or declined."""

    name: ClassVar[str] = "sourcing.quote-answered"
    request: int
    supplier: int
    state: str


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """An order waits for a second person; `value` in minor units."""

    name: ClassVar[str] = "sourcing.approval-asked"
    approval: int
    value: int


@dataclass(frozen=True, slots=True)
class ChangeAsked:
    """We want another quantity or date of ordered lines, or that they come sooner."""

    name: ClassVar[str] = "sourcing.change-asked"
    purchase_order: int
    changes: list[int]


@dataclass(frozen=True, slots=True)
class Dispatched:
    """The supplier says that goods are on their way."""

    name: ClassVar[str] = "sourcing.dispatched"
    purchase_order: int
    notice: int


@dataclass(frozen=True, slots=True)
class ClaimRaised:
    """We want something back from a supplier; `amount` in minor units."""

    name: ClassVar[str] = "sourcing.claim-raised"
    claim: int
    amount: int


@dataclass(frozen=True, slots=True)
class ClaimAnswered:
    """The supplier accepted a claim or refused it; `credited` in minor units."""

    name: ClassVar[str] = "sourcing.claim-answered"
    claim: int
    state: str
    credited: int


@dataclass(frozen=True, slots=True)
class DocumentWritten:
    """An order stands ready as the supplier reads it: a mail to send, an EDI document to fetch."""

    name: ClassVar[str] = "sourcing.document-written"
    documents: list[int]
