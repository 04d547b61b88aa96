"""kill -9 of a worker, and of PostgreSQL itself, between any two statements of a dispatch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = int(os.environ.get("LONGSHORE_CRASH_SAMPLES", "9"))
SEED = int(os.environ.get("LONGSHORE_CRASH_SEED", "7"))


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder for an embedded server of our own. Not under pytest's: those are closed to the server's account."""
    with tempfile.TemporaryDirectory(prefix="longshore-crash-") as folder:
        yield Path(folder)


@pytest.mark.crash
def test_a_killed_dispatch_is_whole_or_not_there_and_completes_once(home: Path) -> None:
    """After each kill and restart: the audit is clean, no step is half done, no acknowledged step is lost; the same call
    with the same keys completes the dispatch, and every event is told exactly once."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("LONGSHORE_DATABASE_URL", "LONGSHORE_TEST_DB")
    }
    environment["LONGSHORE_HOME"] = str(home / "home")
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
    workers = [sample for sample in samples if sample["mode"] == "self"]
    assert -9 in {sample["status"] for sample in workers}
    for sample in workers:  # a run may need a few statements less than the one that was counted
        ended_before = sample["status"] == 0 and sample["acknowledged"][-1] < sample["point"]
        assert sample["status"] == -9 or ended_before, sample
    assert all(sample["status"] in (0, 3) for sample in samples if sample["mode"] == "server")
