"""Questions about the work in the warehouse."""

from longshore.storing.queries.bins import BinRow, CountRow, PutAwayRow, bin_contents, counts_waiting, put_away_waiting
from longshore.storing.queries.docks import DockRow, dock_bookings
from longshore.storing.queries.picks import PickRow, pick_list
from longshore.storing.queries.quality import (
    CaseRow,
    ExcursionRow,
    HeldRow,
    TouchedRow,
    excursion,
    excursions,
    held_stock,
    quality_cases,
    touched_lines,
)
from longshore.storing.queries.scanning import ScanHit, scan
from longshore.storing.queries.stages import OrderStage, StageRow, stages_of_orders
from longshore.storing.queries.waves import WaveRow, waves

__all__ = [
    "BinRow",
    "CaseRow",
    "CountRow",
    "DockRow",
    "ExcursionRow",
    "HeldRow",
    "OrderStage",
    "PickRow",
    "PutAwayRow",
    "ScanHit",
    "StageRow",
    "TouchedRow",
    "WaveRow",
    "bin_contents",
    "counts_waiting",
    "dock_bookings",
    "excursion",
    "excursions",
    "held_stock",
    "pick_list",
    "put_away_waiting",
    "quality_cases",
    "scan",
    "stages_of_orders",
    "touched_lines",
    "waves",
]
