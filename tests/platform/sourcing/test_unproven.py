"""A choice that was not finished in time says so, on the page and over the API."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from longshore.engine.sourcing.problem import Selection, SourcingProblem, Unfinished
from longshore.engine.sourcing.solve import solve
from longshore.planning.models import Proposal
from longshore.sourcing.queries import choose
from longshore.sourcing.rules import Weights
from tests.platform.pages.desk import person as ours
from tests.platform.planning.world import MONDAY, World

pytestmark = pytest.mark.usefixtures("monday")


def _proposed(world: World) -> int:
    number = world.released(world.tea, 100)
    Proposal.objects.filter(pk=number).update(state="proposed")
    return number


def _api(number: int) -> dict[str, Any]:
    told = ours("buyer").post(
        f"/api/sourcing/proposals/{number}/choice", json.dumps({}), content_type="application/json"
    )
    assert told.status_code == 200
    found: dict[str, Any] = told.json()
    return found


def test_a_proven_choice_says_nothing_of_it(world: World) -> None:
    """Two offers are weighed to the end: proven, no gap, and no word about time on the page."""
    number = _proposed(world)
    told = _api(number)
    assert (told["proven"], told["gap_bp"], told["unfinished"]) == (True, 0, False)
    assert "time was up" not in ours("viewer").get(f"/suppliers/choice/{number}/").content.decode()


def test_a_choice_that_is_not_proven_says_how_far_it_may_be_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found a tenth above the bound: the page says at most 10.0%, the API 1000 basis points."""

    def hurried(problem: SourcingProblem, *, time_limit_s: float) -> Selection:
        found = solve(problem)
        return replace(found, proven=False, bound=found.best.score * 9 // 10)

    monkeypatch.setattr("longshore.sourcing.queries.choosing.solve", hurried)
    number = _proposed(world)
    told = _api(number)
    assert (told["proven"], told["gap_bp"]) == (False, 1_000)
    page = ours("viewer").get(f"/suppliers/choice/{number}/").content.decode()
    assert "Another split could be better by at most 10.0%" in page


def test_nothing_found_in_time_is_no_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page shows the offers and says that none was ruled out; no quantity is proposed."""

    def hopeless(problem: SourcingProblem, *, time_limit_s: float) -> Selection:
        raise Unfinished(time_limit_s)

    monkeypatch.setattr("longshore.sourcing.queries.choosing.solve", hopeless)
    number = _proposed(world)
    answer = ours("buyer").get(f"/suppliers/choice/{number}/")
    page = answer.content.decode()
    assert answer.status_code == 200 and "No split was found in the time there was" in page
    assert f'name="qty-{world.grower}" inputmode="numeric" size="8" value="0"' in page
    told = _api(number)
    assert (told["unfinished"], told["proven"], told["impossible"]) == (True, False, "")
    monkeypatch.setattr("longshore.sourcing.queries.choosing.solve", solve)
    monkeypatch.setattr("longshore.sourcing.queries.choosing.TIME_LIMIT_S", 0.0)
    assert choose(world.tea, world.centre, 100, Weights(), at=MONDAY).unfinished
