"""The warehouse's verbs."""

from longshore.storing.operations.cancelling import cancel_picks
from longshore.storing.operations.confirm import Picked, PicksReceipt, PicksRefused, confirm_picks
from longshore.storing.operations.counting import PlaceCounted, Seen, ask_for_counts, count_place
from longshore.storing.operations.deciding import (
    DecidedBefore,
    DecideReceipt,
    HeldByAnother,
    NoSuchCase,
    ReasonNeeded,
    Verdict,
    decide_quality,
    send_to_quality,
    withdraw_hold,
)
from longshore.storing.operations.docks import DockReceipt, book_docks, free_docks, give_up_docks, unloading_minutes
from longshore.storing.operations.exposing import HoldReceipt, TooWarm, episode_of, hold_exposed
from longshore.storing.operations.packing import PackedUnit, PackReceipt, pack
from longshore.storing.operations.passing import Passed, PassedReceipt, follow_passages
from longshore.storing.operations.putting import (
    Moved,
    MovesReceipt,
    MovesRefused,
    StockMove,
    move_stock,
    put_away,
    put_away_all,
    suggest_bins,
)
from longshore.storing.operations.release import LeftOut, WaveReceipt, release_wave
from longshore.storing.operations.scanned import Scan, ScanMeansNothing, act_on_scan
from longshore.storing.operations.sensed import (
    Level,
    SensedReceipt,
    Sweep,
    policy_of_settings,
    settle_levels,
    settle_sweep,
)
from longshore.storing.operations.setting_apart import (
    NoScrapPlace,
    NothingThere,
    SetApart,
    hold_stock,
    release_stock,
    report_damage,
    scrap,
)
from longshore.storing.operations.transferring import TransferClaimed, claim_transfers

__all__ = [
    "DecideReceipt",
    "DecidedBefore",
    "DockReceipt",
    "HeldByAnother",
    "HoldReceipt",
    "LeftOut",
    "Level",
    "Moved",
    "MovesReceipt",
    "MovesRefused",
    "NoScrapPlace",
    "NoSuchCase",
    "NothingThere",
    "PackReceipt",
    "PackedUnit",
    "Passed",
    "PassedReceipt",
    "Picked",
    "PicksReceipt",
    "PicksRefused",
    "PlaceCounted",
    "ReasonNeeded",
    "Scan",
    "ScanMeansNothing",
    "Seen",
    "SensedReceipt",
    "SetApart",
    "StockMove",
    "Sweep",
    "TooWarm",
    "TransferClaimed",
    "Verdict",
    "WaveReceipt",
    "act_on_scan",
    "ask_for_counts",
    "book_docks",
    "cancel_picks",
    "claim_transfers",
    "confirm_picks",
    "count_place",
    "decide_quality",
    "episode_of",
    "follow_passages",
    "free_docks",
    "give_up_docks",
    "hold_exposed",
    "hold_stock",
    "move_stock",
    "pack",
    "policy_of_settings",
    "put_away",
    "put_away_all",
    "release_stock",
    "release_wave",
    "report_damage",
    "scrap",
    "send_to_quality",
    "settle_levels",
    "settle_sweep",
    "suggest_bins",
    "unloading_minutes",
    "withdraw_hold",
]
