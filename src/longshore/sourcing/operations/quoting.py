"""Several suppliers are asked for a price; their answers are compared and one of them wins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal, RejectedRow, RowsRefused
from longshore.catalog.models import Item, Partner, Place, SupplierItem
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.planning.operations import company_today
from longshore.planning.reading import rows
from longshore.sourcing.events import QuoteAnswered, QuotesAsked
from longshore.sourcing.models import Quote, QuoteRequest, QuoteState, RequestState
from longshore.sourcing.operations.contracting import Price, Terms, put_contract
from longshore.sourcing.operations.placing import next_numbers
from longshore.sourcing.price_rules import price_faults, token_of, told
from longshore.sourcing.rules import FURTHEST, conceivable

SERIES = "RFQ"
# Held from the look at what there is until the request stands: a form sent twice at once asks once.
ALONE: Final = "SELECT pg_advisory_xact_lock(hashtext('sourcing.quote-requests'))"
MOST: Final = 10**15  # of a price or a quantity; their product with a count still fits
LONGEST_LEAD: Final = 10 * 365 * 1440
# Where the supplier delivered the item last; where it never did, or that is closed, the first site there is.
DELIVERED_TO: Final = """
SELECT p.id, p.timezone FROM (
    SELECT o.site_id, 0 AS rank, -o.id AS age FROM sourcing_purchaseorderline l
    JOIN sourcing_purchaseorder o ON o.id = l.order_id
    WHERE o.supplier_id = %(supplier)s AND l.item_id = %(item)s
    UNION ALL SELECT id, 1, id FROM catalog_place WHERE kind = 'site' AND active
) place JOIN catalog_place p ON p.id = place.site_id AND p.active ORDER BY rank, age LIMIT 1
"""


class QuoteRefused(Refusal):
    """A request or an answer that cannot be."""


class OfferRefused(RowsRefused, QuoteRefused):
    """The offer was not taken; `rejected` says which price breaks are wrong: row 1 is the price of one."""

    def __init__(self, rejected: tuple[RejectedRow, ...]) -> None:
        super().__init__(rejected, rows=told(rejected))


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
    rows(ALONE, {})
    known = QuoteRequest.objects.filter(key=asked.key).first()
    if known is not None:
        return _receipt(known)
    suppliers = Partner.objects.filter(pk__in=asked.suppliers, is_supplier=True, active=True).count()
    passed = min(asked.answer_by, asked.needed_at) <= at
    if asked.qty <= 0 or passed or suppliers != len(set(asked.suppliers)) or not asked.suppliers:
        raise QuoteRefused(
            "cannot-ask",
            _("The quantity is not above zero, a date has passed, or nobody who supplies is asked."),
            _("Give a quantity, dates to come and active suppliers."),
        )
    site = Place.objects.filter(pk=asked.site, kind="site", active=True).exists()
    item = Item.objects.filter(pk=asked.item, active=True).exists()
    days = conceivable(asked.needed_at, at) and conceivable(asked.answer_by, at)
    if asked.qty > MOST or not (site and item and days):
        raise QuoteRefused(
            "cannot-ask",
            _("There is no such item or site, or nobody could deliver so much or so late."),
            _("Choose them from the lists, and check the quantity and the days."),
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
        _take(quote, offered)
    quote.answered_at, quote.answered_by = at, cause.actor
    quote.save()
    emit([QuoteAnswered(request, supplier, str(quote.state))], at=at, cause=cause)
    return _receipt(quote.request)


@transaction.atomic
def propose_prices(supplier: int, item: int, offered: Offered, *, at: datetime, cause: Cause) -> QuoteReceipt:
    """A supplier offers other prices for what it delivers, without being asked: a request of its own, answered.

    Nothing is ordered by them until a buyer lets them win; until then it may change them, in one open offer an item.
    """
    _refuse_offer(offered)
    if not SupplierItem.objects.filter(supplier=supplier, item=item, active=True).exists():
        raise QuoteRefused(
            "supplier-does-not-offer",
            _("This supplier does not offer the item."),
            _("Choose one of the items you deliver to us."),
            item=item,
        )
    today = company_today(at)
    if offered.valid_until is None or not today <= offered.valid_until <= today + FURTHEST:
        raise QuoteRefused(
            "offer-without-end",
            _("The offer has no last day, or one that has passed or is more than ten years away."),
            _("Give the last day the prices hold."),
            field="valid_until",
        )
    rows(ALONE, {})
    sites = rows(DELIVERED_TO, {"supplier": supplier, "item": item})
    if not sites:
        raise QuoteRefused(
            "nowhere-to-deliver",
            _("There is no site that goods could be delivered to."),
            _("Ask the buyer to open one first."),
        )
    site, zone = sites[0]
    ends = datetime.combine(offered.valid_until, time(23, 59), ZoneInfo(zone))
    open_ = QuoteRequest.objects.select_for_update().filter(item=item, state=RequestState.OPEN, own_offer_of=supplier)
    request = open_.first() or QuoteRequest(
        key=uuid4(), number=f"{SERIES}-{next_numbers(SERIES, 1):06d}", item_id=item, site_id=site,
        own_offer_of_id=supplier, asked_at=at, asked_by=cause.actor,
    )  # fmt: skip
    request.qty, request.needed_at, request.answer_by = offered.moq, ends, ends
    request.save()
    quote = request.quotes.first() or Quote(request=request, supplier_id=supplier)
    _take(quote, offered)
    quote.answered_at, quote.answered_by = at, cause.actor
    quote.save()
    emit([QuoteAnswered(request.pk, supplier, str(quote.state))], at=at, cause=cause)
    return _receipt(request)


@transaction.atomic
def award(request: int, supplier: int, *, at: datetime, cause: Cause, seen: str | None = None) -> QuoteReceipt:
    """This offer wins: it becomes what the supplier offers, and a contract as long as it is valid.

    `seen`: the token of the offer as it was looked at; one that was changed since does not win by it.
    """
    found = _open_request(request)
    quote = found.quotes.filter(supplier=supplier, state=QuoteState.QUOTED).first()
    if quote is None or quote.unit_price is None or quote.lead_minutes is None:
        raise QuoteRefused("no-offer", _("This supplier made no offer."), _("Choose one that did."), supplier=supplier)
    _refuse_other_offer(quote, seen)
    today = company_today(at)
    if quote.valid_until is not None and quote.valid_until < today:
        raise QuoteRefused(
            "offer-expired",
            _("This offer held until %(day)s.") % {"day": quote.valid_until.isoformat()},
            _("Ask again, or choose another one."),
            supplier=supplier,
        )
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
    # An offer without an end holds for this need.
    until = quote.valid_until or max(company_today(found.needed_at), today)
    prices = (Price(found.item_id, quote.unit_price), *(Price(found.item_id, p, f) for f, p in quote.breaks))
    terms = Terms(f"{found.number}-{supplier}", supplier, today, until, prices)
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


def _refuse_other_offer(quote: Quote, seen: str | None) -> None:
    now = token_of(quote.unit_price, quote.breaks, quote.moq, quote.multiple, quote.lead_minutes, quote.capacity,
                      quote.valid_until)  # fmt: skip
    if seen not in (None, now):
        raise QuoteRefused(
            "offer-changed-since",
            _("The supplier changed this offer after you opened it; nobody won."),
            _("Look at it as it is now, and award again."),
            supplier=quote.supplier_id,
        )


def _take(quote: Quote, offered: Offered) -> None:
    quote.state = QuoteState.QUOTED
    quote.unit_price, quote.lead_minutes = offered.unit_price, offered.lead_minutes
    quote.moq, quote.multiple, quote.capacity = offered.moq, offered.multiple, offered.capacity
    quote.breaks = [list(step) for step in sorted(offered.breaks)]
    quote.valid_until, quote.note = offered.valid_until, offered.note[:300]


def _refuse_offer(offered: Offered) -> None:
    counts = [offered.moq, offered.multiple, *([] if offered.capacity is None else [offered.capacity])]
    fine = 0 < offered.lead_minutes <= LONGEST_LEAD and all(0 < each <= MOST for each in counts)
    if not fine or any(each > MOST for each in (offered.unit_price, *(n for step in offered.breaks for n in step))):
        raise QuoteRefused(
            "offer-unclear",
            _("Lead time, least quantity, multiple and the most are above zero, and none of them is beyond measure."),
            _("Correct the offer and send it again."),
        )
    steps = [(0, 1, offered.unit_price), *((0, from_qty, price) for from_qty, price in offered.breaks)]
    rejected = price_faults(steps, {0})
    if rejected:
        raise OfferRefused(rejected)


def _receipt(request: QuoteRequest) -> QuoteReceipt:
    quotes = tuple(request.quotes.order_by("id").values_list("id", flat=True))
    return QuoteReceipt(request.pk, request.number, quotes)
