"""Count a place: what stands there by the books is listed without its quantity, so that the eyes count, not the memory."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Item, Lot, Place
from longshore.catalog.queries import own_partner
from longshore.catalog.typed import key_of_form, whole, whole_or_none
from longshore.ledger.cause import Cause
from longshore.ledger.models import Balance, Condition
from longshore.ledger.operations import Key
from longshore.storing import operations, queries
from longshore.storing.operations import PlaceCounted, Seen
from longshore.storing.queries import BinRow
from longshore.storing.rules import key_of


class NothingCounted(Refusal):
    """The form came back empty, or names something that is not in the catalog."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A balance of the place and the word for its condition."""

    row: BinRow
    condition: str


@needs("storing")
@require_http_methods(["GET", "POST"])
def count(request: HttpRequest) -> HttpResponse:
    code = (request.GET.get("place") or "").strip()
    place = Place.objects.filter(code=code, active=True, site__isnull=False).first()
    if place is None:
        raise Http404(code)
    if request.method != "POST":
        return _form(request, place)
    try:
        counted = _count(request, place)
    except Refusal as refusal:
        return _form(request, place, refusal)
    messages.success(request, _said(counted))
    return redirect(f"{reverse('warehouse')}?site={place.site_id}")


def _form(request: HttpRequest, place: Place, refusal: Refusal | None = None) -> HttpResponse:
    rows = [Standing(row, str(Condition(row.condition).label)) for row in queries.bin_contents(place=place.pk)]
    context = {"nav": "warehouse", "place": place, "rows": rows, "key": str(uuid4()), "refusal": refusal}
    context["typed"] = request.POST
    return render(request, "storing/count.html", context, status=422 if refusal else 200)


def _count(request: HttpRequest, place: Place) -> PlaceCounted:
    key, at = key_of_form(request.POST.get("key")), now_of(request)
    complete = request.POST.get("complete") == "yes"
    seen = [*_seen_rows(request, place.pk, key), *_found(request, place.pk, key)]
    if not seen and not complete:
        raise NothingCounted(
            "nothing-counted",
            _("No quantity was given."),
            _("Write what you counted, or tick that nothing else stands there."),
        )
    cause = Cause(actor=request.user.get_username(), because="page")
    with transaction.atomic():
        counted = operations.count_place(
            place=place.pk, seen=seen, happened_at=at, at=at, cause=cause, complete=complete
        )
        for row in counted.settled.rejected:
            raise NothingCounted(row.code, row.sentence, row.remedy)
    return counted


def _seen_rows(request: HttpRequest, place: int, key: UUID) -> list[Seen]:
    typed: dict[int, int] = {}
    for text in request.POST.getlist("balance"):
        number = whole(text, _("Row"))
        counted = whole_or_none(request.POST.get(f"counted-{number}"), _("Counted"))
        if counted is not None:
            typed[number] = counted
    balances = Balance.objects.filter(pk__in=typed, place_id=place)
    return [Seen(key_of("count-page", key, row.pk), _key(row), typed[row.pk]) for row in balances]


def _key(row: Balance) -> Key:
    return Key(row.item_id, row.place_id, row.owner_id, row.lot_id, row.condition, row.handling_unit_id, row.serial_id)


def _found(request: HttpRequest, place: int, key: UUID) -> list[Seen]:
    """What stands there and is not in the list: an item, its lot, how many."""
    code, lot_code = request.POST.get("item", "").strip(), request.POST.get("lot", "").strip()
    if not code:
        return []
    item = Item.objects.filter(code=code).first()
    if item is None:
        raise NothingCounted(
            "unknown-item", _("There is no item %(code)s.") % {"code": code}, _("Scan its label again.")
        )
    lot = Lot.objects.filter(item=item, code=lot_code).first() if lot_code else None
    if item.lot_tracked and lot is None:
        raise NothingCounted(
            "unknown-lot",
            _("%(item)s is kept by lots, and it has no lot “%(lot)s”.") % {"item": code, "lot": lot_code},
            _("Give the lot from the label."),
        )
    counted = whole(request.POST.get("found"), _("Counted"))
    where = Key(item.pk, place, own_partner(), None if lot is None else lot.pk)
    return [Seen(key_of("count-page-found", key, item.pk, lot_code), where, counted)]


def _said(counted: PlaceCounted) -> str:
    if counted.recount:
        return _("Counted. %(count)s items differ so much that they are to be counted once more.") % {
            "count": len(counted.recount)
        }
    return _("Counted. What differed is posted.")
