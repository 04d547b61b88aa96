"""What is off plan, what was seen live, and how the day measured up."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import Place


class Severity(models.TextChoices):
    CRITICAL = "critical", _("Critical")
    WARNING = "warning", _("Warning")
    INFO = "info", _("Information")


class ExceptionState(models.TextChoices):
    OPEN = "open", _("Open")
    SNOOZED = "snoozed", _("Later")
    DONE = "done", _("Done")
    CLEARED = "cleared", _("Cleared by itself")


class OpenException(models.Model):
    """Something off plan with one proposed action. `key` names the cause, so the same one is never shown twice."""

    key = models.CharField(_("key"), max_length=120)
    kind = models.CharField(_("kind"), max_length=40)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity.choices)
    state = models.CharField(_("state"), max_length=10, choices=ExceptionState.choices, default=ExceptionState.OPEN)
    site = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("site"))
    subject = models.CharField(_("about"), max_length=60)  # "order:17", "trip:3", "proposal:9", "item-site:4:7"
    facts = models.JSONField(_("facts"), default=dict)  # what the sentence is made of, in both languages
    money = models.BigIntegerField(_("money at stake, minor units"), default=0)
    orders = models.PositiveIntegerField(_("orders touched"), default=0)
    action = models.CharField(_("proposed action"), max_length=40, default="", blank=True)
    action_facts = models.JSONField(_("facts of the action"), default=dict)
    raised_at = models.DateTimeField(_("raised at"))
    snoozed_until = models.DateTimeField(_("later, until"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=80, default="", blank=True)
    outcome = models.JSONField(_("outcome"), default=dict)
    cause = models.CharField(_("because of"), max_length=120, default="")

    class Meta:
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions")
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(state__in=["open", "snoozed"]), name="exception_open_once"
            ),
        ]
        indexes = [models.Index(fields=["state", "severity", "-raised_at"], name="exception_state")]


class LiveEvent(models.Model):
    """What an open browser should hear about; kept for a day so that a reconnect can replay the gap."""

    topic = models.CharField(_("topic"), max_length=20)
    name = models.CharField(_("event"), max_length=40)
    payload = models.JSONField(_("content"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("live event")
        verbose_name_plural = _("live events")
        indexes = [models.Index(fields=["at"], name="live_at")]


class KpiPoint(models.Model):
    """A measure at a moment, with the size of the population it was taken over."""

    name = models.CharField(_("measure"), max_length=40)
    at = models.DateTimeField(_("at"))
    value_milli = models.BigIntegerField(_("value, thousandths"))
    population = models.PositiveIntegerField(_("rows counted"), default=0)

    class Meta:
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        constraints = [models.UniqueConstraint(fields=["name", "at"], name="kpi_point_once")]
