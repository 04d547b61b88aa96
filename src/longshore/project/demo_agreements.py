"""What the demo company has agreed with the two partners whose people can log in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db.models import F, Sum

from longshore.catalog.models import Partner
from longshore.ledger.cause import Cause
from longshore.ordering.models import OrderLine
from longshore.planning.models import Agreement, StockPolicy
from longshore.planning.operations.agreements import NewAgreement, NewLine, Shared, make_agreement
from longshore.planning.queries.agreements import company_today

MANAGED, JOINT, FORECAST = 2, 3, 3
CAUSE: Final = Cause(actor="demo", because="set-up")


def ensure_agreements(partners: Sequence[str], *, at: datetime) -> tuple[str, ...]:
    """Supplier-managed and joint stock with the supplier, a joint forecast with the customer; those that stand stay."""
    wanted = []
    for partner in Partner.objects.filter(code__in=partners).order_by("code"):
        wanted += _with_supplier(partner) if partner.is_supplier else _with_customer(partner)
    known = set(Agreement.objects.values_list("code", flat=True))
    made = [each for each in wanted if each[3] and each[0] not in known]
    for code, company, mode, lines in made:
        agreed = NewAgreement(
            code=code, partner=company, mode=mode, starts_on=company_today(at), shared=Shared(stock=True, orders=True)
        )
        make_agreement(agreed, lines, at=at, cause=CAUSE)
    return tuple(each[0] for each in made)


Wanted = tuple[str, int, str, list[NewLine]]


def _with_supplier(partner: Partner) -> list[Wanted]:
    """The slowest of what it delivers straight to a site is its own to manage, the next are planned together."""
    offered = StockPolicy.objects.filter(
        source=None, item__active=True, item__suppliers__supplier=partner, order_up_to__gt=F("safety_stock")
    ).order_by("reorder_point", "item__code", "site__code")
    rows = [
        NewLine(policy.item_id, policy.site_id, policy.safety_stock, policy.order_up_to)
        for policy in offered[: MANAGED + JOINT]
    ]
    joint = [NewLine(row.item, row.site) for row in rows[MANAGED:]]
    return [
        (f"VMI-{partner.code}", partner.pk, "vmi", rows[:MANAGED]),
        (f"JMI-{partner.code}", partner.pk, "jmi", joint),
    ]


def _with_customer(partner: Partner) -> list[Wanted]:
    """What it orders most, where it is delivered from."""
    site = partner.home_site_id
    ordered = OrderLine.objects.filter(order__customer=partner).values("item").annotate(all=Sum("qty"))
    lines = [NewLine(row["item"], site) for row in ordered.order_by("-all", "item")[:FORECAST] if site is not None]
    return [(f"CPFR-{partner.code}", partner.pk, "cpfr", lines)]
