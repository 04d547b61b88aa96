"""The supplier says what it has sent and when it arrives; told again it is replaced, or taken back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal, RejectedRow
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.sourcing.events import DispatchCancelled, Dispatched
from longshore.sourcing.models import DispatchNotice, PurchaseOrder, PurchaseOrderLine
from longshore.sourcing.operations.agreeing import TermsReceipt, report_delay
from longshore.sourcing.price_rules import told
from longshore.sourcing.queries.notices import announced_left
from longshore.sourcing.rules import conceivable, most_taken_in

LONGEST_NUMBER = 60


class NoticeRefused(Refusal):
    """A dispatch notice that does not fit its order; `rejected` says which of its lines, counted from 1."""

    rejected: tuple[RejectedRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """`lines`: (line, quantity) in the parcel."""

    number: str
    shipped_at: datetime
    arrives_at: datetime
    lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class NoticeReceipt:
    """`replayed`: it said so already and nothing was done. `replaced`: its number had said something else.

    `terms`: what another date of arrival did to supply, None where it is the one expected.
    """

    notice: int
    replayed: bool
    terms: TermsReceipt | None
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    """What is announced of an order. By line: `said` by this number before, `came` of that, `others` by other notices
    that count, `unannounced` what came and stood on no notice; `last` the latest arrival of what others have on the way,
    `waiting` how much that is."""

    said: Mapping[int, int]
    came: Mapping[int, int]
    others: Mapping[int, int]
    unannounced: Mapping[int, int]
    last: Mapping[int, datetime]
    waiting: Mapping[int, int]


@transaction.atomic
def notify_dispatch(order: int, sent: Sent, *, at: datetime, cause: Cause) -> NoticeReceipt:
    """Write a dispatch notice down; lines that come at another time than expected are moved.

    Notices of several numbers add up. The same number again takes the place of what it said before; saying the same is
    nothing new. What came of it stays: it cannot be announced away.
    """
    found = PurchaseOrder.objects.select_for_update().filter(pk=order).first()
    before = DispatchNotice.objects.filter(order=order, number=sent.number).first()
    if before is not None and _same(before, sent):
        return NoticeReceipt(before.pk, True, None)
    lines = {line.pk: line for line in PurchaseOrderLine.objects.filter(order=order).select_related("flow")}
    known = _known(order, before, lines)
    _refuse_notice(order, found, sent, at)
    _refuse_lines(order, sent, lines, known)
    notice, _created = DispatchNotice.objects.update_or_create(
        order_id=order,
        number=sent.number,
        defaults={
            "lines": [list(each) for each in sent.lines],
            "shipped_at": sent.shipped_at,
            "arrives_at": sent.arrives_at,
            "told_at": at,
            "told_by": cause.actor,
            "cancelled_at": None,
        },
    )
    terms = _move(order, _moved(sent, lines, known), at=at, cause=cause)
    emit([Dispatched(order, notice.pk)], at=at, cause=cause)
    return NoticeReceipt(notice.pk, False, terms, before is not None)


@transaction.atomic
def cancel_dispatch(order: int, number: str, *, at: datetime, cause: Cause) -> NoticeReceipt:
    """What was announced under this number was not sent: it counts no more. What came of it cannot be taken back.

    Lines it had brought forward are expected on the agreed day again; later days stay until somebody says another.
    """
    found = PurchaseOrder.objects.select_for_update().filter(pk=order).first()
    notice = DispatchNotice.objects.filter(order=order, number=number).first()
    if found is None or notice is None:
        raise NoticeRefused(
            "no-such-notice",
            _("There is no delivery note %(number)s of this order.") % {"number": number[:LONGEST_NUMBER]},
            _("Check the number; only what was announced can be cancelled."),
            order=order,
        )
    if notice.cancelled_at is not None:
        return NoticeReceipt(notice.pk, True, None)
    lines = {line.pk: line for line in PurchaseOrderLine.objects.filter(order=order).select_related("flow")}
    known = _known(order, notice, lines)
    for line, came in sorted(known.came.items()):
        if came > 0:
            raise _received(order, number, lines[line], came)
    notice.cancelled_at = at
    notice.save(update_fields=["cancelled_at"])
    again: defaultdict[datetime, list[int]] = defaultdict(list)
    for pk in known.said:
        told = lines[pk]
        agreed = told.agreed_at or found.agreed_at
        brought_forward = told.flow.arrive_at == notice.arrives_at < agreed and pk not in known.last
        if told.closed_at is None and brought_forward and agreed >= at:
            again[agreed].append(pk)
    terms = _move(order, again, at=at, cause=cause)
    emit([DispatchCancelled(order, notice.pk)], at=at, cause=cause)
    return NoticeReceipt(notice.pk, False, terms)


def _same(before: DispatchNotice, sent: Sent) -> bool:
    said = sorted([line, qty] for line, qty in before.lines)
    same = said == sorted([line, qty] for line, qty in sent.lines)
    return same and before.cancelled_at is None and before.arrives_at == sent.arrives_at


def _known(order: int, notice: DispatchNotice | None, lines: Mapping[int, PurchaseOrderLine]) -> _Known:
    left = announced_left([order])
    said, came, others, unannounced = Counter[int](), Counter[int](), Counter[int](), Counter[int]()
    waiting, last = Counter[int](), dict[int, datetime]()
    unannounced.update({pk: line.received for pk, line in lines.items()})
    for each in DispatchNotice.objects.filter(order=order, cancelled_at__isnull=True):
        mine = notice is not None and each.pk == notice.pk
        for line, qty in _together(each.lines).items():
            still = left[each.pk, line]
            unannounced[line] -= qty - still
            if mine:
                said[line], came[line] = qty, qty - still
                continue
            others[line] += qty
            waiting[line] += still
            if still > 0:
                last[line] = max(each.arrives_at, last.get(line, each.arrives_at))
    return _Known(said, came, others, unannounced, last, waiting)


def _together(lines: list[list[int]] | tuple[tuple[int, int], ...]) -> Counter[int]:
    found: Counter[int] = Counter()
    for line, qty in lines:
        found[line] += qty
    return found


def _moved(sent: Sent, lines: Mapping[int, PurchaseOrderLine], known: _Known) -> dict[datetime, list[int]]:
    """Day → lines that are expected then from now on. Once all that is still to come is on its way it comes with the
    last of it; of a part only what makes it later is believed, for the rest is not sent."""
    moved: defaultdict[datetime, list[int]] = defaultdict(list)
    for pk, qty in _together(sent.lines).items():
        line = lines[pk]
        if line.closed_at is not None:
            continue
        everything = known.waiting.get(pk, 0) + qty - known.came.get(pk, 0) >= line.qty - line.received
        arrives = max(sent.arrives_at, known.last.get(pk, sent.arrives_at)) if everything else sent.arrives_at
        if arrives > line.flow.arrive_at or (everything and arrives < line.flow.arrive_at):
            moved[arrives].append(pk)
    return moved


def _move(order: int, moved: Mapping[datetime, list[int]], *, at: datetime, cause: Cause) -> TermsReceipt | None:
    terms = None
    for arrives, lines in sorted(moved.items()):  # one day for most notices, two or three at the most
        terms = report_delay(order, arrives, at=at, cause=cause, lines=lines)
    return terms


def _refuse_notice(order: int, found: PurchaseOrder | None, sent: Sent, at: datetime) -> None:
    days = at <= sent.arrives_at >= sent.shipped_at
    days = days and conceivable(sent.arrives_at, at) and conceivable(sent.shipped_at, at)
    if found is None or not sent.lines or not 0 < len(sent.number) <= LONGEST_NUMBER or not days:
        raise NoticeRefused(
            "notice-does-not-fit",
            _("The notice has no number or one of more than 60 characters, names nothing, or has days that cannot be."),
            _("Send it again with lines of the order and a time to come."),
            order=order,
            lines=[],
        )


def _refuse_lines(order: int, sent: Sent, lines: Mapping[int, PurchaseOrderLine], known: _Known) -> None:
    now, named = _together(sent.lines), Counter[int]()
    rejected: list[RejectedRow] = []
    for n, (line, qty) in enumerate(sent.lines, start=1):
        unchanged = line in lines and now[line] == known.said.get(line) and qty > 0
        fault = None if unchanged else _fault(lines.get(line), qty, named[line], known)
        named[line] += qty
        if fault is not None:
            field, code, sentence, remedy = fault
            rejected.append(RejectedRow(n, field, code, str(sentence), str(remedy), str(qty), {"line": line}))
    if rejected:
        first = rejected[0]
        refused = NoticeRefused(first.code, first.sentence, first.remedy, order=order, rows=told(rejected))
        refused.rejected = tuple(rejected)
        raise refused
    for line, came in sorted(known.came.items()):
        if now[line] < came:
            raise _received(order, sent.number, lines[line], came)


def _received(order: int, number: str, line: PurchaseOrderLine, came: int) -> NoticeRefused:
    return NoticeRefused(
        "notice-received",
        _("Delivery note %(number)s, line %(line)s: %(came)s of it were received already.")
        % {"number": number, "line": line.line, "came": came},
        _("What came cannot be announced away; claim or return it."),
        order=order,
        line=line.pk,
    )


def _fault(
    line: PurchaseOrderLine | None, qty: int, before: int, known: _Known
) -> tuple[str, str, object, object] | None:
    """`before`: how much of the line the notice named already, further up."""
    if line is None or line.closed_at is not None:
        return "line", "notice-does-not-fit", _("This line is not open on the order."), _("Open the order again.")
    if qty <= 0:
        return "qty", "quantity-not-positive", _("Nothing is sent of this line."), _("Leave the line out.")
    most = most_taken_in(line.qty) - known.others.get(line.pk, 0) - known.unannounced.get(line.pk, 0)
    if before + qty > most:
        room = most if most > 0 else 0
        sentence = _("At most %(most)s more will be taken in of this line.") % {"most": room}
        remedy = _("Send less, cancel a notice that is not true, or ask for a change of the order.")
        return "qty", "more-than-ordered", sentence, remedy
    return None


def lines_by_number(order: int) -> dict[int, int]:
    """Line numbers as they stand on the order → ids."""
    return dict(PurchaseOrderLine.objects.filter(order=order).values_list("line", "id"))
