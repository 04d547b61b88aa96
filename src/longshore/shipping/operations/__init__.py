"""The verbs of transport."""

from longshore.shipping.operations.bringing_back import BroughtBack, bring_back
from longshore.shipping.operations.carriers import CarrierReceipt, choose_carrier
from longshore.shipping.operations.carrying import CarriedReceipt, NoDock, TripNotReady, load, stage
from longshore.shipping.operations.delivering import DeliveriesRefused, DeliverReceipt, deliver
from longshore.shipping.operations.departing import DepartReceipt, NothingToHandOver, depart, hand_over
from longshore.shipping.operations.finishing import FinishReceipt, NoReturnsPlace, cancel_trips, finish
from longshore.shipping.operations.following import (
    AcceptReceipt,
    FollowReceipt,
    Seen,
    accept_losses,
    book_berths,
    follow_eta,
    follow_fixes,
    note_visit,
)
from longshore.shipping.operations.handing import Delivered, RefusalReason, RefusedLine
from longshore.shipping.operations.leaving_out import LeftOutReceipt, leave_out
from longshore.shipping.operations.loading_units import Boarded, BoardedReceipt, load_units, unload_units
from longshore.shipping.operations.opening import ShipmentsReceipt, open_shipments
from longshore.shipping.operations.straying import StrayReceipt, watch_ways
from longshore.shipping.operations.tracking import (
    Arrived,
    ArriveReceipt,
    EtaReceipt,
    Fix,
    FixesReceipt,
    arrive,
    record_positions,
    refresh_eta,
)
from longshore.shipping.operations.trip_planning import TripPlan, TripsReceipt, plan_trips

__all__ = [
    "AcceptReceipt",
    "ArriveReceipt",
    "Arrived",
    "Boarded",
    "BoardedReceipt",
    "BroughtBack",
    "CarriedReceipt",
    "CarrierReceipt",
    "DeliverReceipt",
    "Delivered",
    "DeliveriesRefused",
    "DepartReceipt",
    "EtaReceipt",
    "FinishReceipt",
    "Fix",
    "FixesReceipt",
    "FollowReceipt",
    "LeftOutReceipt",
    "NoDock",
    "NoReturnsPlace",
    "NothingToHandOver",
    "RefusalReason",
    "RefusedLine",
    "Seen",
    "ShipmentsReceipt",
    "StrayReceipt",
    "TripNotReady",
    "TripPlan",
    "TripsReceipt",
    "accept_losses",
    "arrive",
    "book_berths",
    "bring_back",
    "cancel_trips",
    "choose_carrier",
    "deliver",
    "depart",
    "finish",
    "follow_eta",
    "follow_fixes",
    "hand_over",
    "leave_out",
    "load",
    "load_units",
    "note_visit",
    "open_shipments",
    "plan_trips",
    "record_positions",
    "refresh_eta",
    "stage",
    "unload_units",
    "watch_ways",
]
