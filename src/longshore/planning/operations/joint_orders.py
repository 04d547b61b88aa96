"""A delivery a partner planned becomes a purchase proposal by the same verbs a buyer uses, with the agreement as cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.planning import proposal_rules, rules
from longshore.planning.models import Proposal, ProposalState
from longshore.planning.operations.deciding import Change, approve, change
from longshore.planning.operations.replenish import ONE_AT_A_TIME
from longshore.planning.queries.agreements import Line
from longshore.planning.reading import rows

ARRIVES = timedelta(hours=12)  # deliveries are planned by the day; noon is when they are expected


class DeliveryWaits(Refusal):
    """Another delivery of the same item to the same site waits for a decision."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a side wants to bring on a day."""

    line: Line
    day: date
    qty: int
    text: str
    by: str
    by_partner: bool


@dataclass(frozen=True, slots=True)
class Ordered:
    proposal: int
    state: str


def order_delivery(delivery: Delivery, *, at: datetime, cause: Cause) -> Ordered:
    """A proposal with the agreement as its reason; released at once where the agreement says so, or we asked for it.

    What a review proposed for the same item and site is changed into it: the need is the same.
    """
    rows(ONE_AT_A_TIME, {})
    line = delivery.line
    due_at = rules.start_of_day(rules.epoch_day(delivery.day), line.timezone) + ARRIVES
    standing = Proposal.objects.filter(item=line.item, site=line.site, state=ProposalState.PROPOSED).first()
    if standing is None:
        standing = _new(delivery, due_at, at=at, cause=cause)
    elif standing.decided_by and standing.explanation.get("agreement") != line.agreement_code:
        raise DeliveryWaits(
            "decision-waits",
            _("Another order of this item for this site waits for a decision."),
            _("Wait for it, or talk to the buyer."),
            proposal=standing.pk,
        )
    standing.kind, standing.origin = "purchase", None
    standing.cause = cause.because
    standing.explanation = {**standing.explanation, **_reason(delivery)}
    standing.save(update_fields=["kind", "origin", "cause", "explanation"])
    wish = Change(qty=delivery.qty, due_at=due_at, supplier=line.partner)
    note = delivery.text or str(_("Agreement %(code)s.") % {"code": line.agreement_code})
    if line.orders_at_once or not delivery.by_partner:
        done = approve(standing.pk, at=at, cause=cause, change=wish, note=note[:300])
    else:
        done = change(standing.pk, at=at, cause=cause, change=wish, note=note[:300])
    return Ordered(done.proposal, done.state)


def _new(delivery: Delivery, due_at: datetime, *, at: datetime, cause: Cause) -> Proposal:
    line = delivery.line
    former = Proposal.objects.filter(item=line.item, site=line.site).count()
    return Proposal.objects.create(
        key=proposal_rules.key_of(line.item, line.site, former),
        kind="purchase",
        item_id=line.item,
        site_id=line.site,
        qty=delivery.qty,
        proposed_qty=delivery.qty,
        order_at=at,
        due_at=due_at,
        group=f"supplier:{line.partner}>site:{line.site}",
        cause=cause.because,
        made_at=at,
    )  # the supplier and its price are put in by the change that follows, which checks them


def _reason(delivery: Delivery) -> dict[str, object]:
    line = delivery.line
    return {
        "rule": "agreed-delivery",
        "mode": line.mode,
        "agreement": line.agreement_code,
        "line": line.id,
        "by": delivery.by,
        "by_partner": delivery.by_partner,
        "qty": delivery.qty,
        "min": line.min_qty,
        "max": line.max_qty,
        "said": delivery.text,
    }
