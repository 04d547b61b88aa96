"""Asking what if: scenarios are made, their changes put in and taken out, and dropped. None of it touches the facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.catalog.models import Item, Partner, Place
from longshore.ledger.cause import Cause
from longshore.planning.models import ChangeKind, Scenario, ScenarioChange, ScenarioState

LARGEST_BP: Final = 100_000
LEAST_DAYS, MOST_DAYS = 7, 182
# Kinds that a supplier can be named for; the others are about stock and demand.
OF_SUPPLIERS: Final = (ChangeKind.LEAD_TIME, ChangeKind.PRICE, ChangeKind.SUPPLIER_OFF)
WITHOUT_VALUE: Final = (ChangeKind.SUPPLIER_OFF, ChangeKind.SITE_OFF)


class UnknownScenario(Refusal):
    """There is no such scenario, or no such change in it."""


class ScenarioRefused(Refusal):
    """The scenario stays as it is."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a change is about; nothing named means everything."""

    item: int | None = None
    family: str = ""
    site: int | None = None
    supplier: int | None = None


@dataclass(frozen=True, slots=True)
class NewChange:
    """`value_bp`: basis points of what is (15000: half as much again); for a service level the level itself."""

    kind: str
    value_bp: int = 0
    scope: Scope = Scope()
    starts_on: date | None = None
    ends_on: date | None = None


@transaction.atomic
def make_scenario(name: str, *, at: datetime, cause: Cause, note: str = "", horizon_days: int = 56) -> int:
    """A scenario without changes: it says what the plan as it stands would come to."""
    _check_head(name, horizon_days)
    return Scenario.objects.create(
        name=name.strip()[:120], note=note.strip()[:300], horizon_days=horizon_days, made_at=at, made_by=cause.actor[:80],
        changed_at=at,
    ).pk  # fmt: skip


@transaction.atomic
def change_scenario(number: int, *, at: datetime, name: str, note: str, horizon_days: int) -> None:
    _check_head(name, horizon_days)
    row = open_scenario(number)
    row.name, row.note, row.horizon_days, row.changed_at = name.strip()[:120], note.strip()[:300], horizon_days, at
    row.save(update_fields=["name", "note", "horizon_days", "changed_at"])


@transaction.atomic
def add_change(number: int, wanted: NewChange, *, at: datetime) -> int:
    """Lay one more change over the facts; the last evaluation no longer fits."""
    row = open_scenario(number)
    _check(wanted)
    scope = wanted.scope
    made = ScenarioChange.objects.create(
        scenario=row, kind=wanted.kind, value=wanted.value_bp, item_id=scope.item, family=scope.family.strip()[:80],
        site_id=scope.site, supplier_id=scope.supplier, starts_on=wanted.starts_on, ends_on=wanted.ends_on,
    )  # fmt: skip
    _touch(row, at)
    return made.pk


@transaction.atomic
def remove_change(number: int, change: int, *, at: datetime) -> None:
    row = open_scenario(number)
    found = ScenarioChange.objects.filter(pk=change, scenario=row)
    if not found.exists():
        raise UnknownScenario("no-such-change", _("There is no such change."), _("Load the page again."))
    found.delete()
    _touch(row, at)


@transaction.atomic
def drop_scenario(number: int, *, at: datetime, cause: Cause) -> None:
    """The question is closed; it stays to be read."""
    row = open_scenario(number)
    row.state, row.decided_at, row.decided_by = ScenarioState.DROPPED, at, cause.actor[:80]
    row.save(update_fields=["state", "decided_at", "decided_by"])


def open_scenario(number: int) -> Scenario:
    """The scenario, locked, while it is still a draft."""
    row = Scenario.objects.select_for_update().filter(pk=number).first()
    if row is None:
        raise UnknownScenario(
            "no-such-scenario",
            _("There is no scenario %(number)s.") % {"number": number},
            _("Open the list of scenarios again."),
            scenario=number,
        )
    if row.state != ScenarioState.DRAFT:
        raise ScenarioRefused(
            "scenario-closed",
            _("Scenario “%(name)s” is %(state)s.") % {"name": row.name, "state": row.get_state_display()},
            _("Make a new one."),
            scenario=number,
            by=row.decided_by,
        )
    return row


def _touch(row: Scenario, at: datetime) -> None:
    row.changed_at = at
    row.save(update_fields=["changed_at"])


def _check_head(name: str, horizon_days: int) -> None:
    if not name.strip():
        raise ScenarioRefused("name-missing", _("A scenario needs a name."), _("Say what the question is."))
    if not LEAST_DAYS <= horizon_days <= MOST_DAYS:
        raise ScenarioRefused(
            "bad-horizon",
            _("A scenario looks %(least)s to %(most)s days ahead.") % {"least": LEAST_DAYS, "most": MOST_DAYS},
            _("Give another number of days."),
        )


def _check(wanted: NewChange) -> None:
    scope, remedy = wanted.scope, _("Correct it and try again.")
    service = wanted.kind == ChangeKind.SERVICE
    dated = wanted.starts_on is not None and wanted.ends_on is not None
    refusals = (
        (wanted.kind not in ChangeKind.values, "unknown-change", _("A scenario cannot change that."),
         _("Choose one of the list.")),
        (service and not 0 < wanted.value_bp < 10_000, "bad-service", _("A service level lies between 0 and 100 %."),
         _("Give 97 for 97 %.")),
        (not service and not 0 <= wanted.value_bp <= LARGEST_BP, "bad-value",
         _("A change lies between 0 and 1000 % of what is."), _("Give 130 for 30 % more.")),
        (wanted.kind == ChangeKind.LEAD_TIME and wanted.value_bp == 0, "bad-value",
         _("A lead time cannot become nothing."), _("Give 50 for half of it.")),
        (scope.supplier is not None and wanted.kind not in OF_SUPPLIERS, "supplier-means-nothing",
         _("This change is not about a supplier."), _("Leave the supplier open.")),
        (wanted.kind == ChangeKind.SUPPLIER_OFF and scope.supplier is None, "supplier-missing",
         _("Which supplier delivers nothing?"), _("Choose one.")),
        (wanted.kind in (ChangeKind.SITE_OFF, ChangeKind.CAPACITY) and scope.site is None, "site-missing",
         _("Which site is it about?"), _("Choose one.")),
        (scope.item is not None and bool(scope.family.strip()), "item-or-family",
         _("A change is about an item or about a family."), _("Leave one of them open.")),
        (dated and (wanted.starts_on or date.min) > (wanted.ends_on or date.max), "ends-before-start",
         _("It ends before it starts."), _("Give a later end.")),
    )  # fmt: skip
    for wrong, code, sentence, what_to_do in refusals:
        if wrong:
            raise ScenarioRefused(code, sentence, what_to_do or remedy)
    _check_scope(wanted)


def _check_scope(wanted: NewChange) -> None:
    scope = wanted.scope
    if scope.item is not None and not Item.objects.filter(pk=scope.item).exists():
        raise ScenarioRefused("no-such-item", _("There is no such item."), _("Choose one of the list."))
    if scope.family.strip() and not Item.objects.filter(family=scope.family.strip()).exists():
        raise ScenarioRefused("no-such-family", _("No item is of this family."), _("Choose one of the list."))
    site = None if scope.site is None else Place.objects.filter(pk=scope.site, kind="site").first()
    if scope.site is not None and site is None:
        raise ScenarioRefused("no-such-site", _("There is no such site."), _("Choose one of the list."))
    if scope.supplier is not None and not Partner.objects.filter(pk=scope.supplier, is_supplier=True).exists():
        raise ScenarioRefused("no-such-supplier", _("There is no such supplier."), _("Choose one of the list."))
    if wanted.kind == ChangeKind.CAPACITY and site is not None and site.capacity_cm3 is None:
        raise ScenarioRefused(
            "capacity-unknown",
            _("Nobody has said how much fits into %(site)s.") % {"site": site.code},
            _("Put the site's capacity into the catalog first."),
            site=site.code,
        )
