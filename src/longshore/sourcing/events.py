"""What happened with purchase orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class OfOrder:
    """Something was said about a purchase order."""

    purchase_order: int


@dataclass(frozen=True, slots=True)
class OfRequest:
    """Something was said about a request for quotes."""

    request: int


@dataclass(frozen=True, slots=True)
class OfClaim:
    """Something was said about a claim on a supplier."""

    claim: int


@dataclass(frozen=True, slots=True)
class GoodsOfOrders:
    """Goods of orders came, or did not after all: which items at which sites now stand otherwise."""

    purchase_orders: list[int]
    items: list[int]
    sites: list[int]


@dataclass(frozen=True, slots=True)
class Ordered:
    name: ClassVar[str] = "sourcing.ordered"
    purchase_orders: list[int]


@dataclass(frozen=True, slots=True)
class Confirmed(OfOrder):
    """The supplier said what it will do; `changed_lines` differ from what was ordered."""

    name: ClassVar[str] = "sourcing.confirmed"
    changed_lines: list[int]


@dataclass(frozen=True, slots=True)
class Delayed(OfOrder):
    """Expected at another time than before. `demands` are those whose goods would now come after they should leave."""

    name: ClassVar[str] = "sourcing.delayed"
    before: str
    after: str
    flows: list[int]
    demands: list[str]


@dataclass(frozen=True, slots=True)
class Received(GoodsOfOrders):
    """Goods are on the dock; `damaged` counts base units that are not fit for use."""

    name: ClassVar[str] = "sourcing.received"
    receipts: list[int]
    damaged: int


@dataclass(frozen=True, slots=True)
class ReceiptsTakenBack(GoodsOfOrders):
    """Devices had seen goods come in that did not, as late reads showed; they are expected again."""

    name: ClassVar[str] = "sourcing.receipts-taken-back"


@dataclass(frozen=True, slots=True)
class ClosedShort(OfOrder):
    """What is missing will not come any more."""

    name: ClassVar[str] = "sourcing.closed-short"
    lines: list[int]


@dataclass(frozen=True, slots=True)
class QuotesAsked(OfRequest):
    """Suppliers are asked for a price."""

    name: ClassVar[str] = "sourcing.quotes-asked"
    suppliers: list[int]


@dataclass(frozen=True, slots=True)
class QuoteAnswered(OfRequest):
    """A supplier offered (`quoted`) or declined."""

    name: ClassVar[str] = "sourcing.quote-answered"
    supplier: int
    state: str


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """An order waits for a second person; `value` in minor units."""

    name: ClassVar[str] = "sourcing.approval-asked"
    approval: int
    value: int


@dataclass(frozen=True, slots=True)
class ChangeAsked(OfOrder):
    """We want another quantity or date of ordered lines, or that they come sooner."""

    name: ClassVar[str] = "sourcing.change-asked"
    changes: list[int]


@dataclass(frozen=True, slots=True)
class Dispatched(OfOrder):
    """The supplier says that goods are on their way."""

    name: ClassVar[str] = "sourcing.dispatched"
    notice: int


@dataclass(frozen=True, slots=True)
class DispatchCancelled(OfOrder):
    """What the supplier had announced under a number was not sent after all."""

    name: ClassVar[str] = "sourcing.dispatch-cancelled"
    notice: int


@dataclass(frozen=True, slots=True)
class ClaimRaised(OfClaim):
    """We want something back from a supplier; `amount` in minor units."""

    name: ClassVar[str] = "sourcing.claim-raised"
    amount: int


@dataclass(frozen=True, slots=True)
class ClaimAnswered(OfClaim):
    """The supplier accepted a claim or refused it; `credited` in minor units."""

    name: ClassVar[str] = "sourcing.claim-answered"
    state: str
    credited: int


@dataclass(frozen=True, slots=True)
class DocumentWritten:
    """An order stands ready as the supplier reads it: a mail to send, an EDI document to fetch."""

    name: ClassVar[str] = "sourcing.document-written"
    documents: list[int]
