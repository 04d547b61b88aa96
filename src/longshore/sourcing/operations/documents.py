"""Orders go out as mails or EDI documents; what suppliers send back is read and done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.sourcing.edi import edifact, x12
from longshore.sourcing.edi.wording import OrderLineText, OrderText, Said, UnreadableDocument, money
from longshore.sourcing.events import DocumentWritten
from longshore.sourcing.models import Channel, DocumentState, OrderDocument, PurchaseOrder, SupplierChannel
from longshore.sourcing.operations.agreeing import LineTerms, confirm
from longshore.sourcing.operations.dispatching import Sent, lines_by_number, notify_dispatch
from longshore.sourcing.operations.placing import next_numbers

NAMES: Final = UUID("7d1c6b1e-7a39-4b7b-9d0a-0f2b0d9a54c3")
SERIES: Final = "EDI"
NOON: Final = time(12)


class DocumentRefused(Refusal):
    """A document that is not this supplier's, or about no order of its."""


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """`replayed`: the same document had been read before and nothing was done."""

    document: int
    order: str
    kind: str
    replayed: bool


@transaction.atomic
def write_documents(orders: Sequence[int], *, at: datetime, cause: Cause) -> tuple[int, ...]:
    """Write each order as its supplier reads it; those who only use the portal get none. Twice writes once."""
    found = PurchaseOrder.objects.filter(pk__in=orders).select_related("supplier", "site").order_by("id")
    ways = {way.supplier_id: way for way in SupplierChannel.objects.filter(supplier__in={o.supplier_id for o in found})}
    wanted = [(order, ways[order.supplier_id]) for order in found if order.supplier_id in ways]
    wanted = [(order, way) for order, way in wanted if way.channel != Channel.PORTAL]
    known = set(OrderDocument.objects.filter(key__in=[_key(o) for o, _w in wanted]).values_list("key", flat=True))
    fresh = [(order, way) for order, way in wanted if _key(order) not in known]
    if not fresh:
        return ()
    first = next_numbers(SERIES, len(fresh))
    made = OrderDocument.objects.bulk_create(
        OrderDocument(
            key=_key(order),
            supplier=order.supplier,
            order=order,
            channel=way.channel,
            kind={Channel.X12: "850", Channel.EDIFACT: "ORDERS"}.get(Channel(way.channel), "mail"),
            body=_body(order, way, first + n),
            state=DocumentState.READY,
            at=at,
        )
        for n, (order, way) in enumerate(fresh)
    )
    numbers = tuple(each.pk for each in made)
    emit([DocumentWritten(list(numbers))], at=at, cause=cause)
    return numbers


@transaction.atomic
def mark_document(document: int, state: DocumentState, *, told: str = "") -> None:
    """An outgoing document was sent, fetched, or could not be sent and why."""
    OrderDocument.objects.filter(pk=document, incoming=False).update(state=state, told=told[:300])


@transaction.atomic
def read_document(text: str, *, supplier: int | None, at: datetime, cause: Cause) -> ReadReceipt:
    """Do what an 855, 856, ORDRSP or DESADV says; the same text again does nothing. `supplier`: who handed it in, None:
    our own gateway, then the sender's id decides."""
    said = x12.read(text) if text.lstrip().startswith("ISA") else edifact.read(text)
    order = PurchaseOrder.objects.select_related("site").filter(number=said.order).first()
    way = None if order is None else SupplierChannel.objects.filter(supplier=order.supplier_id).first()
    mine = order is not None and supplier in (None, order.supplier_id)
    if order is None or not mine or way is None or way.their_id != said.sender:
        raise DocumentRefused(
            "document-not-theirs",
            gettext_lazy("The document is about no order of the supplier who sent it."),
            gettext_lazy("Check the order's number and the sender's id."),
            order=said.order,
            sender=said.sender,
        )
    key = uuid5(NAMES, f"{order.pk}:{text}")
    known = OrderDocument.objects.filter(key=key).first()
    if known is not None:
        return ReadReceipt(known.pk, order.number, said.kind, True)
    row = OrderDocument.objects.create(
        key=key,
        supplier_id=order.supplier_id,
        order=order,
        incoming=True,
        channel=said.standard,
        kind={"response": "855/ORDRSP", "dispatch": "856/DESADV"}[said.kind],
        body=text,
        state=DocumentState.READ,
        at=at,
    )
    _do(order, said, at, cause)
    return ReadReceipt(row.pk, order.number, said.kind, False)


def _do(order: PurchaseOrder, said: Said, at: datetime, cause: Cause) -> None:
    numbers = lines_by_number(order.pk)
    unknown = [each.line for each in said.lines if each.line not in numbers]
    if unknown:
        raise UnreadableDocument(f"line {unknown[0]} is not on the order")
    zone = ZoneInfo(order.site.timezone)
    if said.kind == "response":
        terms = [LineTerms(numbers[each.line], each.qty, _noon(each.on, zone)) for each in said.lines]
        confirm(order.pk, at=at, cause=cause, lines=terms)
        return
    arrives = _noon(said.arrives_on, zone) or order.expected_at
    lines = tuple((numbers[each.line], each.qty or 0) for each in said.lines)
    sent = Sent(said.number, _noon(said.shipped_on, zone) or at, arrives, lines)
    notify_dispatch(order.pk, sent, at=at, cause=cause)


def _noon(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, NOON, zone)


def _key(order: PurchaseOrder) -> UUID:
    return uuid5(order.key, "document")


def _body(order: PurchaseOrder, way: SupplierChannel, control: int) -> str:
    lines = tuple(
        OrderLineText(line.line, line.item.code, line.qty, line.unit_price)
        for line in order.lines.select_related("item").order_by("line")
    )
    due_on = order.agreed_at.astimezone(ZoneInfo(order.site.timezone)).date()
    told = OrderText(order.number, control, order.ordered_at, due_on, way.our_id, way.their_id, order.site.code, lines)
    if way.channel == Channel.X12:
        return x12.write_order(told)
    return edifact.write_order(told) if way.channel == Channel.EDIFACT else _mail(told)


def _mail(order: OrderText) -> str:
    parts = [_("Purchase order %(number)s") % {"number": order.number}, ""]
    parts += [f"{each.line}. {each.code}  {each.qty} × {money(each.unit_price)}" for each in order.lines]
    parts += ["", _("Deliver to %(site)s by %(day)s.") % {"site": order.site, "day": order.due_on.isoformat()}]
    return "\n".join(parts)
