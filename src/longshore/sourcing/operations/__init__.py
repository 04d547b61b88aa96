"""Purchasing's verbs."""

from longshore.sourcing.operations.agreeing import (
    LateClaim,
    LineTerms,
    OrderClosed,
    TermsReceipt,
    TermsRefused,
    UnknownOrder,
    cancel,
    close_short,
    confirm,
    confirm_as_ordered,
    report_delay,
)
from longshore.sourcing.operations.measuring import measure_lead_times
from longshore.sourcing.operations.pallets import PalletReceipt, PalletRefused, receive_pallet
from longshore.sourcing.operations.placing import OrderedReceipt, next_numbers, place_orders
from longshore.sourcing.operations.receiving import ReceiptRefused, ReceiveReceipt, TakenIn, WrongDock, receive
from longshore.sourcing.operations.sensing import Sensed, SensedReceipt, receive_sensed
from longshore.sourcing.operations.storing_away import mark_stored
from longshore.sourcing.operations.taking_back import TakenBack, take_back
from longshore.sourcing.rules import Arrived

__all__ = [
    "Arrived",
    "LateClaim",
    "LineTerms",
    "OrderClosed",
    "OrderedReceipt",
    "PalletReceipt",
    "PalletRefused",
    "ReceiptRefused",
    "ReceiveReceipt",
    "Sensed",
    "SensedReceipt",
    "TakenBack",
    "TakenIn",
    "TermsReceipt",
    "TermsRefused",
    "UnknownOrder",
    "WrongDock",
    "cancel",
    "close_short",
    "confirm",
    "confirm_as_ordered",
    "mark_stored",
    "measure_lead_times",
    "next_numbers",
    "place_orders",
    "receive",
    "receive_pallet",
    "receive_sensed",
    "report_delay",
    "take_back",
]
