"""What goes to devices, what was refused from them, and how far interpretation has read."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from longshore.sensing.models.devices import Device


class Command(models.Model):
    """Something a device is told (`ls/<device>/cmd`). The newest retained one is told again at each subscription."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="commands", verbose_name=_("device"))
    body = models.JSONField(_("command"))
    retained = models.BooleanField(_("retained"), default=True)
    actor = models.CharField(_("given by"), max_length=150, blank=True)
    created_at = models.DateTimeField(_("given at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)

    class Meta:
        verbose_name = _("command")
        verbose_name_plural = _("commands")
        ordering = ["-id"]
        indexes = [models.Index(fields=["device", "-id"], name="command_newest")]


class Session(models.Model):
    """An MQTT session that outlives its connection: what it subscribed to, until when it is kept."""

    device = models.OneToOneField(Device, on_delete=models.CASCADE, primary_key=True, verbose_name=_("device"))
    subscriptions = models.JSONField(_("subscriptions"), default=dict)  # topic filter to quality of service
    # Commands up to this one were acknowledged or came before the session.
    told_up_to = models.BigIntegerField(_("told up to"), default=0)
    expires_at = models.DateTimeField(_("kept until"), null=True, blank=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")


class RefusedMessage(models.Model):
    """How often something was refused in an hour, by who it said it was and why; the last few bodies for looking at."""

    device = models.ForeignKey(
        Device, on_delete=models.CASCADE, null=True, blank=True, related_name="refused", verbose_name=_("device")
    )
    # The name the sender gave; of the endless names that nobody knows, all but a few are counted under "".
    claimed = models.CharField(_("said to be"), max_length=64, blank=True)
    reason = models.CharField(_("reason"), max_length=40)
    hour = models.DateTimeField(_("hour"))
    count = models.BigIntegerField(_("times"), default=0)
    last_at = models.DateTimeField(_("last at"))
    samples = models.JSONField(_("last bodies"), default=list)

    class Meta:
        verbose_name = _("refused message")
        verbose_name_plural = _("refused messages")
        ordering = ["-hour", "reason"]
        constraints = [models.UniqueConstraint(fields=["claimed", "reason", "hour"], name="refused_once_an_hour")]
        indexes = [models.Index(fields=["device", "-hour"], name="refused_of_device")]


class InterpretationMark(models.Model):
    """How far a reader has come in `sensing_signal` or `sensing_batch`; both give ids in the order of commits."""

    reader = models.CharField(_("reader"), max_length=60, primary_key=True)
    last_id = models.BigIntegerField(_("read up to"), default=0)
    updated_at = models.DateTimeField(_("at"), null=True, blank=True)

    class Meta:
        verbose_name = _("interpretation mark")
        verbose_name_plural = _("interpretation marks")
