"""Work inside the warehouse: waves, picks, packs, put-aways, counts, goods on hold, docks."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import HandlingUnit, Item, Lot, Place
from longshore.ledger.models import Balance, Claim
from longshore.ordering.models import OrderLine
from longshore.planning.models import Proposal


class Wave(models.Model):
    key = models.UUIDField(_("id"), unique=True)
    number = models.CharField(_("number"), max_length=40, unique=True)
    site = models.ForeignKey(Place, on_delete=models.PROTECT, verbose_name=_("site"))
    released_at = models.DateTimeField(_("released at"))
    ship_before = models.DateTimeField(_("must leave before"))
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    actor = models.CharField(_("who"), max_length=80)

    class Meta:
        verbose_name = _("wave")
        verbose_name_plural = _("waves")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number


class PickState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    PICKED = "picked", _("Picked")
    SHORT = "short", _("Short")
    CANCELLED = "cancelled", _("Cancelled")


class PickTask(models.Model):
    """Take `qty` of what `claim` stands on, for an order line or a transfer. The claim is hard and travels with the
    goods, so nobody else can promise them; `balance` is where they were taken from."""

    # A task is rewritten at each step: only the keys somebody looks it up by have an index.
    wave = models.ForeignKey(
        Wave, on_delete=models.PROTECT, db_index=False, related_name="tasks", verbose_name=_("wave")
    )
    order_line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, null=True, blank=True, related_name="picks", verbose_name=_("order line")
    )
    transfer = models.ForeignKey(
        Proposal,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="picks",
        verbose_name=_("transfer"),
    )
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="+", verbose_name=_("claim"))
    balance = models.ForeignKey(
        Balance, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("from")
    )
    sequence = models.PositiveIntegerField(_("walking order"), default=0)
    qty = models.BigIntegerField(_("quantity"))
    picked = models.BigIntegerField(_("picked"), default=0)
    packed = models.BigIntegerField(_("packed"), default=0)
    handling_unit = models.ForeignKey(
        HandlingUnit, on_delete=models.PROTECT, null=True, blank=True, db_index=False, verbose_name=_("packed in")
    )
    on_shipment = models.BooleanField(_("on a shipment"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=PickState.choices, default=PickState.WAITING)
    short_reason = models.CharField(_("reason for short"), max_length=40, default="", blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    actor = models.CharField(_("who"), max_length=80, default="", blank=True)

    class Meta:
        verbose_name = _("pick task")
        verbose_name_plural = _("pick tasks")
        constraints = [
            models.CheckConstraint(
                condition=Q(qty__gt=0, picked__gte=0, packed__gte=0, picked__lte=F("qty"), packed__lte=F("picked")),
                name="pick_quantities",
            ),
            models.CheckConstraint(
                condition=Q(order_line__isnull=False, transfer__isnull=True)
                | Q(order_line__isnull=True, transfer__isnull=False),
                name="pick_for_order_or_transfer",
            ),
        ]
        indexes = [
            models.Index(fields=["wave", "state", "sequence"], name="pick_wave"),
            # The worklists of packing and of shipping: short, however long the history is.
            models.Index(fields=["wave"], condition=Q(packed__lt=F("picked")), name="pick_to_pack"),
            models.Index(fields=["wave"], condition=Q(packed__gt=0, on_shipment=False), name="pick_to_ship"),
        ]


class CountTask(models.Model):
    """Somebody should count this place; a difference beyond tolerance becomes a second count, then a movement."""

    key = models.UUIDField(_("id"), unique=True)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, verbose_name=_("place"))
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("item"))  # null: all
    recount = models.BooleanField(_("second count"), default=False)
    asked_at = models.DateTimeField(_("asked at"))
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    cause = models.CharField(_("because of"), max_length=120, default="")

    class Meta:
        verbose_name = _("count task")
        verbose_name_plural = _("count tasks")
        indexes = [models.Index(fields=["place"], condition=Q(done_at__isnull=True), name="count_waiting")]


class QualityState(models.TextChoices):
    HELD = "held", _("On hold")
    SENT = "sent", _("With quality")
    RELEASED = "released", _("Released for use")
    DOWNGRADED = "downgraded", _("Downgraded")
    SCRAPPED = "scrapped", _("Scrapped")


OPEN_CASES = (QualityState.HELD, QualityState.SENT)


class QualityCase(models.Model):
    """A lot that was where it was too warm or too cold, until somebody from quality says what becomes of it."""

    # Its number only: the decision stays when the episode has been thinned out of the telemetry.
    excursion = models.BigIntegerField(_("excursion"))
    item = models.ForeignKey(Item, on_delete=models.PROTECT, verbose_name=_("item"))
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("lot"))
    state = models.CharField(_("state"), max_length=10, choices=QualityState.choices, default=QualityState.HELD)
    qty = models.BigIntegerField(_("held, base units"), default=0)
    left = models.BigIntegerField(_("no longer ours when found"), default=0)  # delivered before we learned of it
    value = models.BigIntegerField(_("value at standard cost, minor units"), default=0)
    opened_at = models.DateTimeField(_("opened at"))
    sent_at = models.DateTimeField(_("sent to quality at"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=80, default="", blank=True)
    reason = models.CharField(_("reason"), max_length=300, default="", blank=True)

    class Meta:
        verbose_name = _("quality case")
        verbose_name_plural = _("quality cases")
        ordering = ["-id"]
        # apart from the rest of the app: who moves goods does not judge them
        permissions = [("decide_qualitycase", "Can decide on held lots")]
        constraints = [
            models.UniqueConstraint(
                fields=["excursion", "item", "lot"], nulls_distinct=False, name="quality_case_once"
            ),
            models.CheckConstraint(condition=Q(qty__gte=0, left__gte=0), name="quality_case_quantities"),
            models.CheckConstraint(
                condition=Q(state__in=["held", "sent"], decided_at__isnull=True)
                | (~Q(state__in=["held", "sent"]) & Q(decided_at__isnull=False) & ~Q(reason="")),
                name="quality_case_decided_with_reason",
            ),
        ]
        indexes = [models.Index(fields=["state"], name="quality_case_state")]

    def __str__(self) -> str:
        return f"Q{self.pk:06d}"


class HeldStock(models.Model):
    """Goods of a case under one key of the ledger, as they stood when they were put on hold."""

    case = models.ForeignKey(QualityCase, on_delete=models.CASCADE, related_name="held", verbose_name=_("case"))
    balance = models.ForeignKey(
        Balance, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("where they stand on hold")
    )
    qty = models.BigIntegerField(_("quantity"))
    at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("held stock")
        verbose_name_plural = _("held stock")
        constraints = [models.UniqueConstraint(fields=["case", "balance", "at"], name="held_stock_once")]


class TouchedLine(models.Model):
    """An order line whose goods were put on hold, and what it had been promised."""

    excursion = models.BigIntegerField(_("excursion"))
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="+", verbose_name=_("order line"))
    qty = models.BigIntegerField(_("quantity taken from it"))
    site = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("was to come from"))
    promised_at = models.DateTimeField(_("was promised by"), null=True)

    class Meta:
        verbose_name = _("order line touched")
        verbose_name_plural = _("order lines touched")
        constraints = [models.UniqueConstraint(fields=["excursion", "order_line"], name="touched_line_once")]


_IDS, _SPAN = BigIntegerRangeField(), DateTimeRangeField()


class DockBooking(models.Model):
    """A dock is kept free for a truck. `document` names what comes or goes: one booking each, moved when it is late."""

    document = models.CharField(_("for"), max_length=60, unique=True)  # "trip:4", "stop:9", "purchase:7"
    dock = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("dock"))
    site = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("site"))
    inbound = models.BooleanField(_("inbound"))
    wanted_at = models.DateTimeField(_("wanted from"))
    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"))
    moved = models.PositiveIntegerField(_("times moved"), default=0)
    updated_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("dock booking")
        verbose_name_plural = _("dock bookings")
        ordering = ["from_at"]
        constraints = [
            models.CheckConstraint(condition=Q(until_at__gt=F("from_at")), name="dock_booking_has_a_span"),
            ExclusionConstraint(
                name="dock_booked_once_at_a_time",
                expressions=[
                    # an id as a range of one: so GiST compares it without an extension
                    (
                        Func("dock_id", "dock_id", Value("[]"), function="int8range", output_field=_IDS),
                        RangeOperators.OVERLAPS,
                    ),
                    (Func("from_at", "until_at", function="tstzrange", output_field=_SPAN), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [models.Index(fields=["site", "from_at"], name="dock_booking_site")]
