"""What was agreed with suppliers: contracts with prices, quotes asked for, and how a choice is weighed."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import Item, Partner, Place


class Contract(models.Model):
    """Prices a supplier keeps to from a day until another."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    supplier = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", verbose_name=_("supplier"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))  # the last day it holds
    made_at = models.DateTimeField(_("made at"))
    made_by = models.CharField(_("made by"), max_length=80)
    ended_by = models.CharField(_("ended by"), max_length=80, default="", blank=True)

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        ordering = ["-starts_on", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="contract_ends_after_start")
        ]

    def __str__(self) -> str:
        return self.code


class ContractPrice(models.Model):
    """The price of all units from a quantity on."""

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="prices", verbose_name=_("contract"))
    item = models.ForeignKey(Item, on_delete=models.PROTECT, verbose_name=_("item"))
    from_qty = models.PositiveBigIntegerField(_("from quantity"), default=1)
    unit_price = models.PositiveBigIntegerField(_("price of one base unit, minor units"))

    class Meta:
        verbose_name = _("price of a contract")
        verbose_name_plural = _("prices of contracts")
        constraints = [
            models.UniqueConstraint(fields=["contract", "item", "from_qty"], name="contract_price_once"),
            models.CheckConstraint(condition=Q(from_qty__gte=1), name="contract_price_from_one"),
        ]


class RequestState(models.TextChoices):
    OPEN = "open", _("Open")
    AWARDED = "awarded", _("Awarded")
    CLOSED = "closed", _("Closed")


class QuoteRequest(models.Model):
    """What several suppliers were asked to offer."""

    key = models.UUIDField(_("id"), unique=True)
    number = models.CharField(_("number"), max_length=40, unique=True)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, verbose_name=_("item"))
    site = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("deliver to"))
    qty = models.BigIntegerField(_("quantity"))
    needed_at = models.DateTimeField(_("needed by"))
    answer_by = models.DateTimeField(_("answer by"))
    state = models.CharField(_("state"), max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    asked_at = models.DateTimeField(_("asked at"))
    asked_by = models.CharField(_("who"), max_length=80)
    # Set where nobody asked: the supplier offers by itself.
    own_offer_of = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("own offer of")
    )

    class Meta:
        verbose_name = _("request for quotes")
        verbose_name_plural = _("requests for quotes")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(qty__gt=0), name="quote_request_positive"),
            models.UniqueConstraint(
                fields=["own_offer_of", "item"], condition=Q(state="open"), name="own_offer_one_open"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class QuoteState(models.TextChoices):
    ASKED = "asked", _("Asked")
    QUOTED = "quoted", _("Quoted")
    DECLINED = "declined", _("Declined")
    WON = "won", _("Won")


class Quote(models.Model):
    """A supplier's answer to a request; `breaks` [[from, price], …] beside the price of one."""

    request = models.ForeignKey(
        QuoteRequest, on_delete=models.CASCADE, related_name="quotes", verbose_name=_("request")
    )
    supplier = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", verbose_name=_("supplier"))
    state = models.CharField(_("state"), max_length=10, choices=QuoteState.choices, default=QuoteState.ASKED)
    unit_price = models.PositiveBigIntegerField(_("price of one base unit, minor units"), null=True, blank=True)
    breaks = models.JSONField(_("prices from quantities on"), default=list, blank=True)
    moq = models.PositiveBigIntegerField(_("least order quantity"), default=1)
    multiple = models.PositiveBigIntegerField(_("order multiple"), default=1)
    lead_minutes = models.PositiveIntegerField(_("lead time, minutes"), null=True, blank=True)
    capacity = models.PositiveBigIntegerField(_("most it can deliver"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, default="", blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=80, default="", blank=True)

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        constraints = [
            models.UniqueConstraint(fields=["request", "supplier"], name="quote_once"),
            models.CheckConstraint(condition=Q(moq__gt=0, multiple__gt=0), name="quote_positive"),
            models.CheckConstraint(
                condition=~Q(state__in=["quoted", "won"]) | Q(unit_price__isnull=False, lead_minutes__isnull=False),
                name="quote_has_price",
            ),
        ]


class SelectionWeights(models.Model):
    """How a choice of suppliers is weighed, in hundredths: 100 counts the money once. One row."""

    cost = models.PositiveIntegerField(_("cost"), default=100)
    time = models.PositiveIntegerField(_("time"), default=100)
    quality = models.PositiveIntegerField(_("quality"), default=100)
    risk = models.PositiveIntegerField(_("risk"), default=100)
    min_share = models.PositiveIntegerField(_("least share, %"), default=0)
    max_share = models.PositiveIntegerField(_("greatest share, %"), default=100)
    min_suppliers = models.PositiveIntegerField(_("suppliers at least"), default=1)
    changed_at = models.DateTimeField(_("changed at"))
    changed_by = models.CharField(_("changed by"), max_length=80)

    class Meta:
        verbose_name = _("weights of a choice")
        verbose_name_plural = _("weights of choices")
        constraints = [
            models.CheckConstraint(
                condition=Q(min_share__lte=F("max_share"), max_share__lte=100, min_suppliers__gte=1, cost__gte=1),
                name="selection_weights_in_order",
            )
        ]


class ApprovalLimit(models.Model):
    """What a role, or planning by itself (`plan`), may order at once without a second person."""

    role = models.CharField(_("role"), max_length=80, unique=True)
    most = models.PositiveBigIntegerField(_("up to, minor units"))

    class Meta:
        verbose_name = _("limit of approval")
        verbose_name_plural = _("limits of approval")

    def __str__(self) -> str:
        return self.role


class ApprovalState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")


class OrderApproval(models.Model):
    """Released proposals that are worth more than who released them may order: a second person says yes or no."""

    supplier = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", verbose_name=_("supplier"))
    site = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("deliver to"))
    proposals = models.JSONField(_("proposals"))
    value = models.BigIntegerField(_("value, minor units"))
    state = models.CharField(_("state"), max_length=10, choices=ApprovalState.choices, default=ApprovalState.WAITING)
    asked_at = models.DateTimeField(_("asked at"))
    asked_by = models.CharField(_("released by"), max_length=80)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=80, default="", blank=True)

    class Meta:
        verbose_name = _("approval of an order")
        verbose_name_plural = _("approvals of orders")
        ordering = ["-id"]
