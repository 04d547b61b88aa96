"""Own fleet or which carrier: by cost, capacity, temperature and the promised time, with the reason."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import RejectedRow
from longshore.catalog.rules import great_circle_m
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.shipping.queries.loading import ShipmentRow, lock_shipments
from longshore.shipping.queries.ways import SpotRow, carrier_lanes, fleet, lane_distances, spots
from longshore.shipping.rules import DETOUR_PERCENT, CarrierChoice, CarrierLane, Load, OwnVehicle, choose_way, skills
from longshore.storing.queries.rows import change

_WRITE = """
UPDATE shipping_shipment s SET carrier_id = nullif(k.carrier, 0), explanation = k.explanation::jsonb
FROM unnest(%(shipments)s::bigint[], %(carriers)s::bigint[], %(explanations)s::text[])
    AS k(shipment, carrier, explanation)
WHERE s.id = k.shipment
"""
UNKNOWN_DISTANCE_M = 100_000


@dataclass(frozen=True, slots=True)
class CarrierReceipt:
    """`own`: for our own trucks; `hired`: (shipment, carrier); `rejected`: nobody can take them."""

    own: tuple[int, ...]
    hired: tuple[tuple[int, int], ...]
    rejected: tuple[RejectedRow, ...] = ()


@retried
def choose_carrier(
    shipment_ids: Sequence[int], *, at: datetime, cause: Cause, own_fleet: bool = True, reason: str = ""
) -> CarrierReceipt:
    """Decide for packed shipments on no trip who drives them. Without `own_fleet` only carriers are asked.

    The choice, its runner-up and what would turn it stand in the shipment's explanation.
    """
    with transaction.atomic():
        rows = [row for row in lock_shipments(shipment_ids) if row.trip is None and row.state in ("packed", "staged")]
        choices = _choices(rows, at, own_fleet=own_fleet)
        _write(choices, cause, reason)
        own = tuple(
            row.shipment for row, choice in choices if choice.chosen is not None and choice.chosen.carrier is None
        )
        hired = tuple(
            (row.shipment, choice.chosen.carrier)
            for row, choice in choices
            if choice.chosen is not None and choice.chosen.carrier is not None
        )
        rejected = tuple(
            RejectedRow(
                number,
                "shipment",
                "nobody-drives-there",
                _("No vehicle of ours and no carrier's lane can take shipment {number}.").format(number=row.number),
                _("Add a lane with a carrier to that place, or a vehicle of its temperature class."),
                value=str(row.shipment),
            )
            for number, (row, choice) in enumerate(choices, start=1)
            if choice.chosen is None
        )
        return CarrierReceipt(own, hired, rejected)


def _choices(rows: Sequence[ShipmentRow], at: datetime, *, own_fleet: bool) -> list[tuple[ShipmentRow, CarrierChoice]]:
    sites, places = sorted({row.site for row in rows}), sorted({row.ship_to for row in rows})
    lanes: dict[tuple[int, int], list[CarrierLane]] = defaultdict(list)
    for lane in carrier_lanes(sites, places):
        way = CarrierLane(
            lane.carrier, lane.transit_minutes, lane.fixed_cost, lane.cost_per_kg, skills(lane.temperature_classes)
        )
        lanes[lane.origin, lane.destination].append(way)
    trucks: dict[int, list[OwnVehicle]] = defaultdict(list)
    for own in fleet(sites) if own_fleet else []:
        trucks[own.site].append(
            OwnVehicle(
                own.capacity_g,
                own.capacity_cm3,
                skills(own.temperature_classes),
                own.fixed_cost,
                own.cost_per_km,
                own.speed_kmh,
            )
        )
    known = {(lane.origin, lane.destination): lane.distance_m for lane in lane_distances(sites, places)}
    where = spots([*sites, *places])
    return [
        (
            row,
            choose_way(_load(row, known, where), trucks[row.site], lanes[row.site, row.ship_to], leaves_at=at),
        )
        for row in rows
    ]


def _load(row: ShipmentRow, known: Mapping[tuple[int, int], int], where: Mapping[int, SpotRow]) -> Load:
    distance = known.get((row.site, row.ship_to)) or _distance(where[row.site], where[row.ship_to])
    return Load(row.weight_g, row.volume_cm3, row.temperature_class, row.ship_by, row.due_at, distance)


def _distance(origin: SpotRow, destination: SpotRow) -> int:
    """Road metres as the crow flies and a third more; a place without coordinates counts as 100 km away."""
    if origin.latitude is None or origin.longitude is None:
        return UNKNOWN_DISTANCE_M
    if destination.latitude is None or destination.longitude is None:
        return UNKNOWN_DISTANCE_M
    straight = great_circle_m(origin.latitude, origin.longitude, destination.latitude, destination.longitude)
    return straight * DETOUR_PERCENT // 100


def _write(choices: Sequence[tuple[ShipmentRow, CarrierChoice]], cause: Cause, reason: str) -> None:
    said = [
        choice.explanation() | {"by": cause.actor} | ({"own_fleet": reason} if reason else {})
        for _row, choice in choices
    ]
    change(
        _WRITE,
        {
            "shipments": [row.shipment for row, _c in choices],
            "carriers": [(choice.chosen.carrier or 0) if choice.chosen else 0 for _r, choice in choices],
            "explanations": [json.dumps(each) for each in said],
        },
    )
