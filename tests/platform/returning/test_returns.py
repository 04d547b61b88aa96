"""What comes back is a movement: never more than was delivered, of the lots that were delivered."""

from __future__ import annotations

import pytest

from longshore.ledger.models import Balance, Condition, Movement, OutboxEvent
from longshore.ledger.queries import supply_of
from longshore.ordering.models import OrderLine
from longshore.returning.models import ReturnLine
from longshore.returning.operations import (
    Inspected,
    InspectionRefused,
    NewReturn,
    ReturnsRefused,
    inspect_return,
    return_goods,
)
from longshore.returning.queries import list_returns, returns_of_order
from tests.platform.ordering.world import WHO, hours, name
from tests.platform.returning.conftest import Delivered


def wish(delivered: Delivered, qty: int, label: str = "r-1", **changes: object) -> NewReturn:
    facts: dict[str, object] = {"reason": "unwanted", "site": delivered.world.north, **changes}
    return NewReturn(name(label), delivered.line, qty, **facts)  # type: ignore[arg-type]


def at_returns(delivered: Delivered) -> list[tuple[int | None, int, int]]:
    rows = Balance.objects.filter(place_id=delivered.world.north_returns, qty__gt=0).order_by("lot_id")
    return list(rows.values_list("lot_id", "condition", "qty"))


def test_goods_come_back_by_the_lots_they_went_out(delivered: Delivered) -> None:
    """Six of the early and four of the late lot were delivered: seven back are six and one, and not promisable."""
    world = delivered.world
    before = supply_of([world.milk])
    receipt = return_goods([wish(delivered, 7)], at=hours(20), cause=WHO)
    assert at_returns(delivered) == [(world.early, 5, 6), (world.late, 5, 1)]
    assert supply_of([world.milk]) == before
    line = OrderLine.objects.get(pk=delivered.line)
    assert (line.delivered, line.returned) == (10, 7)
    saved = ReturnLine.objects.get()
    assert (saved.pk, saved.posting_id, saved.qty) == (receipt.accepted[0].return_id, receipt.accepted[0].posting_id, 7)
    assert OutboxEvent.objects.get(name="returning.returned").payload == {"returns": [saved.pk]}


def test_more_than_delivered_is_refused_whole(delivered: Delivered) -> None:
    """Six and then five of ten, in one call: the second is refused by row, and without `partial` nothing moves."""
    rows = [wish(delivered, 6), wish(delivered, 5, "r-2")]
    moved = Movement.objects.count()
    with pytest.raises(ReturnsRefused) as refused:
        return_goods(rows, at=hours(20), cause=WHO)
    assert [(row.row, row.field, row.code) for row in refused.value.rejected] == [(2, "qty", "more-than-delivered")]
    assert (Movement.objects.count(), ReturnLine.objects.count()) == (moved, 0)
    receipt = return_goods(rows, at=hours(20), cause=WHO, partial=True)
    assert (len(receipt.accepted), len(receipt.rejected)) == (1, 1)
    assert OrderLine.objects.get(pk=delivered.line).returned == 6


def test_the_same_return_counts_once(delivered: Delivered) -> None:
    """Sent again with the same id, in the next call or in the same: one return."""
    row = wish(delivered, 4)
    first = return_goods([row, row], at=hours(20), cause=WHO).accepted
    again = return_goods([row], at=hours(21), cause=WHO).accepted[0]
    assert {found.return_id for found in first} == {again.return_id}
    assert again.replayed and OrderLine.objects.get(pk=delivered.line).returned == 4


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": "boredom"}, "unknown-reason"),
        ({"condition": int(Condition.UNRESTRICTED)}, "bad-condition"),
        ({"site": "south"}, "no-returns-place"),
        ({"lot": 0}, "not-at-the-customer"),
    ],
)
def test_bad_returns_are_refused(delivered: Delivered, changes: dict[str, object], code: str) -> None:
    """Each names its code; nothing changes."""
    if changes.get("site") == "south":
        changes = {"site": delivered.world.south}
    with pytest.raises(ReturnsRefused) as refused:
        return_goods([wish(delivered, 2, **changes)], at=hours(20), cause=WHO)
    assert [row.code for row in refused.value.rejected] == [code]
    assert at_returns(delivered) == []


@pytest.mark.parametrize("qty", [0, -1])
def test_a_return_is_of_something(delivered: Delivered, qty: int) -> None:
    """Zero and less are refused."""
    with pytest.raises(ReturnsRefused):
        return_goods([wish(delivered, qty)], at=hours(20), cause=WHO)


def test_inspection_restocks_and_scraps(delivered: Delivered) -> None:
    """Of seven back, five are good and stand on the receiving dock, two are scrap; an eighth verdict is refused."""
    world = delivered.world
    back = return_goods([wish(delivered, 7)], at=hours(20), cause=WHO).accepted[0].return_id
    verdict = Inspected(name("look"), back, restock=5, scrap=2)
    inspect_return(verdict, at=hours(22), cause=WHO)
    assert at_returns(delivered) == []
    dock = Balance.objects.filter(place_id=world.north_dock, qty__gt=0).values_list("lot_id", "condition", "qty")
    assert list(dock) == [(world.early, 0, 5)]
    scrapped = Balance.objects.filter(place__code="SCRAP").order_by("lot_id").values_list("lot_id", "qty")
    assert list(scrapped) == [(world.early, 1), (world.late, 1)]
    assert inspect_return(verdict, at=hours(23), cause=WHO).replayed
    with pytest.raises(InspectionRefused):
        inspect_return(Inspected(name("look-2"), back, scrap=1), at=hours(23), cause=WHO)


def test_returns_are_listed(delivered: Delivered) -> None:
    """The list and the order show what waits for a verdict."""
    return_goods([wish(delivered, 7)], at=hours(20), cause=WHO)
    [row] = list_returns(site=delivered.world.north).rows
    assert (row.order_number, row.item_code, row.qty, row.to_judge) == ("A-1", "MILK", 7, 7)
    assert returns_of_order(delivered.order) == (row,)
