"""Who of another company may see what: people tied to partners, agreements, and the plan both sides write."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import Item, Partner, Place


class Side(models.TextChoices):
    """Who wrote something in a shared plan."""

    US = "us", _("We")
    PARTNER = "partner", _("Partner")


class PartnerPerson(models.Model):
    """Somebody of a supplier or customer: sees what its company's agreements share, and its own orders."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="partner_person", verbose_name=_("person")
    )
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="people", verbose_name=_("company"))
    side = models.CharField(_("as"), max_length=10, choices=[("supplier", _("Supplier")), ("customer", _("Customer"))])

    class Meta:
        verbose_name = _("person of a partner")
        verbose_name_plural = _("people of partners")
        permissions: ClassVar = [("enter_as_partner", "Enter the portal of partners, and nothing else")]

    def __str__(self) -> str:
        return f"{self.user_id}@{self.partner_id}"


class AgreementMode(models.TextChoices):
    VIEW = "view", _("Shared view")
    VMI = "vmi", _("Supplier-managed stock (VMI)")
    JMI = "jmi", _("Jointly managed stock (JMI)")
    CPFR = "cpfr", _("Joint forecast (CPFR)")


class Agreement(models.Model):
    """What we share with a partner, for how long, and what it may do."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", verbose_name=_("partner"))
    mode = models.CharField(_("way of working"), max_length=10, choices=AgreementMode.choices)
    shares_stock = models.BooleanField(_("stock"), default=False)
    shares_forecast = models.BooleanField(_("forecast"), default=False)
    shares_orders = models.BooleanField(_("orders"), default=False)
    shares_plan = models.BooleanField(_("plan"), default=False)
    horizon_days = models.PositiveIntegerField(_("days ahead"), default=28)
    threshold_bp = models.PositiveIntegerField(_("exception from, basis points"), default=2000)
    orders_at_once = models.BooleanField(_("their deliveries need no approval"), default=False)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)  # the last day it holds
    ended_by = models.CharField(_("ended by"), max_length=80, blank=True, default="")
    made_at = models.DateTimeField(_("made at"))
    made_by = models.CharField(_("made by"), max_length=80)

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="agreement_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(horizon_days__gte=1, horizon_days__lte=365), name="agreement_horizon"),
        ]

    def __str__(self) -> str:
        return self.code


class AgreementLine(models.Model):
    """One item at one site that an agreement is about; with supplier-managed stock, between which levels."""

    agreement = models.ForeignKey(
        Agreement, on_delete=models.CASCADE, related_name="lines", verbose_name=_("agreement")
    )
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", verbose_name=_("item"))
    site = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("site"))
    min_qty = models.BigIntegerField(_("least stock"), null=True, blank=True)
    max_qty = models.BigIntegerField(_("most stock"), null=True, blank=True)

    class Meta:
        verbose_name = _("line of an agreement")
        verbose_name_plural = _("lines of agreements")
        constraints = [
            models.UniqueConstraint(fields=["agreement", "item", "site"], name="agreement_line_once"),
            models.CheckConstraint(
                condition=Q(min_qty__isnull=True, max_qty__isnull=True)
                | Q(min_qty__gte=0, max_qty__gt=0, max_qty__gte=F("min_qty")),
                name="agreement_line_levels",
            ),
        ]
        indexes = [models.Index(fields=["item", "site"], name="agreement_line_item_site")]

    def __str__(self) -> str:
        return f"{self.agreement_id}/{self.item_id}@{self.site_id}"


class EntryKind(models.TextChoices):
    FORECAST = "forecast", _("Forecast")  # one side's number for the week that begins on `day`
    DELIVERY = "delivery", _("Delivery")  # planned to arrive on `day`, by either side
    COMMENT = "comment", _("Comment")
    COMMIT = "commit", _("Commitment")  # the week's number both go by; nothing of it changes afterwards


class JointEntry(models.Model):
    """One thing one side wrote into a shared plan. Append-only: the last one counts, all of them are the history."""

    line = models.ForeignKey(AgreementLine, on_delete=models.PROTECT, related_name="+", verbose_name=_("line"))
    kind = models.CharField(_("kind"), max_length=10, choices=EntryKind.choices)
    side = models.CharField(_("side"), max_length=10, choices=Side.choices)
    day = models.DateField(_("day"))
    qty = models.BigIntegerField(_("quantity"), null=True, blank=True)
    text = models.CharField(_("reason"), max_length=300, blank=True, default="")
    proposal = models.ForeignKey(
        "planning.Proposal", on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("proposal")
    )  # fmt: skip
    at = models.DateTimeField(_("written at"))
    by = models.CharField(_("written by"), max_length=80)

    class Meta:
        verbose_name = _("entry of a shared plan")
        verbose_name_plural = _("entries of shared plans")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="comment") | Q(qty__isnull=False, qty__gte=0), name="joint_entry_has_quantity"
            ),
            models.UniqueConstraint(
                fields=["line", "day"], condition=Q(kind="commit"), name="joint_entry_committed_once"
            ),
        ]
        indexes = [models.Index(fields=["line", "kind", "day"], name="joint_entry_line_day")]

    def __str__(self) -> str:
        return f"{self.line_id} {self.kind} {self.day}"
