"""Customer orders and the history of what was promised on them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import Item, Partner, Place, UnitOfMeasure


class OrderState(models.TextChoices):
    """Where the order stands; the least advanced open line decides."""

    NEW = "new", _("New")  # nothing or not everything promised yet
    PROMISED = "promised", _("Promised")
    RELEASED = "released", _("Released")  # in a wave
    PICKED = "picked", _("Picked")
    PACKED = "packed", _("Packed")
    LOADED = "loaded", _("Loaded")
    IN_TRANSIT = "in_transit", _("In transit")
    DELIVERED = "delivered", _("Delivered")
    CANCELLED = "cancelled", _("Cancelled")


class CustomerOrder(models.Model):
    key = models.UUIDField(_("id chosen by the caller"), unique=True)
    number = models.CharField(_("number"), max_length=40, unique=True)
    customer = models.ForeignKey(Partner, on_delete=models.PROTECT, verbose_name=_("customer"))
    ship_to = models.ForeignKey(Place, on_delete=models.PROTECT, verbose_name=_("deliver to"))
    channel = models.CharField(_("channel"), max_length=20, default="api")
    priority = models.PositiveSmallIntegerField(_("priority, 1 first"), default=5)
    ship_complete = models.BooleanField(_("deliver complete"), default=False)
    received_at = models.DateTimeField(_("received at"))
    requested_at = models.DateTimeField(_("wanted by"))
    promised_at = models.DateTimeField(_("promised by"), null=True, blank=True)
    first_promised_at = models.DateTimeField(_("first promised by"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=OrderState.choices, default=OrderState.NEW)
    value = models.BigIntegerField(_("value, minor units"), default=0)
    note = models.CharField(_("note"), max_length=300, default="", blank=True)

    class Meta:
        verbose_name = _("customer order")
        verbose_name_plural = _("customer orders")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state", "requested_at"], name="order_state"),
            models.Index(fields=["received_at"], name="order_received"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """One item wanted. Open quantity = qty − cancelled − delivered. Its claims have the demand `order-line:<id>`."""

    order = models.ForeignKey(
        CustomerOrder, on_delete=models.PROTECT, db_index=False, related_name="lines", verbose_name=_("order")
    )
    line = models.PositiveIntegerField(_("line"))
    item = models.ForeignKey(Item, on_delete=models.PROTECT, verbose_name=_("item"))
    entered_qty = models.CharField(_("quantity as entered"), max_length=40)
    entered_unit = models.ForeignKey(
        UnitOfMeasure, on_delete=models.PROTECT, db_index=False, verbose_name=_("unit as entered")
    )
    qty = models.BigIntegerField(_("quantity, base units"))
    unit_price = models.BigIntegerField(_("price of one base unit, minor units"), default=0)
    promised_at = models.DateTimeField(_("promised by"), null=True, blank=True)
    first_promised_at = models.DateTimeField(_("first promised by"), null=True, blank=True)
    # What the last promise found no supply for. A finding, not a counter: the next promise replaces it.
    short = models.BigIntegerField(_("without supply"), default=0)
    cancelled = models.BigIntegerField(_("cancelled"), default=0)
    shipped = models.BigIntegerField(_("shipped"), default=0)
    delivered = models.BigIntegerField(_("delivered"), default=0)
    refused = models.BigIntegerField(_("refused"), default=0)
    returned = models.BigIntegerField(_("returned"), default=0)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["order_id", "line"]
        constraints = [
            models.UniqueConstraint(fields=["order", "line"], name="order_line_once"),
            models.CheckConstraint(condition=Q(qty__gt=0), name="order_line_positive"),
            models.CheckConstraint(
                condition=Q(
                    short__gte=0, cancelled__gte=0, shipped__gte=0, delivered__gte=0, refused__gte=0, returned__gte=0
                ),
                name="order_line_parts_positive",
            ),
            models.CheckConstraint(
                condition=Q(shipped__lte=F("qty") - F("cancelled") + F("refused"))
                & Q(delivered__lte=F("shipped") - F("refused"))
                & Q(returned__lte=F("delivered")),
                name="order_line_parts_add_up",
            ),
        ]
        indexes = [
            # Open lines by item: who is touched when supply of an item changes.
            models.Index(fields=["item"], condition=Q(qty__gt=F("cancelled") + F("delivered")), name="order_line_open"),
            models.Index(fields=["item"], condition=Q(short__gt=0), name="order_line_short"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.line}"


class PromiseRecord(models.Model):
    """What we told the customer and when; a re-promise keeps the one before it and says what changed."""

    line = models.ForeignKey(
        OrderLine, on_delete=models.CASCADE, db_index=False, related_name="promises", verbose_name=_("line")
    )
    at = models.DateTimeField(_("at"))
    promised_at = models.DateTimeField(_("promised by"), null=True)  # null: no date can be given
    previous_at = models.DateTimeField(_("promised before"), null=True)
    promised_qty = models.BigIntegerField(_("quantity promised"))
    explanation = models.JSONField(_("reason"), default=dict)
    cause = models.CharField(_("because of"), max_length=120, default="")

    class Meta:
        verbose_name = _("promise")
        verbose_name_plural = _("promises")
        indexes = [models.Index(fields=["line", "-id"], name="promise_line")]


class NoticeKind(models.TextChoices):
    LATER = "later", _("Comes later than promised")
    SOONER = "sooner", _("Comes sooner than last told")
    REPLACED = "replaced", _("Comes from another warehouse")
    WAITING = "waiting", _("No date can be given for now")
    RECALLED = "recalled", _("Goods of it are called back")
    RECALL_OFF = "recall-off", _("They are not called back after all")


class CustomerNotice(models.Model):
    """Something a customer was told about an order. `key` names the fact, so the same one is never told twice."""

    key = models.UUIDField(_("id of the fact"), unique=True)
    order = models.ForeignKey(CustomerOrder, on_delete=models.CASCADE, related_name="notices", verbose_name=_("order"))
    kind = models.CharField(_("kind"), max_length=10, choices=NoticeKind.choices)
    promised_at = models.DateTimeField(_("told to come by"), null=True, blank=True)
    facts = models.JSONField(_("facts"), default=dict)  # what the sentence is made of, in both languages
    email = models.EmailField(_("e-mail"), blank=True)  # empty: shown on the order's page only
    at = models.DateTimeField(_("at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    cause = models.CharField(_("because of"), max_length=120, default="")

    class Meta:
        verbose_name = _("notice to a customer")
        verbose_name_plural = _("notices to customers")
        ordering = ["-id"]
        indexes = [models.Index(fields=["order", "-id"], name="notice_of_order")]
