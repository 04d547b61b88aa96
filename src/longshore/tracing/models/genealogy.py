"""What went into what: links between numbered things, derived from the ledger and from EPCIS events, rebuildable."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class NodeKind(models.IntegerChoices):
    """What a node's number stands for: number = 8 × the id of its row + kind (rules.node_of)."""

    THING = 0, _("Something of another company")
    LOT = 1, _("Lot")
    SERIAL = 2, _("Serial number")
    UNIT = 3, _("Handling unit")
    DELIVERY = 4, _("Delivery")
    RECEIPT = 5, _("Receipt")
    FOREIGN_UNIT = 6, _("Handling unit of another company")


class LinkKind(models.IntegerChoices):
    RECEIVED = 0, _("Received")
    TRANSFORMED = 1, _("Transformed")
    NUMBERED = 2, _("Numbered")  # a serial number of this lot
    PACKED = 3, _("Packed")
    SHIPPED = 4, _("Shipped")


class TraceThing(models.Model):
    """An identifier from EPCIS that the catalogue does not know, so that it has a number."""

    epc = models.TextField(_("identifier"), unique=True)

    class Meta:
        verbose_name = _("thing of another company")
        verbose_name_plural = _("things of other companies")

    def __str__(self) -> str:
        return self.epc


class TraceLink(models.Model):
    """`qty` base units of `source` went into `target`. `told_by`: the posting, or minus the id of the EPCIS event.

    The key begins with the source and is the index downwards; the other index answers upwards. Neither needs the row.
    """

    pk = models.CompositePrimaryKey("source", "target", "kind", "told_by", "unit")
    source = models.BigIntegerField(_("from"))
    target = models.BigIntegerField(_("into"))
    kind = models.SmallIntegerField(_("kind"), choices=LinkKind.choices)
    told_by = models.BigIntegerField(_("told by"))
    unit = models.BigIntegerField(_("in handling unit"), default=0)
    qty = models.BigIntegerField(_("quantity"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        indexes = [models.Index(fields=["target"], include=["source"], name="trace_link_up")]
