"""What we ordered from suppliers, and what came."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import Item, Lot, Partner, Place
from longshore.ledger.models import PlannedFlow, Posting


class NumberSeries(models.Model):
    """The last number given out in a series; the row is the lock that keeps numbers without gaps."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    last = models.PositiveBigIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")

    def __str__(self) -> str:
        return self.code


class PurchaseState(models.TextChoices):
    SENT = "sent", _("Sent")
    CONFIRMED = "confirmed", _("Confirmed")
    PART_RECEIVED = "part_received", _("Partly received")
    RECEIVED = "received", _("Received")
    CANCELLED = "cancelled", _("Cancelled")


class PurchaseOrder(models.Model):
    key = models.UUIDField(_("id"), unique=True)
    number = models.CharField(_("number"), max_length=40, unique=True)
    supplier = models.ForeignKey(Partner, on_delete=models.PROTECT, verbose_name=_("supplier"))
    site = models.ForeignKey(Place, on_delete=models.PROTECT, verbose_name=_("deliver to"))
    state = models.CharField(_("state"), max_length=14, choices=PurchaseState.choices, default=PurchaseState.SENT)
    ordered_at = models.DateTimeField(_("ordered at"))
    agreed_at = models.DateTimeField(_("agreed date"))
    expected_at = models.DateTimeField(_("expected at"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)  # the supplier's first answer
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    value = models.BigIntegerField(_("value, minor units"), default=0)
    actor = models.CharField(_("who"), max_length=80)
    cause = models.CharField(_("because of"), max_length=120, default="")

    class Meta:
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "expected_at"], name="purchase_state")]

    def __str__(self) -> str:
        return self.number


class PurchaseOrderLine(models.Model):
    order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, related_name="lines", verbose_name=_("order"))
    line = models.PositiveIntegerField(_("line"))
    item = models.ForeignKey(Item, on_delete=models.PROTECT, verbose_name=_("item"))
    ordered = models.BigIntegerField(_("quantity first ordered"))
    qty = models.BigIntegerField(_("quantity agreed"))
    unit_price = models.BigIntegerField(_("price of one base unit, minor units"))
    received = models.BigIntegerField(_("received"), default=0)
    damaged = models.BigIntegerField(_("of that damaged"), default=0)
    closed_at = models.DateTimeField(_("nothing more comes since"), null=True, blank=True)
    flow = models.OneToOneField(PlannedFlow, on_delete=models.PROTECT, verbose_name=_("planned flow"))
    # Empty: the order's. Set once a wish for another day of some line was agreed to.
    agreed_at = models.DateTimeField(_("agreed date of its own"), null=True, blank=True)

    class Meta:
        verbose_name = _("purchase order line")
        verbose_name_plural = _("purchase order lines")
        constraints = [
            models.UniqueConstraint(fields=["order", "line"], name="purchase_line_once"),
            models.CheckConstraint(
                condition=Q(qty__gt=0, received__gte=0, damaged__gte=0), name="purchase_line_positive"
            ),
        ]


class Receipt(models.Model):
    """One line scanned at the dock: how much came, in which lot, in which state; over is seen against the order."""

    key = models.UUIDField(_("id chosen by the caller"), unique=True)
    line = models.ForeignKey(
        PurchaseOrderLine, on_delete=models.PROTECT, related_name="receipts", verbose_name=_("line")
    )
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, verbose_name=_("lot"))
    qty = models.BigIntegerField(_("quantity"))
    damaged = models.BigIntegerField(_("of that damaged"), default=0)
    over = models.BigIntegerField(_("more than ordered"), default=0)
    at = models.DateTimeField(_("at"))
    stored_at = models.DateTimeField(_("stored at"), null=True, blank=True)
    dock = models.ForeignKey(Place, on_delete=models.PROTECT, verbose_name=_("dock"))
    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, verbose_name=_("posting"))
    actor = models.CharField(_("who"), max_length=80)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [
            models.CheckConstraint(condition=Q(qty__gt=0, damaged__gte=0, over__gte=0), name="receipt_positive")
        ]
        indexes = [models.Index(fields=["dock"], condition=Q(stored_at__isnull=True), name="receipt_waiting")]
