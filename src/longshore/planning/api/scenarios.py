"""Scenarios over HTTP: everything their pages can do."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema

from longshore.catalog.access import may_of
from longshore.planning.api.plans import asked_by, now
from longshore.planning.operations import scenario_publishing, scenario_runs
from longshore.planning.operations import scenarios as verbs
from longshore.planning.operations.scenarios import NewChange, Scope
from longshore.planning.queries import scenarios as asked
from longshore.planning.tasks import evaluate_scenario

router = Router()


class ScenarioIn(Schema):
    name: str
    note: str = ""
    horizon_days: int = 56


class ChangeIn(Schema):
    """`kind`: demand, lead-time, price, capacity, service, supplier-off or site-off. `value_bp`: basis points of what
    is (15000: half as much again); for a service level the level itself. What is not named is not narrowed."""

    kind: str
    value_bp: int = 0
    item: int | None = None
    family: str = ""
    site: int | None = None
    supplier: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None


@router.get("")
def scenarios(request: HttpRequest, state: str | None = None) -> list[dict[str, Any]]:
    """With the result of each one's last evaluation."""
    asked_by(request, "view")
    return [asdict(row) for row in asked.scenarios(states=None if state is None else [state])]


@router.post("")
def make(request: HttpRequest, wanted: ScenarioIn) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    number = verbs.make_scenario(
        wanted.name, at=now(request), cause=cause, note=wanted.note, horizon_days=wanted.horizon_days
    )
    return _scenario(number)


@router.get("/{int:number}")
def scenario(request: HttpRequest, number: int) -> dict[str, Any]:
    asked_by(request, "view")
    return _scenario(number)


@router.post("/{int:number}/changes")
def add_change(request: HttpRequest, number: int, wanted: ChangeIn) -> dict[str, Any]:
    asked_by(request, "planning")
    scope = Scope(wanted.item, wanted.family, wanted.site, wanted.supplier)
    change = NewChange(wanted.kind, wanted.value_bp, scope, wanted.starts_on, wanted.ends_on)
    verbs.add_change(number, change, at=now(request))
    return _scenario(number)


@router.delete("/{int:number}/changes/{int:change}")
def remove_change(request: HttpRequest, number: int, change: int) -> dict[str, Any]:
    asked_by(request, "planning")
    verbs.remove_change(number, change, at=now(request))
    return _scenario(number)


@router.post("/{int:number}/evaluate")
def evaluate(request: HttpRequest, number: int) -> dict[str, Any]:
    """Asks a worker for it; ask the scenario again to see how far it is."""
    cause = asked_by(request, "planning")
    run = scenario_runs.ask_evaluation(number, at=now(request), cause=cause)
    evaluate_scenario.defer(run=run.pk)
    return {"run": run.pk, "state": run.state}


@router.post("/{int:number}/cancel")
def cancel(request: HttpRequest, number: int) -> dict[str, Any]:
    """Stop the evaluation under way; nothing of it stays."""
    asked_by(request, "planning")
    run = _row(number).run
    if run is None:
        raise Http404(number)
    found = scenario_runs.cancel_evaluation(run)
    return {"run": found.pk, "state": found.state}


@router.post("/{int:number}/publish")
def publish(request: HttpRequest, number: int) -> dict[str, Any]:
    """Put every change into the live facts, or none and why."""
    cause = asked_by(request, "planning")
    catalog = "catalog" in may_of(request.user)
    return asdict(
        scenario_publishing.publish_scenario(number, at=now(request), cause=cause, may_change_catalog=catalog)
    )


@router.post("/{int:number}/drop")
def drop(request: HttpRequest, number: int) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    verbs.drop_scenario(number, at=now(request), cause=cause)
    return _scenario(number)


def _row(number: int) -> asked.ScenarioRow:
    found = asked.scenarios(ids=[number])
    if not found:
        raise Http404(number)
    return found[0]


def _scenario(number: int) -> dict[str, Any]:
    return {**asdict(_row(number)), "changed": [asdict(change) for change in asked.changes_of([number])]}
