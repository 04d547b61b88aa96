"""The samples of the manual's page on demand run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "manual" / "demand.md"


def test_every_sample_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other, in one namespace; what they print is what the page says."""
    names: dict[str, object] = {}
    for sample in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S):
        exec(compile(sample, str(PAGE), "exec"), names)
    said = capsys.readouterr().out
    assert said.startswith("[4 3 3]\n[2400 3600 9000]\n[[0 0 0 0]] [[0 1 0 0]]\n")
    assert "2026-09-25 mid-autumn" in said
