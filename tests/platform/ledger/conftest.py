"""A small world for the ledger: two sites, two items, a supplier, a customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from longshore.catalog.models import Item, Lot, Partner, Place, UnitOfMeasure
from longshore.catalog.operations import ensure_fixed_places, ensure_units
from longshore.ledger.cause import Cause
from longshore.ledger.posting import Key

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WHO = Cause(actor="tester")


@dataclass(frozen=True)
class Small:
    """Ids of the small world."""

    milk: int
    salt: int
    early: int
    late: int
    owner: int
    dock: int
    shelf: int
    stage: int
    far_shelf: int
    truck: int
    supplier: int
    customer: int
    east: int
    west: int

    def key(self, place: int, *, item: int | None = None, lot: int | None = None, condition: int = 0) -> Key:
        chosen = item or self.milk
        return Key(chosen, place, self.owner, lot if chosen == self.salt else (lot or self.early), condition)


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


@pytest.fixture
def small(db: None) -> Small:
    return build()


def build() -> Small:
    ensure_units()
    ensure_fixed_places()
    each = UnitOfMeasure.objects.get(code="EA")
    milk = Item.objects.create(code="MILK", name="Milk", base_unit=each, lot_tracked=True, unit_cost=300)
    salt = Item.objects.create(code="SALT", name="Salt", base_unit=each, unit_cost=100)
    east = Place.objects.create(code="EAST", name="East", kind="site")
    west = Place.objects.create(code="WEST", name="West", kind="site")
    Place.objects.filter(pk__in=[east.pk, west.pk]).update(site=None)
    for site in (east, west):
        site.site = site
        site.save()

    def inside(site: Place, code: str, usage: str, kind: str = "bin") -> int:
        return Place.objects.create(code=code, name=code, kind=kind, usage=usage, site=site, parent=site).pk

    party = Place.objects.create(code="P-SUP", name="Dairy", kind="party")
    shop = Place.objects.create(code="P-SHOP", name="Shop", kind="party")
    Partner.objects.create(code="DAIRY", name="Dairy", is_supplier=True, place=party)
    Partner.objects.create(code="SHOP", name="Shop", is_customer=True, place=shop)
    return Small(
        milk=milk.pk,
        salt=salt.pk,
        early=Lot.objects.create(item=milk, code="L1", expires_on=date(2026, 3, 10)).pk,
        late=Lot.objects.create(item=milk, code="L2", expires_on=date(2026, 3, 20)).pk,
        owner=Partner.objects.get(code="SELF").pk,
        dock=inside(east, "E-DOCK", "receiving", "dock"),
        shelf=inside(east, "E-01", "storage"),
        stage=inside(east, "E-STAGE", "staging", "zone"),
        far_shelf=inside(west, "W-01", "storage"),
        truck=Place.objects.create(code="TRUCK-1", name="Truck", kind="vehicle").pk,
        supplier=party.pk,
        customer=shop.pk,
        east=east.pk,
        west=west.pk,
    )
