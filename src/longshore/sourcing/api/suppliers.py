"""Contracts, quotes, the weighed choice, splits, approvals, changes, notices, claims and documents over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import AwareDatetime

from longshore.planning.api import asked_by, now
from longshore.planning.operations import UnknownProposal
from longshore.planning.queries import proposal as proposal_of
from longshore.sourcing import operations, queries
from longshore.sourcing.models import DocumentState

router = Router()


class PriceIn(Schema):
    item: int
    unit_price: int
    from_qty: int = 1


class ContractIn(Schema):
    code: str
    supplier: int
    starts_on: date
    ends_on: date
    prices: list[PriceIn]


class EndIn(Schema):
    on: date


class AskIn(Schema):
    """`key` is chosen by the caller: asking again asks nothing again."""

    key: UUID
    item: int
    site: int
    qty: int
    needed_at: AwareDatetime
    answer_by: AwareDatetime
    suppliers: list[int]


class OfferIn(Schema):
    """`breaks`: [[from, price], …]. `declined`: the supplier offers nothing."""

    supplier: int
    declined: bool = False
    unit_price: int = 0
    lead_minutes: int = 0
    moq: int = 1
    multiple: int = 1
    breaks: list[tuple[int, int]] = []
    capacity: int | None = None
    valid_until: date | None = None
    note: str = ""


class WinnerIn(Schema):
    """`seen` as the quote told it: refused where the offer was changed since; left out: not asked."""

    supplier: int
    seen: str | None = None


class WeightsIn(Schema):
    """Hundredths: 100 counts the money once; shares in per cent."""

    cost: int = 100
    time: int = 100
    quality: int = 100
    risk: int = 100
    min_share: int = 0
    max_share: int = 100
    min_suppliers: int = 1


class PartIn(Schema):
    supplier: int
    qty: int


class SplitIn(Schema):
    parts: list[PartIn]
    note: str = ""


class ChangeLineIn(Schema):
    line: int
    qty: int | None = None
    expected_at: AwareDatetime | None = None


class ChangeIn(Schema):
    lines: list[ChangeLineIn]
    reason: str = ""


class ExpediteIn(Schema):
    wanted_at: AwareDatetime
    reason: str = ""


class AnswerIn(Schema):
    agreed: bool


class NoticeIn(Schema):
    """`lines`: [[line, quantity], …]."""

    number: str
    shipped_at: AwareDatetime
    arrives_at: AwareDatetime
    lines: list[tuple[int, int]]


class NumberIn(Schema):
    """The number of a dispatch notice."""

    number: str


class ClaimIn(Schema):
    """`kind`: short, damaged or late. Without an amount: the price of the goods."""

    line: int
    kind: str
    amount: int | None = None
    note: str = ""


class ClaimAnswerIn(Schema):
    accepted: bool
    credited: int | None = None
    credit_note: str = ""
    reason: str = ""


class DocumentIn(Schema):
    """An 855, 856, ORDRSP or DESADV as it came."""

    text: str


@router.get("/contracts")
def contracts(request: HttpRequest, supplier: int | None = None) -> list[dict[str, Any]]:
    """A row for each price."""
    asked_by(request, "view")
    return [asdict(row) for row in queries.contracts(supplier)]


@router.post("/contracts")
def put_contract(request: HttpRequest, terms: ContractIn) -> dict[str, Any]:
    cause = asked_by(request, "sourcing")
    prices = tuple(operations.Price(price.item, price.unit_price, price.from_qty) for price in terms.prices)
    wanted = operations.Terms(terms.code, terms.supplier, terms.starts_on, terms.ends_on, prices)
    return asdict(operations.put_contract(wanted, at=now(request), cause=cause))


@router.post("/contracts/{int:contract}/end")
def end_contract(request: HttpRequest, contract: int, wanted: EndIn) -> dict[str, Any]:
    cause = asked_by(request, "sourcing")
    return asdict(operations.end_contract(contract, on=wanted.on, at=now(request), cause=cause))


@router.get("/quotes")
def quotes(request: HttpRequest, quote_request: int | None = None) -> list[dict[str, Any]]:
    """A row for each supplier asked."""
    asked_by(request, "view")
    return [{**asdict(row), "seen": row.seen} for row in queries.quotes(request=quote_request)]


@router.post("/quotes")
def ask_quotes(request: HttpRequest, asked: AskIn) -> dict[str, Any]:
    cause = asked_by(request, "sourcing")
    wanted = operations.Asked(**{**asked.dict(), "suppliers": tuple(asked.suppliers)})
    return asdict(operations.ask_quotes(wanted, at=now(request), cause=cause))


@router.post("/quotes/{int:quote_request}/answer")
def answer_quote(request: HttpRequest, quote_request: int, said: OfferIn) -> dict[str, Any]:
    """What a supplier offered by telephone or mail; in the portal it does so itself."""
    cause = asked_by(request, "sourcing")
    values = {name: value for name, value in said.dict().items() if name not in ("supplier", "declined")}
    values["breaks"] = tuple((int(start), int(price)) for start, price in said.breaks)
    offered = None if said.declined else operations.Offered(**values)
    return asdict(operations.answer_quote(quote_request, said.supplier, offered, at=now(request), cause=cause))


@router.post("/quotes/{int:quote_request}/award")
def award(request: HttpRequest, quote_request: int, winner: WinnerIn) -> dict[str, Any]:
    cause = asked_by(request, "sourcing")
    return asdict(operations.award(quote_request, winner.supplier, at=now(request), cause=cause, seen=winner.seen))


@router.post("/quotes/{int:quote_request}/close")
def close_request(request: HttpRequest, quote_request: int) -> dict[str, Any]:
    cause = asked_by(request, "sourcing")
    return asdict(operations.close_request(quote_request, at=now(request), cause=cause))


@router.get("/weights")
def weights(request: HttpRequest) -> dict[str, Any]:
    asked_by(request, "view")
    return asdict(operations.weights())


@router.post("/weights")
def set_weights(request: HttpRequest, wanted: WeightsIn) -> dict[str, Any]:
    """Returns the weights as they were before."""
    cause = asked_by(request, "sourcing")
    return asdict(operations.set_weights(operations.Weights(**wanted.dict()), at=now(request), cause=cause))


@router.post("/proposals/{int:number}/choice")
def choice(request: HttpRequest, number: int, wanted: WeightsIn) -> dict[str, Any]:
    """The best split with these weights, the runner-up and what would flip it; nothing is decided. Not `proven`: time was
    up, and another could be better by at most `gap_bp`; `unfinished`: none was found in time."""
    asked_by(request, "view")
    found = proposal_of(number)
    if found is None:
        raise UnknownProposal("no-such-proposal", "There is no such proposal.", proposal=number)
    weighed = operations.sound_weights(operations.Weights(**wanted.dict()))
    return asdict(queries.choose(found.item, found.site, found.qty, weighed, at=now(request)))


@router.post("/proposals/{int:number}/split")
def split_proposal(request: HttpRequest, number: int, wanted: SplitIn) -> dict[str, Any]:
    """Buy a proposal from several suppliers."""
    cause = asked_by(request, "sourcing")
    parts = [operations.Part(part.supplier, part.qty) for part in wanted.parts]
    return asdict(operations.split_proposal(number, parts, at=now(request), cause=cause, note=wanted.note))


@router.get("/approvals")
def approvals(request: HttpRequest) -> list[dict[str, Any]]:
    asked_by(request, "view")
    return [asdict(row) for row in queries.approvals()]


@router.post("/approvals/{int:number}/approve")
def approve_order(request: HttpRequest, number: int) -> dict[str, Any]:
    """A second person's yes to an order above somebody's limit."""
    cause = asked_by(request, "sourcing")
    return asdict(operations.approve_order(number, at=now(request), cause=cause))


@router.post("/approvals/{int:number}/refuse")
def refuse_order(request: HttpRequest, number: int) -> dict[str, Any]:
    cause = asked_by(request, "sourcing")
    return {"proposals": operations.refuse_order(number, at=now(request), cause=cause)}


@router.get("/changes")
def changes(request: HttpRequest, order: int | None = None) -> list[dict[str, Any]]:
    asked_by(request, "view")
    return [asdict(row) for row in queries.changes(order=order)]


@router.post("/orders/{int:order}/change")
def ask_change(request: HttpRequest, order: int, wanted: ChangeIn) -> dict[str, Any]:
    """Ask the supplier for other quantities or dates; nothing changes until it agrees."""
    cause = asked_by(request, "sourcing")
    lines = [operations.LineTerms(**line.dict()) for line in wanted.lines]
    return asdict(operations.ask_change(order, lines, at=now(request), cause=cause, reason=wanted.reason))


@router.post("/orders/{int:order}/expedite")
def expedite(request: HttpRequest, order: int, wanted: ExpediteIn) -> dict[str, Any]:
    cause = asked_by(request, "sourcing")
    return asdict(operations.expedite(order, wanted.wanted_at, at=now(request), cause=cause, reason=wanted.reason))


@router.post("/changes/{int:change}/answer")
def answer_change(request: HttpRequest, change: int, said: AnswerIn) -> dict[str, Any]:
    cause = asked_by(request, "sourcing")
    return asdict(operations.answer_change(change, agreed=said.agreed, at=now(request), cause=cause))


@router.post("/orders/{int:order}/dispatch")
def notify_dispatch(request: HttpRequest, order: int, said: NoticeIn) -> dict[str, Any]:
    """A dispatch notice that came by another way than EDI or the portal."""
    cause = asked_by(request, "sourcing")
    sent = operations.Sent(said.number, said.shipped_at, said.arrives_at, tuple(said.lines))
    return asdict(operations.notify_dispatch(order, sent, at=now(request), cause=cause))


@router.post("/orders/{int:order}/dispatch/cancel")
def cancel_dispatch(request: HttpRequest, order: int, said: NumberIn) -> dict[str, Any]:
    """The supplier says that what it announced under a number was not sent; refused once something of it was received."""
    cause = asked_by(request, "sourcing")
    return asdict(operations.cancel_dispatch(order, said.number, at=now(request), cause=cause))


@router.get("/notices")
def notices(request: HttpRequest, supplier: int | None = None, order: int | None = None) -> list[dict[str, Any]]:
    """What suppliers announced: on its way, arrived, cancelled, or ended where it is no longer expected."""
    asked_by(request, "view")
    return [asdict(row) for row in queries.notices(supplier=supplier, order=order)]


@router.get("/claims")
def claims(request: HttpRequest, supplier: int | None = None) -> list[dict[str, Any]]:
    asked_by(request, "view")
    return [asdict(row) for row in queries.claims(supplier=supplier)]


@router.post("/claims")
def raise_claim(request: HttpRequest, wanted: ClaimIn) -> dict[str, Any]:
    cause = asked_by(request, "sourcing")
    at = now(request)
    receipt = operations.raise_claim(
        wanted.line, wanted.kind, at=at, cause=cause, amount=wanted.amount, note=wanted.note
    )
    return asdict(receipt)


@router.post("/claims/{int:claim}/answer")
def answer_claim(request: HttpRequest, claim: int, said: ClaimAnswerIn) -> dict[str, Any]:
    cause = asked_by(request, "sourcing")
    return asdict(operations.answer_claim(claim, operations.ClaimAnswer(**said.dict()), at=now(request), cause=cause))


@router.post("/claims/{int:claim}/withdraw")
def withdraw_claim(request: HttpRequest, claim: int) -> dict[str, Any]:
    cause = asked_by(request, "sourcing")
    return asdict(operations.withdraw_claim(claim, at=now(request), cause=cause))


@router.get("/documents")
def documents(request: HttpRequest, state: str | None = None, order: int | None = None) -> list[dict[str, Any]]:
    """With `state=ready`: what the EDI gateway has to fetch."""
    asked_by(request, "view")
    return [asdict(row) for row in queries.documents(state=state, order=order)]


@router.post("/documents")
def read_document(request: HttpRequest, came: DocumentIn) -> dict[str, Any]:
    """Do what a supplier's EDI document says; the same text again does nothing."""
    cause = asked_by(request, "sourcing")
    return asdict(operations.read_document(came.text, supplier=None, at=now(request), cause=cause))


@router.post("/documents/{int:document}/fetched")
def fetched(request: HttpRequest, document: int) -> dict[str, Any]:
    """The gateway has handed it on."""
    asked_by(request, "sourcing")
    operations.mark_document(document, DocumentState.SENT)
    return {"document": document, "state": DocumentState.SENT.value}
