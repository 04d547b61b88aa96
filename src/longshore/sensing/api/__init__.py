"""Devices over HTTP."""

from longshore.sensing.api.devices import router

__all__ = ["router"]
