"""The bullwhip: variance of orders over variance of demand, by item-site and level."""

from __future__ import annotations

from datetime import date, timedelta

from longshore.planning import joint_rules
from longshore.planning.joint_rules import Flow
from longshore.planning.models import DemandDay, Proposal
from longshore.planning.queries.bullwhip import bullwhip
from tests.platform.planning.world import World, days


def test_levels_of_a_network() -> None:
    """A site that feeds nobody is 1, what feeds it 2, what feeds that 3; a ring comes to an end."""
    assert joint_rules.echelons({(1, 7): 8, (1, 8): 9, (1, 9): None, (1, 6): 9, (2, 7): None}) == {
        (1, 7): 1, (1, 8): 2, (1, 9): 3, (1, 6): 1, (2, 7): 1,
    }  # fmt: skip
    assert set(joint_rules.echelons({(1, 7): 8, (1, 8): 7})) == {(1, 7), (1, 8)}


def test_the_ratio_is_that_of_the_variances() -> None:
    """Demand 10 and 20 in turn, orders 0 and 60 in turn: 900 over 25 is 36; the weeks before the first order are left out."""
    weeks = list(range(0, 77, 7))
    flows = [Flow(1, 7, week, 10 + 10 * (n % 2), 60 * (n % 2)) for n, week in enumerate(weeks) if n > 0]
    flows.append(Flow(1, 7, weeks[0], 500, 0))
    whip = joint_rules.whips(flows, weeks)[1, 7]
    assert (whip.weeks, whip.demand_mean_milli, whip.ordered_mean_milli) == (10, 15_000, 30_000)
    assert whip.ratio_milli == 36_000
    steady = joint_rules.whips([Flow(1, 7, week, 10, 10) for week in weeks], weeks)[1, 7]
    assert steady.ratio_milli is None
    assert joint_rules.whips([Flow(1, 7, 0, 10, 0)], weeks)[1, 7].weeks == 0


def test_a_level_is_measured_as_one() -> None:
    """Two sites whose orders swing against each other are calm together: the level's ratio is below each of theirs."""
    weeks = list(range(0, 70, 7))
    flows = [Flow(1, 7, week, 10 + n % 2, 40 * (n % 2)) for n, week in enumerate(weeks)]
    flows += [Flow(1, 8, week, 10 + n % 2, 40 * (1 - n % 2)) for n, week in enumerate(weeks)]
    alone = joint_rules.whips(flows, weeks)
    together = joint_rules.whips_by_echelon(flows, weeks, {(1, 7): 1, (1, 8): 1})
    assert alone[1, 8].ratio_milli == 1_600_000
    assert together[1].ratio_milli == 0


def test_measured_from_decisions_and_demand(world: World) -> None:
    """The branch sells and orders from the centre, which orders from the grower: two levels, each with its ratio."""
    world.policy(world.tea)
    world.policy(world.tea, site=world.branch, source=world.centre)
    monday = date(2026, 3, 2)
    for week in range(12):
        day = monday - timedelta(weeks=week + 1)
        DemandDay.objects.create(item_id=world.tea, site_id=world.branch, day=day, qty=10 + 2 * (week % 2), lines=1)
        pulled = world.released(world.tea, 5 + 10 * (week % 2), site=world.branch, label=f"t{week}")
        bought = world.released(world.tea, 1 + 30 * (week % 2), label=f"b{week}")
        Proposal.objects.filter(pk=pulled).update(kind="transfer", supplier=None, origin=world.centre)
        Proposal.objects.filter(pk__in=(pulled, bought)).update(decided_at=days(-7 * (week + 1)))
    found = bullwhip(at=days(0.5))
    assert [(each.echelon, each.item_sites, each.whip.ratio_milli) for each in found.echelons] == [
        (1, 1, 25_000), (2, 1, 9000),
    ]  # fmt: skip
    assert [(row.site, row.echelon, row.whip.weeks) for row in found.sites] == [
        (world.branch, 1, 12),
        (world.centre, 2, 12),
    ]
