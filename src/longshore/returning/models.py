"""What comes back, and why."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import Place
from longshore.ledger.models import Condition, Posting
from longshore.ordering.models import OrderLine


class ReturnReason(models.TextChoices):
    REFUSED = "refused", _("Refused at the door")
    DAMAGED = "damaged", _("Damaged")
    WRONG = "wrong", _("Wrong goods")
    EXPIRED = "expired", _("Too old")
    UNWANTED = "unwanted", _("No longer wanted")


class ReturnLine(models.Model):
    key = models.UUIDField(_("id chosen by the caller"), unique=True)
    order_line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, related_name="returns", verbose_name=_("order line")
    )
    site = models.ForeignKey(Place, on_delete=models.PROTECT, verbose_name=_("came back to"))
    qty = models.BigIntegerField(_("quantity"))
    restocked = models.BigIntegerField(_("found good again"), default=0)
    scrapped = models.BigIntegerField(_("scrapped"), default=0)
    reason = models.CharField(_("reason"), max_length=12, choices=ReturnReason.choices)
    condition = models.SmallIntegerField(_("condition"), choices=Condition.choices, default=Condition.RETURNED)
    at = models.DateTimeField(_("at"))
    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, verbose_name=_("posting"))
    actor = models.CharField(_("who"), max_length=80)

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        constraints = [
            models.CheckConstraint(condition=Q(qty__gt=0, restocked__gte=0, scrapped__gte=0), name="return_positive"),
            models.CheckConstraint(
                condition=Q(restocked__lte=F("qty") - F("scrapped")), name="return_judged_at_most_once"
            ),
        ]
        indexes = [models.Index(fields=["at"], name="return_at")]
