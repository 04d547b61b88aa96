"""A buyer in a hurry and a supplier who tries: one line twice, no site, a stale page, a price that moved."""

from __future__ import annotations

from datetime import date

import pytest

from longshore.catalog.models import Place
from longshore.sourcing.models import OrderChange, PurchaseOrder, PurchaseOrderLine, QuoteRequest
from longshore.sourcing.operations import (
    Arrived,
    ChangeRefused,
    LineTerms,
    Offered,
    QuoteRefused,
    TermsRefused,
    ask_change,
    confirm,
    place_orders,
    propose_prices,
    receive,
)
from tests.platform.planning.world import MONDAY, WHO, World, name


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small world's week is now."""
    monkeypatch.setattr("longshore.web.clock.clock.now", lambda: MONDAY)
    monkeypatch.setattr("django.utils.timezone.now", lambda: MONDAY)


def _ordered(world: World) -> list[PurchaseOrderLine]:
    """Fifty tea and fifty milk at 5.00, in one order expected on Thursday."""
    place_orders([world.released(world.tea, 50), world.released(world.milk, 50)], at=MONDAY, cause=WHO)
    return list(PurchaseOrderLine.objects.select_related("order").order_by("line"))


def test_two_wishes_for_one_line_are_refused(world: World) -> None:
    """Sixty and seventy of line 1 in one breath: the line is named, and nothing is asked; nor confirmed twice."""
    tea, milk = _ordered(world)
    wishes = [LineTerms(tea.pk, 60), LineTerms(milk.pk, 55), LineTerms(tea.pk, 70)]
    for verb in (ask_change, lambda order, lines, **more: confirm(order, lines=lines, **more)):
        with pytest.raises(TermsRefused) as refused:
            verb(tea.order_id, wishes, at=MONDAY, cause=WHO)
        assert (refused.value.code, str(refused.value.sentence)) == ("line-twice", "Line 1 is named twice.")
    assert not OrderChange.objects.exists() and PurchaseOrder.objects.get().state == "sent"


def test_a_wish_for_what_came_already_is_refused_at_once(world: World) -> None:
    """Thirty of fifty came; asked for thirty in all nobody could agree, for confirming as much is refused: close it short."""
    tea = _ordered(world)[0]
    receive(tea.order_id, [Arrived(tea.pk, 30, name("r"))], world.dock, at=MONDAY, cause=WHO)
    with pytest.raises(ChangeRefused) as refused:
        ask_change(tea.order_id, [LineTerms(tea.pk, 30)], at=MONDAY, cause=WHO)
    assert refused.value.code == "less-than-received"
    assert len(ask_change(tea.order_id, [LineTerms(tea.pk, 31)], at=MONDAY, cause=WHO).changes) == 1


def test_prices_for_no_site_are_refused(world: World) -> None:
    """Every site is closed: an offer has nowhere to go, and says so; with one open it is for that one."""
    offered = Offered(490, 1440, valid_until=date(2026, 5, 31))
    _ordered(world)
    Place.objects.filter(kind="site").update(active=False)
    with pytest.raises(QuoteRefused) as refused:
        propose_prices(world.grower, world.tea, offered, at=MONDAY, cause=WHO)
    assert refused.value.code == "nowhere-to-deliver" and not QuoteRequest.objects.exists()
    Place.objects.filter(pk=world.branch).update(active=True)
    propose_prices(world.grower, world.tea, offered, at=MONDAY, cause=WHO)
    assert QuoteRequest.objects.get().site_id == world.branch
