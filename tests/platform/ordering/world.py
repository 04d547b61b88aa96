"""A small world for orders: two warehouses, three items, two shops, and short ways to write what happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from longshore.catalog.models import Item, ItemUnit, Lane, Lot, Partner, Place, SupplierItem, UnitOfMeasure
from longshore.catalog.operations import ensure_fixed_places, ensure_units
from longshore.ledger.cause import Cause
from longshore.ledger.models import Claim, PostingKind
from longshore.ledger.operations import Key, Move, NewFlow, NewPosting, plan_flows, post
from longshore.ordering.models import OrderLine
from longshore.ordering.operations import NewLine, NewOrder, take_orders
from longshore.ordering.queries.wanted import demand_of

MONDAY = datetime(2026, 3, 2, 0, tzinfo=UTC)  # 08:00 in Shanghai
WHO = Cause(actor="tester")
NAMES = UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7")


def name(text: str) -> UUID:
    return uuid5(NAMES, text)


def hours(count: int) -> datetime:
    return MONDAY + timedelta(hours=count)


@dataclass(frozen=True)
class World:
    """Ids."""

    tea: int
    rice: int
    milk: int
    early: int
    late: int
    owner: int
    north: int
    south: int
    north_shelf: int
    south_shelf: int
    north_dock: int
    north_stage: int
    north_returns: int
    truck: int
    supplier: int
    shop: int
    shop_place: int
    opening: int

    def stock(self, item: int, qty: int, *, shelf: int | None = None, lot: int | None = None) -> None:
        """Goods on a shelf (the northern one), from the opening balance."""
        source = Key(item, self.opening, self.owner, lot)
        target = Key(item, shelf or self.north_shelf, self.owner, lot)
        key = name(f"stock:{item}:{qty}:{shelf}:{lot}")
        post([NewPosting(key, PostingKind.OPENING, MONDAY, (Move(source, target, qty),))], at=MONDAY, cause=WHO)

    def inbound(self, item: int, qty: int, arrive_at: datetime, *, label: str = "PO-1") -> int:
        """A firm purchase to the northern dock; returns the flow."""
        flow = NewFlow(
            key=name(f"flow:{label}:{item}"),
            kind="purchase",
            item=item,
            source=self.supplier,
            target=self.north_dock,
            qty=qty,
            ship_at=min(MONDAY, arrive_at),
            arrive_at=arrive_at,
            document=label,
        )
        return plan_flows([flow], at=MONDAY, cause=WHO)[0].flow_id

    def order(
        self,
        number: str,
        *lines: tuple[int, int],
        priority: int = 5,
        requested_at: datetime | None = None,
        ship_complete: bool = False,
        received_at: datetime = MONDAY,
    ) -> int:
        """An order of the shop for (item, quantity) lines, wanted in two days; returns its id."""
        form = NewOrder(
            key=name(f"order:{number}"),
            number=number,
            customer=self.shop,
            requested_at=requested_at or hours(48),
            lines=tuple(NewLine(index, item, qty) for index, (item, qty) in enumerate(lines, start=1)),
            received_at=received_at,
            priority=priority,
            ship_complete=ship_complete,
        )
        return take_orders([form], at=MONDAY, cause=WHO).accepted[0].order_id


def lines_of(order: int) -> list[OrderLine]:
    return list(OrderLine.objects.filter(order_id=order).order_by("line"))


def held(line: int) -> list[tuple[int, int | None, int | None, int]]:
    """Open claims of a line: (site, balance, flow, quantity)."""
    rows = Claim.objects.filter(demand=demand_of(line), state="open").order_by("id")
    return [(row.site_id, row.balance_id, row.flow_id, row.qty - row.consumed) for row in rows]


def build() -> World:
    ensure_units()
    ensure_fixed_places()
    each = UnitOfMeasure.objects.get(code="EA")
    tea = Item.objects.create(code="TEA", name="Tea", base_unit=each, weight_g=500, unit_price=900)
    rice = Item.objects.create(code="RICE", name="Rice", base_unit=each, weight_g=1000, unit_price=400)
    milk = Item.objects.create(
        code="MILK", name="Milk", base_unit=each, weight_g=1000, unit_price=700, lot_tracked=True, min_remaining_days=3
    )
    ItemUnit.objects.create(item=tea, unit=UnitOfMeasure.objects.get(code="CT"), numerator=12)
    party = Place.objects.create(code="P-GROWER", name="Grower", kind="party")
    shop_place = Place.objects.create(code="P-SHOP", name="Shop", kind="party", latitude=31.2, longitude=121.5)
    shop = Partner.objects.create(code="SHOP", name="Shop", is_customer=True, place=shop_place)
    Partner.objects.filter(pk=shop.pk).update(window_opens_minute=0, window_closes_minute=1440)
    grower = Partner.objects.create(code="GROWER", name="Grower", is_supplier=True, place=party)
    SupplierItem.objects.create(supplier=grower, item=tea, unit_price=500, lead_time_minutes=7 * 1440)
    north, south = (_site(code, shop_place) for code in ("NORTH", "SOUTH"))
    Lane.objects.create(origin=north, destination=shop_place, transit_minutes=120, fixed_cost=1000, cost_per_kg=10)
    Lane.objects.create(origin=south, destination=shop_place, transit_minutes=600, fixed_cost=4000, cost_per_kg=10)
    return World(
        tea=tea.pk,
        rice=rice.pk,
        milk=milk.pk,
        early=Lot.objects.create(item=milk, code="L1", expires_on=date(2026, 3, 6)).pk,
        late=Lot.objects.create(item=milk, code="L2", expires_on=date(2026, 3, 30)).pk,
        owner=Partner.objects.get(code="SELF").pk,
        north=north.pk,
        south=south.pk,
        north_shelf=_inside(north, "N-01", "storage"),
        south_shelf=_inside(south, "S-01", "storage"),
        north_dock=_inside(north, "N-IN", "receiving"),
        north_stage=_inside(north, "N-STAGE", "staging"),
        north_returns=_inside(north, "N-RET", "returns"),
        truck=Place.objects.create(code="TRUCK-1", name="Truck", kind="vehicle").pk,
        supplier=party.pk,
        shop=shop.pk,
        shop_place=shop_place.pk,
        opening=Place.objects.get(code="OPENING").pk,
    )


def _site(code: str, near: Place) -> Place:
    site = Place.objects.create(code=code, name=code, kind="site", latitude=near.latitude, longitude=near.longitude)
    site.site = site
    site.save()
    return site


def _inside(site: Place, code: str, usage: str) -> int:
    kind = "bin" if usage == "storage" else "dock"
    return Place.objects.create(code=code, name=code, kind=kind, usage=usage, site=site, parent=site).pk
