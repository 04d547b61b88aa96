"""Every question the tower asks."""

from longshore.tower.queries.behind import MissedRow, ValueRow, missed, value_by_site
from longshore.tower.queries.counts import menu_counts
from longshore.tower.queries.cover import CoverCell, CoverTable, below_reorder_point, cover_table
from longshore.tower.queries.exceptions import (
    ExceptionRow,
    InboxCounts,
    InboxFilter,
    closed_exceptions,
    exception_row,
    inbox_counts,
    later_exceptions,
    open_exceptions,
)
from longshore.tower.queries.feed import Moved, last_moved, moved_by
from longshore.tower.queries.fleet import SiteMark, Truck, moved_vehicles, newest_fix, site_marks, trucks
from longshore.tower.queries.measures import Measure, Point, measure_points, measures, measures_now
from longshore.tower.queries.pipeline import OPEN_STEPS, STEPS, Step, delivered_today, pipeline
from longshore.tower.queries.search import Hit, search
from longshore.tower.queries.standing import OrderRow, orders_standing

__all__ = [
    "OPEN_STEPS",
    "STEPS",
    "CoverCell",
    "CoverTable",
    "ExceptionRow",
    "Hit",
    "InboxCounts",
    "InboxFilter",
    "Measure",
    "MissedRow",
    "Moved",
    "OrderRow",
    "Point",
    "SiteMark",
    "Step",
    "Truck",
    "ValueRow",
    "below_reorder_point",
    "closed_exceptions",
    "cover_table",
    "delivered_today",
    "exception_row",
    "inbox_counts",
    "last_moved",
    "later_exceptions",
    "measure_points",
    "measures",
    "measures_now",
    "menu_counts",
    "missed",
    "moved_by",
    "moved_vehicles",
    "newest_fix",
    "open_exceptions",
    "orders_standing",
    "pipeline",
    "search",
    "site_marks",
    "trucks",
    "value_by_site",
]
