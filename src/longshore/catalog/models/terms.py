"""What offers of suppliers and bills of material have in common: how soon, in which quantities, and whether it counts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def above_zero(name: str, *fields: str) -> models.CheckConstraint:
    """A constraint of that name: each of these columns is more than nothing."""
    return models.CheckConstraint(condition=Q(**{f"{field}__gt": 0 for field in fields}), name=name)


class Terms(models.Model):
    """How an item can be had from somewhere."""

    lead_time_minutes = models.PositiveIntegerField(_("lead time, minutes"))
    moq = models.PositiveBigIntegerField(_("least order quantity"), default=1)
    multiple = models.PositiveBigIntegerField(_("order multiple"), default=1)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        abstract = True

    def orderable(self, qty: int) -> int:
        """The least quantity that can be had, of those that are `qty` or more."""
        return -(-max(qty, self.moq) // self.multiple) * self.multiple
