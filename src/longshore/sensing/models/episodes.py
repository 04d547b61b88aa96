"""What the signals meant: episodes, each a function of the raw data, corrected when late data says otherwise."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import HandlingUnit, Item, Place, TemperatureClass
from longshore.sensing.models.devices import Device, Metric


class Activation(models.TextChoices):
    """How long beyond the threshold is too long."""

    INSTANT = "instant", _("At once")
    CONSECUTIVE = "consecutive", _("In one piece")
    ACCUMULATED = "accumulated", _("Added up")


class ProductLimit(models.Model):
    """What goods of a temperature class (or one item) bear. A value at the threshold counts when `inclusive`."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    temperature_class = models.CharField(
        _("temperature class"), max_length=12, choices=TemperatureClass.choices, blank=True
    )
    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("item")
    )
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="+", verbose_name=_("metric"))
    above = models.BooleanField(_("too high (else too low)"), default=True)
    threshold = models.FloatField(_("threshold"))
    inclusive = models.BooleanField(_("the threshold itself counts"), default=False)
    hysteresis = models.FloatField(_("hysteresis"), default=0.5)
    activation = models.CharField(
        _("counts"), max_length=12, choices=Activation.choices, default=Activation.CONSECUTIVE
    )
    after_s = models.PositiveIntegerField(_("for, s"), default=0)
    within_s = models.PositiveIntegerField(_("within, s"), default=0)  # accumulated only
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("product limit")
        verbose_name_plural = _("product limits")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(temperature_class="", item__isnull=False)
                | (~Q(temperature_class="") & Q(item__isnull=True)),
                name="product_limit_for_class_or_item",
            ),
            models.CheckConstraint(condition=Q(hysteresis__gte=0), name="product_limit_hysteresis"),
            models.CheckConstraint(
                condition=Q(activation="instant", after_s=0)
                | Q(activation="consecutive", after_s__gt=0)
                | Q(activation="accumulated", after_s__gt=0, within_s__gte=F("after_s")),
                name="product_limit_durations",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class EpisodeState(models.TextChoices):
    ACTIVE = "active", _("Going on")
    ENDED = "ended", _("Over")
    WITHDRAWN = "withdrawn", _("Withdrawn")  # late data showed that it was none


class Excursion(models.Model):
    """Longer beyond a limit than goods bear. `from_at` is the first reading beyond it, `activated_at` when it was too long."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+", verbose_name=_("device"))
    place = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("place")
    )
    handling_unit = models.ForeignKey(
        HandlingUnit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("handling unit")
    )
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="+", verbose_name=_("metric"))
    limit = models.CharField(_("limit"), max_length=40)
    threshold = models.FloatField(_("threshold"))
    from_at = models.DateTimeField(_("from"))
    activated_at = models.DateTimeField(_("too long since"))
    until_at = models.DateTimeField(_("until"), null=True, blank=True)
    worst = models.FloatField(_("worst value"))
    mkt = models.FloatField(_("mean kinetic temperature, °C"), null=True, blank=True)
    beyond_s = models.PositiveIntegerField(_("known beyond the limit, s"), default=0)
    unknown_s = models.PositiveIntegerField(_("without a reading, s"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=EpisodeState.choices, default=EpisodeState.ACTIVE)
    learned_at = models.DateTimeField(_("learned at"))
    changed_at = models.DateTimeField(_("changed at"))
    read_until = models.DateTimeField(_("read until"), null=True, blank=True)

    class Meta:
        verbose_name = _("excursion")
        verbose_name_plural = _("excursions")
        ordering = ["-from_at", "-id"]
        indexes = [
            models.Index(fields=["device", "metric", "from_at"], name="excursion_of_series"),
            models.Index(fields=["device"], condition=Q(state="active"), name="excursion_going_on"),
            models.Index(fields=["until_at"], name="excursion_ended"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(place__isnull=False, handling_unit__isnull=True)
                | Q(place__isnull=True, handling_unit__isnull=False),
                name="excursion_at_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(until_at__isnull=True) | Q(until_at__gte=F("from_at")), name="excursion_has_a_span"
            ),
            models.UniqueConstraint(
                fields=["device", "metric", "limit", "from_at"],
                condition=~Q(state="withdrawn"),
                name="excursion_once",
            ),
        ]


class TagRead(models.Model):
    """One tag, seen by one antenna at one moment: the reads of `tags` signals, by tag."""

    epc = models.CharField(_("tag"), max_length=120)
    device = models.ForeignKey(
        Device, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    antenna = models.SmallIntegerField(_("antenna"))
    at = models.DateTimeField(_("at"))
    rssi = models.FloatField(_("strength, dBm"))
    n = models.PositiveIntegerField(_("times"), default=1)

    class Meta:
        verbose_name = _("tag read")
        verbose_name_plural = _("tag reads")
        constraints = [models.UniqueConstraint(fields=["epc", "at", "device", "antenna"], name="tag_read_once")]
        indexes = [models.Index(fields=["device", "-at"], name="tag_read_of_portal")]


class Direction(models.TextChoices):
    IN = "in", _("In")
    OUT = "out", _("Out")
    UNKNOWN = "unknown", _("Unknown")


class Passage(models.Model):
    """A tag went through a portal. `at` is when it was last seen there."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+", verbose_name=_("portal"))
    epc = models.CharField(_("tag"), max_length=120)
    sscc = models.CharField(_("SSCC"), max_length=18, blank=True)
    gtin = models.CharField(_("GTIN"), max_length=14, blank=True)
    lot = models.CharField(_("lot number"), max_length=20, blank=True)
    serial = models.CharField(_("serial number"), max_length=40, blank=True)
    direction = models.CharField(_("direction"), max_length=8, choices=Direction.choices)
    from_place = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("from")
    )
    to_place = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("to")
    )
    first_at = models.DateTimeField(_("first seen"))
    at = models.DateTimeField(_("at"))
    reads = models.PositiveIntegerField(_("reads"))
    state = models.CharField(_("state"), max_length=10, choices=EpisodeState.choices, default=EpisodeState.ENDED)
    learned_at = models.DateTimeField(_("learned at"))

    class Meta:
        verbose_name = _("passage")
        verbose_name_plural = _("passages")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["epc", "at"], name="passage_of_tag"),
            models.Index(fields=["device", "-at"], name="passage_of_portal"),
            models.Index(fields=["sscc", "-at"], condition=~Q(sscc=""), name="passage_of_unit"),
            models.Index(fields=["at"], condition=~Q(sscc=""), name="passage_of_units"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["epc", "device", "first_at"], condition=~Q(state="withdrawn"), name="passage_once"
            ),
        ]


class Geofence(models.Model):
    """How near is there: for places whose fence is not the usual one."""

    place = models.OneToOneField(Place, on_delete=models.CASCADE, related_name="+", verbose_name=_("place"))
    radius_m = models.PositiveIntegerField(_("radius, m"))
    dwell_s = models.PositiveIntegerField(_("least stay, s"), default=60)

    class Meta:
        verbose_name = _("geofence")
        verbose_name_plural = _("geofences")
        constraints = [models.CheckConstraint(condition=Q(radius_m__gte=10), name="geofence_is_no_point")]


class GeofenceVisit(models.Model):
    """A vehicle was within the fence of a place."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+", verbose_name=_("device"))
    vehicle = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("vehicle")
    )
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("place"))
    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=EpisodeState.choices, default=EpisodeState.ACTIVE)
    learned_at = models.DateTimeField(_("learned at"))

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ["-from_at", "-id"]
        indexes = [models.Index(fields=["device", "from_at"], name="visit_of_device")]
        constraints = [
            models.UniqueConstraint(
                fields=["device", "place", "from_at"], condition=~Q(state="withdrawn"), name="visit_once"
            ),
        ]


class BeyondMark(models.Model):
    """When a series was last beyond one of its limits, and up to when it has been read: so that calm ones need not be."""

    pk = models.CompositePrimaryKey("device_id", "metric_id")
    device = models.ForeignKey(
        Device, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    metric = models.ForeignKey(
        Metric, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    last_at = models.DateTimeField(_("last beyond"))
    read_until = models.DateTimeField(_("read until"))

    class Meta:
        verbose_name = _("mark of a series")
        verbose_name_plural = _("marks of series")


class TagWatch(models.Model):
    """Tags with reads that are not interpreted yet: looked at when their portal has been silent about them."""

    epc = models.CharField(_("tag"), max_length=120, primary_key=True)
    since = models.DateTimeField(_("earliest read"))
    due_at = models.DateTimeField(_("to be looked at"), db_index=True)

    class Meta:
        verbose_name = _("watched tag")
        verbose_name_plural = _("watched tags")


class StockLevel(models.Model):
    """From `at` on a shelf, scale or tank showed `qty` base units."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+", verbose_name=_("device"))
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("place"))
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", verbose_name=_("item"))
    at = models.DateTimeField(_("at"))
    qty = models.BigIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["device", "at"], name="stock_level_once"),
            models.CheckConstraint(condition=Q(qty__gte=0), name="stock_level_not_negative"),
        ]


class Anomaly(models.Model):
    """A signal that is not like itself: which one, how far, and what the detector says about it."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+", verbose_name=_("device"))
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="+", verbose_name=_("metric"))
    at = models.DateTimeField(_("at"))
    score = models.FloatField(_("score"))
    signal = models.CharField(_("signal"), max_length=40)
    explanation = models.JSONField(_("explanation"), default=dict)
    learned_at = models.DateTimeField(_("learned at"))

    class Meta:
        verbose_name = _("anomaly")
        verbose_name_plural = _("anomalies")
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["device", "metric", "at"], name="anomaly_once")]
