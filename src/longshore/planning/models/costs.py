"""What ordering and holding cost this company: the two figures behind every order quantity."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class StockCosts(models.Model):
    """One row, or none: then planning's own figures hold (policy_rules.Costs)."""

    order_line = models.PositiveBigIntegerField(_("cost of one purchase order line, minor units"))
    transfer_line = models.PositiveBigIntegerField(_("cost of one transfer line, minor units"))
    holding_bp = models.PositiveIntegerField(_("cost of holding a year, basis points of the goods' cost"))
    lines_bp = models.PositiveIntegerField(
        _("order lines to be there in time, basis points (0: by item)"), default=0, db_default=0
    )
    late_line_milli = models.PositiveBigIntegerField(
        _("worth of a late order line, thousandths (found)"), default=0, db_default=0
    )
    changed_at = models.DateTimeField(_("changed at"))
    changed_by = models.CharField(_("changed by"), max_length=80)

    class Meta:
        verbose_name = _("costs of ordering and holding")
        verbose_name_plural = _("costs of ordering and holding")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="stock_costs_once")]

    def __str__(self) -> str:
        return f"{self.order_line} / {self.transfer_line} / {self.holding_bp}"
