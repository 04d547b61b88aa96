"""What is said between us and a supplier about an order: documents, changes asked for, dispatch notices, claims."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import Partner
from longshore.sourcing.models.orders import PurchaseOrder, PurchaseOrderLine


class Channel(models.TextChoices):
    PORTAL = "portal", _("Portal")
    EMAIL = "email", _("E-mail")
    X12 = "x12", "ANSI X12"
    EDIFACT = "edifact", "EDIFACT"


class SupplierChannel(models.Model):
    """How a supplier gets its orders; without a row it sees them in the portal."""

    supplier = models.OneToOneField(Partner, on_delete=models.CASCADE, related_name="+", verbose_name=_("supplier"))
    channel = models.CharField(_("way"), max_length=10, choices=Channel.choices)
    our_id = models.CharField(_("our id in EDI"), max_length=15, default="LONGSHORE")
    their_id = models.CharField(_("their id in EDI"), max_length=15, default="", blank=True)

    class Meta:
        verbose_name = _("way to a supplier")
        verbose_name_plural = _("ways to suppliers")
        constraints = [
            models.CheckConstraint(
                condition=~Q(channel__in=["x12", "edifact"]) | ~Q(their_id=""), name="supplier_channel_has_id"
            )
        ]


class DocumentState(models.TextChoices):
    READY = "ready", _("Ready to fetch")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Not sent")
    READ = "read", _("Read")
    REFUSED = "refused", _("Refused")


class OrderDocument(models.Model):
    """One document to or from a supplier, as it was; the same one again is known by its key."""

    key = models.UUIDField(_("id"), unique=True)
    supplier = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", verbose_name=_("supplier"))
    order = models.ForeignKey(
        PurchaseOrder, on_delete=models.PROTECT, null=True, related_name="documents", verbose_name=_("order")
    )
    incoming = models.BooleanField(_("from the supplier"), default=False)
    channel = models.CharField(_("way"), max_length=10, choices=Channel.choices)
    kind = models.CharField(_("kind"), max_length=20)  # ORDERS, 850, ORDRSP, 855, DESADV, 856, mail
    body = models.TextField(_("content"))
    state = models.CharField(_("state"), max_length=10, choices=DocumentState.choices)
    told = models.CharField(_("what was wrong"), max_length=300, default="", blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-id"]


class ChangeState(models.TextChoices):
    ASKED = "asked", _("Asked")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")


class OrderChange(models.Model):
    """A change of an ordered line, or that it should come sooner: nothing changes until the supplier agrees."""

    line = models.ForeignKey(
        PurchaseOrderLine, on_delete=models.PROTECT, related_name="changes", verbose_name=_("line")
    )
    expedite = models.BooleanField(_("sooner"), default=False)
    qty = models.BigIntegerField(_("quantity wanted"), null=True, blank=True)
    wanted_at = models.DateTimeField(_("date wanted"), null=True, blank=True)
    expected_at = models.DateTimeField(_("expected when asked"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, default="", blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ChangeState.choices, default=ChangeState.ASKED)
    asked_at = models.DateTimeField(_("asked at"))
    asked_by = models.CharField(_("who"), max_length=80)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=80, default="", blank=True)

    class Meta:
        verbose_name = _("change of an order")
        verbose_name_plural = _("changes of orders")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(qty__isnull=False) | Q(wanted_at__isnull=False), name="order_change_says_what"
            ),
            models.UniqueConstraint(fields=["line"], condition=Q(state="asked"), name="order_change_one_open"),
        ]


class DispatchNotice(models.Model):
    """What a supplier says it has sent: `lines` [[line, quantity], …]. Told again under its number it is replaced."""

    order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, related_name="notices", verbose_name=_("order"))
    number = models.CharField(_("number"), max_length=60)
    lines = models.JSONField(_("lines"))
    shipped_at = models.DateTimeField(_("sent at"))
    arrives_at = models.DateTimeField(_("arrives at"))
    told_at = models.DateTimeField(_("told at"))
    told_by = models.CharField(_("who"), max_length=80)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("dispatch notice")
        verbose_name_plural = _("dispatch notices")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["order", "number"], name="dispatch_notice_once")]


class ClaimKind(models.TextChoices):
    SHORT = "short", _("Short")
    DAMAGED = "damaged", _("Damaged")
    LATE = "late", _("Late")


class ClaimState(models.TextChoices):
    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class SupplierClaim(models.Model):
    """What we want back for a line that came short, damaged or late."""

    number = models.CharField(_("number"), max_length=40, unique=True)
    line = models.ForeignKey(PurchaseOrderLine, on_delete=models.PROTECT, related_name="claims", verbose_name=_("line"))
    kind = models.CharField(_("kind"), max_length=10, choices=ClaimKind.choices)
    qty = models.BigIntegerField(_("quantity"))
    amount = models.BigIntegerField(_("amount, minor units"))
    credited = models.BigIntegerField(_("credited, minor units"), default=0)
    note = models.CharField(_("note"), max_length=300, default="", blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ClaimState.choices, default=ClaimState.OPEN)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.CharField(_("who"), max_length=80)
    answer = models.CharField(_("supplier's words"), max_length=300, default="", blank=True)
    credit_note = models.CharField(_("number of the credit note"), max_length=60, default="", blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=80, default="", blank=True)

    class Meta:
        verbose_name = _("claim on a supplier")
        verbose_name_plural = _("claims on suppliers")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "kind"], condition=~Q(state="withdrawn"), name="supplier_claim_once"
            ),
            models.CheckConstraint(
                condition=Q(qty__gt=0, amount__gte=0, credited__gte=0), name="supplier_claim_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.number
