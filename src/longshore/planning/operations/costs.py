"""What ordering and holding cost, as a person knows it; order quantities follow with the next policies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.planning.models import StockCosts
from longshore.planning.policy_rules import Costs
from longshore.planning.queries.costs import costs

WHOLE_BP = 10_000


class CostsRefused(Refusal):
    """A cost that cannot be one."""


@dataclass(frozen=True, slots=True)
class CostsReceipt:
    before: Costs
    now: Costs


@transaction.atomic
def set_costs(wanted: Costs, *, at: datetime, cause: Cause) -> CostsReceipt:
    """Write down what an order line, a transfer line and a year of holding cost. Raises CostsRefused."""
    if wanted.order_line < 0 or wanted.transfer_line < 0 or not 0 <= wanted.holding_bp <= WHOLE_BP:
        raise CostsRefused(
            "bad-costs",
            _("A cost is below zero, or holding costs more a year than the goods themselves."),
            _("Give money of zero or more, and a share from 0 to 10000 basis points."),
        )
    before = costs()
    StockCosts.objects.update_or_create(
        pk=1,
        defaults={
            "order_line": wanted.order_line,
            "transfer_line": wanted.transfer_line,
            "holding_bp": wanted.holding_bp,
            "changed_at": at,
            "changed_by": cause.actor,
        },
    )
    return CostsReceipt(before, wanted)
