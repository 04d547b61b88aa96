"""Publishing a scenario: every change goes into the live facts by the verb a person would use for it, or none does."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from longshore.catalog.imports.readers import Formats
from longshore.catalog.imports.reading import ReadOptions
from longshore.catalog.imports.registry import target_named
from longshore.catalog.imports.running import ImportOptions, run_import
from longshore.catalog.imports.targets import Occasion
from longshore.catalog.models import Place, SupplierItem
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.planning.events import ScenarioPublished
from longshore.planning.models import ChangeKind, OverrideKind, Scenario, ScenarioChange, ScenarioState, StockPolicy
from longshore.planning.operations.by_hand import NewPolicy, put_policies
from longshore.planning.operations.overriding import NewOverride, override
from longshore.planning.operations.policies import set_policies
from longshore.planning.operations.scenarios import ScenarioRefused, open_scenario
from longshore.planning.queries.agreements import company_today
from longshore.planning.queries.hierarchy import Node
from longshore.planning.scenario_rules import UNCHANGED

NAMESPACE: Final = UUID("8a1b1d52-31f4-4f0e-8a5c-2b6a2b9c7d10")
CATALOG: Final = (
    ChangeKind.LEAD_TIME, ChangeKind.PRICE, ChangeKind.CAPACITY, ChangeKind.SUPPLIER_OFF, ChangeKind.SITE_OFF,
)  # fmt: skip
_OURS: Final = ImportOptions(read=ReadOptions(encoding="utf-8", delimiter=","), formats=Formats())


@dataclass(frozen=True, slots=True)
class PublishReceipt:
    """How many changes went in, and how many rows of the facts say something else now."""

    scenario: int
    changes: int
    rows: int


@dataclass(frozen=True, slots=True)
class _Occasion:
    scenario: Scenario
    at: datetime
    today: date
    cause: Cause


@transaction.atomic
def publish_scenario(number: int, *, at: datetime, cause: Cause, may_change_catalog: bool = True) -> PublishReceipt:
    """All changes, in the order they were made, with the scenario as their cause; one that cannot go in stops them all."""
    row = open_scenario(number)
    changes = list(
        ScenarioChange.objects.filter(scenario=row).select_related("item", "site", "supplier").order_by("id")
    )
    if not changes:
        raise ScenarioRefused("nothing-to-publish", _("The scenario changes nothing."), _("Add a change, or drop it."))
    _refuse(changes, may_change_catalog)
    occasion = _Occasion(row, at, company_today(at), Cause(cause.actor, f"scenario:{row.pk}", cause.device))
    touched = sum(_APPLY[ChangeKind(change.kind)](change, occasion) for change in changes)
    set_policies(at=at, cause=occasion.cause)
    row.state, row.decided_at, row.decided_by = ScenarioState.PUBLISHED, at, cause.actor[:80]
    row.save(update_fields=["state", "decided_at", "decided_by"])
    emit([ScenarioPublished(row.pk, len(changes))], at=at, cause=occasion.cause)
    return PublishReceipt(row.pk, len(changes), touched)


def _refuse(changes: Sequence[ScenarioChange], may_change_catalog: bool) -> None:
    for change in changes:
        dated = change.starts_on is not None or change.ends_on is not None
        if dated and change.kind != ChangeKind.DEMAND:
            raise ScenarioRefused(
                "cannot-be-dated",
                _("“%(kind)s” holds from now on and has no last day.") % {"kind": change.get_kind_display()},
                _("Take the dates out, or keep it as a question."),
                change=change.pk,
            )
        if change.kind in CATALOG and not may_change_catalog:
            raise ScenarioRefused(
                "catalog-not-yours",
                _("“%(kind)s” is a fact of the catalog, which your role does not change.")
                % {"kind": change.get_kind_display()},
                _("Ask somebody who keeps the catalog to publish it."),
                change=change.pk,
            )


def _demand(change: ScenarioChange, occasion: _Occasion) -> int:
    """An override of the forecast, at the level it was asked for, over its days or the scenario's horizon."""
    starts_on = change.starts_on or occasion.today
    last = occasion.today + timedelta(days=occasion.scenario.horizon_days - 1)
    wanted = NewOverride(
        key=uuid5(NAMESPACE, f"scenario:{occasion.scenario.pk}:{change.pk}"),
        node=Node(item=change.item_id, family=change.family, site=change.site_id),
        starts_on=max(starts_on, occasion.today),
        ends_on=change.ends_on or last,
        kind=OverrideKind.PERCENT,
        amount=change.value - UNCHANGED,
        reason=str(_("Scenario “%(name)s”") % {"name": occasion.scenario.name})[:300],
    )
    return override(wanted, at=occasion.at, today=occasion.today, cause=occasion.cause).changed


def _service(change: ScenarioChange, occasion: _Occasion) -> int:
    """A service level of their own for the policies in scope; what was set by hand stays as it was set."""
    found = StockPolicy.objects.filter(**_about(change, "item__family"))
    policies = [
        NewPolicy(
            item=row.item_id, site=row.site_id, source=row.source_id, review_minutes=row.review_minutes,
            service_bp=change.value, automatic=row.automatic,
        )
        for row in found.filter(locked=False)
    ]  # fmt: skip
    return put_policies(policies, at=occasion.at, cause=occasion.cause).accepted


def _lead_time(change: ScenarioChange, occasion: _Occasion) -> int:
    return _offers(change, occasion, lambda row: {
        "lead_time_minutes": row.lead_time_minutes * change.value // UNCHANGED,
        "lead_time_sd_minutes": row.lead_time_sd_minutes * change.value // UNCHANGED,
    })  # fmt: skip


def _price(change: ScenarioChange, occasion: _Occasion) -> int:
    return _offers(change, occasion, lambda row: {"unit_price_minor": row.unit_price * change.value // UNCHANGED})


def _supplier_off(change: ScenarioChange, occasion: _Occasion) -> int:
    return _offers(change, occasion, lambda row: {"active": "no"})


def _capacity(change: ScenarioChange, occasion: _Occasion) -> int:
    return _site(change, occasion, lambda row: {"capacity_cm3": (row.capacity_cm3 or 0) * change.value // UNCHANGED})


def _site_off(change: ScenarioChange, occasion: _Occasion) -> int:
    return _site(change, occasion, lambda row: {"active": "no"})


_APPLY: Final[Mapping[ChangeKind, Callable[[ScenarioChange, _Occasion], int]]] = {
    ChangeKind.DEMAND: _demand,
    ChangeKind.SERVICE: _service,
    ChangeKind.LEAD_TIME: _lead_time,
    ChangeKind.PRICE: _price,
    ChangeKind.SUPPLIER_OFF: _supplier_off,
    ChangeKind.CAPACITY: _capacity,
    ChangeKind.SITE_OFF: _site_off,
}


def _about(change: ScenarioChange, family: str) -> dict[str, Any]:
    wanted = {"item": change.item_id, "site": change.site_id, family: change.family}
    return {name: value for name, value in wanted.items() if value not in (None, "")}


def _offers(change: ScenarioChange, occasion: _Occasion, told: Callable[[SupplierItem], dict[str, Any]]) -> int:
    """Terms of suppliers, by the door files come in through: the same checks, the same record of who and why."""
    if change.site_id is not None:
        raise ScenarioRefused(
            "terms-are-everywhere",
            _("A supplier's terms are the same for every site."),
            _("Take the site out of the change, or keep it as a question."),
            change=change.pk,
        )
    wanted = {"item": change.item_id, "item__family": change.family, "supplier": change.supplier_id}
    chosen = {name: value for name, value in wanted.items() if value not in (None, "")}
    found: QuerySet[SupplierItem] = SupplierItem.objects.filter(active=True, **chosen)
    rows = [
        {"supplier": row.supplier.code, "item": row.item.code, **told(row)}
        for row in found.select_related("supplier", "item").order_by("pk")
    ]
    return _put("supplier_items", rows, occasion)


def _site(change: ScenarioChange, occasion: _Occasion, told: Callable[[Place], dict[str, Any]]) -> int:
    row = Place.objects.get(pk=change.site_id or 0)
    return _put("places", [{"code": row.code, "name": row.name, "kind": row.kind, **told(row)}], occasion)


def _put(target: str, rows: Sequence[Mapping[str, Any]], occasion: _Occasion) -> int:
    if not rows:
        return 0
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    when = Occasion(occasion.at, occasion.cause.actor, occasion.cause.because)
    return run_import(out.getvalue().encode(), target_named(target), _OURS, when).changed
