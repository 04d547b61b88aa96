"""What the detectors remember of each series, and what they think of its sensor."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from longshore.sensing.models.devices import Device, Metric


class DetectorState(models.Model):
    """The memory of one series' detector, as bytes of the engine; `at`: its newest reading.

    `stuck_since`: the sensor repeats one value more than is its habit. `drifting_since`: its slow mean goes away.
    `late`: readings that are older than what the detector had judged by then; they are kept and shown, and not judged.
    """

    pk = models.CompositePrimaryKey("device_id", "metric_id")
    device = models.ForeignKey(
        Device,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("device"),
    )
    metric = models.ForeignKey(
        Metric,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("metric"),
    )
    state = models.BinaryField(_("memory"))
    at = models.DateTimeField(_("newest reading"))
    stuck_since = models.DateTimeField(_("stuck since"), null=True, blank=True)
    drifting_since = models.DateTimeField(_("drifting since"), null=True, blank=True)
    late = models.PositiveBigIntegerField(_("came too late to be judged"), db_default=0)

    class Meta:
        verbose_name = _("detector")
        verbose_name_plural = _("detectors")
        indexes = [
            models.Index(
                fields=["device"],
                condition=Q(stuck_since__isnull=False) | Q(drifting_since__isnull=False),
                name="detector_in_trouble",
            )
        ]


class JointDetector(models.Model):
    """The memory of a device whose signals are judged together; `metrics`: which, in the order of its columns."""

    device = models.OneToOneField(
        Device, on_delete=models.CASCADE, primary_key=True, related_name="+", verbose_name=_("device")
    )
    metrics = ArrayField(models.SmallIntegerField(), verbose_name=_("metrics"))
    state = models.BinaryField(_("memory"))
    at = models.DateTimeField(_("newest reading"))

    class Meta:
        verbose_name = _("joint detector")
        verbose_name_plural = _("joint detectors")
