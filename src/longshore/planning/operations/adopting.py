"""Levels that a back-test or shared limits spoke for become the policy, with the reason of who chose them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.planning.backtest_rules import Outcome
from longshore.planning.models import StockPolicy
from longshore.planning.operations.by_hand import NewPolicy, put_policies
from longshore.planning.queries.backtest import backtest
from longshore.planning.queries.limits import limits


class AdoptionRefused(Refusal):
    """Nothing was adopted."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """Numbers of an item-site that become fixed. `service_bp`: the service they were made for; None: the site's own where
    it has one, else the item's."""

    item: int
    site: int
    safety_stock: int
    reorder_point: int
    order_qty: int
    service_bp: int | None = None


@dataclass(frozen=True, slots=True)
class AdoptedReceipt:
    policies: int


@transaction.atomic
def adopt_option(item: int, site: int, option: str, reason: str, *, at: datetime, cause: Cause) -> AdoptedReceipt:
    """One of the options of today's back-test of this item-site becomes its policy."""
    found = backtest(item, site, at=at)
    known: dict[str, Outcome] = {} if found is None else {each.levels.key: each for each in found.outcomes}
    chosen = known.get(option)
    if chosen is None or option == "present":
        raise AdoptionRefused(
            "no-such-option",
            _("The back-test has no such other option."),
            _("Open the back-test again and choose one of its rows."),
            options=sorted(set(known) - {"present"}),
        )
    levels = chosen.levels
    numbers = Adopted(item, site, levels.safety_stock, levels.reorder_point, levels.order_qty, levels.service_bp)
    return adopt_levels([numbers], reason, at=at, cause=cause)


@transaction.atomic
def adopt_levels(wanted: Sequence[Adopted], reason: str, *, at: datetime, cause: Cause) -> AdoptedReceipt:
    """Fix these levels; all of them or none. How each site is fed and released stays as it is."""
    if not reason.strip():
        raise AdoptionRefused(
            "reason-missing", _("Why these levels are better is not said."), _("Say why in a few words.")
        )
    keys = {(each.item, each.site) for each in wanted}
    items = {each.item for each in wanted}
    present = StockPolicy.objects.select_for_update().filter(item__in=items).order_by("id")
    policies = {(row.item_id, row.site_id): row for row in present if (row.item_id, row.site_id) in keys}
    if len(policies) < len(keys) or not keys:
        raise AdoptionRefused(
            "no-such-policy", _("An item has no policy at the site any more."), _("Load the page again.")
        )
    rows = [
        NewPolicy(
            item=each.item,
            site=each.site,
            source=policies[each.item, each.site].source_id,
            review_minutes=policies[each.item, each.site].review_minutes,
            service_bp=_service(each, policies[each.item, each.site]),
            safety_stock=each.safety_stock,
            reorder_point=each.reorder_point,
            order_qty=each.order_qty,
            automatic=policies[each.item, each.site].automatic,
            lead_time_minutes=policies[each.item, each.site].lead_time_minutes,
            reason=reason.strip()[:300],
        )
        for each in wanted
    ]
    return AdoptedReceipt(put_policies(rows, at=at, cause=cause).accepted)


def _service(wanted: Adopted, present: StockPolicy) -> int | None:
    if wanted.service_bp is not None:
        return wanted.service_bp
    return present.service_level_bp if present.own_service else None


@dataclass(frozen=True, slots=True)
class Within:
    """Limits as they were looked at; None: what is used now."""

    site: int | None = None
    budget: int | None = None
    room: int | None = None


@transaction.atomic
def adopt_limits(within: Within, reason: str, *, at: datetime, cause: Cause) -> AdoptedReceipt:
    """The policies that fit best within these limits today; those set by hand or left to a supplier stay."""
    found = limits(at=at, site=within.site, budget=within.budget, room=within.room)
    if found.fitted is None or not found.moved:
        raise AdoptionRefused(
            "nothing-fits" if found.too_tight else "nothing-changes",
            _("No policies fit within these limits.") if found.too_tight else _("No policy would change."),
            _("Give more money or room, or look at another site."),
        )
    wanted = [
        Adopted(
            each.before.item, each.before.site, each.after.safety_stock, each.after.reorder_point, each.after.order_qty
        )
        for each in found.moved
    ]
    return adopt_levels(wanted, reason, at=at, cause=cause)
