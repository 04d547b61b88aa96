"""What we share with whom: agreements are made, their lines changed, and ended. Nothing is shared without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal, RejectedRow, RowsRefused
from longshore.catalog.models import Partner
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.planning.events import AgreementChanged
from longshore.planning.models import Agreement, AgreementLine, AgreementMode, JointEntry
from longshore.planning.reading import execute, listed, rows

PUT = """
INSERT INTO planning_agreementline AS l (agreement_id, item_id, site_id, min_qty, max_qty)
SELECT %(agreement)s, u.item, u.site, u.least, u.most
FROM unnest(%(item)s::bigint[], %(site)s::bigint[], %(least)s::bigint[], %(most)s::bigint[])
    AS u(item, site, least, most)
ORDER BY 2, 3
ON CONFLICT (agreement_id, item_id, site_id) DO UPDATE SET min_qty = EXCLUDED.min_qty, max_qty = EXCLUDED.max_qty
WHERE (l.min_qty, l.max_qty) IS DISTINCT FROM (EXCLUDED.min_qty, EXCLUDED.max_qty)
"""
KNOWN = """
SELECT 'item', i.id FROM catalog_item i WHERE i.id = ANY(%(item)s) AND i.active
UNION ALL SELECT 'site', p.id FROM catalog_place p WHERE p.id = ANY(%(site)s) AND p.kind = 'site'
UNION ALL SELECT 'offer', o.item_id FROM catalog_supplieritem o
    WHERE o.item_id = ANY(%(item)s) AND o.supplier_id = %(partner)s AND o.active
"""
SUPPLIED = (AgreementMode.VMI, AgreementMode.JMI)
MOST_DAYS = 365
LONGEST_CODE = 40
LARGEST = 10**12


class AgreementRefused(Refusal):
    """The agreement cannot be made like this; nothing was written."""


class LinesRefused(RowsRefused, AgreementRefused):
    """No line was written; `rejected` says which are wrong and why."""

    def __init__(self, rejected: tuple[RejectedRow, ...]) -> None:
        super().__init__(rejected, field=rejected[0].field)


class UnknownAgreement(Refusal):
    """There is no agreement with this number."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What the partner may see."""

    stock: bool = False
    forecast: bool = False
    orders: bool = False
    plan: bool = False


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """`orders_at_once`: what a supplier proposes within its levels is ordered without asking us again."""

    code: str
    partner: int
    mode: str
    starts_on: date
    ends_on: date | None = None
    shared: Shared = Shared()
    horizon_days: int = 28
    threshold_bp: int = 2000
    orders_at_once: bool = False


@dataclass(frozen=True, slots=True)
class NewLine:
    """An item at a site; both levels or none of them."""

    item: int
    site: int
    min_qty: int | None = None
    max_qty: int | None = None


@dataclass(frozen=True, slots=True)
class AgreementReceipt:
    agreement: int
    lines: int


@transaction.atomic
def make_agreement(wanted: NewAgreement, lines: Sequence[NewLine], *, at: datetime, cause: Cause) -> AgreementReceipt:
    """Share what it says about these item-sites with the partner, from its first day on."""
    partner = Partner.objects.filter(pk=wanted.partner, active=True).first()
    _check(wanted, partner)
    shared = asdict(_enough(wanted).shared)
    try:
        with transaction.atomic():
            made = Agreement.objects.create(
                code=wanted.code, partner_id=wanted.partner, mode=wanted.mode, horizon_days=wanted.horizon_days,
                threshold_bp=wanted.threshold_bp, orders_at_once=wanted.orders_at_once, starts_on=wanted.starts_on,
                ends_on=wanted.ends_on, made_at=at, made_by=cause.actor,
                **{f"shares_{name}": value for name, value in shared.items()},
            )  # fmt: skip
    except IntegrityError as error:
        raise _refused(
            "agreement-exists", _("There is an agreement %(agreement)s already."), agreement=wanted.code
        ) from error
    return _write(made, lines, at=at, cause=cause)


@transaction.atomic
def put_lines(agreement: int, lines: Sequence[NewLine], *, at: datetime, cause: Cause) -> AgreementReceipt:
    """Add item-sites to an agreement, or change their levels."""
    return _write(_locked(agreement), lines, at=at, cause=cause)


@transaction.atomic
def drop_line(agreement: int, line: int, *, at: datetime, cause: Cause) -> AgreementReceipt:
    """Take an item-site out of an agreement while nothing was written under it; else the agreement is ended."""
    made = _locked(agreement)
    if JointEntry.objects.filter(line=line, line__agreement=made).exists():
        raise _refused(
            "line-has-history", _("Something was planned together under this line."), remedy=_("End the agreement.")
        )
    gone, _by_model = AgreementLine.objects.filter(pk=line, agreement=made).delete()
    if not gone:
        raise _refused("no-such-line", _("There is no such line in this agreement."))
    emit([AgreementChanged(made.pk, made.partner_id)], at=at, cause=cause)
    return AgreementReceipt(made.pk, made.lines.count())


@transaction.atomic
def end_agreement(agreement: int, *, on: date, at: datetime, cause: Cause) -> AgreementReceipt:
    """`on` is the last day it holds; what was written under it stays written."""
    made = _locked(agreement)
    if on < made.starts_on:
        raise _refused("ends-before-start", _("An agreement cannot end before it begins."))
    made.ends_on, made.ended_by = on, cause.actor
    made.save(update_fields=["ends_on", "ended_by"])
    emit([AgreementChanged(made.pk, made.partner_id)], at=at, cause=cause)
    return AgreementReceipt(made.pk, made.lines.count())


def _locked(agreement: int) -> Agreement:
    made = Agreement.objects.select_for_update().filter(pk=agreement).first()
    if made is None:
        raise UnknownAgreement(
            "no-such-agreement",
            _("There is no agreement %(number)s.") % {"number": agreement},
            _("Open the list of agreements again."),
            agreement=agreement,
        )
    return made


def _enough(wanted: NewAgreement) -> NewAgreement:
    """Who plans a stock must see it: what a way of working needs is shared with it."""
    shared = wanted.shared
    if wanted.mode in SUPPLIED:
        shared = replace(shared, stock=True, forecast=True, plan=True)
    elif wanted.mode == AgreementMode.CPFR:
        shared = replace(shared, forecast=True)
    return replace(wanted, shared=shared)


def _check(wanted: NewAgreement, partner: Partner | None) -> None:
    if partner is None:
        raise _refused("no-such-partner", _("There is no such partner."), partner=wanted.partner)
    if not 0 < len(wanted.code.strip()) <= LONGEST_CODE:
        raise _refused(
            "code-missing",
            _("An agreement needs a code of at most 40 characters."),
            remedy=_("Give one, for example VMI-GROWER."),
        )
    if wanted.mode not in AgreementMode.values:
        raise _refused("unknown-mode", _("There is no way of working “%(mode)s”."), mode=wanted.mode)
    if wanted.mode in SUPPLIED and not partner.is_supplier:
        raise _refused(
            "not-a-supplier",
            _("%(partner)s supplies nothing, so it cannot manage stock here."),
            remedy=_("Choose a supplier, or share a view or a joint forecast with a customer."),
            partner=partner.code,
        )
    if wanted.ends_on is not None and wanted.ends_on < wanted.starts_on:
        raise _refused("ends-before-start", _("An agreement cannot end before it begins."))
    if not 1 <= wanted.horizon_days <= MOST_DAYS:
        raise _refused("bad-horizon", _("An agreement looks 1 to 365 days ahead."))
    if not 0 <= wanted.threshold_bp <= 10_000:
        raise _refused("bad-threshold", _("A threshold lies between 0 and 100 %."))


def _write(made: Agreement, lines: Sequence[NewLine], *, at: datetime, cause: Cause) -> AgreementReceipt:
    if not lines and not made.lines.exists():
        raise _refused("no-lines", _("An agreement is about at least one item at one site."))
    columns = {"item": listed([line.item for line in lines]), "site": listed([line.site for line in lines])}
    known = set(rows(KNOWN, {**columns, "partner": made.partner_id}))
    found = ((n, _problem(line, made.mode, known)) for n, line in enumerate(lines, 1))
    rejected = tuple(
        RejectedRow(n, field, code, str(sentence), str(_("Correct the line or leave it out.")))
        for n, (field, code, sentence) in ((n, problem) for n, problem in found if problem is not None)
    )
    if rejected:
        raise LinesRefused(rejected)
    good = {(line.item, line.site): line for line in lines}
    execute(PUT, {
        "agreement": made.pk,
        "item": [line.item for line in good.values()],
        "site": [line.site for line in good.values()],
        "least": [line.min_qty for line in good.values()],
        "most": [line.max_qty for line in good.values()],
    })  # fmt: skip
    emit([AgreementChanged(made.pk, made.partner_id)], at=at, cause=cause)
    return AgreementReceipt(made.pk, made.lines.count())


def _problem(line: NewLine, mode: str, known: set[tuple[str, int]]) -> tuple[str, str, object] | None:
    if ("item", line.item) not in known:
        return "item", "no-such-item", _("There is no such item.")
    if ("site", line.site) not in known:
        return "site", "no-such-site", _("There is no such site.")
    if mode in SUPPLIED and ("offer", line.item) not in known:
        return "item", "supplier-does-not-offer", _("This supplier does not offer the item.")
    if (line.min_qty is None) != (line.max_qty is None):
        return "max_qty", "one-level-missing", _("Give both levels, or none of them.")
    if mode == AgreementMode.VMI and line.max_qty is None:
        return "max_qty", "levels-missing", _("A supplier that manages the stock needs a least and a most.")
    if line.min_qty is not None and line.max_qty is not None and not 0 <= line.min_qty <= line.max_qty:
        return "max_qty", "levels-crossed", _("The least must lie between zero and the most.")
    if line.max_qty is not None and line.max_qty > LARGEST:
        return "max_qty", "levels-crossed", _("Nobody holds so much.")
    if line.max_qty == 0:
        return "max_qty", "levels-crossed", _("The most must be above zero.")
    return None


def _refused(code: str, sentence: object, *, remedy: object = "", **fields: object) -> AgreementRefused:
    words = {name: str(value) for name, value in fields.items()}
    told = str(sentence) % words if words else str(sentence)
    return AgreementRefused(code, told, str(remedy) or str(_("Correct it and try again.")), **fields)
