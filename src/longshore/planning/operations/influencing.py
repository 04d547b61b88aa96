"""What planners tell about demand: promotions, outside signals, where an item stands in its life, regions of sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal, RejectedRow, Text
from longshore.catalog.models import Item, Place
from longshore.ledger.cause import Cause
from longshore.planning.models import ItemLife, Promotion, SignalDay, SignalKind

LARGEST_UPLIFT_BP = 100_000
LONGEST_CODE, LONGEST_NAME, LARGEST_PRICE = 40, 200, 10**15


class InfluenceRefused(Refusal):
    """Nothing was changed."""


@dataclass(frozen=True, slots=True)
class NewPromotion:
    """For an item, a family or everything; at a site or everywhere. `uplift_bp`: 3000 is 30 % more; None: measure it."""

    code: str
    name: str
    starts_on: date
    ends_on: date
    item: int | None = None
    family: str = ""
    site: int | None = None
    uplift_bp: int | None = None
    price: int | None = None


@dataclass(frozen=True, slots=True)
class NewSignalDay:
    """`site` None: everywhere."""

    signal: str
    day: date
    value_milli: int
    site: int | None = None
    kind: str = SignalKind.OTHER.value


@dataclass(frozen=True, slots=True)
class NewLife:
    item: int
    analogue: int | None = None
    share_bp: int = 10_000
    launched_on: date | None = None
    ends_on: date | None = None
    fade_days: int = 0


@dataclass(frozen=True, slots=True)
class InfluenceReceipt:
    id: int
    new: bool


@dataclass(frozen=True, slots=True)
class SignalsReceipt:
    accepted: int
    rejected: tuple[RejectedRow, ...]


@transaction.atomic
def put_promotion(wanted: NewPromotion, *, at: datetime, cause: Cause) -> InfluenceReceipt:
    """A promotion by its code, new or changed; forecasts take it up when they are made next."""
    bad = _promotion_fault(wanted)
    if bad is not None:
        raise InfluenceRefused(*bad)
    made, new = Promotion.objects.update_or_create(
        code=wanted.code.strip(),
        defaults={
            "name": wanted.name.strip() or wanted.code, "item_id": wanted.item, "family": wanted.family,
            "site_id": wanted.site, "starts_on": wanted.starts_on, "ends_on": wanted.ends_on,
            "uplift_bp": wanted.uplift_bp, "price": wanted.price, "actor": cause.actor[:80], "made_at": at,
        },
    )  # fmt: skip
    return InfluenceReceipt(made.pk, new)


def _promotion_fault(wanted: NewPromotion) -> tuple[str, Text, Text] | None:  # code, sentence, remedy
    if not wanted.code.strip():
        return "no-code", _("A promotion needs a code."), _("Give a short one, for example SPRING-26.")
    if len(wanted.code.strip()) > LONGEST_CODE or len(wanted.name.strip()) > LONGEST_NAME:
        return "text-too-long", _("A code has at most 40 characters, a name 200."), _("Give a shorter one.")
    if wanted.price is not None and not 0 <= wanted.price <= LARGEST_PRICE:
        return "bad-price", _("A price lies between zero and what can be counted."), _("Check the price.")
    if wanted.ends_on < wanted.starts_on:
        return "ends-before-start", _("It ends before it starts."), _("Give a later end.")
    if wanted.item is not None and wanted.family:
        return "item-and-family", _("It is for an item or for a family, not both."), _("Leave one of them empty.")
    if wanted.uplift_bp is not None and not -10_000 < wanted.uplift_bp <= LARGEST_UPLIFT_BP:
        return "bad-uplift", _("A change lies between −100 % and +1000 %."), _("Give 3000 for +30 %.")
    if wanted.item is not None and not Item.objects.filter(pk=wanted.item).exists():
        return "no-such-item", _("There is no such item."), _("Check the spelling, or import it first.")
    if wanted.family and not Item.objects.filter(family=wanted.family).exists():
        return "no-such-family", _("There is no item of this family."), _("Check the spelling.")
    if wanted.site is not None and not Place.objects.filter(pk=wanted.site, kind="site").exists():
        return "no-such-site", _("There is no such site."), _("Give the code of a site.")
    return None


@transaction.atomic
def remove_promotion(number: int) -> int:
    removed, _by_model = Promotion.objects.filter(pk=number).delete()
    return removed


@transaction.atomic
def put_signals(days: Sequence[NewSignalDay]) -> SignalsReceipt:
    """Days of outside series: right rows are taken, wrong ones come back; the last of several for one day counts."""
    sites = set(Place.objects.filter(pk__in={d.site for d in days if d.site}, kind="site").values_list("pk", flat=True))
    rejected = tuple(found for n, day in enumerate(days, 1) if (found := _signal_fault(n, day, sites)) is not None)
    bad = {row.row for row in rejected}
    good = {(d.signal.strip(), d.site, d.day): d for n, d in enumerate(days, 1) if n not in bad}
    SignalDay.objects.bulk_create(
        [
            SignalDay(signal=name, kind=d.kind, site_id=site, day=day, value_milli=d.value_milli)
            for (name, site, day), d in good.items()
        ],
        update_conflicts=True,
        unique_fields=["signal", "site", "day"],
        update_fields=["kind", "value_milli"],
    )
    return SignalsReceipt(len(good), rejected)


def _signal_fault(row: int, day: NewSignalDay, sites: set[int]) -> RejectedRow | None:
    if not day.signal.strip():
        field, code, sentence, remedy = "signal", "no-signal", _("The signal has no name."), _("Name it.")
    elif day.site is not None and day.site not in sites:
        field, code, sentence, remedy = (
            "site", "no-such-site", _("There is no such site."), _("Leave it empty for everywhere."),
        )  # fmt: skip
    elif day.kind not in SignalKind.values:
        field, code, sentence, remedy = (
            "kind", "unknown-kind", _("There is no such kind of signal."), _("Choose one of the list."),
        )  # fmt: skip
    else:
        return None
    return RejectedRow(row, field, code, str(sentence), str(remedy), str(getattr(day, field) or ""))


@transaction.atomic
def put_life(wanted: NewLife, *, at: datetime, cause: Cause) -> InfluenceReceipt:
    """What an item sells like, from when and until when; forecasts take it up when they are made next."""
    known = set(Item.objects.filter(pk__in=[wanted.item, wanted.analogue or 0]).values_list("pk", flat=True))
    refusals = (
        (wanted.item not in known, "no-such-item", _("There is no such item."), _("Check the spelling.")),
        (wanted.analogue is not None and wanted.analogue not in known, "no-such-analogue",
         _("There is no such item to sell like."), _("Check the spelling.")),
        (wanted.analogue == wanted.item, "like-itself", _("An item cannot sell like itself."),
         _("Choose another one.")),
        (not 0 < wanted.share_bp <= LARGEST_UPLIFT_BP, "bad-share", _("The share lies between 0 and 1000 %."),
         _("Give 10000 for as much as the other one.")),
        (wanted.fade_days < 0, "bad-fade", _("Days of fading out cannot be negative."), _("Give zero or more.")),
        (wanted.launched_on is not None and wanted.ends_on is not None and wanted.ends_on < wanted.launched_on,
         "ends-before-start", _("It ends before it starts."), _("Give a later end.")),
    )  # fmt: skip
    for wrong, code, sentence, remedy in refusals:
        if wrong:
            raise InfluenceRefused(code, sentence, remedy)
    made, new = ItemLife.objects.update_or_create(
        item_id=wanted.item,
        defaults={
            "analogue_id": wanted.analogue, "share_bp": wanted.share_bp, "launched_on": wanted.launched_on,
            "ends_on": wanted.ends_on, "fade_days": wanted.fade_days, "actor": cause.actor[:80], "changed_at": at,
        },
    )  # fmt: skip
    return InfluenceReceipt(made.pk, new)
