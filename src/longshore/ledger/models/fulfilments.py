"""Which posting fulfilled which planned flow: what a reversal needs to know to open the flow again."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from longshore.ledger.models.books import PlannedFlow, Posting


class Fulfilment(models.Model):
    """A posting did `qty` of a planned flow; a reversal undid it (below zero). Append-only; `done` is their sum."""

    # Like movements: a row-wise reference to postings would cost more than the insert itself.
    posting = models.ForeignKey(Posting, on_delete=models.DO_NOTHING, db_constraint=False, verbose_name=_("posting"))
    flow = models.ForeignKey(PlannedFlow, on_delete=models.PROTECT, db_index=False, verbose_name=_("planned flow"))
    qty = models.BigIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("fulfilment of a planned flow")
        verbose_name_plural = _("fulfilments of planned flows")
        constraints = [models.CheckConstraint(condition=~Q(qty=0), name="fulfilment_of_something")]
