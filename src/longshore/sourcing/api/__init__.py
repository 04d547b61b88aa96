"""Purchasing over HTTP."""

from longshore.sourcing.api.orders import router
from longshore.sourcing.api.portal import router as portal
from longshore.sourcing.api.suppliers import router as suppliers

router.add_router("", suppliers)

__all__ = ["portal", "router"]
