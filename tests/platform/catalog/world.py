"""A small catalog that the import tests share, and a way to see that nothing has changed."""

from __future__ import annotations

from datetime import UTC, date, datetime

from longshore.catalog.imports.exporting import export
from longshore.catalog.imports.registry import all_targets, target_named
from longshore.catalog.imports.running import ALL_OR_NOTHING, ImportOptions, ImportReceipt, run_import
from longshore.catalog.imports.targets import Occasion
from longshore.catalog.models import Item, ItemUnit, Lot, Partner, Place, UnitOfMeasure
from longshore.catalog.operations import ensure_fixed_places, ensure_units

OCCASION = Occasion(datetime(2026, 1, 10, 8, tzinfo=UTC), "tester")


def build() -> None:
    """Site DC1 with two bins, items A1 (by lot, cartons of 12) and A2, a customer, a supplier, a truck."""
    ensure_units()
    ensure_fixed_places()
    site = Place.objects.create(code="DC1", name="Centre", kind="site")
    Place.objects.filter(pk=site.pk).update(site=site)
    zone = Place.objects.create(code="Z1", name="Zone", kind="zone", parent=site, site=site)
    for code in ("B1", "B2"):
        Place.objects.create(code=code, name=code, kind="bin", parent=zone, site=site, usage="storage")
    Place.objects.create(code="V1", name="Truck", kind="vehicle")
    each, carton = (UnitOfMeasure.objects.get(code=code) for code in ("EA", "CT"))
    milk = Item.objects.create(code="A1", name="Milk", base_unit=each, gtin="6901234567892", lot_tracked=True)
    Item.objects.create(code="A2", name="Rice", base_unit=each)
    ItemUnit.objects.create(item=milk, unit=carton, numerator=12)
    Lot.objects.create(item=milk, code="L1", expires_on=date(2027, 1, 1))
    for code, role in (("C1", "is_customer"), ("S1", "is_supplier")):
        place = Place.objects.create(code=f"P-{code}", name=code, kind="party")
        Partner.objects.create(code=code, name=code, place=place, **{role: True})


def everything() -> dict[str, bytes]:
    """All that can be exported, as it stands."""
    return {target.name: b"".join(export(target)) for target in all_targets()}


def bring(
    target: str, content: str | bytes, options: ImportOptions | None = None, mode: str = ALL_OR_NOTHING
) -> ImportReceipt:
    data = content.encode() if isinstance(content, str) else content
    return run_import(data, target_named(target), options or ImportOptions(), OCCASION, mode=mode)
