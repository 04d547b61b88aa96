"""Figures of several seeds side by side."""

from __future__ import annotations

from longshore.project.spread import Spread, spread


def test_low_middle_and_high_of_each_figure() -> None:
    """Inner figures are named with a dot; texts, and figures one report lacks, are left out."""
    reports = [
        {"orders": 10, "otif": 0.9, "from": "2026-03-09", "ledger": {"discrepancies": 0}},
        {"orders": 30, "otif": None, "from": "2026-03-09", "ledger": {"discrepancies": 0}},
        {"orders": 20, "otif": 0.8, "from": "2026-03-09", "ledger": {"discrepancies": 0}},
    ]
    assert spread(reports) == {"orders": Spread(10, 20, 30), "ledger.discrepancies": Spread(0, 0, 0)}


def test_nothing_to_compare() -> None:
    """No report, no figure."""
    assert spread([]) == {}
