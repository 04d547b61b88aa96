"""What devices said. Written by COPY (`sensing.intake`), partitioned by day; the tables are made in migration 0002."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from longshore.sensing.models.devices import Device, Metric


def _device() -> models.ForeignKey[Device, Device]:
    """Without a constraint in the database: the gateway has looked the device up, and a check would halve its speed."""
    return models.ForeignKey(
        Device,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("device"),
    )


def _metric() -> models.ForeignKey[Metric, Metric]:
    return models.ForeignKey(
        Metric,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("metric"),
    )


class Reading(models.Model):
    """One number, once: device, metric and the device's own time are the key."""

    pk = models.CompositePrimaryKey("device_id", "metric_id", "at")
    device = _device()
    metric = _metric()
    at = models.DateTimeField(_("measured at"))
    value = models.FloatField(_("value"))
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")


class LastValue(models.Model):
    """The newest reading of a device and metric, by the device's time: a late one never overwrites it."""

    pk = models.CompositePrimaryKey("device_id", "metric_id")
    device = _device()
    metric = _metric()
    at = models.DateTimeField(_("measured at"))
    value = models.FloatField(_("value"))
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("last value")
        verbose_name_plural = _("last values")


class Rollup(models.Model):
    """Readings of one device and metric folded over a step of time (300 s and 3600 s)."""

    pk = models.CompositePrimaryKey("device_id", "metric_id", "step_s", "bucket")
    device = _device()
    metric = _metric()
    step_s = models.IntegerField(_("step, s"))
    bucket = models.DateTimeField(_("from"))
    n = models.IntegerField(_("readings"))
    total = models.FloatField(_("sum"))
    low = models.FloatField(_("lowest"))
    high = models.FloatField(_("highest"))

    class Meta:
        verbose_name = _("rollup")
        verbose_name_plural = _("rollups")


class Signal(models.Model):
    """What a device said that is not a number: tags read, a fix, a scan, a machine's state. Ids come in commit order."""

    pk = models.CompositePrimaryKey("device_id", "kind", "at", "digest")
    id = models.BigIntegerField(_("number"))
    device = _device()
    kind = models.CharField(_("kind"), max_length=8)
    at = models.DateTimeField(_("happened at"))
    received_at = models.DateTimeField(_("received at"))
    digest = models.BinaryField(_("digest"), max_length=16)
    body = models.JSONField(_("body"))

    class Meta:
        verbose_name = _("signal")
        verbose_name_plural = _("signals")


class Batch(models.Model):
    """One commit of the gateway: which series it touched and over which time. Ids come in commit order."""

    received_at = models.DateTimeField(_("received at"))
    # parallel arrays; what was known already may be named again
    device_ids = ArrayField(models.IntegerField(), verbose_name=_("devices"))
    metric_ids = ArrayField(models.SmallIntegerField(), verbose_name=_("metrics"))
    lows = ArrayField(models.DateTimeField(), verbose_name=_("from"))
    highs = ArrayField(models.DateTimeField(), verbose_name=_("until"))

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
