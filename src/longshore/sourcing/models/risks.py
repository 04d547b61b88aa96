"""How likely an open order line comes late, and when it will be there."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from longshore.sourcing.models.orders import PurchaseOrderLine


class RiskBasis(models.TextChoices):
    MODEL = "model", _("Learnt from own history")
    SHARES = "shares", _("Shares of the lines known so far")


class LateRisk(models.Model):
    """The latest prediction of a line that has not come; `drivers` [[column, thousandths of log-odds], …]."""

    line = models.OneToOneField(
        PurchaseOrderLine, on_delete=models.CASCADE, related_name="risk", verbose_name=_("line")
    )
    probability_bp = models.PositiveIntegerField(_("probability of coming late, basis points"))
    early_on = models.DateField(_("one of ten comes by"))
    likely_on = models.DateField(_("half come by"))
    latest_on = models.DateField(_("nine of ten come by"))
    basis = models.CharField(_("known from"), max_length=10, choices=RiskBasis.choices)
    drivers = models.JSONField(_("what drives it"), default=list, blank=True)
    made_at = models.DateTimeField(_("computed at"))

    class Meta:
        verbose_name = _("risk of lateness")
        verbose_name_plural = _("risks of lateness")
        constraints = [
            models.CheckConstraint(condition=Q(probability_bp__lte=10_000), name="late_risk_is_a_share"),
        ]
