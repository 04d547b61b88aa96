"""The verbs of customer orders."""

from longshore.ordering.operations.cancel_order import CancelReceipt, LineInWork, NothingToCancel, cancel_order
from longshore.ordering.operations.change_order import (
    ChangeReceipt,
    ChangeRefused,
    LineChange,
    OrderChanges,
    OrderClosed,
    change_order,
)
from longshore.ordering.operations.contending import OrdersChangedMeanwhile, UnknownOrder
from longshore.ordering.operations.insert_urgent import UrgentReceipt, insert_urgent
from longshore.ordering.operations.notifying import NewNotice, NoticeReceipt, notify, send_notices
from longshore.ordering.operations.order_form import NewLine, NewOrder
from longshore.ordering.operations.progress import (
    MoreThanThere,
    add_delivered,
    add_refused,
    add_returned,
    add_shipped,
    mark_orders,
)
from longshore.ordering.operations.promise import promise
from longshore.ordering.operations.promise_or_refuse import CannotPromise, promise_or_refuse
from longshore.ordering.operations.receipts import LinePromised, PromiseReceipt
from longshore.ordering.operations.redating import NewDate, Redated, redate
from longshore.ordering.operations.repromise import repromise
from longshore.ordering.operations.take_orders import OrdersReceipt, OrdersRefused, Taken, take_orders

__all__ = [
    "CancelReceipt",
    "CannotPromise",
    "ChangeReceipt",
    "ChangeRefused",
    "LineChange",
    "LineInWork",
    "LinePromised",
    "MoreThanThere",
    "NewDate",
    "NewLine",
    "NewNotice",
    "NewOrder",
    "NothingToCancel",
    "NoticeReceipt",
    "OrderChanges",
    "OrderClosed",
    "OrdersChangedMeanwhile",
    "OrdersReceipt",
    "OrdersRefused",
    "PromiseReceipt",
    "Redated",
    "Taken",
    "UnknownOrder",
    "UrgentReceipt",
    "add_delivered",
    "add_refused",
    "add_returned",
    "add_shipped",
    "cancel_order",
    "change_order",
    "insert_urgent",
    "mark_orders",
    "notify",
    "promise",
    "promise_or_refuse",
    "redate",
    "repromise",
    "send_notices",
    "take_orders",
]
