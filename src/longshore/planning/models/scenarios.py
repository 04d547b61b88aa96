"""What if: changes laid over the live facts, what came of evaluating them, and what was decided."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import Item, Partner, Place


class ScenarioState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    DROPPED = "dropped", _("Dropped")


class Scenario(models.Model):
    """A question: what would happen if these things changed. It holds the changes only; the facts stay where they are."""

    name = models.CharField(_("name"), max_length=120)
    note = models.CharField(_("why"), max_length=300, blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=ScenarioState.choices, default=ScenarioState.DRAFT)
    horizon_days = models.PositiveIntegerField(_("days ahead"), default=56)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.CharField(_("made by"), max_length=80)
    changed_at = models.DateTimeField(_("changed at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=80, blank=True, default="")

    class Meta:
        verbose_name = _("scenario")
        verbose_name_plural = _("scenarios")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(horizon_days__gte=7, horizon_days__lte=182), name="scenario_horizon")
        ]

    def __str__(self) -> str:
        return self.name


class ChangeKind(models.TextChoices):
    """What can be different. Values are basis points of what is (15000: half as much again), or of service itself."""

    DEMAND = "demand", _("Demand")
    LEAD_TIME = "lead-time", _("Lead time")
    PRICE = "price", _("Price")
    CAPACITY = "capacity", _("Storage capacity")
    SERVICE = "service", _("Service level")
    SUPPLIER_OFF = "supplier-off", _("Supplier delivers nothing")
    SITE_OFF = "site-off", _("Site is closed")


class ScenarioChange(models.Model):
    """One change, for what it is scoped to: an item or a family, a site, a supplier; nothing named means all of them."""

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="changes", verbose_name=_("scenario"))
    kind = models.CharField(_("what changes"), max_length=14, choices=ChangeKind.choices)
    value = models.PositiveIntegerField(_("value, basis points"), default=0)
    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("item")
    )
    family = models.CharField(_("family"), max_length=80, blank=True, default="")
    site = models.ForeignKey(
        Place, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("site")
    )
    supplier = models.ForeignKey(
        Partner, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("supplier")
    )
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)  # the last day it holds

    class Meta:
        verbose_name = _("change of a scenario")
        verbose_name_plural = _("changes of scenarios")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(starts_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="scenario_change_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id} {self.kind} {self.value}"


class RunState(models.TextChoices):
    WAITING = "waiting", _("Waiting to start")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


class ScenarioRun(models.Model):
    """One evaluation: how far it is, and what came out, with today's plan beside it from the same facts."""

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="runs", verbose_name=_("scenario"))
    state = models.CharField(_("state"), max_length=10, choices=RunState.choices, default=RunState.WAITING)
    asked_at = models.DateTimeField(_("asked at"))
    asked_by = models.CharField(_("asked by"), max_length=80)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    done = models.PositiveIntegerField(_("days done"), default=0)
    total = models.PositiveIntegerField(_("days"), default=0)
    cancel_asked = models.BooleanField(_("cancel asked"), default=False)
    result = models.JSONField(_("result"), default=dict, blank=True)

    class Meta:
        verbose_name = _("evaluation of a scenario")
        verbose_name_plural = _("evaluations of scenarios")
        constraints = [
            models.UniqueConstraint(
                fields=["scenario"], condition=Q(state__in=["waiting", "running"]), name="scenario_one_run_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id} {self.state}"
