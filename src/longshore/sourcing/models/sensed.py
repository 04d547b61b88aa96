"""Receipts that nobody scanned: made by what a portal or a scanner saw, and taken back when it saw something else."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from longshore.ledger.models import Posting
from longshore.sensing.models import Passage
from longshore.sourcing.models.orders import PurchaseOrderLine


class DeviceReceipt(models.Model):
    """A receipt made by a device. When it is taken back its receipt goes, this stays, and so do both postings.

    `origin` names the piece: a tag with a serial number is received once, however often it is seen. `state_before` is
    how the order stood, so that an order of which nothing came after all stands so again.
    """

    key = models.UUIDField(_("id of the receipt"), unique=True)
    origin = models.UUIDField(_("piece"))
    passage = models.ForeignKey(
        Passage, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("passage")
    )
    line = models.ForeignKey(PurchaseOrderLine, on_delete=models.PROTECT, related_name="+", verbose_name=_("line"))
    state_before = models.CharField(_("the order was"), max_length=14)
    taken_back_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    taken_back_by = models.ForeignKey(
        Posting, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("taken back by")
    )

    class Meta:
        verbose_name = _("receipt by a device")
        verbose_name_plural = _("receipts by devices")
        constraints = [
            models.UniqueConstraint(
                fields=["origin"], condition=Q(taken_back_at__isnull=True), name="device_receipt_once"
            ),
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True, taken_back_by__isnull=True)
                | Q(taken_back_at__isnull=False, taken_back_by__isnull=False),
                name="device_receipt_taken_back_by",
            ),
        ]
