"""kill -9 of a worker, and of PostgreSQL itself, between any two statements of a dispatch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = int(os.environ.get("LONGSHORE_CRASH_SAMPLES", "9"))
SEED = int(os.environ.get("LONGSHORE_CRASH_SEED", "7"))


@pytest.mark.crash
def test_a_killed_dispatch_is_whole_or_not_there_and_completes_once(tmp_path: Path) -> None:
    """After each kill and restart: the audit is clean, no step is half done, no acknowledged step is lost; the same call
    with the same keys completes the dispatch, and every event is told exactly once."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("LONGSHORE_DATABASE_URL", "LONGSHORE_TEST_DB")
    }
    environment["LONGSHORE_HOME"] = str(tmp_path / "home")
    finished = subprocess.run(
        [sys.executable, "-m", "tests.crash.supervisor", str(SEED), str(SAMPLES)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-6000:]
    report = json.loads(finished.stdout.splitlines()[-1])
    samples = report["samples"]
    assert len(samples) == min(SAMPLES, report["statements"])
    assert [sample["lost"] for sample in samples] == [[]] * len(samples)
    assert {sample["again"] for sample in samples} == {0}
    killed = [sample["status"] for sample in samples if sample["mode"] == "self"]
    assert set(killed) == {-9}, "every worker that was to be killed was killed"
    assert all(sample["status"] in (0, 3) for sample in samples if sample["mode"] == "server")
