"""What movements and planned flows name ("purchase-order:84"), as people know it: with its number and its page."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse

from longshore.sourcing.models import PurchaseOrder

BOUGHT = "purchase-order:"


def known_as(documents: Collection[str]) -> dict[str, tuple[str, str]]:
    """Number and address of those that have a page of their own."""
    orders = {document.removeprefix(BOUGHT): document for document in documents if document.startswith(BOUGHT)}
    found = PurchaseOrder.objects.filter(pk__in=[int(pk) for pk in orders if pk.isdigit()]).values_list("pk", "number")
    return {orders[str(pk)]: (number, reverse("purchase", args=[number])) for pk, number in found}
