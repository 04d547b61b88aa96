"""The night's planning and the buyers who decide on what it proposes."""

from __future__ import annotations

from datetime import timedelta

from longshore.planning.models import Proposal, ProposalState
from longshore.planning.operations import make_forecasts, plan_network, release, replenish, set_policies
from longshore.twin.world.scene import Scene, Tick

PLAN_MINUTE = 130
REVIEW_MINUTES = (510, 810, 1050)
SOON = timedelta(hours=14)
LEFT_FOR_A_PERSON = 1_500_000  # in a living demo, proposals above this many minor units wait for whoever is logged in
PATIENCE = timedelta(hours=20)  # … but not for ever: the shelves would run dry over a weekend without visitors


def step(scene: Scene, tick: Tick) -> None:
    if tick.passes(PLAN_MINUTE) is not None:
        plan(scene, tick)
    if any(tick.passes(minute) is not None for minute in REVIEW_MINUTES):
        decide(scene, tick)


def plan(scene: Scene, tick: Tick) -> None:
    cause = scene.cause("night plan")
    make_forecasts(at=tick.now, cause=cause)
    set_policies(at=tick.now, cause=cause)
    plan_network(at=tick.now, cause=cause)
    replenish(at=tick.now, cause=cause)


def decide(scene: Scene, tick: Tick) -> None:
    """Release what has to be ordered by tonight. A living demo leaves the large decisions to its visitors for a day."""
    due = Proposal.objects.filter(state=ProposalState.PROPOSED, order_at__lte=tick.now + SOON).order_by("id")
    wanted = [
        proposal
        for proposal, qty, price, made in due.values_list("id", "qty", "unit_price", "made_at")
        if not scene.living or qty * price < LEFT_FOR_A_PERSON or made < tick.now - PATIENCE
    ]
    if wanted:
        release(wanted, at=tick.now, cause=scene.cause("buyer"))
