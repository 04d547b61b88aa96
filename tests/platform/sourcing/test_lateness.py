"""Open orders carry how likely they come late; who is risky is told before the day, with a wish for sooner proposed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from longshore.catalog.typed import HOME_ZONE
from longshore.ledger.models import PlannedFlow
from longshore.sourcing import lateness_rules
from longshore.sourcing.lateness_rules import Line
from longshore.sourcing.models import LateRisk, OrderChange, PurchaseOrder, PurchaseOrderLine
from longshore.sourcing.operations import Arrived, place_orders, predict_lateness, receive
from longshore.sourcing.queries import risks
from longshore.tower.models import OpenException
from longshore.tower.operations import act_on_exception, sweep
from tests.platform.pages.desk import person
from tests.platform.planning.world import WHO, World, days, name


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are asked four weeks later."""
    monkeypatch.setattr("longshore.web.clock.clock.now", lambda: days(28))


def _line(n: int, *, due: int, came: int | None, supplier: int = 1) -> Line:
    return Line(n, n, supplier, 1, 1, due - 3, due, came, False, 10, 1000)


def test_shares_stand_in_until_a_hundred_are_known() -> None:
    """Supplier 1 was late with 6 of 8: with four lines of the average (7 of 18) behind it (6 + 28/18) / 12."""
    known = [_line(n, due=100 + n, came=100 + n + (2 if n < 6 else 0)) for n in range(8)]
    known += [_line(20 + n, due=100 + n, came=100 + n, supplier=2) for n in range(8)]
    ahead = replace(_line(99, due=120, came=None), open=True)
    found = lateness_rules.predict([*known, ahead], today=118)
    assert (found.basis, found.known) == ("shares", 16)
    assert found.risks[0].probability_bp == round((6 + 4 * 7 / 18) / 12 * 10_000)
    assert found.risks[0].days == (120, 122, 122)


def test_what_is_overdue_is_late_and_comes_today_at_the_soonest() -> None:
    """A day after it was due nothing is left to guess; where no outcome is known nothing is said."""
    known = [_line(n, due=100 + n, came=99 + n) for n in range(8)]
    ahead = replace(_line(99, due=117, came=None), open=True)
    risk = lateness_rules.predict([*known, ahead], today=118).risks[0]
    assert (risk.probability_bp, risk.days) == (10_000, (118, 118, 118))
    assert lateness_rules.predict([replace(ahead, due_on=130)], today=118).basis == ""


def test_a_hundred_outcomes_are_learnt_from() -> None:
    """Of 120 lines supplier 1's came two days late and supplier 2's in time: so will the next ones."""
    known = [_line(n, due=100 + n, came=102 + n, supplier=1) for n in range(60)]
    known += [_line(100 + n, due=100 + n, came=100 + n, supplier=2) for n in range(60)]
    ahead = [replace(_line(900 + s, due=170, came=None, supplier=s), open=True) for s in (1, 2)]
    found = lateness_rules.predict([*known, *ahead], today=168)
    assert (found.basis, found.known) == ("model", 120)
    late, fine = found.risks
    assert late.probability_bp > 7_000 > 3_000 > fine.probability_bp
    assert late.days[1] >= 171 and fine.days[1] <= 171 and late.drivers
    assert {lateness_rules.group_of(driver) for driver, _push in late.drivers} <= {
        "supplier", "item", "site", "supplier-item", "supplier-site", "item-site", "everybody", "due", "asked", "lead",
        "order", "crowd", "qty", "value", "",
    }  # fmt: skip


def _history(world: World) -> PurchaseOrderLine:
    """Four orders of the grower came two days late, and one of today is due in six days."""
    for n in range(4):
        world.released(world.tea, 10, label=f"old {n}", due_at=days(3 + n))
        place_orders(at=days(n), cause=WHO)
        line = PurchaseOrderLine.objects.latest("id")
        receive(line.order_id, [Arrived(line.pk, 10, name(f"r{n}"))], world.dock, at=days(5 + n), cause=WHO)
    world.released(world.tea, 40, label="new", due_at=days(34))
    place_orders(at=days(28), cause=WHO)
    return PurchaseOrderLine.objects.latest("id")


def test_open_lines_are_predicted_in_the_database(world: World) -> None:
    """The open line's risk is (4 + 4 x 5/6) / 8; half of such come two days late; received, it has none."""
    line = _history(world)
    receipt = predict_lateness(at=days(28))
    assert (receipt.lines, receipt.known, receipt.basis) == (1, 4, "shares")
    [risk] = risks(order=line.order_id)
    due = PurchaseOrder.objects.get(pk=line.order_id).agreed_at.astimezone(HOME_ZONE).date()
    assert risk.probability_bp == round((4 + 4 * 5 / 6) / 8 * 10_000) and risk.mark == "late"
    assert risk.likely_on - due == timedelta(days=2) and risk.made_at == days(28)
    assert predict_lateness(at=days(28)).lines == 1 and LateRisk.objects.count() == 1
    receive(line.order_id, [Arrived(line.pk, 40, name("new"))], world.dock, at=days(29), cause=WHO)
    assert predict_lateness(at=days(29)).lines == 0 and not LateRisk.objects.exists()


def test_a_risky_order_is_an_exception_that_asks_for_sooner(world: World) -> None:
    """Told once with share and date; taken, the supplier is asked for sooner, and nothing else changes."""
    line = _history(world)
    predict_lateness(at=days(28))
    before = PlannedFlow.objects.get(pk=line.flow_id).arrive_at
    sweep(at=days(28), cause=WHO, kinds=["purchase-risk"])
    row = OpenException.objects.get(kind="purchase-risk")
    assert (row.facts["purchase"], row.facts["share"], row.action) == (line.order.number, 92, "expedite")
    done = act_on_exception(row.pk, at=days(28), cause=WHO)
    assert done.facts["lines"] == 1
    wish = OrderChange.objects.get()
    assert wish.expedite and wish.wanted_at < before and PlannedFlow.objects.get(pk=line.flow_id).arrive_at == before
    sweep(at=days(28), cause=WHO, kinds=["purchase-risk"])
    assert OpenException.objects.filter(kind="purchase-risk", state="open").count() == 0


def test_the_pages_show_it(world: World) -> None:
    """Order, list and supplier show the share in both languages; the API gives the three days."""
    line = _history(world)
    predict_lateness(at=days(28))
    viewer = person("viewer")
    for language in ("en", "zh-hans"):
        viewer.post("/language/", {"language": language})
        for path in (f"/purchases/{line.order.number}/", "/purchases/", f"/suppliers/{world.grower}/"):
            assert "92%" in viewer.get(path).content.decode(), path
    told = viewer.get(f"/api/sourcing/orders/risks?order={line.order_id}").json()
    assert [row["probability_bp"] for row in told] == [9167]
    assert date.fromisoformat(told[0]["early_on"]) <= date.fromisoformat(told[0]["latest_on"])
