"""`longshore demo --headless`: the same seed prints the same report, to the byte."""

from __future__ import annotations

import json
import subprocess
import sys

COMMAND = [sys.executable, "-m", "longshore.cli.main", "demo", "--headless", "--days", "1", "--json", "--seed"]
ASKED_FOR = {
    *("orders", "lines", "promised", "shipped", "delivered", "otif", "on_time_shipping", "order_cycle_hours_p50"),
    *("inventory_days", "purchase_orders", "receipts", "shipments", "vehicle_km", "ledger"),
}


def test_same_seed_same_report() -> None:
    """Two runs at once, each in a database of its own, print the same bytes; all figures are there and the books agree."""
    runs = [subprocess.Popen([*COMMAND, "7"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _run in range(2)]
    outputs = [run.communicate(timeout=900) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs
    assert outputs[0][0] == outputs[1][0]
    report = json.loads(outputs[0][0])
    assert set(report) >= ASKED_FOR
    assert report["ledger"]["discrepancies"] == 0
    assert report["orders"] > 0
