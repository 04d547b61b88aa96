"""The registry: what speaks to us, with which key, and where it hung when."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, IntegerRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import HandlingUnit, Place


class DeviceKind(models.TextChoices):
    PORTAL = "portal", _("RFID portal")
    SCANNER = "scanner", _("Scanner")
    TRACKER = "tracker", _("Position tracker")
    LOGGER = "logger", _("Temperature logger")
    SCALE = "scale", _("Scale or level sensor")
    MACHINE = "machine", _("Machine")
    EDGE = "edge", _("Edge node")


class DeviceState(models.TextChoices):
    NEW = "new", _("New")
    ACTIVE = "active", _("Active")
    QUARANTINED = "quarantined", _("Quarantined")
    RETIRED = "retired", _("Retired")


# A device in any other state is refused at the door.
LISTENED_TO = (DeviceState.NEW, DeviceState.ACTIVE)


class Device(models.Model):
    """Anything that speaks to us. Its code is its MQTT client id, its user name and its level in the topic."""

    id = models.AutoField(primary_key=True)
    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=DeviceKind.choices)
    state = models.CharField(_("state"), max_length=12, choices=DeviceState.choices, default=DeviceState.NEW)
    quarantine_reason = models.CharField(_("quarantined because"), max_length=300, blank=True)
    firmware = models.CharField(_("firmware"), max_length=80, blank=True)
    calibration_due = models.DateField(_("calibration due"), null=True, blank=True)
    battery_pct = models.SmallIntegerField(_("battery, %"), null=True, blank=True)
    clock_skew_ms = models.BigIntegerField(_("clock skew, ms"), null=True, blank=True)
    expected_every_s = models.PositiveIntegerField(_("speaks every, s"), default=60)
    online = models.BooleanField(_("connected"), default=False)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    # Antennas and their places for a portal, thresholds for a scale, datum for a tracker: what its kind needs.
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    created_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ["code"]
        indexes = [models.Index(fields=["kind", "state"], name="device_kind_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Za-z0-9._-]{1,64}$"), name="device_code_is_a_topic_level"
            ),
            models.CheckConstraint(
                condition=Q(battery_pct__isnull=True) | Q(battery_pct__gte=0, battery_pct__lte=100),
                name="device_battery_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(state="quarantined") | Q(quarantine_reason=""), name="device_reason_only_in_quarantine"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class DeviceKey(models.Model):
    """A token's sha256; the token itself is shown once and kept nowhere. Two may be valid while one replaces the other."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="keys", verbose_name=_("device"))
    digest = models.BinaryField(_("digest"), max_length=32, unique=True)
    valid_from = models.DateTimeField(_("valid from"))
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    actor = models.CharField(_("made by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("device key")
        verbose_name_plural = _("device keys")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")), name="device_key_has_a_span"
            ),
        ]


_IDS, _SPAN = IntegerRangeField(), DateTimeRangeField()


class Attachment(models.Model):
    """Where a device hung, from when until when: a place (a vehicle is one too) or a handling unit."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="attachments", verbose_name=_("device"))
    place = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("place")
    )
    handling_unit = models.ForeignKey(
        HandlingUnit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("handling unit")
    )
    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["-from_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(place__isnull=False, handling_unit__isnull=True)
                | Q(place__isnull=True, handling_unit__isnull=False),
                name="attachment_to_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(until_at__isnull=True) | Q(until_at__gt=F("from_at")), name="attachment_has_a_span"
            ),
            ExclusionConstraint(
                name="attachment_one_at_a_time",
                expressions=[
                    # an id as a range of one: so GiST compares it without an extension
                    (
                        Func("device_id", "device_id", Value("[]"), function="int4range", output_field=_IDS),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func("from_at", "until_at", function="tstzrange", output_field=_SPAN),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]


class Metric(models.Model):
    """What a number means. The id is a small one because it stands in every stored reading."""

    id = models.SmallIntegerField(primary_key=True)
    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)
    name_zh = models.CharField(_("Chinese name"), max_length=60, blank=True)
    unit = models.CharField(_("unit"), max_length=12, blank=True)  # UN/ECE Recommendation 20

    class Meta:
        verbose_name = _("metric")
        verbose_name_plural = _("metrics")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.code
