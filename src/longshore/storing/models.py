"""Work inside the warehouse: waves, picks, packs, put-aways, counts."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import HandlingUnit, Item, Place
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
