"""Everything that can be imported and exported, in the order in which a new installation would bring it in."""

from __future__ import annotations

from longshore.catalog.imports import facts
from longshore.catalog.imports.bills import BILL_LINES, BILLS, SUBSTITUTES
from longshore.catalog.imports.partners import PARTNERS
from longshore.catalog.imports.places import PLACES
from longshore.catalog.imports.targets import Target
from longshore.ledger.imports import OPENING_STOCK
from longshore.ordering.imports import ORDERS
from longshore.planning.imports import DEMAND_HISTORY, DEMAND_SIGNALS, PLAN_REGIONS, PROMOTIONS, STOCK_POLICIES
from longshore.sensing.imports import DEVICES
from longshore.shipping.imports import VEHICLES

TARGETS: tuple[Target, ...] = (
    facts.UNITS,
    facts.CALENDARS,
    facts.HOLIDAYS,
    PLACES,
    PARTNERS,
    facts.ITEMS,
    facts.ITEM_UNITS,
    facts.PARTNER_ITEMS,
    facts.LANES,
    facts.SUPPLIER_ITEMS,
    BILLS,
    BILL_LINES,
    SUBSTITUTES,
    facts.LOTS,
    VEHICLES,
    DEVICES,
    OPENING_STOCK,
    STOCK_POLICIES,
    DEMAND_HISTORY,
    PLAN_REGIONS,
    PROMOTIONS,
    DEMAND_SIGNALS,
    ORDERS,
)
