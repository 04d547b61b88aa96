"""Planning over HTTP."""

from longshore.planning.api.plans import asked_by, now, router

__all__ = ["asked_by", "now", "router"]
