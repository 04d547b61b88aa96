"""kill -9 of the gateway and of PostgreSQL under load: what was acknowledged is there, exactly once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("LONGSHORE_LOSS_KILLS", "4"))
SEED = int(os.environ.get("LONGSHORE_CRASH_SEED", "7"))


@pytest.mark.crash
def test_every_acknowledged_reading_is_there_exactly_once() -> None:
    """Gateway, server, PostgreSQL's immediate stop and both at once, with duplicates and reconnects, over MQTT and HTTP."""
    with tempfile.TemporaryDirectory(prefix="longshore-loss-") as folder:
        left_out = ("LONGSHORE_DATABASE_URL", "LONGSHORE_DATABASE_NAME", "LONGSHORE_TEST_DB")
        environment = {name: value for name, value in os.environ.items() if name not in left_out}
        environment["LONGSHORE_HOME"] = str(Path(folder) / "home")
        finished = subprocess.run(
            [sys.executable, "-m", "tests.crash.ingesting", str(SEED), str(KILLS)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300 + KILLS * 20,
            check=False,
        )
    assert finished.returncode == 0, finished.stderr[-6000:]
    report = json.loads(finished.stdout.splitlines()[-1])
    assert sum(report["kills"].values()) == KILLS
    assert report["acknowledged"] > 0
    assert report["resent"] > 0
    assert (report["lost"], report["twice"], report["stale_last_values"]) == (0, 0, 0), report
