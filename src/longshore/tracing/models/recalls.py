"""Recalls: what is called back, where it is, who was told, and whether it comes out; and what a consumer may read."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import Item, Lot, Partner, Place, Serial


class RecallState(models.TextChoices):
    FOUND = "found", _("Found")
    HELD = "held", _("On hold")
    NOTIFIED = "notified", _("Customers told")
    RECONCILED = "reconciled", _("Reconciled")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")


class RecallStart(models.TextChoices):
    LOT = "lot", _("Lot, serial number or handling unit")
    SUPPLIER = "supplier", _("Supplier and period")
    MACHINE = "machine", _("Machine run")
    SENSOR = "sensor", _("What stood somewhere during a time")


class Recall(models.Model):
    """One call back, from its start to its end. `start` is what was asked for, `balance` the sums at the last look."""

    key = models.UUIDField(_("id chosen by the caller"), unique=True)
    number = models.CharField(_("number"), max_length=20, unique=True)
    reason = models.CharField(_("reason"), max_length=300)
    kind = models.CharField(_("start"), max_length=10, choices=RecallStart.choices)
    start = models.JSONField(_("asked for"))
    state = models.CharField(_("state"), max_length=12, choices=RecallState.choices, default=RecallState.FOUND)
    complete = models.BooleanField(_("all found"), default=True)
    cyclic = models.PositiveIntegerField(_("links on a cycle"), default=0)
    rounds = models.PositiveIntegerField(_("rounds of holding"), default=0)
    actor = models.CharField(_("who"), max_length=80)
    created_at = models.DateTimeField(_("started at"))
    held_at = models.DateTimeField(_("held at"), null=True)
    notified_at = models.DateTimeField(_("customers told at"), null=True)
    reconciled_at = models.DateTimeField(_("reconciled at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("recall")
        verbose_name_plural = _("recalls")
        ordering = ["-id"]
        permissions = [("run_recall", "Start, hold, notify, close and cancel recalls")]

    def __str__(self) -> str:
        return self.number


class RecallLine(models.Model):
    """A lot or serial number in a recall, with its mass balance at the last look.

    Written anew at every look, fifty thousand at a time: row-wise foreign keys would cost more than the rows.
    """

    recall = models.ForeignKey(
        Recall,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="lines",
        verbose_name=_("recall"),
    )
    node = models.BigIntegerField(_("node"))
    depth = models.PositiveSmallIntegerField(_("steps from the start"))
    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, db_constraint=False, db_index=False, verbose_name=_("item")
    )
    lot = models.ForeignKey(
        Lot, on_delete=models.PROTECT, db_constraint=False, null=True, db_index=False, verbose_name=_("lot")
    )
    serial = models.ForeignKey(
        Serial,
        on_delete=models.PROTECT,
        db_constraint=False,
        null=True,
        db_index=False,
        verbose_name=_("serial number"),
    )
    made = models.BigIntegerField(_("made"), default=0)
    found = models.BigIntegerField(_("found"), default=0)
    held = models.BigIntegerField(_("of that on hold"), default=0)
    shipped = models.BigIntegerField(_("shipped"), default=0)
    scrapped = models.BigIntegerField(_("scrapped"), default=0)
    consumed = models.BigIntegerField(_("consumed onward"), default=0)
    unexplained = models.BigIntegerField(_("unexplained"), default=0)

    class Meta:
        verbose_name = _("lot of a recall")
        verbose_name_plural = _("lots of recalls")
        constraints = [models.UniqueConstraint(fields=["recall", "node"], name="recall_line_once")]


class LetterState(models.TextChoices):
    WAITING = "waiting", _("Not told yet")
    SENT = "sent", _("Told")
    ANSWERED = "answered", _("Answered")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class RecallLetter(models.Model):
    """What one customer got of a recalled lot in one delivery, and what it says came back or was destroyed."""

    recall = models.ForeignKey(
        Recall,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="letters",
        verbose_name=_("recall"),
    )
    posting = models.BigIntegerField(_("delivery"))
    node = models.BigIntegerField(_("node"))
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, db_constraint=False, db_index=False, null=True, verbose_name=_("customer")
    )
    place = models.ForeignKey(
        Place, on_delete=models.PROTECT, db_constraint=False, db_index=False, verbose_name=_("place")
    )
    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, db_constraint=False, db_index=False, verbose_name=_("item")
    )
    lot = models.ForeignKey(
        Lot, on_delete=models.PROTECT, db_constraint=False, null=True, db_index=False, verbose_name=_("lot")
    )
    document = models.CharField(_("shipment"), max_length=80, default="")
    order = models.CharField(_("order"), max_length=80, default="")
    qty = models.BigIntegerField(_("quantity"))
    delivered_at = models.DateTimeField(_("delivered at"))
    state = models.CharField(_("state"), max_length=10, choices=LetterState.choices, default=LetterState.WAITING)
    sent_at = models.DateTimeField(_("told at"), null=True)
    answered_at = models.DateTimeField(_("answered at"), null=True)
    recovered = models.BigIntegerField(_("came back or was destroyed"), null=True)
    note = models.CharField(_("note"), max_length=300, default="", blank=True)

    class Meta:
        verbose_name = _("letter of a recall")
        verbose_name_plural = _("letters of recalls")
        constraints = [
            models.UniqueConstraint(fields=["recall", "posting", "node"], name="recall_letter_once"),
            models.CheckConstraint(
                condition=Q(recovered__isnull=True) | Q(recovered__gte=0, recovered__lte=models.F("qty")),
                name="recall_letter_recovered",
            ),
        ]


class ConsumerPage(models.Model):
    """What anybody may read about the lots of an item who scans its code. Nothing is shown without such a row."""

    item = models.OneToOneField(Item, on_delete=models.CASCADE, verbose_name=_("item"))
    enabled = models.BooleanField(_("public"), default=False)
    text = models.TextField(_("text"), blank=True, default="")
    text_zh = models.TextField(_("Chinese text"), blank=True, default="")
    show_dates = models.BooleanField(_("show production and expiry date"), default=True)
    show_origin = models.BooleanField(_("show where the ingredients come from"), default=False)
    show_recall = models.BooleanField(_("show recalls"), default=True)

    class Meta:
        verbose_name = _("consumer page")
        verbose_name_plural = _("consumer pages")

    def __str__(self) -> str:
        return str(self.item)
