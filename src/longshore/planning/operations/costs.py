"""What ordering and holding cost and how many lines shall be there, as a person knows it; policies follow when next set."""

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
LEAST_LINES_BP, MOST_LINES_BP = 5000, 9990


class CostsRefused(Refusal):
    """A cost that cannot be one."""


@dataclass(frozen=True, slots=True)
class CostsReceipt:
    before: Costs
    now: Costs


@transaction.atomic
def set_costs(wanted: Costs, *, at: datetime, cause: Cause) -> CostsReceipt:
    """Write down what an order line, a transfer line and a year of holding cost, and the target for all order lines.

    What a late line is worth is not asked but found; what was found for the same target counts until it is found anew.
    Raises CostsRefused.
    """
    if wanted.order_line < 0 or wanted.transfer_line < 0 or not 0 <= wanted.holding_bp <= WHOLE_BP:
        raise CostsRefused(
            "bad-costs",
            _("A cost is below zero, or holding costs more a year than the goods themselves."),
            _("Give money of zero or more, and a share from 0 to 10000 basis points."),
        )
    if wanted.lines_bp != 0 and not LEAST_LINES_BP <= wanted.lines_bp <= MOST_LINES_BP:
        raise CostsRefused(
            "bad-target",
            _("No stock lets so many order lines, or so few, be there in time."),
            _("Give 5000 to 9990 basis points, or 0: then every item follows its own service level."),
        )
    before = costs()
    StockCosts.objects.update_or_create(
        pk=1,
        defaults={
            "order_line": wanted.order_line,
            "transfer_line": wanted.transfer_line,
            "holding_bp": wanted.holding_bp,
            "lines_bp": wanted.lines_bp,
            "late_line_milli": before.late_line_milli if wanted.lines_bp == before.lines_bp else 0,
            "changed_at": at,
            "changed_by": cause.actor,
        },
    )
    return CostsReceipt(before, costs())
