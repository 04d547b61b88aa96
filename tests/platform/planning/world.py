"""A small world for planning: a centre that buys, a branch it feeds, two suppliers, two customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from longshore.catalog.models import Calendar, Holiday, Item, Lane, Partner, Place, SupplierItem, UnitOfMeasure
from longshore.catalog.operations import ensure_fixed_places, ensure_units
from longshore.ledger.cause import Cause
from longshore.ledger.models import Balance, PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.planning.models import Forecast, Proposal
from longshore.planning.operations import NewPolicy, put_policies

MONDAY = datetime(2026, 3, 2, 2, tzinfo=UTC)  # 10:00 in Shanghai
WHO = Cause(actor="tester")
NAMES = UUID("0d4c5c4e-2d6f-4f8e-8f60-8a1a2d0a7b11")


def name(text: str) -> UUID:
    return uuid5(NAMES, text)


def days(count: float) -> datetime:
    return MONDAY + timedelta(days=count)


@dataclass(frozen=True)
class World:
    """Ids."""

    tea: int
    milk: int
    owner: int
    centre: int
    branch: int
    shelf: int
    dock: int
    branch_shelf: int
    branch_dock: int
    grower: int
    trader: int
    grower_place: int
    shop: int
    walk_in: int
    opening: int
    scrap: int

    def stock(self, item: int, qty: int, *, shelf: int | None = None, label: str = "") -> None:
        """Goods on a shelf (the centre's), from the opening balance."""
        source = Key(item, self.opening, self.owner)
        target = Key(item, shelf or self.shelf, self.owner)
        key = name(f"stock:{item}:{qty}:{shelf}:{label}")
        post([NewPosting(key, PostingKind.OPENING, MONDAY, (Move(source, target, qty),))], at=MONDAY, cause=WHO)

    def lose(self, item: int, qty: int, *, at: datetime = MONDAY, label: str = "") -> None:
        """Goods leave the centre's shelf for scrap."""
        move = Move(Key(item, self.shelf, self.owner), Key(item, self.scrap, self.owner), qty)
        key = name(f"lose:{item}:{qty}:{label}")
        post([NewPosting(key, PostingKind.SCRAP, at, (move,))], at=at, cause=WHO)

    def policy(self, item: int, *, site: int | None = None, source: int | None = None, automatic: bool = False) -> None:
        """Reorder at 20, order 50, up to 70, set by hand."""
        wanted = NewPolicy(
            item=item,
            site=site or self.centre,
            source=source,
            safety_stock=5,
            reorder_point=20,
            order_qty=50,
            order_up_to=70,
            automatic=automatic,
        )
        put_policies([wanted], at=MONDAY, cause=WHO)

    def expect(self, item: int, daily: int, *, site: int | None = None) -> None:
        """A forecast of `daily` a day for four weeks from Monday."""
        Forecast.objects.create(
            item_id=item,
            site_id=site or self.centre,
            made_at=MONDAY,
            starts_on=date(2026, 3, 2),
            daily_milli=[daily * 1000] * 28,
            mean_milli=daily * 1000,
            sigma_milli=daily * 300,
            method="naive",
        )

    def released(self, item: int, qty: int, *, supplier: int | None = None, price: int = 500, site: int | None = None,
                 label: str = "", due_at: datetime | None = None) -> int:  # fmt: skip
        """A purchase proposal that was released and is not ordered yet."""
        return Proposal.objects.create(
            key=name(f"proposal:{item}:{qty}:{supplier}:{site}:{label}"),
            kind="purchase",
            state="released",
            item_id=item,
            site_id=site or self.centre,
            supplier_id=supplier or self.grower,
            qty=qty,
            proposed_qty=qty,
            unit_price=price,
            order_at=MONDAY,
            due_at=due_at or days(3),
            made_at=MONDAY,
        ).pk

    def standing(self, item: int, place: int, condition: int = 0) -> int:
        rows = Balance.objects.filter(item=item, place=place, condition=condition)
        return sum(rows.values_list("qty", flat=True))


def build() -> World:
    ensure_units()
    ensure_fixed_places()
    each = UnitOfMeasure.objects.get(code="EA")
    tea = Item.objects.create(code="TEA", name="Tea", base_unit=each, unit_cost=400, unit_price=900)
    milk = Item.objects.create(
        code="MILK", name="Milk", base_unit=each, unit_cost=300, lot_tracked=True, shelf_life_days=30
    )
    weekdays = Calendar.objects.create(code="WEEKDAYS", name="Monday to Friday", weekdays=0b0011111)
    Holiday.objects.create(calendar=weekdays, day=date(2026, 3, 4), name="Closed")
    grower_place, trader_place, shop_place, far_place = (
        Place.objects.create(code=code, name=code, kind="party", latitude=lat, longitude=121.5)
        for code, lat in (("P-GROWER", 29.0), ("P-TRADER", 31.0), ("P-SHOP", 31.2), ("P-WALK-IN", 30.2))
    )
    grower = Partner.objects.create(code="GROWER", name="Grower", is_supplier=True, place=grower_place)
    trader = Partner.objects.create(code="TRADER", name="Trader", is_supplier=True, place=trader_place)
    for item in (tea, milk):
        SupplierItem.objects.create(
            supplier=grower, item=item, unit_price=500, moq=10, multiple=5, lead_time_minutes=3 * 1440
        )
        SupplierItem.objects.create(
            supplier=trader, item=item, unit_price=560, lead_time_minutes=1440, calendar=weekdays
        )
    centre, branch = _site("CENTRE", 31.2), _site("BRANCH", 30.2)
    Lane.objects.create(origin=centre, destination=branch, transit_minutes=600, fixed_cost=1000)
    shop = Partner.objects.create(code="SHOP", name="Shop", is_customer=True, place=shop_place, home_site=centre)
    walk_in = Partner.objects.create(code="WALK-IN", name="Walk-in", is_customer=True, place=far_place)
    return World(
        tea=tea.pk,
        milk=milk.pk,
        owner=Partner.objects.get(code="SELF").pk,
        centre=centre.pk,
        branch=branch.pk,
        shelf=_inside(centre, "C-01", "storage"),
        dock=_inside(centre, "C-IN", "receiving"),
        branch_shelf=_inside(branch, "B-01", "storage"),
        branch_dock=_inside(branch, "B-IN", "receiving"),
        grower=grower.pk,
        trader=trader.pk,
        grower_place=grower_place.pk,
        shop=shop.pk,
        walk_in=walk_in.pk,
        opening=Place.objects.get(code="OPENING").pk,
        scrap=Place.objects.get(code="SCRAP").pk,
    )


def _site(code: str, latitude: float) -> Place:
    site = Place.objects.create(code=code, name=code, kind="site", latitude=latitude, longitude=121.5,
                                timezone="Asia/Shanghai")  # fmt: skip
    site.site = site
    site.save()
    return site


def _inside(site: Place, code: str, usage: str) -> int:
    kind = "bin" if usage == "storage" else "dock"
    return Place.objects.create(code=code, name=code, kind=kind, usage=usage, site=site, parent=site).pk
