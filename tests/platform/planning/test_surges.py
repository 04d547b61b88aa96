"""A spike of orders is taken up within minutes: wider bands, a moved reorder point, a proposal that names it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation

from longshore.catalog.models import Place
from longshore.ledger.models import OutboxEvent
from longshore.ordering.models import CustomerOrder
from longshore.ordering.operations import NewLine, NewOrder, cancel_order, take_orders
from longshore.planning.models import DemandDay, DemandSurge, Forecast, ForecastRun, Proposal, StockPolicy
from longshore.planning.operations import (
    HistoryDay,
    make_forecasts,
    note_surges,
    put_history,
    record_demand,
    replenish,
    set_policies,
    take_up_surges,
)
from longshore.planning.queries.hierarchy import Node
from longshore.planning.queries.surges import surges_behind, surges_of
from longshore.planning.wording import proposal_reason
from longshore.project.dispatcher import drain_outbox
from longshore.twin.models import World as Twin
from tests.platform.planning.world import MONDAY, WHO, World, days, name

TODAY = date(2026, 3, 2)


@pytest.fixture
def selling(world: World) -> World:
    """Ten tea a day for eight weeks at the centre, and milk beside it; forecast, policies and enough on the shelf."""
    past = [TODAY - timedelta(days=n) for n in range(1, 57)]
    put_history(
        [HistoryDay(item, world.centre, day, 9 + day.day % 3) for day in past for item in (world.tea, world.milk)]
    )
    make_forecasts(at=MONDAY, cause=WHO)
    set_policies(at=MONDAY, cause=WHO)
    world.stock(world.tea, 150)
    replenish(at=MONDAY, cause=WHO)
    drain_outbox(at=MONDAY)
    Proposal.objects.all().delete()
    return world


def _order(world: World, label: str, orders: int, qty: int, *, at: Any = MONDAY) -> None:
    """So many orders of the shop, each for so much tea, one after the other."""
    for n in range(orders):
        number = f"{label}{n}"
        form = NewOrder(name(number), number, world.shop, days(9), lines=(NewLine(1, world.tea, qty),), received_at=at)
        take_orders([form], at=at, cause=WHO)


def _stand(world: World) -> tuple[Forecast, StockPolicy]:
    leaf = {"item": world.tea, "site": world.centre}
    return Forecast.objects.get(**leaf), StockPolicy.objects.get(**leaf)


def test_a_spike_widens_the_bands_moves_the_reorder_point_and_is_named(selling: World) -> None:
    """Twenty orders of six where ten a day were expected: all of it follows when the events are told, once."""
    before, policy = _stand(selling)
    milk = Forecast.objects.get(item=selling.milk).made_at
    _order(selling, "S", 20, 6, at=days(0.1))
    drain_outbox(at=days(0.1))
    after, moved = _stand(selling)
    surge = DemandSurge.objects.get()
    assert (surge.item_id, surge.site_id, surge.day, surge.qty, surge.lines, surge.counted) == (
        selling.tea, selling.centre, TODAY, 120, 20, 120,
    )  # fmt: skip
    assert (after.starts_on, len(after.daily_milli), after.daily_milli[0]) == (TODAY, 28, before.daily_milli[0])
    width = [high - low for high, low in zip(after.high_milli, after.low_milli, strict=True)]
    once = [high - low for high, low in zip(before.high_milli, before.low_milli, strict=True)]
    assert all(now > 3 * then for now, then in zip(width[1:], once[1:], strict=True))
    assert min(after.high_milli[1:]) > 2 * max(before.high_milli)
    assert after.mean_milli > before.mean_milli
    assert moved.reorder_point > policy.reorder_point
    assert (surge.before["reorder_point"], surge.after["reorder_point"]) == (policy.reorder_point, moved.reorder_point)
    assert surge.before["high"] == before.high_milli
    proposal = Proposal.objects.get(site=selling.centre, item=selling.tea, state="proposed")
    assert proposal.explanation["surge"]["qty"] == 120
    with translation.override("en"):
        reason = proposal_reason(proposal.explanation).why
    assert reason.startswith("Demand surged: 20 order lines wanted 120 on 2026-03-02, where at most ")
    assert f"The reorder point went from {policy.reorder_point} to {moved.reorder_point}." in reason
    assert Forecast.objects.get(item=selling.milk).made_at == milk


def test_orders_in_a_row_are_taken_up_together(selling: World) -> None:
    """Twenty orders before the worker looks: one forecast. A few more change nothing, a quarter more does."""
    _order(selling, "S", 20, 6, at=days(0.1))
    drain_outbox(at=days(0.1))
    assert ForecastRun.objects.filter(actor="plan").count() == 1
    _order(selling, "T", 3, 6, at=days(0.2))
    drain_outbox(at=days(0.2))
    assert (ForecastRun.objects.filter(actor="plan").count(), DemandSurge.objects.get().counted) == (1, 120)
    _order(selling, "U", 2, 6, at=days(0.3))
    drain_outbox(at=days(0.3))
    assert (ForecastRun.objects.filter(actor="plan").count(), DemandSurge.objects.get().counted) == (2, 150)
    assert take_up_surges(at=days(0.3), cause=WHO).surges == ()


def test_one_large_order_is_no_surge(selling: World) -> None:
    """120 in one order are bought for and not expected again: the forecast stays, nobody is told."""
    before, _policy = _stand(selling)
    _order(selling, "S", 1, 120, at=days(0.1))
    drain_outbox(at=days(0.1))
    after, _moved = _stand(selling)
    assert (DemandSurge.objects.count(), after.made_at) == (0, before.made_at)
    assert not OutboxEvent.objects.filter(name="planning.left-band").exists()


def test_a_usual_day_is_no_surge(selling: World) -> None:
    """Twelve orders of one, two above what is expected: inside the band."""
    _order(selling, "S", 12, 1, at=days(0.1))
    drain_outbox(at=days(0.1))
    assert DemandSurge.objects.count() == 0


def test_the_night_after_knows_the_spike_by_itself(selling: World) -> None:
    """The next night's forecast has the day as a complete one; its bands stay wide, and nothing is taken up twice."""
    _order(selling, "S", 20, 16, at=days(0.1))
    drain_outbox(at=days(0.1))
    evening, _policy = _stand(selling)
    make_forecasts(at=days(0.9), cause=WHO)
    night, _policy = _stand(selling)
    assert night.starts_on == TODAY + timedelta(days=1)
    assert night.sigma_milli == evening.sigma_milli
    assert (night.daily_milli[:27], night.high_milli[:27]) == (evening.daily_milli[1:], evening.high_milli[1:])
    assert take_up_surges(at=days(0.9), cause=WHO).surges == ()


@pytest.mark.parametrize(
    ("language", "word"), [("en", "Demand surged: 20 order lines wanted 120"), ("zh-hans", "需求激增")]
)
def test_the_pages_say_what_changed(selling: World, language: str, word: str) -> None:
    """Item, policy and demand name the spike with the figures before and after, and draw the band as it stood."""
    _before, policy = _stand(selling)
    _order(selling, "S", 20, 6, at=days(0.1))
    drain_outbox(at=days(0.1))
    _after, moved = _stand(selling)
    Twin.objects.create(name="demo", kind="demo", now=days(0.2))
    leaf = f"item={selling.tea}&site={selling.centre}"
    client = Client()
    client.force_login(User.objects.create_superuser("planner"))
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    addresses = (
        f"/stock/{selling.tea}/?site={selling.centre}", f"/policies/{selling.tea}/{selling.centre}/", f"/demand/?{leaf}",
    )  # fmt: skip
    with translation.override("en"):  # a request leaves its language behind
        pages = [client.get(address).content.decode() for address in addresses]
    for said in pages:
        assert word in said
        assert f'<td class="n">{policy.reorder_point:,}</td><td class="n"><b>{moved.reorder_point:,}</b></td>' in said
    assert '"before": [' in pages[-1] and '"surges": [{"at": 84, "value": 120}]' in pages[-1]


def test_an_item_of_a_few_days_has_no_usual_day(selling: World) -> None:
    """Sold for five days only: what many orders want on the sixth is its beginning, not a surge."""
    DemandDay.objects.filter(day__lt=TODAY - timedelta(days=5)).delete()
    _order(selling, "S", 20, 6, at=days(0.1))
    drain_outbox(at=days(0.1))
    assert DemandSurge.objects.count() == 0


def test_a_surge_heard_of_after_the_night_changes_nothing(selling: World) -> None:
    """Taken up late, when the next night's forecast has the day already: that forecast stands."""
    _order(selling, "S", 20, 6, at=days(0.1))
    counted = record_demand(list(CustomerOrder.objects.values_list("id", flat=True)))
    assert len(note_surges(counted.days, at=days(0.1), cause=WHO)) == 1
    make_forecasts(at=days(0.9), cause=WHO)
    night, policy = _stand(selling)
    assert take_up_surges(at=days(0.1), cause=WHO).surges == ()
    after, same = _stand(selling)
    assert (after.starts_on, after.daily_milli) == (night.starts_on, night.daily_milli)
    assert (same.reorder_point, DemandSurge.objects.get().counted) == (policy.reorder_point, 0)


def test_what_is_cancelled_before_it_is_taken_up_was_no_surge(selling: World) -> None:
    """Twenty orders of six, all but one cancelled before the worker looks: nothing is forecast, nothing stays noted. With
    twelve left, the surge says what they want."""
    before, _policy = _stand(selling)
    _order(selling, "S", 20, 6, at=days(0.1))
    orders = list(CustomerOrder.objects.order_by("id").values_list("id", flat=True))
    counted = record_demand(orders)
    assert len(note_surges(counted.days, at=days(0.1), cause=WHO)) == 1
    for order in orders[12:]:
        cancel_order(order, at=days(0.1), cause=WHO)
    note_surges(record_demand(orders).days, at=days(0.1), cause=WHO)
    assert len(take_up_surges(at=days(0.1), cause=WHO).surges) == 1
    surge = DemandSurge.objects.get()
    assert (surge.qty, surge.lines, surge.counted) == (72, 12, 72)
    DemandSurge.objects.all().update(counted=0)
    Forecast.objects.filter(item=selling.tea).update(made_at=before.made_at, mean_milli=before.mean_milli)
    for order in orders[1:12]:
        cancel_order(order, at=days(0.1), cause=WHO)
    record_demand(orders)
    assert take_up_surges(at=days(0.1), cause=WHO).surges == ()
    assert DemandSurge.objects.count() == 0
    assert _stand(selling)[0].mean_milli == before.mean_milli


def test_a_surge_is_told_as_its_day_is_now(selling: World) -> None:
    """Three more orders after it was taken up: the page and the next reason say 138, and that 120 are in the forecast."""
    _order(selling, "S", 20, 6, at=days(0.1))
    drain_outbox(at=days(0.1))
    _order(selling, "T", 3, 6, at=days(0.2))
    drain_outbox(at=days(0.2))
    (row,) = surges_of(Node(item=selling.tea, site=selling.centre), today=TODAY)
    assert (row.qty, row.lines, row.counted) == (138, 23, 120)
    assert surges_behind([selling.tea], today=TODAY)[selling.tea, selling.centre]["qty"] == 138
    Twin.objects.create(name="demo", kind="demo", now=days(0.2))
    client = Client()
    client.force_login(User.objects.create_superuser("planner"))
    with translation.override("en"):
        said = client.get(f"/stock/{selling.tea}/?site={selling.centre}").content.decode()
    assert "23 order lines wanted 138" in said
    assert "The forecast has counted 120 of that day." in said


def test_a_second_forecast_on_the_same_day_does_not_forget_the_surge(selling: World) -> None:
    """Forecast again by hand an hour later: the surge is taken up once more, with what stood before it unchanged."""
    _order(selling, "S", 20, 6, at=days(0.1))
    drain_outbox(at=days(0.1))
    spiked, policy = _stand(selling)
    surge = DemandSurge.objects.get()
    make_forecasts(at=days(0.2), cause=WHO)
    set_policies(at=days(0.2), cause=WHO)
    drain_outbox(at=days(0.2))
    again, same = _stand(selling)
    assert again.daily_milli == spiked.daily_milli
    assert same.reorder_point == policy.reorder_point
    now = DemandSurge.objects.get()
    assert (now.counted, now.before) == (120, surge.before)


@pytest.fixture
def far(selling: World) -> World:
    """The centre keeps New York's days; the company's, kept by two other sites, are Shanghai's: Monday there, Sunday here."""
    Place.objects.filter(pk=selling.centre).update(timezone="America/New_York")
    site = Place.objects.create(
        code="THIRD", name="Third", kind="site", latitude=10, longitude=10, timezone="Asia/Shanghai"
    )
    Place.objects.filter(pk=site.pk).update(site=site)
    return selling


def test_a_surge_is_taken_up_on_the_day_of_its_own_site(far: World) -> None:
    """Twenty orders on New York's Sunday evening, Monday morning in Shanghai: taken up at once, as Sunday's."""
    make_forecasts(at=MONDAY, cause=WHO)
    before, _policy = _stand(far)
    assert before.starts_on == TODAY
    _order(far, "S", 20, 6, at=days(0.1))
    drain_outbox(at=days(0.1))
    surge = DemandSurge.objects.get()
    assert (surge.day, surge.qty, surge.counted) == (TODAY - timedelta(days=1), 120, 120)
    after, _moved = _stand(far)
    assert after.starts_on == TODAY - timedelta(days=1)
    assert after.mean_milli > before.mean_milli
    make_forecasts(at=days(0.2), cause=WHO)
    drain_outbox(at=days(0.2))
    assert _stand(far)[0].daily_milli == after.daily_milli


def test_a_day_that_is_not_over_at_its_site_is_no_day_of_little_demand(far: World) -> None:
    """Sunday is half over in New York while the company plans Monday: the forecast takes last Sunday for it."""
    week_ago = DemandDay.objects.get(item=far.tea, day=TODAY - timedelta(days=8)).qty
    sunday = DemandDay.objects.filter(item=far.tea, day=TODAY - timedelta(days=1))
    sunday.update(qty=week_ago)
    Place.objects.filter(pk=far.centre).update(timezone="Asia/Shanghai")
    make_forecasts(at=MONDAY, cause=WHO)
    whole = _stand(far)[0].daily_milli
    Place.objects.filter(pk=far.centre).update(timezone="America/New_York")
    sunday.update(qty=1)
    make_forecasts(at=MONDAY, cause=WHO)
    assert _stand(far)[0].daily_milli == whole
