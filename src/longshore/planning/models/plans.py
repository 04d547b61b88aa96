"""Demand as it was wanted, what we expect, how much to hold, and what we propose to buy or move."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import Item, Partner, Place
from longshore.ledger.models import PlannedFlow
from longshore.planning.models.network import PlannedBy


class DemandDay(models.Model):
    """What customers wanted of an item from a site on a day (site-local), from orders, not shipments."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, verbose_name=_("item"))
    site = models.ForeignKey(Place, on_delete=models.CASCADE, verbose_name=_("site"))
    day = models.DateField(_("day"))
    qty = models.BigIntegerField(_("quantity wanted"))
    lines = models.PositiveIntegerField(_("order lines"), default=0)

    class Meta:
        verbose_name = _("day of demand")
        verbose_name_plural = _("days of demand")
        constraints = [
            models.UniqueConstraint(fields=["item", "site", "day"], name="demand_day_once"),
            models.CheckConstraint(condition=Q(qty__gte=0), name="demand_day_not_negative"),
        ]
        indexes = [models.Index(fields=["day"], name="demand_day_day")]


class Forecast(models.Model):
    """The latest forecast of an item at a site: `daily_milli[k]` is the mean of the k-th day from `starts_on`."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, verbose_name=_("item"))
    site = models.ForeignKey(Place, on_delete=models.CASCADE, verbose_name=_("site"))
    made_at = models.DateTimeField(_("made at"))
    starts_on = models.DateField(_("starts on"))
    daily_milli = models.JSONField(_("mean a day, thousandths"))
    sigma_milli = models.BigIntegerField(_("spread of a day, thousandths"))
    method = models.CharField(_("method"), max_length=40)
    wape_bp = models.IntegerField(_("WAPE, basis points"), null=True)
    bias_bp = models.IntegerField(_("bias, basis points"), null=True)
    naive_wape_bp = models.IntegerField(_("WAPE of naive, basis points"), null=True)
    mean_milli = models.BigIntegerField(_("mean of an average day, thousandths"), default=0)
    demand_class = models.CharField(_("class of demand"), max_length=20, default="", blank=True)
    runner_up = models.CharField(_("next best method"), max_length=40, default="", blank=True)
    # What the machine said before overrides, and the band; empty where it was made without them.
    base_milli = models.JSONField(_("mean a day before overrides, thousandths"), default=list, blank=True)
    low_milli = models.JSONField(_("lower end of the band, thousandths"), default=list, blank=True)
    high_milli = models.JSONField(_("upper end of the band, thousandths"), default=list, blank=True)
    drivers = models.JSONField(_("what moves it"), default=dict, blank=True)
    drift_bp = models.IntegerField(_("drift, basis points"), null=True, blank=True)

    class Meta:
        verbose_name = _("forecast")
        verbose_name_plural = _("forecasts")
        constraints = [models.UniqueConstraint(fields=["item", "site"], name="forecast_once")]


class StockPolicy(models.Model):
    """How much to hold of an item at a site, and why this number."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, verbose_name=_("item"))
    site = models.ForeignKey(Place, on_delete=models.CASCADE, verbose_name=_("site"))
    source = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("replenished from")
    )  # a site: transfer; null: buy
    review_minutes = models.PositiveIntegerField(_("review period, minutes"), default=1440)
    service_level_bp = models.PositiveIntegerField(_("service level, basis points"))
    own_service = models.BooleanField(_("service level set for this site"), default=False)  # false: follows the item
    lead_time_minutes = models.PositiveIntegerField(_("lead time, minutes"))
    safety_stock = models.BigIntegerField(_("safety stock"))
    reorder_point = models.BigIntegerField(_("reorder point"))
    order_qty = models.BigIntegerField(_("order quantity"))
    order_up_to = models.BigIntegerField(_("order-up-to level"))
    automatic = models.BooleanField(_("release by itself"), default=False)
    planned_by = models.CharField(
        _("planned by"), max_length=10, choices=PlannedBy.choices, default=PlannedBy.POSITION, db_default="position"
    )
    locked = models.BooleanField(_("set by hand"), default=False)
    explanation = models.JSONField(_("reason"), default=dict)
    computed_at = models.DateTimeField(_("computed at"))

    class Meta:
        verbose_name = _("stock policy")
        verbose_name_plural = _("stock policies")
        constraints = [
            models.UniqueConstraint(fields=["item", "site"], name="stock_policy_once"),
            models.CheckConstraint(
                condition=Q(safety_stock__gte=0, reorder_point__gte=0, order_qty__gt=0), name="stock_policy_positive"
            ),
        ]


class LeadTime(models.Model):
    """How long a supplier really took for an item, measured from its receipts by purchasing."""

    supplier = models.ForeignKey(Partner, on_delete=models.CASCADE, verbose_name=_("supplier"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, verbose_name=_("item"))
    samples = models.PositiveIntegerField(_("receipts measured"))
    mean_minutes = models.PositiveBigIntegerField(_("mean, minutes"))
    sd_minutes = models.PositiveBigIntegerField(_("spread, minutes"))
    measured_at = models.DateTimeField(_("measured at"))

    class Meta:
        verbose_name = _("measured lead time")
        verbose_name_plural = _("measured lead times")
        constraints = [models.UniqueConstraint(fields=["supplier", "item"], name="lead_time_once")]


class ProposalState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    APPROVED = "approved", _("Approved")
    RELEASED = "released", _("Released")
    REJECTED = "rejected", _("Rejected")
    SUPERSEDED = "superseded", _("Superseded")


class Proposal(models.Model):
    """Buy or move this much by then, and why; a policy releases it by itself or a buyer decides."""

    key = models.UUIDField(_("id"), unique=True)
    kind = models.CharField(
        _("kind"),
        max_length=10,
        choices=[("purchase", _("Purchase")), ("transfer", _("Transfer")), ("production", _("Production"))],
    )
    state = models.CharField(_("state"), max_length=12, choices=ProposalState.choices, default=ProposalState.PROPOSED)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, verbose_name=_("item"))
    site = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("to"))
    supplier = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("supplier"))
    origin = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("from")
    )
    qty = models.BigIntegerField(_("quantity"))
    proposed_qty = models.BigIntegerField(_("quantity first proposed"))
    unit_price = models.BigIntegerField(_("price of one base unit, minor units"), default=0)
    order_at = models.DateTimeField(_("order by"))
    due_at = models.DateTimeField(_("due at"))
    group = models.CharField(_("consolidated with"), max_length=80, default="")
    explanation = models.JSONField(_("reason"), default=dict)
    cause = models.CharField(_("because of"), max_length=120, default="")
    made_at = models.DateTimeField(_("made at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=80, default="", blank=True)
    decision_note = models.CharField(_("reason for the decision"), max_length=300, default="", blank=True)
    flow = models.OneToOneField(PlannedFlow, on_delete=models.PROTECT, null=True, verbose_name=_("planned flow"))

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        constraints = [
            models.CheckConstraint(condition=Q(qty__gt=0), name="proposal_positive"),
            models.UniqueConstraint(
                fields=["item", "site"], condition=Q(state="proposed"), name="proposal_one_open_per_item_site"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "order_at"], name="proposal_state"),
            models.Index(fields=["item", "site", "state"], name="proposal_item_site"),
        ]
