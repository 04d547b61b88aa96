"""Orders go out as mails or EDI documents; what suppliers send back is read and done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
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
from longshore.sourcing.edi.wording import OrderLineText, OrderText, Said, SaidLine, UnreadableDocument, money
from longshore.sourcing.events import DocumentWritten
from longshore.sourcing.models import (
    Channel,
    DocumentState,
    OrderDocument,
    PurchaseOrder,
    PurchaseOrderLine,
    SupplierChannel,
)
from longshore.sourcing.operations.agreeing import LineTerms, confirm
from longshore.sourcing.operations.dispatching import Sent, cancel_dispatch, lines_by_number, notify_dispatch
from longshore.sourcing.operations.placing import next_numbers

NAMES: Final = UUID("7d1c6b1e-7a39-4b7b-9d0a-0f2b0d9a54c3")
SERIES: Final = "EDI"
NOON: Final = time(12)
LONGEST: Final = 1_000_000  # characters; an answer to an order of a thousand lines has a tenth of that


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
    """Write each order as its supplier reads it; those who only use the portal get none. Twice writes once.

    One that cannot be written says so in its own row and holds up nobody else's; each is told by itself, so that a mail
    that fails is tried again alone.
    """
    found = PurchaseOrder.objects.filter(pk__in=orders).select_related("supplier", "site").order_by("id")
    ways = {way.supplier_id: way for way in SupplierChannel.objects.filter(supplier__in={o.supplier_id for o in found})}
    wanted = [(order, ways[order.supplier_id]) for order in found if order.supplier_id in ways]
    wanted = [(order, way) for order, way in wanted if way.channel != Channel.PORTAL]
    known = set(OrderDocument.objects.filter(key__in=[_key(o) for o, _w in wanted]).values_list("key", flat=True))
    fresh = [(order, way) for order, way in wanted if _key(order) not in known]
    if not fresh:
        return ()
    first, lines = next_numbers(SERIES, len(fresh)), _lines([order.pk for order, _way in fresh])
    made = OrderDocument.objects.bulk_create(
        _document(order, way, _text(order, way, first + n, lines[order.pk]), at) for n, (order, way) in enumerate(fresh)
    )
    numbers = tuple(each.pk for each in made)
    emit([DocumentWritten([each.pk]) for each in made if each.state == DocumentState.READY], at=at, cause=cause)
    return numbers


@transaction.atomic
def mark_document(document: int, state: DocumentState, *, told: str = "") -> None:
    """An outgoing document was sent, fetched, or could not be sent and why."""
    OrderDocument.objects.filter(pk=document, incoming=False).update(state=state, told=told[:300])


@transaction.atomic
def read_document(text: str, *, supplier: int | None, at: datetime, cause: Cause) -> ReadReceipt:
    """Do what an 855, 856, ORDRSP or DESADV says; the same text again does nothing. `supplier`: who handed it in, None:
    our own gateway, then the sender's id decides."""
    if len(text) > LONGEST or "\0" in text:
        raise UnreadableDocument("it is longer than any order, or holds what is no text")
    said = x12.read(text) if text.lstrip().startswith("ISA") else edifact.read(text)
    # Held from here on: the same document handed in twice at once is read once.
    orders = PurchaseOrder.objects.select_for_update(of=("self",)).select_related("site")
    order = orders.filter(number=said.order).first()
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
    if said.cancelled:
        cancel_dispatch(order.pk, said.number, at=at, cause=cause)
        return
    numbers = lines_by_number(order.pk)
    unknown = [each.line for each in said.lines if each.line not in numbers]
    if unknown:
        raise UnreadableDocument(f"line {unknown[0]} is not on the order")
    zone = ZoneInfo(order.site.timezone)
    if said.kind == "response":
        confirm(order.pk, at=at, cause=cause, lines=_terms(order, said, numbers, zone, at))
        return
    arrives = order.expected_at if said.arrives_on is None else _on(said.arrives_on, zone, at)
    # The first minute of its day: what comes on that day was sent before it came.
    shipped = at if said.shipped_on is None else datetime.combine(said.shipped_on, time(0), zone)
    lines = tuple((numbers[each.line], each.qty or 0) for each in said.lines)
    notify_dispatch(order.pk, Sent(said.number, shipped, arrives, lines), at=at, cause=cause)


def _terms(
    order: PurchaseOrder, said: Said, numbers: dict[int, int], zone: ZoneInfo, at: datetime
) -> tuple[LineTerms, ...]:
    """Line by line; an order that is refused as a whole has a nothing for every line that is still open."""
    if said.refused:
        open_lines = PurchaseOrderLine.objects.filter(order=order, closed_at__isnull=True).order_by("line")
        return tuple(LineTerms(line, 0) for line in open_lines.values_list("id", flat=True))
    closed = {
        line.line: line for line in PurchaseOrderLine.objects.filter(order=order, closed_at__isnull=False)
    }  # fmt: skip
    return tuple(
        LineTerms(numbers[each.line], each.qty, None if each.on is None else _on(each.on, zone, at))
        for each in said.lines
        if not _known_to_us(each, closed.get(each.line))
    )


def _known_to_us(said: SaidLine, closed: PurchaseOrderLine | None) -> bool:
    """A line that is over is told again with every answer: as nothing, or as what it had; that asks for nothing."""
    return closed is not None and (said.qty in (None, closed.qty) or (said.qty == 0 and closed.received == 0))


def _on(day: date, zone: ZoneInfo, at: datetime) -> datetime:
    """A day without an hour means noon; on the day itself, once it is past noon, its last minute."""
    noon = datetime.combine(day, NOON, zone)
    if noon >= at or day != at.astimezone(zone).date():
        return noon
    return datetime.combine(day + timedelta(days=1), time(0), zone) - timedelta(minutes=1)


def _key(order: PurchaseOrder) -> UUID:
    return uuid5(order.key, "document")


def _lines(orders: Sequence[int]) -> dict[int, list[OrderLineText]]:
    found: dict[int, list[OrderLineText]] = {order: [] for order in orders}
    lines = PurchaseOrderLine.objects.filter(order__in=orders).select_related("item__base_unit")
    for line in lines.order_by("order_id", "line"):
        unit = line.item.base_unit.code
        told = OrderLineText(line.line, line.item.code, line.qty, unit, line.unit_price)
        found[line.order_id].append(told)
    return found


def _text(order: PurchaseOrder, way: SupplierChannel, control: int, lines: Sequence[OrderLineText]) -> OrderText:
    due_on = order.agreed_at.astimezone(ZoneInfo(order.site.timezone)).date()
    return OrderText(
        order.number, control, order.ordered_at, due_on, way.our_id, way.their_id, order.site.code, tuple(lines)
    )


def _document(order: PurchaseOrder, way: SupplierChannel, text: OrderText, at: datetime) -> OrderDocument:
    body, state, told = "", DocumentState.READY, ""
    try:
        body = _body(way, text)
    except UnreadableDocument as refusal:
        state, told = DocumentState.FAILED, str(refusal.fields["told"])[:300]
    return OrderDocument(
        key=_key(order),
        supplier=order.supplier,
        order=order,
        channel=way.channel,
        kind={Channel.X12: "850", Channel.EDIFACT: "ORDERS"}.get(Channel(way.channel), "mail"),
        body=body,
        state=state,
        told=told,
        at=at,
    )


def _body(way: SupplierChannel, text: OrderText) -> str:
    if way.channel == Channel.X12:
        return x12.write_order(text)
    return edifact.write_order(text) if way.channel == Channel.EDIFACT else _mail(text)


def _mail(order: OrderText) -> str:
    parts = [_("Purchase order %(number)s") % {"number": order.number}, ""]
    parts += [f"{each.line}. {each.code}  {each.qty} × {money(each.unit_price)}" for each in order.lines]
    parts += ["", _("Deliver to %(site)s by %(day)s.") % {"site": order.site, "day": order.due_on.isoformat()}]
    return "\n".join(parts)
