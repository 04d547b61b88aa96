"""What people and planning make of demand, from the history to the stock policy, on the small world."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from longshore.catalog.imports.registry import target_named
from longshore.catalog.imports.running import ImportOptions, run_import
from longshore.catalog.imports.targets import Occasion
from longshore.catalog.models import Item, Partner, UnitOfMeasure
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.ordering.models import CustomerOrder, OrderLine
from longshore.planning.models import (
    DemandDay,
    DemandMark,
    DemandOverride,
    Forecast,
    ForecastRow,
    ForecastRun,
    PlanRegion,
    SignalDay,
    StockPolicy,
)
from longshore.planning.operations import (
    HistoryDay,
    InfluenceRefused,
    MarkRefused,
    NewLife,
    NewMark,
    NewOverride,
    NewPromotion,
    NewSignalDay,
    OverrideRefused,
    RunRefused,
    apply_overrides,
    ask_for_run,
    cancel_run,
    carry_out_run,
    make_forecasts,
    mark_day,
    override,
    put_history,
    put_life,
    put_promotion,
    put_signals,
    set_policies,
    withdraw_override,
)
from longshore.planning.operations.forecast_runs import RunCancelled
from longshore.planning.queries import Asked, Node, accuracy, demand_history, grid, policy_curve
from longshore.tower.queries.watching import findings
from tests.platform.planning.world import MONDAY, WHO, World, days, name

TODAY = date(2026, 3, 2)


def _sold(item: int, site: int, qty: int, *, back: int = 60, until: int = 1, but: dict[int, int] | None = None) -> None:
    """`qty` a day from `back` days ago to `until` days ago; `but`: other quantities, by days ago."""
    wanted = dict.fromkeys(range(until, back + 1), qty) | (but or {})
    rows = [HistoryDay(item, site, TODAY - timedelta(days=ago), each) for ago, each in wanted.items()]
    assert put_history(rows).rejected == ()


def _mean(item: int, site: int) -> int:
    return Forecast.objects.get(item=item, site=site).mean_milli


def test_a_peak_is_found_and_a_person_may_disagree(world: World) -> None:
    """A lonely day of twenty times as much counts less; marked as `keep` it counts as it was, and that stays."""
    _sold(world.tea, world.centre, 10, but={20: 200})
    make_forecasts(at=MONDAY, cause=WHO)
    mark = DemandMark.objects.get()
    assert (mark.kind, mark.qty, mark.day, mark.actor) == ("outlier", 200, TODAY - timedelta(days=20), "")
    assert 10 < mark.counts_as < 100
    assert _mean(world.tea, world.centre) < 12_000
    mark_day(NewMark(world.tea, world.centre, mark.day, "keep", "It comes every spring"), at=MONDAY, cause=WHO)
    make_forecasts(at=MONDAY, cause=WHO)
    kept = DemandMark.objects.get()
    assert (kept.kind, kept.counts_as, kept.actor, kept.note) == ("keep", 200, "tester", "It comes every spring")


def test_a_mark_without_reason_or_demand_is_refused(world: World) -> None:
    """No reason, an unknown kind, an item never asked for: nothing is marked."""
    _sold(world.tea, world.centre, 10, back=3)
    wrong = (
        (NewMark(world.tea, world.centre, TODAY, "one-off", " "), "no-reason"),
        (NewMark(world.tea, world.centre, TODAY, "odd", "why"), "unknown-mark"),
        (NewMark(world.tea, world.branch, TODAY, "one-off", "why"), "no-demand-there"),
        (NewMark(world.tea, world.centre, TODAY, "one-off", "why", -1), "negative-demand"),
    )
    for mark, code in wrong:
        with pytest.raises(MarkRefused) as refused:
            mark_day(mark, at=MONDAY, cause=WHO)
        assert (refused.value.code, bool(str(refused.value.remedy))) == (code, True)
    assert DemandMark.objects.count() == 0


def test_days_without_stock_do_not_teach_that_nobody_wants_it(world: World) -> None:
    """Ten a day, a shelf that stood empty for two days with nothing asked: those days count as ten each."""
    for label, qty, at in (("first", 100, days(-50)), ("again", 50, days(-2))):
        move = Move(Key(world.tea, world.opening, world.owner), Key(world.tea, world.shelf, world.owner), qty)
        post([NewPosting(name(label), PostingKind.OPENING, at, (move,))], at=at, cause=WHO)
    world.lose(world.tea, 100, at=days(-4))
    _sold(world.tea, world.centre, 10, but={4: 0, 3: 0})
    make_forecasts(at=MONDAY, cause=WHO)
    found = DemandMark.objects.filter(kind="stock-out").order_by("day")
    assert [(mark.day, mark.qty, mark.counts_as) for mark in found] == [
        (TODAY - timedelta(days=4), 0, 10),
        (TODAY - timedelta(days=3), 0, 10),
    ]
    assert _mean(world.tea, world.centre) == 10_000


def _overridden(world: World, node: Node, kind: str, amount: int, **more: object) -> NewOverride:
    wanted = {"starts_on": TODAY, "ends_on": TODAY + timedelta(days=6), "reason": "A contract was signed"} | more
    return NewOverride(uuid4(), node, kind=kind, amount=amount, **wanted)  # type: ignore[arg-type]


def test_an_override_anywhere_is_shared_out_exactly(world: World) -> None:
    """A total for a week over all items and sites: the leaves sum to it; taken back, all is as before."""
    for item, site, qty in ((world.tea, world.centre, 10), (world.tea, world.branch, 3), (world.milk, world.centre, 7)):
        world.expect(item, qty, site=site)
    before = dict(Forecast.objects.order_by("pk").values_list("pk", "daily_milli"))
    put = override(_overridden(world, Node(), "set", 1001), at=MONDAY, today=TODAY, cause=WHO)
    assert (put.leaves, put.changed) == (3, 3)
    assert sum(sum(row.daily_milli[:7]) for row in Forecast.objects.all()) == 1_001_000
    assert [row.daily_milli[7:] for row in Forecast.objects.order_by("pk")] == [daily[7:] for daily in before.values()]
    tea = override(_overridden(world, Node(item=world.tea), "percent", 1000), at=MONDAY, today=TODAY, cause=WHO)
    assert tea.leaves == 2
    shown = grid(Node(), today=TODAY, by="item")
    assert sum(row.final[0] for row in shown.rows) == shown.total.final[0]
    assert shown.total.base[0] == 140_000
    for one in (tea, put):
        withdraw_override(one.override, at=MONDAY, today=TODAY, cause=WHO)
    assert dict(Forecast.objects.values_list("pk", "daily_milli")) == before


def test_an_override_moves_the_stock_policy_and_survives_the_night(world: World) -> None:
    """Twice as much expected lifts the reorder point at once; the next forecast still has it, a later one no longer."""
    _sold(world.tea, world.centre, 10)
    make_forecasts(at=MONDAY, cause=WHO)
    set_policies(at=MONDAY, cause=WHO)
    before = StockPolicy.objects.get(item=world.tea, site=world.centre).reorder_point
    wish = _overridden(world, Node(item=world.tea), "percent", 10_000, ends_on=TODAY + timedelta(days=27))
    override(wish, at=MONDAY, today=TODAY, cause=WHO)
    assert override(wish, at=MONDAY, today=TODAY, cause=WHO).changed == 0
    assert StockPolicy.objects.get(item=world.tea, site=world.centre).reorder_point > before
    make_forecasts(at=MONDAY, cause=WHO)
    assert _mean(world.tea, world.centre) == 20_000
    DemandOverride.objects.update(expires_on=TODAY - timedelta(days=1))
    make_forecasts(at=MONDAY, cause=WHO)
    assert _mean(world.tea, world.centre) == 10_000


def test_an_override_of_a_family_leaves_other_families_alone(world: World) -> None:
    """Only what is shared out together is looked at again; the family's total holds over all of its items."""
    Item.objects.filter(pk=world.tea).update(family="DRINKS")
    Item.objects.filter(pk=world.milk).update(family="DAIRY")
    for item, site in ((world.tea, world.centre), (world.tea, world.branch), (world.milk, world.centre)):
        world.expect(item, 10, site=site)
    override(_overridden(world, Node(family="DAIRY"), "set", 7), at=MONDAY, today=TODAY, cause=WHO)
    put = override(
        _overridden(world, Node(item=world.tea, site=world.branch), "set", 140), at=MONDAY, today=TODAY, cause=WHO
    )
    assert (put.leaves, put.changed) == (1, 1)
    weeks = {(row.item_id, row.site_id): sum(row.daily_milli[:7]) for row in Forecast.objects.all()}
    assert weeks == {
        (world.tea, world.centre): 70_000, (world.tea, world.branch): 140_000, (world.milk, world.centre): 7_000
    }  # fmt: skip


def test_an_impossible_override_is_refused(world: World) -> None:
    """Each with its code and remedy; nothing is written."""
    world.expect(world.tea, 10)
    wrong = (
        (_overridden(world, Node(), "set", 10, reason=""), "no-reason"),
        (_overridden(world, Node(), "guess", 10), "unknown-override"),
        (_overridden(world, Node(), "set", -1), "negative-demand"),
        (_overridden(world, Node(), "percent", -10_001), "bad-percentage"),
        (_overridden(world, Node(), "set", 10**13), "beyond-measure"),
        (_overridden(world, Node(), "set", 1, ends_on=TODAY - timedelta(days=1)), "ends-before-start"),
        (_overridden(world, Node(family="none such"), "set", 1), "nothing-there"),
        (_overridden(world, Node(), "set", 1, expires_on=TODAY - timedelta(days=1)), "expires-in-the-past"),
    )
    for wish, code in wrong:
        with pytest.raises(OverrideRefused) as refused:
            override(wish, at=MONDAY, today=TODAY, cause=WHO)
        assert (refused.value.code, bool(str(refused.value.remedy))) == (code, True)
    assert DemandOverride.objects.count() == 0


def test_regions_are_a_level(world: World) -> None:
    """A region is the sum of its sites, and an override on it reaches only these."""
    PlanRegion.objects.create(site_id=world.branch, code="SOUTH", name="South")
    world.expect(world.tea, 10)
    world.expect(world.tea, 4, site=world.branch)
    override(_overridden(world, Node(region="SOUTH"), "add", 7), at=MONDAY, today=TODAY, cause=WHO)
    shown = {row.code: row.final[0] for row in grid(Node(), today=TODAY, by="region").rows}
    assert shown == {"": 70_000, "SOUTH": 35_000}


def test_a_run_keeps_what_it_said_and_is_measured_a_week_later(world: World) -> None:
    """Ten were expected and twelve came: off by 2 of 12; the week before had ten, so naive was as far off."""
    _sold(world.tea, world.centre, 10)
    first = make_forecasts(at=MONDAY, cause=WHO)
    override(_overridden(world, Node(), "set", 84), at=MONDAY, today=TODAY, cause=WHO)
    second = make_forecasts(at=MONDAY + timedelta(minutes=1), cause=WHO)
    week = [HistoryDay(world.tea, world.centre, TODAY + timedelta(days=n), 12) for n in range(7)]
    put_history(week)
    make_forecasts(at=days(7), cause=WHO)
    assert first.run is not None and second.run is not None and first.run != second.run
    error = accuracy.run(first.run).error  # type: ignore[union-attr]
    assert (error.wanted, error.off_base, error.off_naive) == (84_000, 14_000, 14_000)
    assert (error.wape_bp, error.value_added_bp, error.bias_bp) == (1667, 0, -1667)
    better = accuracy.run(second.run).error  # type: ignore[union-attr]
    assert (better.off_base, better.off_final, better.human_value_added_bp) == (14_000, 0, 1667)
    assert accuracy.grouped("item", TODAY)[0].measured == 2


def test_what_changed_since_the_last_run_is_told(world: World) -> None:
    """The second run names method and mean of the first."""
    _sold(world.tea, world.centre, 10)
    make_forecasts(at=MONDAY, cause=WHO)
    _sold(world.tea, world.centre, 20)
    run = make_forecasts(at=MONDAY + timedelta(minutes=1), cause=WHO).run
    assert run is not None
    row = accuracy.rows_of_run(run, changed=True)[0]
    assert (row.mean_before_milli, row.mean_milli) == (10_000, 20_000)


def test_a_forecast_that_leans_one_way_raises_an_alarm(world: World) -> None:
    """Two weeks of ten expected and twenty wanted: drift, an exception in the tower, and it goes when it is over."""
    _sold(world.tea, world.centre, 20, back=21)
    for ago in range(1, 15):
        one = ForecastRun.objects.create(key=uuid4(), actor="x", asked_at=MONDAY, state="done")
        ForecastRow.objects.create(
            run=one, item_id=world.tea, site_id=world.centre, starts_on=TODAY - timedelta(days=ago), method="mean",
            mean_milli=10_000, base=[10_000] * 7, final=[10_000] * 7, naive=[10_000] * 7,
        )  # fmt: skip
    make_forecasts(at=MONDAY, cause=WHO)
    assert Forecast.objects.get(item=world.tea).drift_bp == -5000
    told = findings("forecast-drift", MONDAY, out_tenths=0, soon_tenths=0)
    assert [(one.subject, one.action, one.facts["lean"]) for one in told] == [(f"item:{world.tea}", "reforecast", 50)]
    ForecastRow.objects.all().delete()
    make_forecasts(at=MONDAY, cause=WHO)
    assert findings("forecast-drift", MONDAY, out_tenths=0, soon_tenths=0) == ()


def test_a_new_item_sells_like_another_and_an_old_one_fades(world: World) -> None:
    """Half as much as tea where tea sells; after its last day nothing is expected of milk."""
    new = Item.objects.create(code="GREEN", name="Green tea", base_unit=UnitOfMeasure.objects.get(code="EA"))
    _sold(world.tea, world.centre, 10)
    _sold(world.milk, world.centre, 8)
    put_life(NewLife(new.pk, world.tea, 5000), at=MONDAY, cause=WHO)
    put_life(NewLife(world.milk, ends_on=TODAY + timedelta(days=1)), at=MONDAY, cause=WHO)
    make_forecasts(at=MONDAY, cause=WHO)
    green = Forecast.objects.get(item=new)
    assert (green.method, green.mean_milli, green.site_id) == ("analogue", 5000, world.centre)
    assert Forecast.objects.get(item=world.milk).daily_milli == [8000, 8000, *[0] * 26]
    with pytest.raises(InfluenceRefused) as refused:
        put_life(NewLife(new.pk, new.pk), at=MONDAY, cause=WHO)
    assert refused.value.code == "like-itself"


def test_a_promotion_lifts_the_days_it_runs(world: World) -> None:
    """Thirty per cent more from Wednesday to Thursday, as stated; wrong ones are refused."""
    _sold(world.tea, world.centre, 10)
    promotion = NewPromotion("SPRING", "Spring", date(2026, 3, 4), date(2026, 3, 5), item=world.tea, uplift_bp=3000)
    assert put_promotion(promotion, at=MONDAY, cause=WHO).new
    assert not put_promotion(promotion, at=MONDAY, cause=WHO).new
    make_forecasts(at=MONDAY, cause=WHO)
    found = Forecast.objects.get(item=world.tea)
    assert found.daily_milli[:5] == [10_000, 10_000, 13_000, 13_000, 10_000]
    assert found.drivers == {"Spring": 214}
    with pytest.raises(InfluenceRefused) as refused:
        put_promotion(NewPromotion("X", "X", date(2026, 3, 5), date(2026, 3, 4)), at=MONDAY, cause=WHO)
    assert refused.value.code == "ends-before-start"
    for wrong, code in (
        (NewPromotion("X" * 41, "X", TODAY, TODAY), "text-too-long"),
        (NewPromotion("X", "X", TODAY, TODAY, price=-1), "bad-price"),
    ):
        with pytest.raises(InfluenceRefused) as told:
            put_promotion(wrong, at=MONDAY, cause=WHO)
        assert told.value.code == code


def test_signals_come_row_by_row_and_by_file(world: World) -> None:
    """Right days are kept, wrong ones come back; a file in Chinese is read, and the same again changes nothing."""
    day = NewSignalDay("heat", TODAY, 31_500, world.centre, "weather")
    receipt = put_signals([day, NewSignalDay("", TODAY, 1), NewSignalDay("heat", TODAY, 1, world.shelf)])
    assert (receipt.accepted, [(row.row, row.field) for row in receipt.rejected]) == (1, [(2, "signal"), (3, "site")])
    file = "信号,日期,数值,类型\n竞品价,2026-03-01,12.5,competitor\n竞品价,2026-03-02,12,competitor\n"
    when = Occasion(at=MONDAY, actor="tester")
    done = run_import(file.encode(), target_named("demand_signals"), ImportOptions(), when)
    assert (done.new, done.changed) == (2, 0)
    again = run_import(file.encode(), target_named("demand_signals"), ImportOptions(), when)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
    assert list(SignalDay.objects.order_by("id").values_list("value_milli", flat=True)) == [31_500, 12_500, 12_000]


def _order(world: World, number: str, channel: str, qty: int, *, wanted: int, cancelled: int = 0) -> None:
    each = UnitOfMeasure.objects.get(code="EA")
    order = CustomerOrder.objects.create(
        key=name(number), number=number, customer_id=world.shop, channel=channel, received_at=MONDAY,
        ship_to_id=Partner.objects.get(pk=world.shop).place_id, requested_at=days(wanted),
    )  # fmt: skip
    OrderLine.objects.create(
        order=order, line=1, item_id=world.tea, qty=qty, entered_qty=str(qty), entered_unit=each, cancelled=cancelled
    )


def test_history_is_told_by_channel_customer_and_day_wanted(world: World) -> None:
    """Two orders received today, wanted on two days: the requested days, the channel and the rows behind it."""
    _order(world, "A", "web", 4, wanted=1)
    _order(world, "B", "edi", 6, wanted=3, cancelled=1)
    asked = Asked(Node(item=world.tea), TODAY, TODAY + timedelta(days=5))
    found = [(row.day, row.qty, row.cancelled) for row in demand_history.wanted_by_day(asked)]
    assert found == [(TODAY + timedelta(days=1), 4, 0), (TODAY + timedelta(days=3), 5, 1)]
    who = [(row.channel, row.code, row.qty, row.lines) for row in demand_history.wanted_by_whom(asked)]
    assert who == [("edi", "SHOP", 5, 1), ("web", "SHOP", 4, 1)]
    only = Asked(Node(site=world.centre), TODAY, TODAY + timedelta(days=5), channel="web")
    assert [row.number for row in demand_history.lines_of(only)] == ["A"]
    received = Asked(Node(item=world.tea), TODAY, TODAY + timedelta(days=5), by="received")
    assert [(row.day, row.qty) for row in demand_history.wanted_by_day(received)] == [(TODAY, 9)]


def test_taken_over_history_ends_where_the_first_order_begins_in_the_calendar_of_the_site(world: World) -> None:
    """The first order comes at one o'clock on Monday in Shanghai, which is still Sunday in Greenwich: Sunday is told whole."""
    sunday = TODAY - timedelta(days=1)
    DemandDay.objects.create(item_id=world.tea, site_id=world.centre, day=sunday, qty=7, lines=2)
    DemandDay.objects.create(item_id=world.tea, site_id=world.centre, day=TODAY, qty=9, lines=2)
    _order(world, "A", "web", 4, wanted=1)
    CustomerOrder.objects.update(received_at=MONDAY - timedelta(hours=9))
    asked = Asked(Node(item=world.tea), sunday, TODAY, by="received")
    assert [(row.day, row.qty) for row in demand_history.wanted_by_day(asked)] == [(sunday, 7), (TODAY, 4)]


def test_open_orders_use_up_the_forecast(world: World) -> None:
    """Five a day expected, twelve ordered for Wednesday: five of its own day, five of the day before, two of Monday."""
    world.expect(world.tea, 5)
    _order(world, "A", "web", 12, wanted=2)
    used = demand_history.consumption(Node(item=world.tea), TODAY, backward=3, forward=0)
    assert [day.left for day in used[:4]] == [3000, 0, 0, 5000]
    assert [day.ordered for day in used[:4]] == [0, 0, 12_000, 0]
    assert sum(day.unexpected for day in used) == 0


def test_the_service_curve_rises_and_names_what_is_chosen(world: World) -> None:
    """More service never asks for less stock; the chosen point says what the policy says."""
    _sold(world.tea, world.centre, 10, but=dict.fromkeys(range(2, 60, 5), 25))
    make_forecasts(at=MONDAY, cause=WHO)
    set_policies(at=MONDAY, cause=WHO)
    curve = policy_curve.service_curve(world.tea, world.centre)
    assert curve is not None and curve.chosen is not None
    levels = [point.reorder_point for point in curve.points]
    assert levels == sorted(levels)
    chosen = (curve.chosen.reorder_point, curve.chosen.safety_stock)
    assert chosen == (curve.policy.reorder_point, curve.policy.safety_stock)
    assert [row.item for row in policy_curve.policies_of(None, "tea")] == [world.tea]


def test_a_run_is_asked_for_carried_out_once_and_cancelled(world: World) -> None:
    """A second run for everything is refused while one waits; cancelled it does nothing; done twice it is done once."""
    _sold(world.tea, world.centre, 10)
    key = uuid4()
    run = ask_for_run(key, at=MONDAY, cause=WHO)
    assert ask_for_run(key, at=MONDAY, cause=WHO).pk == run.pk
    with pytest.raises(RunRefused) as refused:
        ask_for_run(uuid4(), at=MONDAY, cause=WHO)
    assert refused.value.code == "run-under-way"
    assert cancel_run(run.pk).state == "cancelled"
    assert carry_out_run(run.pk, now=lambda: MONDAY).state == "cancelled"
    assert Forecast.objects.count() == 0
    second = ask_for_run(uuid4(), at=MONDAY, cause=WHO)
    done = carry_out_run(second.pk, now=lambda: MONDAY)
    assert (done.state, done.counts, Forecast.objects.count()) == ("done", {"series": 1, "policies": 1}, 1)
    assert carry_out_run(second.pk, now=lambda: days(9)).finished_at == MONDAY


def test_a_run_that_is_stopped_leaves_nothing_behind(world: World) -> None:
    """Cancelled between the series: no forecast, no row, no mark."""
    _sold(world.tea, world.centre, 10, but={20: 200})

    def stopped(done: int, total: int) -> None:
        raise RunCancelled("cancelled", "")

    with pytest.raises(RunCancelled):
        make_forecasts(at=MONDAY, cause=WHO, watch=stopped)
    assert (Forecast.objects.count(), ForecastRow.objects.count(), DemandMark.objects.count()) == (0, 0, 0)


def test_a_thorough_run_learns_across_series_and_tells_its_progress(world: World) -> None:
    """Steady items with half a year of history: by the panel, with bands around the mean; a rare one beside them as ever."""
    week = (12, 10, 9, 11, 14, 20, 4)
    pattern = {n: week[n % 7] for n in range(1, 183)}
    _sold(world.tea, world.centre, 0, but=pattern)
    _sold(world.milk, world.centre, 0, but={n: qty + 5 for n, qty in pattern.items()})
    _sold(world.milk, world.branch, 0, but=dict.fromkeys(range(5, 180, 11), 3))
    told: list[tuple[int, int]] = []
    make_forecasts(at=MONDAY, cause=WHO, fast=False, watch=lambda done, total: told.append((done, total)))
    tea = Forecast.objects.get(item=world.tea)
    said = [day / 1000 for day in tea.daily_milli[:7]]
    assert max(abs(one - week[-n % 7]) for n, one in enumerate(said)) < 2
    assert all(low <= day <= high for low, day, high in zip(tea.low_milli, tea.base_milli, tea.high_milli, strict=True))
    assert Forecast.objects.get(item=world.milk, site=world.branch).demand_class in ("intermittent", "lumpy")
    assert told[-1] == (3, 3)
    assert [done for done, _total in told] == sorted(done for done, _total in told)


def test_overrides_that_grew_beyond_measure_are_named_wherever_they_are_applied(world: World) -> None:
    """Each could be counted when it was made, together they no longer can: withdrawing another and forecasting again are
    refused by name, and nothing is written."""
    world.expect(world.tea, 10)
    first = override(_overridden(world, Node(item=world.tea), "set", 10**12), at=MONDAY, today=TODAY, cause=WHO)
    made = DemandOverride.objects.get(pk=first.override)
    for amount in (100_000, 1):
        DemandOverride.objects.create(
            key=uuid4(), item_id=world.tea, starts_on=made.starts_on, ends_on=made.ends_on, kind="percent", amount=amount,
            reason="x", actor="x", made_at=MONDAY, expires_on=made.expires_on,
        )  # fmt: skip
    before = Forecast.objects.get(item=world.tea).daily_milli
    small = DemandOverride.objects.get(amount=1)
    with pytest.raises(OverrideRefused) as refused:
        withdraw_override(small.pk, at=MONDAY, today=TODAY, cause=WHO)
    assert refused.value.code == "beyond-measure"
    with pytest.raises(OverrideRefused):
        apply_overrides(today=TODAY, fresh=True)
    small.refresh_from_db()
    assert (small.withdrawn_at, Forecast.objects.get(item=world.tea).daily_milli) == (None, before)
