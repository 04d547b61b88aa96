"""Whatever is typed into a form of purchasing or of the portal, the page answers: nothing is an error of the server."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.test import Client

from longshore.planning.models import Proposal
from longshore.sourcing.models import PurchaseOrder, PurchaseOrderLine
from longshore.sourcing.operations import (
    Arrived,
    Asked,
    LineTerms,
    ask_change,
    ask_quotes,
    place_orders,
    raise_claim,
    receive,
)
from tests.platform.pages.desk import person as ours
from tests.platform.planning.partners import person as partner
from tests.platform.planning.world import MONDAY, WHO, World, days, name

GARBAGE = ("", "-1", "9" * 40, "½", "a\0b", "0001-01-01T00:00", "9999-12-31T23:59", "2026-02-30", "x" * 5000)


pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def line(world: World) -> PurchaseOrderLine:
    """Fifty tea, five of them damaged and claimed, a wish for the rest, a request for quotes."""
    place_orders([world.released(world.tea, 50)], at=MONDAY, cause=WHO)
    line = PurchaseOrderLine.objects.select_related("order").get()
    receive(line.order_id, [Arrived(line.pk, 10, name("r"), damaged=5)], world.dock, at=MONDAY, cause=WHO)
    raise_claim(line.pk, "damaged", at=MONDAY, cause=WHO)
    ask_change(line.order_id, [LineTerms(line.pk, 40)], at=MONDAY, cause=WHO)
    asked = Asked(name("rfq"), world.tea, world.centre, 60, days(20), days(8), (world.grower,))
    ask_quotes(asked, at=MONDAY, cause=WHO)
    return line


def _spoil(client: Client, path: str, form: dict[str, str]) -> None:
    """Each field in turn holds each piece of garbage, the others what makes sense; then the whole form is empty."""
    for field in form:
        for text in GARBAGE:
            status = client.post(path, {**form, field: text}).status_code
            assert status in (302, 404, 422), (path, field, text[:20], status)
    assert client.post(path, {}).status_code in (302, 404, 422)


def test_the_portal_survives_what_is_typed(world: World, line: PurchaseOrderLine) -> None:
    """Confirm, announce, cancel, answer, offer, propose, credit: every field with everything."""
    grower, number = partner("GROWER"), PurchaseOrder.objects.get().number
    own = f"/portal/orders/{number}/"
    seen, offer = grower.get(own).context["seen"], {
        "price-1": "4.50", "from-1-1": "50", "price-1-1": "4.10", "lead_days": "2", "valid_until": "2026-04-30",
        "moq": "1", "multiple": "1", "capacity": "9", "note": "n",
    }  # fmt: skip
    _spoil(grower, f"{own}dispatch/", {"notice": "DN", "arrives_at": "2026-03-05T10:00", f"send-{line.pk}": "1"})
    _spoil(grower, f"{own}cancel-notice/", {"notice": "DN"})
    _spoil(grower, f"{own}confirm/", {"seen": seen, "expected_at": "2026-03-06T10:00", f"qty-{line.pk}": "45"})
    _spoil(grower, f"{own}answer/", {"change": "7", "agreed": "no"})
    _spoil(grower, "/portal/quotes/propose/", {**offer, "item": str(world.tea)})
    _spoil(grower, "/portal/quotes/1/", offer)
    quote = grower.get("/portal/quotes/").context["rows"][-1].request
    _spoil(grower, f"/portal/quotes/{quote}/", offer)
    claim = grower.get("/portal/claims/").context["open"][0].id
    _spoil(grower, f"/portal/claims/{claim}/refuse/", {"reason": ""})
    for path in ("/portal/orders/?view=%00&page=x", f"{own}?x=%00", "/portal/orders/%00/", "/portal/claims/?page=-1"):
        assert grower.get(path).status_code in (200, 404, 422), path
    assert [grower.get(path).status_code for path in (own, "/portal/orders/", "/portal/quotes/")] == [200] * 3


def test_purchasing_survives_what_is_typed(world: World, line: PurchaseOrderLine) -> None:
    """Receive, delay, expedite, claim, ask, split, weigh, contract: every field with everything."""
    buyer, number = ours("buyer"), PurchaseOrder.objects.get().number
    do = f"/purchases/{number}/do/"
    _spoil(buyer, f"{do}receive/", {"line": str(line.pk), f"qty-{line.pk}": "1", f"key-{line.pk}": str(uuid4()),
                                    f"damaged-{line.pk}": "0", f"lot-{line.pk}": "L", f"expires-{line.pk}": "2026-09-01",
                                    "dock": str(world.dock)})  # fmt: skip
    _spoil(buyer, f"{do}delay/", {"expected_at": "2026-03-09T10:00"})
    _spoil(buyer, f"{do}expedite/", {"wanted_at": "2026-03-04T10:00", "reason": "r"})
    _spoil(buyer, f"{do}claim/", {"line": str(line.pk), "kind": "damaged"})
    _spoil(buyer, "/suppliers/quotes/ask/", {
        "key": str(uuid4()), "item": str(world.tea), "site": str(world.centre), "qty": "60", "supplier": str(world.trader),
        "needed_at": "2026-03-20T12:00", "answer_by": "2026-03-10T12:00",
    })  # fmt: skip
    _spoil(buyer, f"/suppliers/{world.grower}/contracts/new/", {
        "code": "C", "starts_on": "2026-03-01", "ends_on": "2026-12-31", f"price-{world.tea}": "4.80",
        f"from-{world.tea}-1": "100", f"price-{world.tea}-1": "4.40",
    })  # fmt: skip
    proposal = world.released(world.tea, 100, label="split")
    Proposal.objects.filter(pk=proposal).update(state="proposed")
    choice = f"/suppliers/choice/{proposal}/"
    _spoil(buyer, f"{choice}weights/", {"cost": "100", "max_share": "60", "min_suppliers": "1"})
    assert buyer.post(f"{choice}split/", {"supplier": "x", "qty-x": "5"}).status_code == 422
    _spoil(buyer, f"{choice}split/", {"supplier": str(world.grower), f"qty-{world.grower}": "7", "note": "n"})
    for claim in ("accept-claim", "refuse-claim", "withdraw-claim", "end-contract"):
        _spoil(
            buyer,
            f"/suppliers/{world.grower}/{claim}/",
            {"claim": "x", "contract": "x", "credited": "1", "reason": "r"},
        )
    for path in (f"{choice}?cost=%00&time=99999&max_share=0", "/purchases/?view=%00&page=x", "/purchases/%00/"):
        assert buyer.get(path).status_code in (200, 404, 422), path
    assert [buyer.get(path).status_code for path in ("/purchases/", f"/purchases/{number}/", "/suppliers/quotes/")] == [
        200
    ] * 3


def test_the_portals_api_survives_what_is_sent(world: World, line: PurchaseOrderLine) -> None:
    """Numbers no column holds, texts with a NUL, days at either end: 4xx, and the order answers as before."""
    grower, number = partner("GROWER"), PurchaseOrder.objects.get().number
    api = f"/api/portal/orders/{number}"
    for body in (
        {"number": "a\0b", "arrives_at": "2026-03-05T02:00:00Z", "lines": [[line.pk, 1]]},
        {"number": "n", "arrives_at": "2026-03-05T02:00:00Z", "lines": [[10**30, 1]]},
        {"number": "n", "arrives_at": "2026-03-05T02:00:00Z", "lines": [[line.pk, 10**30]]},
        {"number": "n", "arrives_at": "0001-01-01T00:00:00+14:00", "lines": [[line.pk, 1]]},
        {"number": "n", "arrives_at": "9999-12-31T23:59:59-14:00", "lines": [[line.pk, 1]]},
        {"number": "n" * 61, "arrives_at": "2026-03-05T02:00:00Z", "lines": []},
    ):
        told = grower.post(f"{api}/dispatch", json.dumps(body), content_type="application/json")
        assert 400 <= told.status_code < 500, (body, told.status_code)
    for body in (
        {"lines": [{"line": line.pk, "qty": 10**30}]},
        {"lines": [{"line": 10**30}]},
        {"expected_at": "9999-12-31T23:59:59-14:00"},
        {"seen": "a\0b"},
    ):
        told = grower.post(f"{api}/confirm", json.dumps(body), content_type="application/json")
        assert 400 <= told.status_code < 500, (body, told.status_code)
    told = grower.post(f"{api}/dispatch/cancel", json.dumps({"number": "a\0b"}), content_type="application/json")
    assert told.status_code == 409
    assert grower.get(api).status_code == 200
