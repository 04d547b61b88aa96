"""What items are made of, where they are made, and what may stand in for them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models.facts import Item, Place
from longshore.catalog.models.terms import Terms, above_zero


class Bill(Terms):
    """An item is made at a site: how long it takes, in which lots. What goes into it are its lines."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="bills", verbose_name=_("item"))
    site = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="bills", verbose_name=_("made at"))
    moq = models.PositiveBigIntegerField(_("least lot"), default=1)
    multiple = models.PositiveBigIntegerField(_("lot multiple"), default=1)
    unit_cost = models.PositiveBigIntegerField(_("cost of making one base unit, minor units"), default=0)

    class Meta:
        verbose_name = _("bill of material")
        verbose_name_plural = _("bills of material")
        constraints = [
            models.UniqueConstraint(fields=["item", "site"], name="bill_once"),
            above_zero("bill_positive", "moq", "multiple"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}@{self.site_id}"


class BillLine(models.Model):
    """One base unit of the item takes numerator/denominator base units of the component, at every site."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="components", verbose_name=_("item"))
    component = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="used_in", verbose_name=_("component"))
    numerator = models.PositiveBigIntegerField(_("quantity, numerator"))
    denominator = models.PositiveBigIntegerField(_("quantity, denominator"), default=1)
    scrap_bp = models.PositiveIntegerField(_("scrap, basis points"), default=0)

    class Meta:
        verbose_name = _("line of a bill of material")
        verbose_name_plural = _("lines of bills of material")
        constraints = [
            models.UniqueConstraint(fields=["item", "component"], name="bill_line_once"),
            above_zero("bill_line_positive", "numerator", "denominator"),
            models.CheckConstraint(condition=~Q(item=F("component")), name="bill_line_of_another"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} ← {self.numerator}/{self.denominator} {self.component_id}"


class Substitute(models.Model):
    """`numerator` base units of the substitute do what `denominator` units of the item do."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="substitutes", verbose_name=_("item"))
    substitute = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="stands_for", verbose_name=_("substitute")
    )
    numerator = models.PositiveBigIntegerField(_("quantity, numerator"), default=1)
    denominator = models.PositiveBigIntegerField(_("quantity, denominator"), default=1)
    priority = models.PositiveSmallIntegerField(_("priority, 1 first"), default=5)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("substitute")
        verbose_name_plural = _("substitutes")
        constraints = [
            models.UniqueConstraint(fields=["item", "substitute"], name="substitute_once"),
            above_zero("substitute_positive", "numerator", "denominator"),
            models.CheckConstraint(condition=~Q(item=F("substitute")), name="substitute_is_another"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} ~ {self.substitute_id}"
