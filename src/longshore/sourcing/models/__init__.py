"""Suppliers, what they offer, and what is ordered from them."""

from longshore.sourcing.models.contracts import (
    ApprovalLimit,
    ApprovalState,
    Contract,
    ContractPrice,
    OrderApproval,
    Quote,
    QuoteRequest,
    QuoteState,
    RequestState,
    SelectionWeights,
)
from longshore.sourcing.models.exchange import (
    ChangeState,
    Channel,
    ClaimKind,
    ClaimState,
    DispatchNotice,
    DocumentState,
    OrderChange,
    OrderDocument,
    SupplierChannel,
    SupplierClaim,
)
from longshore.sourcing.models.orders import (
    NumberSeries,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseState,
    Receipt,
)
from longshore.sourcing.models.risks import LateRisk, RiskBasis
from longshore.sourcing.models.sensed import DeviceReceipt

__all__ = [
    "ApprovalLimit",
    "ApprovalState",
    "ChangeState",
    "Channel",
    "ClaimKind",
    "ClaimState",
    "Contract",
    "ContractPrice",
    "DeviceReceipt",
    "DispatchNotice",
    "DocumentState",
    "LateRisk",
    "NumberSeries",
    "OrderApproval",
    "OrderChange",
    "OrderDocument",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "PurchaseState",
    "Quote",
    "QuoteRequest",
    "QuoteState",
    "Receipt",
    "RequestState",
    "RiskBasis",
    "SelectionWeights",
    "SupplierChannel",
    "SupplierClaim",
]
