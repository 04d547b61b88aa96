"""What both sides write into a shared plan: numbers, comments, deliveries, commitments. Each says who and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.planning import joint_rules, rules
from longshore.planning.events import JointlyPlanned
from longshore.planning.models import AgreementLine, AgreementMode, EntryKind, JointEntry, ProposalState, Side
from longshore.planning.operations.joint_forecasts import use_as_forecast
from longshore.planning.operations.joint_orders import Delivery, order_delivery
from longshore.planning.queries.agreements import Line, line_of, line_view, rooms_of
from longshore.planning.queries.joint_forecast import Week, joint_forecast

LARGEST: Final = 10**12
GIVEN_UP: Final = (ProposalState.REJECTED, ProposalState.SUPERSEDED)  # the day is free to be planned anew


class UnknownLine(Refusal):
    """There is no such line, or not for this partner, or its agreement is over."""


class NotAgreed(Refusal):
    """The agreement does not say that this may be done under it."""


class PlanRefused(Refusal):
    """What is written does not fit the plan; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: one of us (`partner` None) or somebody of this partner."""

    name: str
    partner: int | None = None

    @property
    def side(self) -> Side:
        return Side.US if self.partner is None else Side.PARTNER


@dataclass(frozen=True, slots=True)
class Words:
    """What is written: a number, and why."""

    qty: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class EntryReceipt:
    """`proposal` and its state where a delivery became one."""

    entry: int
    proposal: int | None = None
    state: str = ""


@transaction.atomic
def say_forecast(line: int, week: date, words: Words, *, author: Author, at: datetime) -> EntryReceipt:
    """One side's number for a week of the joint forecast; the last one counts until both commit."""
    found = _line(line, author, at, (AgreementMode.CPFR,))
    _refuse_quantity(words.qty)
    told = _open_week(found, week, author, at)
    if told.our_qty is not None and not words.text and _strays(found, told, words.qty, author):
        raise PlanRefused(
            "reason-missing",
            _("This is further from the other side's number than agreed."),
            _("Say why in a few words."),
            threshold_bp=found.threshold_bp,
        )
    return _write(found, EntryKind.FORECAST, week, words, author=author, at=at)


@transaction.atomic
def comment(line: int, day: date, text: str, *, author: Author, at: datetime) -> EntryReceipt:
    """A remark both sides see."""
    found = _line(line, author, at, tuple(AgreementMode))
    if not text.strip():
        raise PlanRefused("nothing-said", _("The comment is empty."), _("Write something."))
    return _write(found, EntryKind.COMMENT, day, Words(0, text), author=author, at=at, qty=None)


@transaction.atomic
def commit_forecast(line: int, week: date, words: Words, *, author: Author, at: datetime) -> EntryReceipt:
    """Freeze a week: it becomes the forecast planning uses. Numbers further apart than agreed need a reason."""
    found = _line(line, author, at, (AgreementMode.CPFR,))
    if author.partner is not None:
        raise NotAgreed("not-yours-to-commit", _("The planner commits the week."), _("Give your number for it."))
    _refuse_quantity(words.qty)
    told = _open_week(found, week, author, at)
    if told.theirs is None:
        raise PlanRefused(
            "one-side-missing",
            _("The partner has not said a number for this week."),
            _("Ask for it, or override the forecast without the partner."),
        )
    if told.exception and not words.text:
        raise PlanRefused(
            "reason-missing",
            _("The two numbers are further apart than agreed."),
            _("Say in a few words why this one was taken."),
            apart_bp=told.apart_bp,
        )
    receipt = _write(found, EntryKind.COMMIT, week, words, author=author, at=at)
    use_as_forecast(found, week, words.qty, at=at, cause=_cause(found, author))
    return receipt


@transaction.atomic
def plan_delivery(line: int, day: date, words: Words, *, author: Author, at: datetime) -> EntryReceipt:
    """Jointly managed stock: either side puts a delivery on a day, changes it, or takes it out with zero."""
    found = _line(line, author, at, (AgreementMode.JMI,))
    _refuse_quantity(words.qty)
    _refuse_day(found, day, at)
    if not words.text.strip():
        raise PlanRefused("reason-missing", _("The other side wants to know why."), _("Say why in a few words."))
    _refuse_ordered(found, day)
    return _write(found, EntryKind.DELIVERY, day, words, author=author, at=at)


@transaction.atomic
def order_planned(line: int, day: date, *, author: Author, at: datetime) -> EntryReceipt:
    """Make a purchase of the delivery both sides planned for a day."""
    found = _line(line, author, at, (AgreementMode.JMI,))
    entry = _last_delivery(found, day)
    if entry is None or not entry.qty:
        raise PlanRefused("nothing-planned", _("No delivery is planned for this day."), _("Plan one first."))
    _refuse_ordered(found, day)
    words = Words(entry.qty, entry.text)
    return _order(found, day, words, author=author, at=at)


@transaction.atomic
def propose_delivery(line: int, day: date, words: Words, *, author: Author, at: datetime) -> EntryReceipt:
    """Supplier-managed stock: a delivery that keeps the stock within its levels becomes a purchase proposal.

    Where the agreement says so it is ordered at once. More than fits is refused with what would fit.
    """
    found = _line(line, author, at, (AgreementMode.VMI,))
    _refuse_day(found, day, at)
    if words.qty < 1:
        raise PlanRefused("quantity-not-positive", _("A delivery brings at least one."), _("Give a whole number."))
    space = room_for(found, day, at=at)
    if words.qty > space.most:
        raise PlanRefused(
            "above-the-most",
            _("With %(level)s expected to be there, %(most)s more may come.")
            % {"level": space.level, "most": space.most if space.most > 0 else 0},
            _("Deliver between %(least)s and %(most)s, or later.") % {"least": space.least, "most": space.most}
            if space.most > 0
            else _("Deliver later: there is no room on that day."),
            least=space.least,
            most=space.most,
        )
    return _order(found, day, words, author=author, at=at)


def room_for(line: Line, day: date, *, at: datetime) -> joint_rules.Room:
    """How much may come on a day, beside what is ordered for it and for the days after."""
    view = line_view(line.id, at=at)
    found = None if view is None else rooms_of(view).get(day)
    if found is None:
        raise _not_open(line, day)
    return found


def _order(line: Line, day: date, words: Words, *, author: Author, at: datetime) -> EntryReceipt:
    delivery = Delivery(line, day, words.qty, words.text, author.name, by_partner=author.partner is not None)
    done = order_delivery(delivery, at=at, cause=_cause(line, author))
    receipt = _write(line, EntryKind.DELIVERY, day, words, author=author, at=at, proposal=done.proposal)
    return EntryReceipt(receipt.entry, done.proposal, done.state)


def _line(number: int, author: Author, at: datetime, modes: tuple[str, ...]) -> Line:
    """The line, if this author may see it; locked, so that two who write to it do so one after the other."""
    AgreementLine.objects.select_for_update().filter(pk=number).first()
    found = line_of(number, at=at, partner=author.partner)
    if found is None or not found.in_force:
        raise UnknownLine(
            "no-such-line",
            _("There is no line %(number)s in an agreement in force.") % {"number": number},
            _("Open the shared plan again."),
            line=number,
        )
    if found.mode not in modes:
        raise NotAgreed(
            "not-agreed",
            _("Agreement %(code)s does not provide for this.") % {"code": found.agreement_code},
            _("Make an agreement with the way of working you need."),
            mode=found.mode,
        )
    return found


def _open_week(line: Line, week: date, author: Author, at: datetime) -> Week:
    told = joint_forecast(line.agreement, at=at, partner=author.partner)
    weeks = {each.week: each for row in told if row.line.id == line.id for each in row.weeks}
    if week not in weeks:
        raise PlanRefused(
            "week-not-open",
            _("%(day)s is not the Monday of a week to come within the agreement.") % {"day": week.isoformat()},
            _("Choose one of the weeks shown."),
            weeks=[each.isoformat() for each in weeks],
        )
    if weeks[week].committed is not None:
        raise PlanRefused(
            "week-committed",
            _("This week is committed; both sides go by it."),
            _("Comment on it, or override the forecast with a reason."),
        )
    return weeks[week]


def _strays(line: Line, told: Week, qty: int, author: Author) -> bool:
    other = (None if told.theirs is None else told.theirs.qty) if author.partner is None else told.our_qty
    apart = joint_rules.apart_bp(qty, other)
    return apart is not None and apart > line.threshold_bp


def _refuse_quantity(qty: int) -> None:
    if not 0 <= qty <= LARGEST:
        raise PlanRefused("bad-quantity", _("A quantity is a whole number, zero or more."), _("Give digits only."))


def _refuse_day(line: Line, day: date, at: datetime) -> None:
    today = rules.local_day(at, line.timezone)
    ahead = (day - today).days
    if not 0 < ahead < line.horizon_days:
        raise _not_open(line, day)


def _not_open(line: Line, day: date) -> PlanRefused:
    return PlanRefused(
        "day-not-open",
        _("%(day)s is not within the %(days)s days the agreement looks ahead.")
        % {"day": day.isoformat(), "days": line.horizon_days},
        _("Choose a day from tomorrow on."),
    )


def _refuse_ordered(line: Line, day: date) -> None:
    entry = _last_delivery(line, day)
    if entry is not None and entry.proposal is not None and entry.proposal.state not in GIVEN_UP:
        raise PlanRefused(
            "already-ordered",
            _("This delivery is ordered already."),
            _("Change the purchase order, or plan another day."),
            proposal=entry.proposal_id,
        )


def _last_delivery(line: Line, day: date) -> JointEntry | None:
    deliveries = JointEntry.objects.filter(line=line.id, kind=EntryKind.DELIVERY, day=day).select_related("proposal")
    return deliveries.order_by("-id").first()


def _cause(line: Line, author: Author) -> Cause:
    return Cause(actor=author.name, because=f"agreement:{line.agreement_code}")


def _write(
    line: Line, kind: EntryKind, day: date, words: Words, *, author: Author, at: datetime, **more: int | None
) -> EntryReceipt:
    entry = JointEntry.objects.create(
        line_id=line.id, kind=kind, side=author.side, day=day, qty=more.get("qty", words.qty),
        text=words.text.strip()[:300], proposal_id=more.get("proposal"), at=at, by=author.name,
    )  # fmt: skip
    told = JointlyPlanned(line.id, line.agreement, line.partner, str(kind), str(author.side))
    emit([told], at=at, cause=_cause(line, author))
    return EntryReceipt(entry.pk)


def write(verb: str, line: int, day: date, words: Words, *, author: Author, at: datetime) -> EntryReceipt:
    """The verbs of a shared plan by the names faces know them by."""
    numbers = {"propose": propose_delivery, "plan": plan_delivery, "say": say_forecast, "commit": commit_forecast}
    if verb in numbers:
        return numbers[verb](line, day, words, author=author, at=at)
    if verb == "comment":
        return comment(line, day, words.text, author=author, at=at)
    if verb == "order":
        return order_planned(line, day, author=author, at=at)
    raise PlanRefused("unknown-verb", _("A shared plan knows nothing like this."), _("Load the page again."))
