"""Evaluating a scenario: asked for, watched, cancelled, carried out by a worker. It reads the facts and writes only its run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import numpy as np
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.planning import rules, scenario_living, scenario_rules
from longshore.planning.models import RunState, Scenario, ScenarioChange, ScenarioRun
from longshore.planning.operations.scenarios import ScenarioRefused, UnknownScenario, open_scenario
from longshore.planning.queries.scenario_facts import facts_of
from longshore.planning.reading import execute, rows
from longshore.planning.scenario_living import Outcome
from longshore.planning.scenario_rules import Change, Facts

OPEN: Final = (RunState.WAITING, RunState.RUNNING)
SEED: Final = 20_260
DRAWS: Final = 5  # lives of each world; one is enough where thousands of rows average out by themselves
ONE_LIFE_FROM: Final = 20_000
ROWS_TOLD: Final = 12  # item-sites a result names
ALONE = "SELECT pg_try_advisory_lock(hashtext('longshore.scenario-run'), %(run)s)"
LEAVE = "SELECT pg_advisory_unlock(hashtext('longshore.scenario-run'), %(run)s)"
TELL = "UPDATE planning_scenariorun SET done = %(done)s, total = %(total)s WHERE id = %(run)s"
ASKED = "SELECT cancel_asked FROM planning_scenariorun WHERE id = %(run)s"


class EvaluationCancelled(Refusal):
    """Somebody stopped it; nothing is kept of it."""


@transaction.atomic
def ask_evaluation(number: int, *, at: datetime, cause: Cause) -> ScenarioRun:
    """An evaluation that waits for a worker; while one waits or runs no second one is made."""
    row = open_scenario(number)
    known = ScenarioRun.objects.filter(scenario=row, state__in=OPEN).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return ScenarioRun.objects.create(scenario=row, asked_at=at, asked_by=cause.actor[:80])
    except IntegrityError as error:
        raise ScenarioRefused(
            "evaluation-under-way", _("An evaluation is under way already."), _("Wait for it, or cancel it.")
        ) from error


def cancel_evaluation(run: int) -> ScenarioRun:
    """Stop before the next day of it. One that only waits is stopped at once."""
    found = ScenarioRun.objects.filter(pk=run).first()
    if found is None:
        raise UnknownScenario("no-such-run", _("There is no such evaluation."), _("Load the page again."))
    ScenarioRun.objects.filter(pk=run, state=RunState.WAITING).update(state=RunState.CANCELLED)
    ScenarioRun.objects.filter(pk=run, state=RunState.RUNNING).update(cancel_asked=True)
    found.refresh_from_db()
    return found


def carry_out_evaluation(run: int, *, now: Callable[[], datetime]) -> ScenarioRun:
    """Do an evaluation that was asked for. After a crash it is done again; two workers do it once."""
    with _alone(run) as mine:
        claimed = mine and ScenarioRun.objects.filter(pk=run, state__in=OPEN).update(state=RunState.RUNNING)
        row = ScenarioRun.objects.select_related("scenario").get(pk=run)
        if claimed:
            _settle(row, now)
    return row


def _settle(row: ScenarioRun, now: Callable[[], datetime]) -> None:
    """Whatever happens, the row says so; a mistake of ours is recorded and raised on."""
    at = now()
    try:
        row.result = {**evaluate(row.scenario, at=at, watch=_watch(row.pk)), "at": at.isoformat()}
        row.state = RunState.DONE
    except EvaluationCancelled:
        row.state, row.result = RunState.CANCELLED, {}
    except Exception as error:
        row.state, row.result = RunState.FAILED, {"error": f"{type(error).__name__}: {error}"[:500]}
        raise
    finally:
        row.finished_at = now()
        row.save(update_fields=["state", "result", "finished_at"])


@contextmanager
def _alone(run: int) -> Iterator[bool]:
    held = bool(rows(ALONE, {"run": run})[0][0])
    try:
        yield held
    finally:
        if held:
            rows(LEAVE, {"run": run})


def _watch(run: int) -> Callable[[int, int], None]:
    """Shows how far it is and asks whether to go on; every line is its own transaction, so others see it at once."""

    def watch(done: int, total: int) -> None:
        execute(TELL, {"run": run, "done": done, "total": total})
        if rows(ASKED, {"run": run})[0][0]:
            raise EvaluationCancelled("cancelled", _("The evaluation was stopped."), _("Start it again."))

    return watch


def evaluate(scenario: Scenario, *, at: datetime, watch: Callable[[int, int], None]) -> dict[str, Any]:
    """Live through the facts as they are and with the scenario's changes on them, with the same luck in both."""
    facts = facts_of(at=at, days=scenario.horizon_days)
    changes = changes_of(scenario, facts)
    draws = DRAWS if len(facts.item) < ONE_LIFE_FROM else 1
    worlds = (scenario_rules.lay_over(facts, ()), scenario_rules.lay_over(facts, changes))
    total, done = 2 * draws * facts.days, 0

    def told() -> None:
        nonlocal done
        if done % facts.days == 0 or done % 7 == 0:
            watch(done, total)
        done += 1

    lives: tuple[list[Outcome], list[Outcome]] = ([], [])
    for draw in range(draws):
        luck = scenario_living.draws(worlds[0], SEED + draw)
        for world, kept in zip(worlds, lives, strict=True):
            kept.append(scenario_living.live(world, luck, told))
    base, with_changes = (scenario_living.mean_of(kept) for kept in lives)
    watch(total, total)
    holding = facts.costs.holding_bp
    return {
        "base": base.figures(holding),
        "with": with_changes.figures(holding),
        "starts_on": rules.day_of(facts.today).isoformat(),
        "days": facts.days,
        "item_sites": len(facts.item),
        "lives": draws,
        "rows": _moved(facts, base, with_changes),
    }


def changes_of(scenario: Scenario, facts: Facts) -> tuple[Change, ...]:
    """The scenario's changes by day of the horizon; those that lie outside it are left out."""
    found = []
    for row in ScenarioChange.objects.filter(scenario=scenario).order_by("id"):
        first = 0 if row.starts_on is None else rules.epoch_day(row.starts_on) - facts.today
        last = facts.days - 1 if row.ends_on is None else rules.epoch_day(row.ends_on) - facts.today
        if last < 0 or first >= facts.days:
            continue
        found.append(
            Change(row.kind, row.value, first if first > 0 else 0, last, row.item_id, row.family, row.site_id,
                   row.supplier_id)
        )  # fmt: skip
    return tuple(found)


def _moved(facts: Facts, base: Outcome, changed: Outcome) -> list[dict[str, int]]:
    """Where the scenario makes most difference to what comes late."""
    apart = changed.late_by_row - base.late_by_row
    worst = np.argsort(-np.abs(apart), kind="stable")[:ROWS_TOLD].tolist()
    return [
        {
            "item": int(facts.item[n]),
            "site": int(facts.site[n]),
            "late_before_milli": int(base.late_by_row[n]),
            "late_after_milli": int(changed.late_by_row[n]),
        }
        for n in worst
        if apart[n]
    ]
