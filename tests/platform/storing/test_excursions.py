"""Goods that were too warm: exactly those go on hold, their orders come from elsewhere, quality decides."""

from __future__ import annotations

import pytest

from longshore.catalog.errors import Refusal
from longshore.catalog.models import Place
from longshore.ledger.models import Balance, Claim, Delivery, OutboxEvent, Posting
from longshore.ordering.models import CustomerOrder, OrderLine
from longshore.sensing.models import Excursion
from longshore.shipping.models import Shipment, ShipmentLine
from longshore.shipping.operations import Delivered, deliver, finish
from longshore.storing.models import HeldStock, QualityCase, TouchedLine
from longshore.storing.operations import decide_quality, send_to_quality
from tests.platform.storing.cold import Cold, build_cold
from tests.platform.storing.floor import WHO, assert_books_are_clean, hours, line_ids, standing


@pytest.fixture
def cold(db: None) -> Cold:
    return build_cold()


def _sites(order: int) -> set[str]:
    demands = [f"order-line:{line}" for line in line_ids(order)]
    claims = Claim.objects.filter(demand__in=demands, state="open")
    return set(Place.objects.filter(pk__in=claims.values("site_id")).values_list("code", flat=True))


def _rows(orders: tuple[int, ...]) -> list[object]:
    """Everything that is written of these orders."""
    lines = [f"order-line:{line}" for order in orders for line in line_ids(order)]
    return [
        list(CustomerOrder.objects.filter(pk__in=orders).order_by("pk").values()),
        list(OrderLine.objects.filter(order_id__in=orders).order_by("pk").values()),
        list(Claim.objects.filter(demand__in=lines).order_by("pk").values()),
        list(ShipmentLine.objects.filter(order_line__order_id__in=orders).order_by("pk").values()),
    ]


def test_exactly_what_was_on_the_truck_goes_on_hold(cold: Cold) -> None:
    """Both lots of milk on the truck, not the vaccine that bears 8 °C at 7.5, nor the same lot in the warehouse."""
    before = _rows(cold.untouched)
    number = cold.excursion(5, worst=7.5)
    cold.tell(number, "began", hours(5.5))
    cases = {case.lot_id: (case.qty, case.value, case.state) for case in QualityCase.objects.all()}
    assert cases == {cold.floor.early: (6, 3000, "held"), cold.floor.late: (4, 2000, "held")}
    assert standing(cold.floor.truck_place, 2) == 10 and standing(cold.floor.truck_place, 0) == 2
    assert standing(cold.floor.cold) == 3, "the same lot that never left the warehouse is as it was"
    assert [_sites(order) for order in cold.orders] == [{"FAR"}, {"FAR"}]
    assert _rows(cold.untouched) == before
    touched = {row.order_line.order_id: (row.qty, row.site_id) for row in TouchedLine.objects.all()}
    assert touched == {cold.orders[0]: (6, cold.floor.site), cold.orders[1]: (4, cold.floor.site)}
    assert_books_are_clean()


def test_the_same_event_again_changes_nothing(cold: Cold) -> None:
    """Told twice, and told again that it is over, there is one posting a lot and one promise more an order."""
    number = cold.excursion(5)
    cold.tell(number, "began", hours(5.5))
    once = (Posting.objects.count(), list(HeldStock.objects.values()), list(QualityCase.objects.values()))
    promised = OutboxEvent.objects.filter(name="ordering.promised").count()
    cold.tell(number, "began", hours(5.6))
    cold.tell(number, "ended", hours(5.7))
    assert (Posting.objects.count(), list(HeldStock.objects.values()), list(QualityCase.objects.values())) == once
    assert OutboxEvent.objects.filter(name="ordering.promised").count() == promised


def test_what_gets_warmer_touches_more(cold: Cold) -> None:
    """At 9.5 °C the vaccine is held too, with a case of its own; the milk is not held twice."""
    number = cold.excursion(5, worst=7.5)
    cold.tell(number, "began", hours(5.5))
    Excursion.objects.filter(pk=number).update(worst=9.5, until_at=hours(6))
    cold.tell(number, "ended", hours(6))
    assert {(c.item_id, c.qty) for c in QualityCase.objects.all()} == {
        (cold.floor.milk, 6), (cold.floor.milk, 4), (cold.vaccine, 2)
    }  # fmt: skip
    assert standing(cold.floor.truck_place, 0) == 0


def test_goods_on_the_road_are_not_delivered_as_good(cold: Cold) -> None:
    """Their shipments are empty, the driver brings the vaccine only, and the order lines still add up."""
    number = cold.excursion(5, worst=7.5)
    cold.tell(number, "began", hours(5.5))
    states = dict(Shipment.objects.values_list("order__number", "state"))
    assert states == {"C-1": "refused", "C-2": "refused", "C-3": "in_transit"}
    assert set(ShipmentLine.objects.filter(refused__gt=0).values_list("refused_reason", flat=True)) == {"not-good"}
    line = OrderLine.objects.get(order_id=cold.orders[0])
    assert (line.shipped, line.refused, line.delivered, line.cancelled) == (6, 6, 0, 0)
    assert CustomerOrder.objects.get(pk=cold.orders[0]).state == "promised"
    again = deliver([Delivered(s.pk, hours(6), "王") for s in Shipment.objects.all()], at=hours(6), cause=WHO)
    assert len(again.delivered) == 1 and len(again.replayed) == 2
    assert standing(cold.floor.shop_place) == 2
    finish([cold.trip.pk], at=hours(8), cause=WHO)
    assert standing(cold.floor.returns, 2) == 10, "what is on hold comes home on hold"
    assert_books_are_clean()


def test_quality_decides_where_the_goods_have_come_to(cold: Cold) -> None:
    """After the truck is home: one lot is released, one scrapped; both decisions are postings with a reason."""
    number = cold.excursion(5, 5.5, worst=7.5)
    cold.tell(number, "began", hours(5.5))
    deliver([Delivered(s.pk, hours(6)) for s in Shipment.objects.all()], at=hours(6), cause=WHO)
    finish([cold.trip.pk], at=hours(8), cause=WHO)
    first, second = QualityCase.objects.order_by("lot_id")
    assert send_to_quality(number, at=hours(9), cause=WHO) == (first.pk, second.pk)
    done = decide_quality([first.pk], "release", "Core 3.1 °C, rule 4", at=hours(10), cause=WHO)
    assert (done.qty, done.replayed) == (6, ())
    assert decide_quality([first.pk], "release", "again", at=hours(11), cause=WHO).replayed == (first.pk,)
    assert decide_quality([second.pk], "scrap", "Core 9 °C", at=hours(10), cause=WHO).qty == 4
    assert (standing(cold.floor.returns, 0), standing(cold.floor.returns, 2)) == (6, 0)
    assert list(QualityCase.objects.order_by("pk").values_list("state", "reason", "decided_by")) == [
        ("released", "Core 3.1 °C, rule 4", "tester"), ("scrapped", "Core 9 °C", "tester")
    ]  # fmt: skip
    cold.tell(number, "ended", hours(12))
    assert standing(cold.floor.returns, 2) == 0, "what quality has released is not held again for the same episode"
    assert_books_are_clean()


@pytest.mark.parametrize(
    ("verdict", "reason", "code"), [("release", " ", "reason-needed"), ("burn", "because", "no-such-case")]
)
def test_a_decision_needs_a_verdict_and_a_reason(cold: Cold, verdict: str, reason: str, code: str) -> None:
    """Refused with a code, and nothing is posted."""
    number = cold.excursion(5)
    cold.tell(number, "began", hours(5.5))
    posted = Posting.objects.count()
    case = QualityCase.objects.first()
    assert case is not None
    with pytest.raises(Refusal) as refused:
        decide_quality([case.pk], verdict, reason, at=hours(6), cause=WHO)
    assert refused.value.code == code and Posting.objects.count() == posted


def test_a_withdrawn_excursion_gives_everything_back(cold: Cold) -> None:
    """Late readings showed that there was none: undecided lots are good again, and held again if it begins anew."""
    number = cold.excursion(5, 5.4, worst=7.5)
    cold.tell(number, "began", hours(5.5))
    cold.tell(number, "withdrawn", hours(5.6))
    assert standing(cold.floor.truck_place, 2) == 0 and standing(cold.floor.truck_place, 0) == 12
    assert set(QualityCase.objects.values_list("state", flat=True)) == {"released"}
    assert_books_are_clean()


def test_a_second_excursion_of_the_same_lot_must_be_decided_too(cold: Cold) -> None:
    """Released in one case while another is open, goods would be free that nobody has looked at: refused."""
    first = cold.excursion(5, 5.2, worst=7.5)
    cold.tell(first, "began", hours(5.2))
    second = cold.excursion(5.5, 5.8, worst=7.5)
    cold.tell(second, "began", hours(5.9))
    assert QualityCase.objects.count() == 4
    one = QualityCase.objects.get(excursion=first, lot=cold.floor.early)
    with pytest.raises(Refusal) as refused:
        decide_quality([one.pk], "release", "fine", at=hours(6), cause=WHO)
    assert refused.value.code == "held-by-another-case"
    both = list(QualityCase.objects.filter(lot=cold.floor.early).values_list("pk", flat=True))
    assert decide_quality(both, "release", "fine", at=hours(6), cause=WHO).qty == 6


def test_a_withdrawn_excursion_leaves_what_another_holds(cold: Cold) -> None:
    """Two excursions of the same lots, one of them was none: nothing is released, and the other alone decides."""
    first, second = cold.excursion(5), cold.excursion(5.5)
    cold.tell(first, "began", hours(5.6))
    cold.tell(second, "began", hours(5.7))
    Excursion.objects.filter(pk=second).update(state="withdrawn")
    cold.tell(second, "withdrawn", hours(5.8))
    assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}
    assert standing(cold.floor.truck_place, 2) >= 10
    open_cases = QualityCase.objects.filter(state__in=["held", "sent"])
    assert set(open_cases.values_list("excursion", flat=True)) == {first}
    decide_quality(list(open_cases.values_list("pk", flat=True)), "release", "bears it", at=hours(6), cause=WHO)
    assert standing(cold.floor.truck_place, 2) == 0
    assert_books_are_clean()


def test_a_begin_heard_after_its_withdrawal_holds_nothing(cold: Cold) -> None:
    """The delivery of the first event had failed and is tried again when the second has been heard."""
    number = cold.excursion(5)
    Excursion.objects.filter(pk=number).update(state="withdrawn")
    cold.tell(number, "withdrawn", hours(5.6))
    before = Posting.objects.count()
    cold.tell(number, "began", hours(5.5))
    assert Posting.objects.count() == before and not QualityCase.objects.exists()


def test_what_has_moved_on_since_is_found(cold: Cold) -> None:
    """Goods that left a warm room before we learned of it are held where they are now; what came later is not."""
    floor = cold.floor
    number = cold.excursion(0.5, 1.5, worst=6.0, place=floor.cold)
    cold.tell(number, "ended", hours(6))
    held = {(b.place_id, b.lot_id): b.qty for b in Balance.objects.filter(condition=2, qty__gt=0)}
    assert held == {
        (floor.truck_place, floor.early): 6,
        (floor.truck_place, floor.late): 4,
        (floor.cold, floor.late): 3,
    }
