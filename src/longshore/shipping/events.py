"""What transport tells the others, as past-tense records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class TripsPlanned:
    name: ClassVar[str] = "shipping.planned"
    trips: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TripLoaded:
    name: ClassVar[str] = "shipping.loaded"
    trip: int


@dataclass(frozen=True, slots=True)
class TripDeparted:
    name: ClassVar[str] = "shipping.departed"
    trip: int
    orders: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Shipments a carrier took with it."""

    name: ClassVar[str] = "shipping.handed-over"
    shipments: tuple[int, ...]
    orders: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EtaChanged:
    """Each stop: stop, place, before, eta, due_at, late, orders. Only stops that moved noticeably or became late."""

    name: ClassVar[str] = "shipping.eta-changed"
    trip: int
    stops: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class TripStrayed:
    """A vehicle under way left its way or stands where no stop is (`began`), or does so no longer (`ended`)."""

    name: ClassVar[str] = "shipping.strayed"
    trip: int
    began: tuple[int, ...]
    ended: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StopReached:
    name: ClassVar[str] = "shipping.arrived"
    trip: int
    stop: int


@dataclass(frozen=True, slots=True)
class GoodsDelivered:
    name: ClassVar[str] = "shipping.delivered"
    shipments: tuple[int, ...]
    orders: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GoodsRefused:
    """Each line: order_line (None for a transfer), qty, reason, damaged."""

    name: ClassVar[str] = "shipping.refused"
    shipment: int
    order: int | None
    lines: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class TripFinished:
    name: ClassVar[str] = "shipping.finished"
    trip: int


@dataclass(frozen=True, slots=True)
class GoodsLeftOut:
    """Goods in these shipments may not be delivered any more; `order_lines` want them from elsewhere."""

    name: ClassVar[str] = "shipping.left-out"
    shipments: tuple[int, ...]
    order_lines: tuple[int, ...]
