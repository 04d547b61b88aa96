"""The demo company plans a part of its goods over its network, so that the plan's pages show something real."""

from __future__ import annotations

import pytest

from longshore.catalog.models import Item
from longshore.planning.models import PlannedOrder, StockPolicy
from longshore.planning.queries.network_grid import supply_grid
from longshore.planning.queries.pegging import what_for
from longshore.twin.demo import BY_NETWORK, FIRST_DAY, open_company
from longshore.twin.world.scene import at_minute


@pytest.mark.django_db
def test_a_family_is_planned_over_its_plant_and_the_centres_it_feeds() -> None:
    """On the first morning every item of the family has a grid of more than one site, orders of the plan from the centres on
    the plant and from the plant on its line, and what stands at the plant is pegged to what the centres want."""
    company, scene = open_company(7, FIRST_DAY, progress=lambda text: None)
    codes = [goods.code for goods in company.goods if goods.family in BY_NETWORK]
    items = list(Item.objects.filter(code__in=codes).order_by("id").values_list("id", flat=True))
    planned = set(StockPolicy.objects.filter(planned_by="network").values_list("item", flat=True))
    assert planned == set(items) and items
    assert set(PlannedOrder.objects.values_list("kind", flat=True)) == {0, 1}
    (plant,) = set(StockPolicy.objects.filter(item__in=items, source__isnull=False).values_list("source", flat=True))
    at = at_minute(FIRST_DAY, 0)
    assert len(supply_grid(items[0], at=at).sites) > 1
    told = [row for chain in what_for(items[0], plant, at=at).chains for row in chain.rows]
    assert {row.at[1] for row in told if row.what == "forecast"} <= set(scene.sites.values()) - {plant}
    assert "forecast" in {row.what for row in told}
