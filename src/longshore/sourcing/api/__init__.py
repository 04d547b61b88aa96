"""Purchasing over HTTP."""

from longshore.sourcing.api.orders import router

__all__ = ["router"]
