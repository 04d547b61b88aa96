"""Several suppliers are asked for a price; their answers are compared and one of them wins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.catalog.models import Partner, SupplierItem
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.sourcing.events import QuoteAnswered, QuotesAsked
from longshore.sourcing.models import Quote, QuoteRequest, QuoteState, RequestState
from longshore.sourcing.operations.contracting import Price, Terms, put_contract
from longshore.sourcing.operations.placing import next_numbers

SERIES = "RFQ"


class QuoteRefused(Refusal):
    """A request or an answer that cannot be."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What suppliers are asked for. `key` is the caller's: asking twice asks once."""

    key: UUID
    item: int
    site: int
    qty: int
    needed_at: datetime
    answer_by: datetime
    suppliers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Offered:
    """A supplier's answer. `breaks`: ((from, price), …) beside the price of one; `capacity` None: all of it."""

    unit_price: int
    lead_minutes: int
    moq: int = 1
    multiple: int = 1
    breaks: tuple[tuple[int, int], ...] = ()
    capacity: int | None = None
    valid_until: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class QuoteReceipt:
    request: int
    number: str
    quotes: tuple[int, ...]


@transaction.atomic
def ask_quotes(asked: Asked, *, at: datetime, cause: Cause) -> QuoteReceipt:
    """Ask suppliers; each sees the request in the portal and may answer until the date."""
    known = QuoteRequest.objects.filter(key=asked.key).first()
    if known is not None:
        return _receipt(known)
    suppliers = Partner.objects.filter(pk__in=asked.suppliers, is_supplier=True, active=True).count()
    if asked.qty <= 0 or asked.answer_by <= at or suppliers != len(set(asked.suppliers)) or not asked.suppliers:
        raise QuoteRefused(
            "cannot-ask",
            _("The quantity is not above zero, the date has passed, or nobody who supplies is asked."),
            _("Give a quantity, a date to come and active suppliers."),
        )
    number = f"{SERIES}-{next_numbers(SERIES, 1):06d}"
    request = QuoteRequest.objects.create(
        key=asked.key,
        number=number,
        item_id=asked.item,
        site_id=asked.site,
        qty=asked.qty,
        needed_at=asked.needed_at,
        answer_by=asked.answer_by,
        asked_at=at,
        asked_by=cause.actor,
    )
    Quote.objects.bulk_create(Quote(request=request, supplier_id=each) for each in sorted(set(asked.suppliers)))
    emit([QuotesAsked(request.pk, sorted(set(asked.suppliers)))], at=at, cause=cause)
    return _receipt(request)


@transaction.atomic
def answer_quote(request: int, supplier: int, offered: Offered | None, *, at: datetime, cause: Cause) -> QuoteReceipt:
    """A supplier offers, changes its offer, or (None) declines, while the request is open."""
    quote = _open_quote(request, supplier, at)
    if offered is None:
        quote.state = QuoteState.DECLINED
    else:
        _refuse_offer(offered)
        quote.state = QuoteState.QUOTED
        quote.unit_price, quote.lead_minutes = offered.unit_price, offered.lead_minutes
        quote.moq, quote.multiple, quote.capacity = offered.moq, offered.multiple, offered.capacity
        quote.breaks = [list(step) for step in sorted(offered.breaks)]
        quote.valid_until, quote.note = offered.valid_until, offered.note[:300]
    quote.answered_at, quote.answered_by = at, cause.actor
    quote.save()
    emit([QuoteAnswered(request, supplier, str(quote.state))], at=at, cause=cause)
    return _receipt(quote.request)


@transaction.atomic
def award(request: int, supplier: int, *, at: datetime, cause: Cause) -> QuoteReceipt:
    """This offer wins: it becomes what the supplier offers, and a contract as long as it is valid."""
    found = _open_request(request)
    quote = found.quotes.filter(supplier=supplier, state=QuoteState.QUOTED).first()
    if quote is None or quote.unit_price is None or quote.lead_minutes is None:
        raise QuoteRefused("no-offer", _("This supplier made no offer."), _("Choose one that did."), supplier=supplier)
    quote.state, found.state = QuoteState.WON, RequestState.AWARDED
    quote.save()
    found.save()
    SupplierItem.objects.update_or_create(
        supplier_id=supplier,
        item_id=found.item_id,
        defaults={
            "unit_price": quote.unit_price,
            "moq": quote.moq,
            "multiple": quote.multiple,
            "lead_time_minutes": quote.lead_minutes,
            "active": True,
        },
    )
    until = quote.valid_until or found.needed_at.date()
    prices = (Price(found.item_id, quote.unit_price), *(Price(found.item_id, p, f) for f, p in quote.breaks))
    terms = Terms(f"{found.number}-{supplier}", supplier, at.date(), max(until, at.date()), prices)
    put_contract(terms, at=at, cause=cause)
    return _receipt(found)


@transaction.atomic
def close_request(request: int, *, at: datetime, cause: Cause) -> QuoteReceipt:
    """Nobody wins; answers are no longer taken."""
    found = _open_request(request)
    found.state = RequestState.CLOSED
    found.save()
    return _receipt(found)


def _open_request(request: int) -> QuoteRequest:
    found = QuoteRequest.objects.select_for_update().filter(pk=request).first()
    if found is None or found.state != RequestState.OPEN:
        raise QuoteRefused(
            "request-closed",
            _("There is no such request for quotes, or it is closed."),
            _("Ask again if offers are wanted."),
            request=request,
        )
    return found


def _open_quote(request: int, supplier: int, at: datetime) -> Quote:
    found = _open_request(request)
    quote = found.quotes.filter(supplier=supplier).first()
    if quote is None or found.answer_by < at:
        raise QuoteRefused(
            "not-asked",
            _("This supplier was not asked, or the time to answer is over."),
            _("Ask the buyer for more time."),
            request=request,
        )
    return quote


def _refuse_offer(offered: Offered) -> None:
    steps = [from_qty for from_qty, _price in offered.breaks]
    fine = offered.unit_price >= 0 and offered.lead_minutes > 0 and offered.moq > 0 and offered.multiple > 0
    if not fine or len(set(steps)) < len(steps) or any(step < 2 for step in steps):
        raise QuoteRefused(
            "offer-unclear",
            _("Price, lead time, least quantity and multiple must be given, each quantity with one price."),
            _("Correct the offer and send it again."),
        )


def _receipt(request: QuoteRequest) -> QuoteReceipt:
    quotes = tuple(request.quotes.order_by("id").values_list("id", flat=True))
    return QuoteReceipt(request.pk, request.number, quotes)
