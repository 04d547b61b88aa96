"""A warehouse with everything an order needs on its way out: bins, docks, a truck, a carrier, two shops, a second site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from longshore.catalog.models import Item, Lane, Lot, Partner, Place, UnitOfMeasure
from longshore.catalog.operations import ensure_fixed_places, ensure_units
from longshore.ledger.audit import audit
from longshore.ledger.cause import Cause
from longshore.ledger.models import Balance, PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.ordering.models import OrderLine
from longshore.ordering.operations import NewLine, NewOrder, promise, take_orders
from longshore.shipping.models import Vehicle
from longshore.storing.models import PickTask
from longshore.storing.operations import Picked, confirm_picks, pack, release_wave

MONDAY = datetime(2026, 3, 2, 0, tzinfo=UTC)  # 08:00 in Shanghai
WHO = Cause(actor="tester")
NAMES = UUID("0b6f2a61-95b7-4a37-9a56-8f0b7f5b1c22")


def name(*parts: object) -> UUID:
    return uuid5(NAMES, ":".join(map(str, parts)))


def hours(count: float) -> datetime:
    return MONDAY + timedelta(hours=count)


@dataclass(frozen=True)
class Floor:
    """Ids."""

    tea: int
    milk: int
    early: int
    late: int
    owner: int
    site: int
    other: int
    bin_a: int
    bin_b: int
    cold: int
    dock_in: int
    staging: int
    dock_out: int
    returns: int
    other_dock: int
    opening: int
    shop: int
    shop_place: int
    kiosk: int
    kiosk_place: int
    carrier: int
    truck: int
    truck_place: int

    def stock(self, item: int, qty: int, place: int, lot: int | None = None, label: str = "") -> int:
        """Goods on a shelf from the opening balance; returns the balance."""
        move = Move(Key(item, self.opening, self.owner, lot), Key(item, place, self.owner, lot), qty)
        key = name("stock", item, qty, place, lot, label)
        post([NewPosting(key, PostingKind.OPENING, MONDAY, (move,))], at=MONDAY, cause=WHO)
        return Balance.objects.get(item_id=item, place_id=place, lot_id=lot, condition=0, handling_unit=None).pk

    def order(self, number: str, *lines: tuple[int, int], customer: int | None = None, complete: bool = False) -> int:
        """A promised order, wanted this evening; returns its id."""
        form = NewOrder(
            key=name("order", number),
            number=number,
            customer=customer or self.shop,
            requested_at=hours(12),
            lines=tuple(NewLine(row, item, qty) for row, (item, qty) in enumerate(lines, start=1)),
            received_at=MONDAY,
            ship_complete=complete,
        )
        order = take_orders([form], at=MONDAY, cause=WHO).accepted[0].order_id
        promise([order], at=MONDAY, cause=WHO)
        return order

    def release(self, label: str = "W1", *, order_ids: list[int] | None = None) -> tuple[int, ...]:
        """The tasks of a wave with everything that leaves within two days."""
        return release_wave(
            key=name("wave", label), site=self.site, ship_before=hours(48), order_ids=order_ids, at=hours(1), cause=WHO
        ).tasks

    def pick_all(self, label: str = "W1") -> tuple[int, ...]:
        tasks = self.release(label)
        confirm_picks([Picked(task, hours(2)) for task in tasks], at=hours(2), cause=WHO)
        return tasks

    def pack_all(self, label: str = "W1") -> tuple[int, ...]:
        tasks = self.pick_all(label)
        pack(site=self.site, at=hours(3), cause=WHO)
        return tasks


def line_ids(order: int) -> list[int]:
    return list(OrderLine.objects.filter(order_id=order).order_by("line").values_list("id", flat=True))


def standing(place: int, condition: int = 0) -> int:
    """Base units of everything at a place."""
    rows = Balance.objects.filter(place_id=place, condition=condition)
    return sum(row.qty for row in rows)


def task_of(order: int) -> PickTask:
    return PickTask.objects.get(order_line__order_id=order)


def assert_books_are_clean() -> None:
    """The audit finds nothing, and every item and lot adds up to nothing over all places."""
    report = audit()
    assert report.discrepancies == ()
    sums = Balance.objects.values_list("item_id", "lot_id", "qty")
    total: dict[tuple[int, int | None], int] = {}
    for item, lot, qty in sums:
        total[item, lot] = total.get((item, lot), 0) + qty
    assert set(total.values()) <= {0}


def _inside(site: Place, code: str, usage: str, temperature: str = "ambient", rank: int = 0) -> int:
    kind = "bin" if usage == "storage" else "dock"
    return Place.objects.create(
        code=code,
        name=code,
        kind=kind,
        usage=usage,
        site=site,
        parent=site,
        temperature_class=temperature,
        pick_rank=rank,
    ).pk


def _site(code: str, latitude: float, longitude: float) -> Place:
    site = Place.objects.create(code=code, name=code, kind="site", latitude=latitude, longitude=longitude)
    site.site = site
    site.save()
    return site


def _customer(code: str, latitude: float, longitude: float) -> Partner:
    place = Place.objects.create(code=f"P-{code}", name=code, kind="party", latitude=latitude, longitude=longitude)
    return Partner.objects.create(
        code=code, name=code, is_customer=True, place=place, window_opens_minute=0, window_closes_minute=1440
    )


def build() -> Floor:
    ensure_units()
    ensure_fixed_places()
    each = UnitOfMeasure.objects.get(code="EA")
    tea = Item.objects.create(
        code="TEA", name="Tea", name_zh="茶", base_unit=each, weight_g=500, volume_cm3=1000, unit_price=900,
        gtin="06901234567892",
    )  # fmt: skip
    milk = Item.objects.create(
        code="MILK", name="Milk", name_zh="牛奶", base_unit=each, weight_g=1000, volume_cm3=1000, unit_price=700,
        lot_tracked=True, min_remaining_days=2, temperature_class="chilled",
    )  # fmt: skip
    site, other = _site("HUB", 31.20, 121.40), _site("FAR", 30.25, 120.16)
    shop, kiosk = _customer("SHOP", 31.25, 121.48), _customer("KIOSK", 31.30, 121.60)
    carrier = Partner.objects.create(code="FAST", name="Fast Freight", is_carrier=True)
    truck_place = Place.objects.create(code="TRUCK-1", name="Truck", kind="vehicle")
    truck = Vehicle.objects.create(
        place=truck_place, plate="沪A12345", home_site=site, capacity_g=2_000_000, capacity_cm3=8_000_000,
        temperature_classes="ambient,chilled", fixed_cost=20_000, cost_per_km=300,
    )  # fmt: skip
    for customer in (shop, kiosk):
        Lane.objects.create(origin=site, destination=customer.place, transit_minutes=60, distance_m=12_000)
        Lane.objects.create(
            origin=site, destination=customer.place, carrier=carrier, transit_minutes=300, fixed_cost=30_000,
            cost_per_kg=100,
        )  # fmt: skip
    Lane.objects.create(origin=site, destination=other, transit_minutes=240, distance_m=180_000)
    return Floor(
        tea=tea.pk,
        milk=milk.pk,
        early=Lot.objects.create(item=milk, code="L1", expires_on=date(2026, 3, 10)).pk,
        late=Lot.objects.create(item=milk, code="L2", expires_on=date(2026, 3, 30)).pk,
        owner=Partner.objects.get(code="SELF").pk,
        site=site.pk,
        other=other.pk,
        bin_a=_inside(site, "H-A-01", "storage", rank=1),
        bin_b=_inside(site, "H-B-01", "storage", rank=2),
        cold=_inside(site, "H-C-01", "storage", "chilled", rank=3),
        dock_in=_inside(site, "H-IN", "receiving"),
        staging=_inside(site, "H-STAGE", "staging"),
        dock_out=_inside(site, "H-OUT", "shipping"),
        returns=_inside(site, "H-RET", "returns"),
        other_dock=_inside(other, "F-IN", "receiving"),
        opening=Place.objects.get(code="OPENING").pk,
        shop=shop.pk,
        shop_place=shop.place_id or 0,
        kiosk=kiosk.pk,
        kiosk_place=kiosk.place_id or 0,
        carrier=carrier.pk,
        truck=truck.pk,
        truck_place=truck_place.pk,
    )
