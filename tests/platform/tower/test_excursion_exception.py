"""One excursion, one exception: with its cost, the orders touched, and an action that does what it says."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from longshore.ledger.models import OutboxEvent
from longshore.ordering.models import CustomerNotice, CustomerOrder
from longshore.project.roles import ensure_roles
from longshore.storing.models import QualityCase
from longshore.storing.operations import decide_quality
from longshore.tower.models import OpenException
from longshore.tower.operations import act_on_exception, sweep
from tests.platform.storing.cold import Cold, build_cold
from tests.platform.storing.floor import WHO, hours


@pytest.fixture
def warm(db: None) -> Cold:
    cold = build_cold()
    cold.tell(cold.excursion(5, worst=7.5), "began", hours(5.5))
    return cold


def test_one_exception_with_cost_orders_and_one_action(warm: Cold) -> None:
    """Raised at once; the two orders that were promised anew are told in it, and nowhere else."""
    sweep(at=hours(5.5), cause=WHO)
    rows = [row for row in OpenException.objects.filter(state="open") if row.kind != "stock-short"]
    assert [(row.kind, row.money, row.orders, row.action) for row in rows] == [
        ("excursion", 5000, 2, "accept-excursion")
    ]
    facts = rows[0].facts
    assert (facts["worst"], facts["lots"], facts["qty"], facts["kept"], facts["touched"]) == (
        {"tenths": 75},
        2,
        10,
        2,
        2,
    )
    assert OutboxEvent.objects.filter(name="tower.exception-raised").count() == 1


def test_accepting_tells_customers_and_sends_the_lots_to_quality(warm: Cold) -> None:
    """The exception is done and stays done, though the lots are not decided on yet."""
    row = OpenException.objects.get(kind="excursion")
    receipt = act_on_exception(row.pk, at=hours(6), cause=WHO)
    assert receipt.facts == {"notices": 2, "cases": 2, "orders": 2}
    told = {notice.order.number: (notice.kind, notice.promised_at) for notice in CustomerNotice.objects.all()}
    dates = dict(CustomerOrder.objects.filter(pk__in=warm.orders).values_list("number", "promised_at"))
    assert told == {number: ("replaced", date) for number, date in dates.items()}
    assert set(QualityCase.objects.values_list("state", flat=True)) == {"sent"}
    assert sweep(at=hours(6), cause=WHO, kinds=("excursion", "order-slipping")).raised == ()
    assert OpenException.objects.get(pk=row.pk).state == "done"


def test_it_goes_away_when_every_lot_is_decided_on(warm: Cold) -> None:
    """Nobody accepted, quality was faster: the exception clears by itself."""
    cases = list(QualityCase.objects.values_list("pk", flat=True))
    decide_quality(cases, "scrap", "9 °C", at=hours(6), cause=WHO)
    sweep(at=hours(6), cause=WHO, kinds=("excursion",))
    assert OpenException.objects.get(kind="excursion").state == "cleared"


@pytest.mark.parametrize(("role", "status"), [("dispatcher", 200), ("quality", 403), ("viewer", 403)])
def test_a_dispatcher_may_accept_it(warm: Cold, client: Client, role: str, status: int) -> None:
    """Quality decides on lots, the dispatcher on orders; nobody else presses the button."""
    ensure_roles()
    user = User.objects.create_user(role)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    row = OpenException.objects.get(kind="excursion")
    assert client.post(f"/exceptions/{row.pk}/act/").status_code == status
    assert OpenException.objects.get(pk=row.pk).state == ("done" if status == 200 else "open")
