"""A warehouse's Monday with one of everything that a page shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib.auth.models import Group, User
from django.test import Client

from longshore.catalog.models import Partner, Place, SupplierItem
from longshore.ledger.models import Claim, PostingKind
from longshore.ledger.operations import Claims, Key, Move, NewPosting, post
from longshore.ledger.wire import run
from longshore.ordering.operations import add_delivered, add_shipped
from longshore.planning.models import Proposal
from longshore.project.roles import ensure_roles
from longshore.returning.operations import NewReturn, return_goods
from longshore.sensing.metrics import ensure_metrics
from longshore.sensing.models import Device, Excursion, Reading
from longshore.shipping.models import TripStop
from longshore.shipping.operations import open_shipments, plan_trips
from longshore.shipping.queries import trips
from longshore.sourcing.models import OrderApproval, PurchaseOrder, PurchaseOrderLine, Quote, QuoteRequest
from longshore.sourcing.operations import place_orders
from longshore.storing.models import QualityCase
from longshore.twin.models import World
from tests.platform.storing.floor import MONDAY, WHO, Floor, build, hours, line_ids, name


def person(role: str) -> Client:
    ensure_roles()
    user, _made = User.objects.get_or_create(username=role)
    user.groups.set(Group.objects.filter(name=role))
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


@dataclass
class Desk:
    """`names` fill the addresses of the table of routes."""

    floor: Floor
    supplier: int
    names: dict[str, object] = field(default_factory=dict)

    def propose(self, label: str, *, state: str = "proposed", item: int = 0, site: int = 0) -> int:
        return Proposal.objects.create(
            key=name("proposal", label), kind="purchase", item_id=item or self.floor.tea,
            site_id=site or self.floor.site,
            supplier_id=self.supplier, qty=200, proposed_qty=200, unit_price=500, order_at=MONDAY, due_at=hours(48),
            made_at=MONDAY, state=state,
        ).pk  # fmt: skip

    def purchase(self, label: str) -> PurchaseOrder:
        self.propose(label, state="released")
        return PurchaseOrder.objects.get(pk=place_orders(at=MONDAY, cause=WHO).purchase_orders[0])

    def packed(self, label: str, qty: int = 4) -> str:
        """A planned trip with a packed shipment of an order; its number."""
        self.floor.order(f"{label}-OUT", (self.floor.tea, qty))
        self.floor.pack_all(label)
        open_shipments(site=self.floor.site, at=hours(3), cause=WHO)
        planned = plan_trips(site=self.floor.site, day=MONDAY.date(), at=hours(3), cause=WHO).trips
        numbers = {row.trip: row.number for row in trips()}
        return numbers[planned[0]] if planned else ""

    def come_back(self, label: str) -> int:
        """Three of six tea that were delivered come back, refused as wrong; the return."""
        order = self.floor.order(f"{label}-BACK", (self.floor.tea, 6))
        [line] = line_ids(order)
        claim = Claim.objects.get(demand__endswith=f":{line}", state="open")
        source = Key(self.floor.tea, self.floor.bin_a, self.floor.owner)
        target = Key(self.floor.tea, self.floor.shop_place, self.floor.owner)
        moved = Move(source, target, 6, Claims.CONSUME, claim.pk)
        post([NewPosting(name(label), PostingKind.DELIVER, hours(1), (moved,), label)], at=hours(1), cause=WHO)
        add_shipped([(line, 6)], at=hours(1), cause=WHO)
        add_delivered([(line, 6)], at=hours(1), cause=WHO)
        back = NewReturn(name("back", label), line, 3, "wrong", self.floor.site)
        return return_goods([back], at=hours(2), cause=WHO).accepted[0].return_id


def too_warm(floor: Floor) -> QualityCase:
    """A lot that was on a warm truck, of which nothing is left to decide on but the case itself."""
    ensure_metrics()
    logger = Device.objects.create(code="LOG-7", name="Logger", kind="logger", state="active", created_at=MONDAY)
    episode = Excursion.objects.create(
        device=logger, place_id=floor.truck_place, metric_id=1, limit="chilled-high", threshold=4.0, from_at=hours(1),
        activated_at=hours(1), until_at=hours(2), worst=7.5, learned_at=hours(1), changed_at=hours(2), state="ended",
    )  # fmt: skip
    run("SELECT sensing_make_days(%s, %s)", hours(0).date(), hours(24).date())
    Reading.objects.bulk_create(
        [Reading(device=logger, metric_id=1, at=hours(1 + n / 12), value=7.0, received_at=hours(2)) for n in range(9)]
    )
    return QualityCase.objects.create(excursion=episode.pk, item_id=floor.milk, lot_id=floor.late, opened_at=hours(1))


def build_desk() -> Desk:
    floor = build()
    gate = Place.objects.create(code="P-LEAF", name="Leaf Trading", kind="party")
    leaf = Partner.objects.create(code="LEAF", name="Leaf Trading", name_zh="叶贸", is_supplier=True, place=gate)
    SupplierItem.objects.create(supplier=leaf, item_id=floor.tea, unit_price=500, lead_time_minutes=1440)
    floor.stock(floor.tea, 500, floor.bin_a)
    floor.stock(floor.milk, 12, floor.cold, floor.late)
    World.objects.create(name="demo", kind="demo", now=hours(4))
    desk = Desk(floor, leaf.pk)
    returned = desk.come_back("R1")
    trip = desk.packed("T1")
    floor.order("SO-1", (floor.tea, 4), (floor.milk, 2))
    [task] = floor.release("W2", order_ids=[floor.order("SO-2", (floor.tea, 5))])
    bought = desk.purchase("P1")
    stop = TripStop.objects.get(trip__number=trip)
    warm = too_warm(floor)
    desk.names = {
        "excursion": warm.excursion,
        "case": warm.pk,
        "order": "SO-1",
        "item": floor.tea,
        "proposal": desk.propose("open"),
        "purchase": bought.number,
        "supplier": leaf.pk,
        "quote_request": _asked(floor, leaf.pk),
        "approval": _to_approve(floor, leaf.pk),
        "po_line": PurchaseOrderLine.objects.get(order=bought).pk,
        "trip": trip,
        "stop": stop.pk,
        "shipment": stop.shipments.get().number,
        "returned": returned,
        "site": floor.site,
        "dock": floor.dock_in,
        "task": task,
    }
    return desk


def _asked(floor: Floor, supplier: int) -> int:
    """A supplier was asked for the price of fifty tea."""
    request = QuoteRequest.objects.create(
        key=name("quotes", "1"), number="RFQ-1", item_id=floor.tea, site_id=floor.site, qty=50,
        needed_at=hours(200), answer_by=hours(100), asked_at=hours(0), asked_by="desk",
    )  # fmt: skip
    Quote.objects.create(request=request, supplier_id=supplier)
    return request.pk


def _to_approve(floor: Floor, supplier: int) -> int:
    """An order of nothing that waits for a second person."""
    return OrderApproval.objects.create(
        supplier_id=supplier, site_id=floor.site, proposals=[], value=0, asked_at=hours(0), asked_by="somebody"
    ).pk
