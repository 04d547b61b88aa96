"""Vehicles as a file."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from longshore.catalog.imports.cells import BadValue
from longshore.catalog.imports.facts import money, partner_column, place_column
from longshore.catalog.imports.readers import LARGE, Code, MinuteOfDay, Text, Whole, YesNo
from longshore.catalog.imports.tables import TableTarget
from longshore.catalog.imports.targets import Column, Record
from longshore.catalog.models import TemperatureClass
from longshore.shipping.models import Vehicle


class VehicleTarget(TableTarget):
    def check(self, record: Record) -> Iterable[BadValue]:
        wrong = [
            one for one in str(record.values.get("temperature_classes", "")).split(",")
            if one.strip() and one.strip() not in TemperatureClass.values
        ]  # fmt: skip
        if wrong:
            yield BadValue(
                "unknown-choice", _("“%(value)s” is not in the list.") % {"value": wrong[0]},
                _("Use one of: %(allowed)s.") % {"allowed": ", ".join(TemperatureClass.values)},
                field="temperature_classes",
            )  # fmt: skip


VEHICLES = VehicleTarget(
    "vehicles", _("Vehicles"), Vehicle, ("plate",),
    (
        Column("plate", _("Plate"), Code(longest=20), needed=True, aliases=("车牌", "车牌号", "车号")),
        place_column("place", _("Place in the ledger"), "地点"),
        partner_column("carrier", _("Carrier"), "承运商", needed=False),
        place_column("home_site", _("Home site"), "所属仓库", "车场"),
        Column("capacity_g", _("Capacity, g"), Whole(low=1, high=LARGE), needed=True),
        Column("capacity_kg", _("Capacity, kg"), Whole(low=1, high=LARGE, scale=1000), sets="capacity_g",
               exported=False, aliases=("载重", "载重kg")),
        Column("capacity_cm3", _("Capacity, cm³"), Whole(low=1, high=LARGE), needed=True),
        Column("capacity_m3", _("Capacity, m³"), Whole(low=1, high=LARGE, scale=1_000_000), sets="capacity_cm3",
               exported=False, aliases=("容积", "容积m3")),
        Column("temperature_classes", _("Temperature classes"), Text(60), aliases=("温区",)),
        *money("fixed_cost", _("Cost a trip"), "每趟费用"),
        *money("cost_per_km", _("Cost a km"), "每公里费用"),
        Column("speed_kmh", _("Usual speed, km/h"), Whole(low=1, high=120, empty=55), aliases=("速度",)),
        Column("shift_starts_minute", _("Shift starts"), MinuteOfDay(empty=300)),
        Column("shift_ends_minute", _("Shift ends"), MinuteOfDay(empty=1320)),
        Column("active", _("Active"), YesNo(empty=True), aliases=("启用",)),
    ),
)  # fmt: skip
