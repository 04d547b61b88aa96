"""One ledger in three tenses: movements happened, balances now, planned flows to come; claims on the last two."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import HandlingUnit, Item, Lot, Partner, Place, Serial


class Condition(models.IntegerChoices):
    UNRESTRICTED = 0, _("Unrestricted")
    INSPECTION = 1, _("In inspection")
    HOLD = 2, _("On hold")
    DAMAGED = 3, _("Damaged")
    EXPIRED = 4, _("Expired")
    RETURNED = 5, _("Returned")


class PostingKind(models.IntegerChoices):
    """Why goods moved: a closed list."""

    OPENING = 0, _("Opening balance")
    RECEIPT = 1, _("Receipt from a supplier")
    PUTAWAY = 2, _("Put-away")
    MOVE = 3, _("Move")
    PICK = 4, _("Pick")
    PACK = 5, _("Pack")
    STAGE = 6, _("Stage")
    LOAD = 7, _("Load")
    UNLOAD = 8, _("Unload")
    DELIVER = 9, _("Delivery")
    REFUSE = 10, _("Refusal")
    RETURN = 11, _("Return")
    COUNT = 12, _("Count difference")
    DAMAGE = 13, _("Damage")
    SCRAP = 14, _("Scrap")
    CONDITION = 15, _("Change of condition")
    OWNER = 16, _("Change of owner")
    CONSUME = 17, _("Consumption")
    PRODUCE = 18, _("Production")
    TRANSFER = 19, _("Transfer")
    REVERSAL = 20, _("Reversal")
    TRANSFORM = 21, _("Transformation")


class Balance(models.Model):
    """A key of the ledger and what stands there now: a fold of its movements, rebuildable at any time.

    The row is never deleted: movements name it. `claimed` is the fold of open claims on it.
    """

    item = models.ForeignKey(Item, on_delete=models.PROTECT, verbose_name=_("item"))
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, db_index=False, verbose_name=_("lot"))
    serial = models.ForeignKey(
        Serial, on_delete=models.PROTECT, null=True, db_index=False, verbose_name=_("serial number")
    )
    owner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, verbose_name=_("owner"))
    place = models.ForeignKey(Place, on_delete=models.PROTECT, db_index=False, verbose_name=_("place"))
    condition = models.SmallIntegerField(_("condition"), choices=Condition.choices, default=Condition.UNRESTRICTED)
    handling_unit = models.ForeignKey(
        HandlingUnit, on_delete=models.PROTECT, null=True, db_index=False, verbose_name=_("handling unit")
    )
    bounded = models.BooleanField(_("may not be negative"))
    qty = models.BigIntegerField(_("quantity"), default=0)
    claimed = models.BigIntegerField(_("claimed"), default=0)

    class Meta:
        verbose_name = _("balance")
        verbose_name_plural = _("balances")
        constraints = [
            # Over expressions and not NULLS NOT DISTINCT, so that finding a key by all its parts uses the index; the place
            # first, so that it answers "what stands here" too and no narrower index tempts the planner.
            models.UniqueConstraint(
                "place",
                "item",
                Coalesce("handling_unit", 0),
                Coalesce("lot", 0),
                "owner",
                "condition",
                Coalesce("serial", 0),
                name="balance_key",
            ),
            models.CheckConstraint(condition=Q(bounded=False) | Q(qty__gte=0), name="balance_not_negative"),
            models.CheckConstraint(condition=Q(claimed__gte=0), name="balance_claimed_not_negative"),
            models.CheckConstraint(condition=Q(claimed=0) | Q(claimed__lte=F("qty")), name="balance_claims_stand"),
            # That a serial stands in one place only is a trigger's work (migration 0002): an index over `qty` would
            # make every posting rewrite every index of the row.
            models.CheckConstraint(condition=Q(serial__isnull=True) | Q(qty__lte=1), name="balance_serial_is_one"),
        ]
        indexes = [
            models.Index(
                fields=["handling_unit"], condition=Q(handling_unit__isnull=False), name="balance_handling_unit"
            ),
            models.Index(fields=["serial"], condition=Q(serial__isnull=False), name="balance_serial"),
            models.Index(fields=["lot"], condition=Q(lot__isnull=False), name="balance_lot"),
        ]


class Posting(models.Model):
    """One business fact: its movements happened together or not at all."""

    key = models.UUIDField(_("id chosen by the caller"), unique=True)
    kind = models.SmallIntegerField(_("kind"), choices=PostingKind.choices)
    happened_at = models.DateTimeField(_("happened at"))
    recorded_at = models.DateTimeField(_("learned at"))
    actor = models.CharField(_("who"), max_length=80)
    device = models.CharField(_("device"), max_length=80, default="", blank=True)
    cause = models.CharField(_("because of"), max_length=120, default="", blank=True)
    document = models.CharField(_("document"), max_length=80, default="", blank=True)
    reverses = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("reverses"),
    )
    digest = models.BinaryField(_("digest of the content"), max_length=16)

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints = [
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="posting_reversed_once"
            ),
        ]
        indexes = [models.Index(fields=["document"], condition=~Q(document=""), name="posting_document")]


class Movement(models.Model):
    """`qty` left `source` and arrived at `target`. Append-only (a trigger refuses anything else).

    One row holds both sides, so no state of the database can break conservation. References to
    balances and postings are checked per statement by a trigger (migration 0002): a row-wise foreign key costs more
    than the insert itself.
    """

    posting = models.ForeignKey(Posting, on_delete=models.DO_NOTHING, db_constraint=False, verbose_name=_("posting"))
    source = models.ForeignKey(
        Balance,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("from"),
    )
    target = models.ForeignKey(
        Balance,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("to"),
    )
    qty = models.BigIntegerField(_("quantity"))
    happened_at = models.DateTimeField(_("happened at"))
    recorded_at = models.DateTimeField(_("learned at"))

    class Meta:
        verbose_name = _("movement")
        verbose_name_plural = _("movements")
        constraints = [
            models.CheckConstraint(condition=Q(qty__gt=0), name="movement_positive"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="movement_goes_somewhere"),
        ]
        indexes = [
            models.Index(fields=["source", "happened_at"], include=["recorded_at", "qty"], name="movement_source"),
            models.Index(fields=["target", "happened_at"], include=["recorded_at", "qty"], name="movement_target"),
        ]


class ClosedPeriod(models.Model):
    """Nothing may be posted as having happened before `closed_before`."""

    closed_before = models.DateTimeField(_("closed before"), unique=True)
    closed_at = models.DateTimeField(_("closed at"))
    actor = models.CharField(_("who"), max_length=80)

    class Meta:
        verbose_name = _("closed period")
        verbose_name_plural = _("closed periods")


class FlowKind(models.TextChoices):
    PURCHASE = "purchase", _("Purchase")
    TRANSFER = "transfer", _("Transfer")
    PRODUCTION = "production", _("Production")
    RETURN = "return", _("Return")
    SALE = "sale", _("Sale")


class FlowStatus(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    FIRM = "firm", _("Firm")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")


class PlannedFlow(models.Model):
    """A movement to come: a purchase-order line, a transfer, a customer order line. Same shape as a movement."""

    key = models.UUIDField(_("id chosen by the caller"), unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=FlowKind.choices)
    status = models.CharField(_("status"), max_length=12, choices=FlowStatus.choices, default=FlowStatus.FIRM)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, verbose_name=_("item"))
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("lot"))
    source = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("from"))
    target = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("to"))
    qty = models.BigIntegerField(_("quantity"))
    done = models.BigIntegerField(_("done"), default=0)
    claimed = models.BigIntegerField(_("claimed"), default=0)
    ship_at = models.DateTimeField(_("leaves at"))
    arrive_at = models.DateTimeField(_("arrives at"))
    usable_until = models.DateTimeField(_("usable until"), null=True, blank=True)
    document = models.CharField(_("document"), max_length=80)
    updated_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("planned flow")
        verbose_name_plural = _("planned flows")
        constraints = [
            models.CheckConstraint(condition=Q(qty__gt=0, done__gte=0, claimed__gte=0), name="flow_positive"),
            models.CheckConstraint(
                condition=Q(claimed=0) | Q(claimed__lte=F("qty") - F("done"), status__in=["proposed", "firm"]),
                name="flow_claims_stand",
            ),
            models.CheckConstraint(condition=Q(ship_at__lte=F("arrive_at")), name="flow_leaves_before_arrival"),
        ]
        indexes = [
            models.Index(fields=["item", "target", "arrive_at"], condition=Q(status="firm"), name="flow_supply"),
            models.Index(fields=["document"], name="flow_document"),
        ]


class ClaimState(models.TextChoices):
    OPEN = "open", _("Open")
    CONSUMED = "consumed", _("Consumed")
    VOIDED = "voided", _("Voided")
    EXPIRED = "expired", _("Expired")


class Claim(models.Model):
    """A demand's hold on stock or on supply to come. Open quantity = qty − consumed.

    `demand` names what it is for ("order-line:17", "transfer:5", "hold:9"); `hard` claims are being worked on
    (released to the floor) and are never taken away by re-allocation.
    """

    key = models.UUIDField(_("id chosen by the caller"), unique=True)
    demand = models.CharField(_("for"), max_length=60)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, db_index=False, verbose_name=_("item"))
    site = models.ForeignKey(Place, on_delete=models.PROTECT, db_index=False, verbose_name=_("site"))
    balance = models.ForeignKey(
        Balance, on_delete=models.PROTECT, null=True, db_index=False, related_name="claims", verbose_name=_("stock")
    )
    flow = models.ForeignKey(
        PlannedFlow,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="claims",
        verbose_name=_("planned flow"),
    )
    qty = models.BigIntegerField(_("quantity"))
    consumed = models.BigIntegerField(_("consumed"), default=0)
    hard = models.BooleanField(_("hard"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=ClaimState.choices, default=ClaimState.OPEN)
    priority = models.PositiveSmallIntegerField(_("priority, 1 first"), default=5)
    ship_at = models.DateTimeField(_("leaves at"))
    due_at = models.DateTimeField(_("due at"))
    expires_at = models.DateTimeField(_("expires at"), null=True)
    created_at = models.DateTimeField(_("made at"))
    closed_at = models.DateTimeField(_("closed at"), null=True)
    cause = models.CharField(_("because of"), max_length=120, default="")

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.CheckConstraint(
                condition=Q(balance__isnull=False, flow__isnull=True) | Q(balance__isnull=True, flow__isnull=False),
                name="claim_stands_on_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(qty__gt=0, consumed__gte=0, consumed__lte=F("qty")), name="claim_quantities"
            ),
            models.CheckConstraint(
                condition=(Q(state="open") & Q(consumed__lt=F("qty")) & Q(closed_at__isnull=True))
                | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="claim_open_or_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["demand"], name="claim_demand"),
            models.Index(
                fields=["balance"], condition=Q(state="open", balance__isnull=False), name="claim_open_balance"
            ),
            models.Index(fields=["flow"], condition=Q(state="open", flow__isnull=False), name="claim_open_flow"),
            models.Index(
                fields=["expires_at"], condition=Q(state="open", expires_at__isnull=False), name="claim_expiry"
            ),
        ]


class Observation(models.Model):
    """What was seen: a count, a tag, a temperature, a position. It never changes a quantity itself."""

    key = models.UUIDField(_("id chosen by the caller"), unique=True)
    kind = models.CharField(_("kind"), max_length=20)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, verbose_name=_("place"))
    balance = models.ForeignKey(Balance, on_delete=models.PROTECT, null=True, verbose_name=_("stock"))
    counted = models.BigIntegerField(_("counted"), null=True)
    expected = models.BigIntegerField(_("expected"), null=True)
    ledger_position = models.BigIntegerField(_("last movement at that time"))
    happened_at = models.DateTimeField(_("happened at"))
    recorded_at = models.DateTimeField(_("learned at"))
    actor = models.CharField(_("who"), max_length=80)
    device = models.CharField(_("device"), max_length=80, default="", blank=True)
    settled_by = models.ForeignKey(Posting, on_delete=models.PROTECT, null=True, verbose_name=_("settled by"))
    values = models.JSONField(_("values"), default=dict, blank=True)

    class Meta:
        verbose_name = _("observation")
        verbose_name_plural = _("observations")


class ReceiptPrice(models.Model):
    """What a base unit of an item cost in a posting, told by who bought it; without one, the item's standard cost."""

    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, verbose_name=_("posting"))
    item = models.ForeignKey(Item, on_delete=models.PROTECT, verbose_name=_("item"))
    unit_price = models.BigIntegerField(_("price of one base unit, minor units"))

    class Meta:
        verbose_name = _("price of a receipt")
        verbose_name_plural = _("prices of receipts")
        constraints = [
            models.UniqueConstraint(fields=["posting", "item"], name="receipt_price_once"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="receipt_price_not_negative"),
        ]


class CostMethod(models.TextChoices):
    AVERAGE = "average", _("Moving average")
    FIFO = "fifo", _("First in, first out")


class CostEntry(models.Model):
    """What a movement was worth. Append-only; a late cost is a new entry dated now. Stock value = Σ value."""

    movement = models.ForeignKey(Movement, on_delete=models.DO_NOTHING, db_constraint=False, verbose_name=_("movement"))
    method = models.CharField(_("method"), max_length=8, choices=CostMethod.choices)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, verbose_name=_("item"))
    qty = models.BigIntegerField(_("quantity, + in, − out"))
    value = models.BigIntegerField(_("value, minor units"))
    layer = models.ForeignKey("self", on_delete=models.PROTECT, null=True, verbose_name=_("taken from"))
    reason = models.CharField(_("reason"), max_length=20, default="movement")
    recorded_at = models.DateTimeField(_("learned at"))

    class Meta:
        verbose_name = _("cost entry")
        verbose_name_plural = _("cost entries")
        indexes = [models.Index(fields=["item", "method", "id"], include=["qty", "value"], name="cost_item")]


class OutboxEvent(models.Model):
    """Something that happened, written in the transaction that made it so; told to others after commit."""

    name = models.CharField(_("event"), max_length=60)
    payload = models.JSONField(_("content"))
    at = models.DateTimeField(_("at"))
    cause = models.CharField(_("because of"), max_length=120, default="")
    dispatched = models.BooleanField(_("told"), default=False)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [models.Index(fields=["id"], condition=Q(dispatched=False), name="outbox_waiting")]


class Delivery(models.Model):
    """One event told to one reactor: done, to be tried again, or dead."""

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, verbose_name=_("event"))
    reactor = models.CharField(_("reactor"), max_length=120)
    state = models.CharField(_("state"), max_length=8, default="waiting")  # waiting, done, dead
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try at"), null=True)
    error = models.TextField(_("error"), default="", blank=True)

    class Meta:
        verbose_name = _("delivery of an event")
        verbose_name_plural = _("deliveries of events")
        constraints = [models.UniqueConstraint(fields=["event", "reactor"], name="delivery_once")]
        indexes = [models.Index(fields=["next_try_at"], condition=Q(state="waiting"), name="delivery_waiting")]
