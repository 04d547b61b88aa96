"""What limits supply over the whole network, and the plan that was made for it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import Item, Partner, Place


class PlannedBy(models.TextChoices):
    """How an item-site is replenished: by its own position, or day by day with all that draws on it."""

    POSITION = "position", _("Reorder point")
    NETWORK = "network", _("Network plan")


class SupplyLimit(models.Model):
    """A supplier gives at most so many base units, of all items together, in each so many days."""

    supplier = models.OneToOneField(
        Partner, on_delete=models.CASCADE, related_name="supply_limit", verbose_name=_("supplier")
    )
    period_days = models.PositiveIntegerField(_("period, days"), default=7)
    most_units = models.PositiveBigIntegerField(_("most units in a period"))

    class Meta:
        verbose_name = _("limit of a supplier")
        verbose_name_plural = _("limits of suppliers")
        constraints = [models.CheckConstraint(condition=Q(period_days__gt=0), name="supply_limit_period")]


class PriceBreak(models.Model):
    """From a quantity on a supplier asks another price. Written by purchasing from its contracts, or by hand."""

    supplier = models.ForeignKey(Partner, on_delete=models.CASCADE, verbose_name=_("supplier"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, verbose_name=_("item"))
    from_qty = models.PositiveBigIntegerField(_("from quantity"))
    unit_price = models.PositiveBigIntegerField(_("price of one base unit, minor units"))

    class Meta:
        verbose_name = _("price from a quantity on")
        verbose_name_plural = _("prices from quantities on")
        constraints = [
            models.UniqueConstraint(fields=["supplier", "item", "from_qty"], name="price_break_once"),
            models.CheckConstraint(condition=Q(from_qty__gt=1), name="price_break_above_one"),
        ]


class LoadRule(models.Model):
    """What goes from a place to a site travels in trucks or containers that should be full."""

    origin = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="+", verbose_name=_("from"))
    site = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="+", verbose_name=_("to"))
    capacity_g = models.PositiveBigIntegerField(_("a full load, g"))
    pull_days = models.PositiveIntegerField(_("may go earlier by, days"), default=3)

    class Meta:
        verbose_name = _("full load")
        verbose_name_plural = _("full loads")
        constraints = [
            models.UniqueConstraint(fields=["origin", "site"], name="load_rule_once"),
            models.CheckConstraint(condition=Q(capacity_g__gt=0), name="load_rule_positive"),
            models.CheckConstraint(condition=~Q(origin=F("site")), name="load_rule_goes_somewhere"),
        ]


class SupplyKind(models.IntegerChoices):
    """As the engine numbers them."""

    BUY = 0, _("Buy")
    MOVE = 1, _("Transfer")
    MAKE = 2, _("Make")
    SURPLUS = 3, _("Take surplus")


class PlannedOrder(models.Model):
    """An order of the plan, near or far. `source`: supplier, site or substitute's item by `kind`; 0: made here.

    Written and replaced by the plan alone, millions at a time, so its keys are not checked again by the database.
    """

    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, db_constraint=False, db_index=False, verbose_name=_("item")
    )
    site = models.ForeignKey(
        Place, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+", verbose_name=_("site")
    )
    kind = models.SmallIntegerField(_("kind"), choices=SupplyKind.choices)
    source = models.BigIntegerField(_("source"))
    qty = models.BigIntegerField(_("quantity"))
    order_on = models.DateField(_("order on"))
    due_on = models.DateField(_("due on"))
    need_on = models.DateField(_("needed on"))
    lack = models.BigIntegerField(_("lacking"))
    flip = models.BigIntegerField(_("needless with so many more on hand"))
    why = models.IntegerField(_("what shaped it, bits"))
    price_milli = models.BigIntegerField(_("price of a unit, thousandths"))
    cost_milli = models.BigIntegerField(_("cost, thousandths"))
    weight = models.BigIntegerField(_("units the price counts for"))
    rival = models.BigIntegerField(_("runner-up"))  # source * 4 + kind; -1: none
    rival_cost_milli = models.BigIntegerField(_("cost of the runner-up, thousandths"))

    class Meta:
        verbose_name = _("planned order")
        verbose_name_plural = _("planned orders")
        indexes = [models.Index(fields=["item", "site"], name="planned_order_item_site")]


class Shortage(models.Model):
    """A need that no source can meet within the days planned. `why`: UNMET_NAMES of the engine."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, db_constraint=False, verbose_name=_("item"))
    site = models.ForeignKey(
        Place, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+", verbose_name=_("site")
    )
    day = models.DateField(_("short from"))
    qty = models.BigIntegerField(_("quantity"))
    why = models.SmallIntegerField(_("why"))

    class Meta:
        verbose_name = _("shortage")
        verbose_name_plural = _("shortages")


class PlannedLevel(models.Model):
    """How far down an item-site that shares a limit or a load is planned among all; a plan of some items keeps to it.

    Written by the plan of everything, like its orders.
    """

    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+", verbose_name=_("item")
    )
    site = models.ForeignKey(
        Place, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+", verbose_name=_("site")
    )
    level = models.SmallIntegerField(_("level"))

    class Meta:
        verbose_name = _("level in the plan")
        verbose_name_plural = _("levels in the plan")
        constraints = [models.UniqueConstraint(fields=["item", "site"], name="planned_level_once")]


class NetworkRun(models.Model):
    """A plan of the whole network: when, for which days, how much it made."""

    made_at = models.DateTimeField(_("made at"))
    starts_on = models.DateField(_("first day"))
    days = models.PositiveIntegerField(_("days"))
    release_days = models.PositiveIntegerField(_("proposed ahead, days"))
    nodes = models.PositiveIntegerField(_("item-sites"))
    orders = models.PositiveIntegerField(_("planned orders"))
    shortages = models.PositiveIntegerField(_("shortages"))
    cause = models.CharField(_("because of"), max_length=120, default="")

    class Meta:
        verbose_name = _("network plan")
        verbose_name_plural = _("network plans")
        ordering = ["-id"]
