"""One thing turned into another: what a posting of kind TRANSFORM declares besides its movements."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import Place
from longshore.ledger.models.books import Posting


class TransformReason(models.TextChoices):
    MAKE = "make", _("Make")
    REPACK = "repack", _("Repack")
    RELOT = "re-lot", _("Re-lot")
    REWORK = "rework", _("Rework")
    SPLIT = "split", _("Take apart")


class Transform(models.Model):
    """Why, where and with what expected yield; the quantities are the posting's movements. Append-only.

    `expected` is how many base units of the first output should have come; what was lost on the way went to SCRAP.
    """

    posting = models.OneToOneField(
        Posting, on_delete=models.PROTECT, related_name="transform", verbose_name=_("posting")
    )
    reason = models.CharField(_("reason"), max_length=8, choices=TransformReason.choices)
    machine = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("machine or place")
    )
    expected = models.BigIntegerField(_("expected output"), null=True, blank=True)

    class Meta:
        verbose_name = _("transformation")
        verbose_name_plural = _("transformations")
        constraints = [
            models.CheckConstraint(
                condition=Q(expected__isnull=True) | Q(expected__gt=0), name="transform_expected_positive"
            ),
        ]
