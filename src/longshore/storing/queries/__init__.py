"""Questions about the work in the warehouse."""

from longshore.storing.queries.bins import BinRow, CountRow, PutAwayRow, bin_contents, counts_waiting, put_away_waiting
from longshore.storing.queries.picks import PickRow, pick_list
from longshore.storing.queries.scanning import ScanHit, scan
from longshore.storing.queries.stages import OrderStage, StageRow, stages_of_orders
from longshore.storing.queries.waves import WaveRow, waves

__all__ = [
    "BinRow",
    "CountRow",
    "OrderStage",
    "PickRow",
    "PutAwayRow",
    "ScanHit",
    "StageRow",
    "WaveRow",
    "bin_contents",
    "counts_waiting",
    "pick_list",
    "put_away_waiting",
    "scan",
    "stages_of_orders",
    "waves",
]
