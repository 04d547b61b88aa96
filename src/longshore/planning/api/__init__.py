"""Planning over HTTP."""

from longshore.planning.api.demand import router as demand
from longshore.planning.api.joint import portal
from longshore.planning.api.joint import router as joint
from longshore.planning.api.network import router as network
from longshore.planning.api.plans import asked_by, now, router
from longshore.planning.api.scenarios import router as scenarios

router.add_router("/demand-planning", demand)
router.add_router("/network-plan", network)
router.add_router("", joint)
router.add_router("/scenarios", scenarios)

__all__ = ["asked_by", "now", "portal", "router"]
