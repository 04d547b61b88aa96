"""A fridge truck under way with two lots of milk for two shops, and more milk in another warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from longshore.catalog.models import Item, Lane, Lot, Place
from longshore.ledger.outbox import emit
from longshore.project.dispatcher import drain_outbox
from longshore.sensing.events import ExcursionBegan, ExcursionEnded, ExcursionWithdrawn
from longshore.sensing.metrics import ensure_metrics
from longshore.sensing.models import Attachment, Device, Excursion, ProductLimit
from longshore.shipping.models import Trip, Vehicle
from longshore.shipping.operations import depart, load, open_shipments, plan_trips, stage
from longshore.storing.operations import Picked, confirm_picks, pack, release_wave
from tests.platform.storing.floor import MONDAY, WHO, Floor, build, hours, name

KINDS = {"began": ExcursionBegan, "ended": ExcursionEnded, "withdrawn": ExcursionWithdrawn}


@dataclass(frozen=True)
class Cold:
    floor: Floor
    far_bin: int
    far_lot: int
    vaccine: int
    dose: int
    logger: Device
    orders: tuple[int, int]
    untouched: tuple[int, ...]
    trip: Trip

    def excursion(
        self, begin: float, until: float | None = None, *, worst: float = 9.5, place: int | None = None
    ) -> int:
        """An episode as interpretation writes it; returns its number."""
        row = Excursion.objects.create(
            device=self.logger, place_id=place or self.floor.truck_place, metric_id=1, limit="chilled-high",
            threshold=4.0, from_at=hours(begin), activated_at=hours(begin), worst=worst,
            until_at=None if until is None else hours(until), learned_at=hours(begin), changed_at=hours(begin),
            beyond_s=1200, state="active" if until is None else "ended",
        )  # fmt: skip
        return row.pk

    def tell(self, excursion: int, kind: str, at: datetime) -> None:
        """As interpretation tells it, and everybody who listens reacts."""
        row = Excursion.objects.get(pk=excursion)
        facts = {
            "excursion": row.pk, "device": row.device_id, "place": row.place_id, "handling_unit": row.handling_unit_id,
            "metric": "temperature", "limit": row.limit, "from_at": row.from_at.isoformat(),
            "until_at": None if row.until_at is None else row.until_at.isoformat(), "worst": row.worst, "mkt": row.mkt,
        }  # fmt: skip
        emit([KINDS[kind](**facts)], at=at, cause=WHO)  # type: ignore[arg-type]
        drain_outbox(at=at)


def build_cold() -> Cold:
    """Order A: six milk of lot L1 and a dose that stands 8 °C; order B: four milk of lot L2. Both on the truck."""
    floor = build()
    ensure_metrics()
    limits = {"temperature_class": "chilled", "metric_id": 1, "threshold": 4.0, "after_s": 600}
    ProductLimit.objects.get_or_create(code="chilled-high", defaults=limits)
    far = Place.objects.get(pk=floor.other)
    far_bin = Place.objects.create(
        code="F-C-01", name="F-C-01", kind="bin", usage="storage", site=far, parent=far, temperature_class="chilled"
    ).pk
    for customer in (floor.shop_place, floor.kiosk_place):
        Lane.objects.create(origin=far, destination_id=customer, transit_minutes=150, distance_m=180_000)
    milk = Item.objects.get(pk=floor.milk)
    vaccine = Item.objects.create(
        code="DOSE", name="Vaccine", name_zh="疫苗", base_unit=milk.base_unit, weight_g=100, volume_cm3=100,
        unit_price=5000, unit_cost=3000, lot_tracked=True, temperature_class="pharma",
    )  # fmt: skip
    Item.objects.filter(pk=floor.milk).update(unit_cost=500)
    Vehicle.objects.update(temperature_classes="ambient,chilled,pharma")
    dose = Lot.objects.create(item=vaccine, code="V1", expires_on=date(2026, 12, 1)).pk
    far_lot = Lot.objects.create(item=milk, code="L3", expires_on=date(2026, 4, 5)).pk
    floor.stock(floor.milk, 6, floor.cold, floor.early)
    first = floor.order("C-1", (floor.milk, 6))
    floor.stock(floor.milk, 4, floor.cold, floor.late)
    second = floor.order("C-2", (floor.milk, 4), customer=floor.kiosk)
    floor.stock(vaccine.pk, 2, floor.cold, dose)
    third = floor.order("C-3", (vaccine.pk, 2))
    _leave(floor, [first, second, third])
    floor.stock(floor.milk, 30, far_bin, far_lot)
    floor.stock(floor.milk, 3, floor.cold, floor.late, "later")
    floor.stock(floor.tea, 50, floor.bin_a)
    untouched = (third, floor.order("C-4", (floor.tea, 5)), floor.order("C-5", (floor.milk, 3)))
    logger = Device.objects.create(code="LOG-1", name="Logger", kind="logger", state="active", created_at=MONDAY)
    Attachment.objects.create(device=logger, place_id=floor.truck_place, from_at=MONDAY)
    trip = Trip.objects.get()
    return Cold(floor, far_bin, far_lot, vaccine.pk, dose, logger, (first, second), untouched, trip)


def _leave(floor: Floor, orders: list[int]) -> None:
    wave = release_wave(key=name("cold"), site=floor.site, ship_before=hours(48), at=hours(1), cause=WHO)
    confirm_picks([Picked(task, hours(2)) for task in wave.tasks], at=hours(2), cause=WHO)
    pack(site=floor.site, at=hours(3), cause=WHO)
    shipments = open_shipments(site=floor.site, at=hours(3), cause=WHO).shipments
    trips = plan_trips(site=floor.site, day=MONDAY.date(), at=hours(3), cause=WHO).trips
    stage(shipments, at=hours(4), cause=WHO)
    load(trips, at=hours(4), cause=WHO)
    depart(trips, at=hours(4.5), cause=WHO)
