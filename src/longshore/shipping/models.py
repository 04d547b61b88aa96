"""Vehicles, loads, routes, and what the customer signed for."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import HandlingUnit, Partner, Place
from longshore.ordering.models import CustomerOrder, OrderLine
from longshore.planning.models import Proposal


class Vehicle(models.Model):
    """A truck of ours or a carrier's. What it carries is what stands in the ledger at its `place`."""

    place = models.OneToOneField(Place, on_delete=models.PROTECT, verbose_name=_("place in the ledger"))
    plate = models.CharField(_("plate"), max_length=20, unique=True)
    carrier = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("carrier"))
    home_site = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("home site"))
    capacity_g = models.PositiveBigIntegerField(_("capacity, g"))
    capacity_cm3 = models.PositiveBigIntegerField(_("capacity, cm³"))
    temperature_classes = models.CharField(
        _("temperature classes"), max_length=60, default="ambient"
    )  # comma separated
    fixed_cost = models.PositiveBigIntegerField(_("cost a trip, minor units"), default=0)
    cost_per_km = models.PositiveBigIntegerField(_("cost a km, minor units"), default=0)
    speed_kmh = models.PositiveSmallIntegerField(_("usual speed, km/h"), default=55)
    shift_starts_minute = models.PositiveSmallIntegerField(_("shift starts, minute of day"), default=300)
    shift_ends_minute = models.PositiveSmallIntegerField(_("shift ends, minute of day"), default=1320)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("vehicle")
        verbose_name_plural = _("vehicles")

    def __str__(self) -> str:
        return self.plate


class TripState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    LOADING = "loading", _("Loading")
    UNDER_WAY = "under_way", _("Under way")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class Trip(models.Model):
    """One drive of one vehicle: a load and a route."""

    key = models.UUIDField(_("id"), unique=True)
    number = models.CharField(_("number"), max_length=40, unique=True)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, verbose_name=_("vehicle"))
    site = models.ForeignKey(Place, on_delete=models.PROTECT, verbose_name=_("from"))
    state = models.CharField(_("state"), max_length=10, choices=TripState.choices, default=TripState.PLANNED)
    planned_departure = models.DateTimeField(_("planned departure"))
    departed_at = models.DateTimeField(_("departed at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    distance_m = models.PositiveBigIntegerField(_("planned distance, m"), default=0)
    driven_m = models.PositiveBigIntegerField(_("driven, m"), default=0)
    cost = models.BigIntegerField(_("cost, minor units"), default=0)
    explanation = models.JSONField(_("reason"), default=dict)
    way_read_until = models.DateTimeField(_("its way was looked at until"), null=True, blank=True)

    class Meta:
        verbose_name = _("trip")
        verbose_name_plural = _("trips")
        ordering = ["-id"]
        constraints = [
            # The same truck is never booked twice at once.
            models.UniqueConstraint(
                fields=["vehicle"], condition=Q(state__in=["loading", "under_way"]), name="trip_one_active_per_vehicle"
            ),
        ]
        indexes = [models.Index(fields=["state"], name="trip_state")]

    def __str__(self) -> str:
        return self.number


class TripStop(models.Model):
    trip = models.ForeignKey(Trip, on_delete=models.CASCADE, related_name="stops", verbose_name=_("trip"))
    sequence = models.PositiveSmallIntegerField(_("stop"))
    place = models.ForeignKey(Place, on_delete=models.PROTECT, verbose_name=_("place"))
    planned_arrival = models.DateTimeField(_("planned arrival"))
    planned_departure = models.DateTimeField(_("planned departure"))
    eta = models.DateTimeField(_("expected arrival"))
    eta_at = models.DateTimeField(_("expected as of"))
    arrived_at = models.DateTimeField(_("arrived at"), null=True, blank=True)
    departed_at = models.DateTimeField(_("departed at"), null=True, blank=True)
    leg_m = models.PositiveBigIntegerField(_("distance of the leg, m"), default=0)

    class Meta:
        verbose_name = _("stop")
        verbose_name_plural = _("stops")
        ordering = ["trip_id", "sequence"]
        constraints = [models.UniqueConstraint(fields=["trip", "sequence"], name="stop_once")]


class ShipmentState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    PACKED = "packed", _("Packed")
    STAGED = "staged", _("Staged")
    LOADED = "loaded", _("Loaded")
    IN_TRANSIT = "in_transit", _("In transit")
    DELIVERED = "delivered", _("Delivered")
    REFUSED = "refused", _("Refused")
    CANCELLED = "cancelled", _("Cancelled")


class Shipment(models.Model):
    """Goods of one order (or one transfer) leaving one site together."""

    key = models.UUIDField(_("id"), unique=True)
    number = models.CharField(_("number"), max_length=40, unique=True)
    order = models.ForeignKey(
        CustomerOrder,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="shipments",
        verbose_name=_("order"),
    )
    transfer = models.ForeignKey(Proposal, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("transfer"))
    site = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("from"))
    ship_to = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("to"))
    state = models.CharField(_("state"), max_length=12, choices=ShipmentState.choices, default=ShipmentState.PLANNED)
    carrier = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("carrier"))
    trip = models.ForeignKey(
        Trip, on_delete=models.PROTECT, null=True, blank=True, related_name="shipments", verbose_name=_("trip")
    )
    stop = models.ForeignKey(
        TripStop, on_delete=models.PROTECT, null=True, blank=True, related_name="shipments", verbose_name=_("stop")
    )
    weight_g = models.BigIntegerField(_("weight, g"), default=0)
    volume_cm3 = models.BigIntegerField(_("volume, cm³"), default=0)
    temperature_class = models.CharField(_("temperature class"), max_length=12, default="ambient")
    ship_by = models.DateTimeField(_("must leave by"))
    due_at = models.DateTimeField(_("due at"))
    created_at = models.DateTimeField(_("made at"))
    departed_at = models.DateTimeField(_("departed at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    explanation = models.JSONField(_("reason for carrier"), default=dict)

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "site"], name="shipment_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(order__isnull=False, transfer__isnull=True) | Q(order__isnull=True, transfer__isnull=False),
                name="shipment_for_order_or_transfer",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ShipmentLine(models.Model):
    """How much of an order line (or transfer) this shipment carries; the goods stand in the ledger, in `handling_unit`."""

    # The unique constraint below begins with the shipment and is its index.
    shipment = models.ForeignKey(
        Shipment, on_delete=models.CASCADE, db_index=False, related_name="lines", verbose_name=_("shipment")
    )
    order_line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("order line")
    )
    handling_unit = models.ForeignKey(HandlingUnit, on_delete=models.PROTECT, verbose_name=_("handling unit"))
    qty = models.BigIntegerField(_("quantity"))
    delivered = models.BigIntegerField(_("delivered"), default=0)
    refused = models.BigIntegerField(_("refused"), default=0)
    damaged = models.BigIntegerField(_("of that damaged"), default=0)
    refused_reason = models.CharField(_("reason for refusal"), max_length=40, default="", blank=True)

    class Meta:
        verbose_name = _("shipment line")
        verbose_name_plural = _("shipment lines")
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "order_line", "handling_unit"], nulls_distinct=False, name="shipment_line_once"
            ),
            models.CheckConstraint(
                condition=Q(qty__gt=0, delivered__gte=0, refused__gte=0, delivered__lte=F("qty") - F("refused"))
                & Q(damaged__gte=0, damaged__lte=F("refused")),
                name="shipment_line_quantities",
            ),
        ]


class VehiclePosition(models.Model):
    """The last known position of a vehicle (one row each); older fixes become telemetry."""

    vehicle = models.OneToOneField(Vehicle, on_delete=models.CASCADE, verbose_name=_("vehicle"))
    at = models.DateTimeField(_("at"))
    latitude = models.FloatField(_("latitude, WGS-84"))
    longitude = models.FloatField(_("longitude, WGS-84"))
    heading = models.SmallIntegerField(_("heading, degrees"), default=0)
    speed_kmh = models.SmallIntegerField(_("speed, km/h"), default=0)

    class Meta:
        verbose_name = _("position of a vehicle")
        verbose_name_plural = _("positions of vehicles")


class DetourKind(models.TextChoices):
    OFF_WAY = "off-way", _("Off its way")
    STANDING = "standing", _("Standing where no stop is")


class Detour(models.Model):
    """A vehicle under way is where its trip does not lead, or stands where it has nothing to do; None: it still does."""

    trip = models.ForeignKey(Trip, on_delete=models.CASCADE, related_name="detours", verbose_name=_("trip"))
    kind = models.CharField(_("kind"), max_length=8, choices=DetourKind.choices)
    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"), null=True, blank=True)
    latitude = models.FloatField(_("latitude, WGS-84"))
    longitude = models.FloatField(_("longitude, WGS-84"))
    farthest_m = models.PositiveIntegerField(_("farthest from its way, m"), default=0)
    learned_at = models.DateTimeField(_("learned at"))

    class Meta:
        verbose_name = _("detour")
        verbose_name_plural = _("detours")
        ordering = ["-from_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["trip", "kind", "from_at"], name="detour_once")]


class ProofOfDelivery(models.Model):
    shipment = models.OneToOneField(
        Shipment, on_delete=models.PROTECT, related_name="proof", verbose_name=_("shipment")
    )
    at = models.DateTimeField(_("at"))
    signer = models.CharField(_("signed by"), max_length=80)
    note = models.CharField(_("note"), max_length=300, default="", blank=True)
    actor = models.CharField(_("who"), max_length=80)

    class Meta:
        verbose_name = _("proof of delivery")
        verbose_name_plural = _("proofs of delivery")
