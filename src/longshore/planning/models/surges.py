"""Days on which far more was wanted than expected, and what that changed at once."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import Item, Place


class DemandSurge(models.Model):
    """Many orders of one day took an item at a site out of its expected band; the forecast was made again with that day.

    `counted` is what the forecast has taken up (0: not yet); only a day that grows by a quarter is taken up again. `before`
    and `after`: mean, low and high of an average day (thousandths), safety stock, reorder point, order-up-to level; before
    also the bands by day, for the chart.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, verbose_name=_("item"))
    site = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="+", verbose_name=_("site"))
    day = models.DateField(_("day"))
    qty = models.BigIntegerField(_("quantity wanted"))
    lines = models.PositiveIntegerField(_("order lines"))
    expected_milli = models.BigIntegerField(_("expected that day, thousandths"))
    high_milli = models.BigIntegerField(_("upper end of the band that day, thousandths"))
    seen_at = models.DateTimeField(_("seen at"))
    counted = models.BigIntegerField(_("taken up by the forecast"), default=0)
    counted_at = models.DateTimeField(_("taken up at"), null=True, blank=True)
    before = models.JSONField(_("as it stood before"), default=dict, blank=True)
    after = models.JSONField(_("as it stood after"), default=dict, blank=True)

    class Meta:
        verbose_name = _("surge of demand")
        verbose_name_plural = _("surges of demand")
        constraints = [
            models.UniqueConstraint(fields=["item", "site", "day"], name="demand_surge_once"),
            models.CheckConstraint(condition=Q(qty__gt=0, counted__gte=0), name="demand_surge_positive"),
        ]
        indexes = [models.Index(fields=["day"], name="demand_surge_day")]

    def __str__(self) -> str:
        return f"{self.item_id}@{self.site_id} {self.day:%Y-%m-%d}"
