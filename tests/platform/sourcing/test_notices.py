"""What is announced adds up, is corrected under its number, is taken back, and never counts what has come."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from longshore.ledger.models import OutboxEvent, PlannedFlow
from longshore.sourcing.models import DispatchNotice, PurchaseOrder, PurchaseOrderLine, SupplierChannel
from longshore.sourcing.notice_rules import Announced, Came, left_of
from longshore.sourcing.operations import (
    Arrived,
    NoticeRefused,
    Sent,
    cancel_dispatch,
    close_short,
    notify_dispatch,
    place_orders,
    read_document,
    receive,
)
from longshore.sourcing.queries import lines_on_way, notices
from tests.platform.pages.desk import person as ours
from tests.platform.planning.partners import person as partner
from tests.platform.planning.world import MONDAY, WHO, World, days, name
from tests.platform.sourcing.test_edi import _edifact, _x12

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def tea(world: World) -> PurchaseOrderLine:
    """The grower's order of 50 tea, expected on Thursday."""
    place_orders([world.released(world.tea, 50)], at=MONDAY, cause=WHO)
    return PurchaseOrderLine.objects.select_related("order").get()


def _notify(line: PurchaseOrderLine, number: str, qty: int, *, on: float = 3, at: float = 0) -> Any:
    sent = Sent(number, days(at), days(on), ((line.pk, qty),))
    return notify_dispatch(line.order_id, sent, at=days(at), cause=WHO)


def _came(world: World, line: PurchaseOrderLine, qty: int, *, at: float, label: str = "r") -> None:
    receive(line.order_id, [Arrived(line.pk, qty, name(label))], world.dock, at=days(at), cause=WHO)


def _states() -> dict[str, str]:
    return {row.number: row.state for row in notices()}


def _arrives(line: PurchaseOrderLine) -> object:
    return PlannedFlow.objects.get(pk=line.flow_id).arrive_at


def test_several_notices_add_up(tea: PurchaseOrderLine) -> None:
    """Thirty and twenty are on their way; a third number finds room for the two of the tolerance and no more."""
    _notify(tea, "A", 30)
    _notify(tea, "B", 20)
    assert lines_on_way(tea.order_id) == {tea.pk: 50}
    with pytest.raises(NoticeRefused) as refused:
        _notify(tea, "C", 3)
    assert [(row.code, row.sentence) for row in refused.value.rejected] == [
        ("more-than-ordered", "At most 2 more will be taken in of this line.")
    ]
    assert DispatchNotice.objects.count() == 2
    _notify(tea, "C", 2)


def test_the_same_number_replaces(tea: PurchaseOrderLine) -> None:
    """Thirty corrected to forty is forty, not seventy; said again it is no news."""
    _notify(tea, "A", 30)
    done = _notify(tea, "A", 40)
    assert (done.replaced, done.replayed, lines_on_way(tea.order_id)) == (True, False, {tea.pk: 40})
    assert _notify(tea, "A", 40).replayed
    assert DispatchNotice.objects.count() == 1
    assert OutboxEvent.objects.filter(name="sourcing.dispatched").count() == 2


def test_once_all_is_sent_it_comes_with_the_last_of_it(tea: PurchaseOrderLine) -> None:
    """Thirty on Tuesday leave Thursday; with twenty on Wednesday all is sent, and Wednesday is the day."""
    _notify(tea, "A", 30, on=1)
    assert _arrives(tea) == days(3)
    _notify(tea, "B", 20, on=2)
    assert _arrives(tea) == days(2)


def test_what_came_is_no_longer_on_its_way(world: World, tea: PurchaseOrderLine) -> None:
    """Twenty came: the first notice has arrived, ten of the second are on their way; with all here, nothing is."""
    _notify(tea, "A", 15)
    _notify(tea, "B", 15, at=0.5)
    _came(world, tea, 20, at=1)
    assert (_states(), lines_on_way(tea.order_id)) == ({"A": "arrived", "B": "on_way"}, {tea.pk: 10})
    _came(world, tea, 30, at=2, label="rest")
    assert (_states(), lines_on_way(tea.order_id)) == ({"A": "arrived", "B": "arrived"}, {})
    page = ours("viewer").get(f"/purchases/{tea.order.number}/").content.decode()
    assert page.count("Arrived") == 2 and "On its way" not in page


def test_a_receipt_is_not_announced_away(world: World, tea: PurchaseOrderLine) -> None:
    """Of thirty announced twenty came: under that number twenty stay; thirty in all may not be told as ten, or as nothing."""
    _notify(tea, "A", 30)
    _came(world, tea, 20, at=1)
    for verb in (
        lambda: _notify(tea, "A", 10, at=1),
        lambda: cancel_dispatch(tea.order_id, "A", at=days(1), cause=WHO),
    ):
        with pytest.raises(NoticeRefused) as refused:
            verb()
        assert refused.value.code == "notice-received"
    assert (DispatchNotice.objects.get().lines, PurchaseOrder.objects.get().state) == ([[tea.pk, 30]], "part_received")
    _notify(tea, "A", 20, at=1)
    assert _states() == {"A": "arrived"}


def test_what_nobody_announced_takes_its_room(world: World, tea: PurchaseOrderLine) -> None:
    """Twenty came unannounced, thirty are sent then: they are all on their way, and no more than two find room."""
    _came(world, tea, 20, at=1)
    _notify(tea, "A", 30, at=2)
    assert lines_on_way(tea.order_id) == {tea.pk: 30}
    with pytest.raises(NoticeRefused):
        _notify(tea, "B", 3, at=2)


def test_a_notice_that_was_not_sent_is_taken_back(tea: PurchaseOrderLine) -> None:
    """All by Tuesday, then cancelled: nothing is on its way, Thursday is the day again; twice is once; a strange one is none."""
    _notify(tea, "A", 50, on=1)
    assert _arrives(tea) == days(1)
    assert not cancel_dispatch(tea.order_id, "A", at=MONDAY, cause=WHO).replayed
    assert (_states(), lines_on_way(tea.order_id), _arrives(tea)) == ({"A": "cancelled"}, {}, days(3))
    assert cancel_dispatch(tea.order_id, "A", at=MONDAY, cause=WHO).replayed
    assert OutboxEvent.objects.filter(name="sourcing.dispatch-cancelled").count() == 1
    with pytest.raises(NoticeRefused) as refused:
        cancel_dispatch(tea.order_id, "B", at=MONDAY, cause=WHO)
    assert refused.value.code == "no-such-notice"
    assert _notify(tea, "A", 50, on=2).replaced and _states() == {"A": "on_way"}


def test_the_rest_of_a_closed_line_is_not_waited_for(tea: PurchaseOrderLine) -> None:
    """Announced and closed short: not on its way, and not arrived either."""
    _notify(tea, "A", 50)
    close_short(tea.order_id, at=MONDAY, cause=WHO)
    assert (_states(), lines_on_way(tea.order_id)) == ({"A": "ended"}, {})


def test_what_arrives_before_it_is_sent_is_refused(tea: PurchaseOrderLine) -> None:
    """Sent on Friday and here on Thursday cannot be."""
    with pytest.raises(NoticeRefused):
        notify_dispatch(tea.order_id, Sent("A", days(4), days(3), ((tea.pk, 5),)), at=MONDAY, cause=WHO)


def test_what_comes_is_what_was_sent_first() -> None:
    """Ten of A, ten of B; fifteen come after both were sent, and five had come before: five of B are left."""
    announced = [Announced(1, 7, 10, days(1)), Announced(2, 7, 10, days(2))]
    assert left_of(announced, [Came(7, 5, days(0)), Came(7, 15, days(3))]) == {(1, 7): 0, (2, 7): 5}
    assert left_of(announced, [Came(7, 90, days(3)), Came(8, 5, days(3))]) == {(1, 7): 0, (2, 7): 0}
    assert left_of([], [Came(7, 5, days(0))]) == {}


def _post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def test_the_portal_shows_and_cancels(tea: PurchaseOrderLine) -> None:
    """Ten are announced: forty are offered for the next; cancelled on the page and over the API by its supplier alone."""
    grower, address = partner("GROWER"), f"/portal/orders/{tea.order.number}/"
    typed = {"notice": "DN-1", "arrives_at": "2026-03-05T10:00", f"send-{tea.pk}": "10"}
    grower.post(f"{address}dispatch/", typed)
    page = grower.get(address).content.decode()
    assert f'name="send-{tea.pk}" inputmode="numeric" size="8" value="40"' in page and "On its way" in page
    assert partner("TRADER").post(f"{address}cancel-notice/", {"notice": "DN-1"}).status_code == 404
    assert grower.post(f"{address}cancel-notice/", {"notice": "DN-9"}).status_code == 422
    assert grower.post(f"{address}cancel-notice/", {"notice": "DN-1"}).status_code == 302
    assert _states() == {"DN-1": "cancelled"}
    api = f"/api/portal/orders/{tea.order.number}"
    sent = {"number": "DN-2", "arrives_at": "2026-03-05T02:00:00Z", "lines": [[tea.pk, 50]]}
    assert _post(grower, f"{api}/dispatch", sent).json()["replaced"] is False
    assert grower.get(api).json()["order_lines"][0]["on_way"] == 50
    assert ours("viewer").get(f"/api/sourcing/orders/{tea.order.number}").json()["order_lines"][0]["on_way"] == 50
    assert _post(grower, f"{api}/dispatch/cancel", {"number": "DN-2"}).status_code == 200
    assert _post(ours("buyer"), f"/api/sourcing/orders/{tea.order_id}/dispatch/cancel", {"number": "X"}).json()[
        "code"
    ] == "no-such-notice"  # fmt: skip
    assert {row["state"] for row in grower.get(api).json()["notices"]} == {"cancelled"}


NOTICE = ("DTM+11:20260303:102", "DTM+132:20260305:102", "RFF+ON:PO-000001", "CPS+1", "LIN+1", "QTY+12:50")


def _documents(standard: str) -> tuple[str, str, str]:
    """The same fifty announced, announced as thirty instead, and taken back."""
    if standard == "edifact":
        told, instead = (_edifact("DESADV", f"BGM+351+DN-1+{f}", *NOTICE) for f in ("9", "5"))
        back = _edifact("DESADV", "BGM+351+DN-1+1", "RFF+ON:PO-000001")
        return told, instead.replace("QTY+12:50", "QTY+12:30"), back
    told, instead = (
        _x12("856", f"BSN*{purpose}*DN-1*20260302*0300", "DTM*011*20260303", "DTM*017*20260305", "HL*1**S",
             "PRF*PO-000001", "LIN*1*SK*TEA", "SN1*1*50*EA") for purpose in ("00", "05")
    )  # fmt: skip
    back = _x12("856", "BSN*01*DN-1*20260302*0300", "HL*1**S", "PRF*PO-000001")
    return told, instead.replace("SN1*1*50", "SN1*1*30"), back


@pytest.mark.parametrize("standard", ["x12", "edifact"])
def test_a_dispatch_is_replaced_and_cancelled_by_its_document(
    world: World, tea: PurchaseOrderLine, standard: str
) -> None:
    """Fifty, then thirty instead, then none; announced anew and received it can no longer be cancelled, and says so."""
    SupplierChannel.objects.create(supplier_id=world.grower, channel=standard, our_id="LONGSHORE", their_id="GROWER")
    told, instead, back = _documents(standard)
    for text, left in ((told, 50), (instead, 30), (back, None)):
        read_document(text, supplier=None, at=MONDAY, cause=WHO)
        assert lines_on_way(tea.order_id).get(tea.pk) == left
    assert _states() == {"DN-1": "cancelled"}
    other = [text.replace("DN-1", "DN-2") for text in (told, back)]
    read_document(other[0], supplier=None, at=MONDAY, cause=WHO)
    _came(world, tea, 10, at=1)
    with pytest.raises(NoticeRefused) as refused:
        read_document(other[1], supplier=None, at=days(1), cause=WHO)
    assert refused.value.code == "notice-received"
    assert _states() == {"DN-1": "cancelled", "DN-2": "on_way"}
    strange = back.replace("DN-1", "DN-3")
    with pytest.raises(NoticeRefused) as unknown:
        read_document(strange, supplier=None, at=days(1), cause=WHO)
    assert unknown.value.code == "no-such-notice"
