"""The verbs of returns."""

from longshore.returning.operations.inspect_return import Inspected, InspectionRefused, InspectReceipt, inspect_return
from longshore.returning.operations.return_goods import (
    NewReturn,
    Returned,
    ReturnsReceipt,
    ReturnsRefused,
    return_goods,
)

__all__ = [
    "InspectReceipt",
    "Inspected",
    "InspectionRefused",
    "NewReturn",
    "Returned",
    "ReturnsReceipt",
    "ReturnsRefused",
    "inspect_return",
    "return_goods",
]
