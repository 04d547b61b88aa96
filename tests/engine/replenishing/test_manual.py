"""The samples of the manual's page on the network plan run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "manual" / "replenishing.md"


def test_every_sample_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other, in one namespace; what they print is what a reader would work out."""
    names: dict[str, object] = {}
    for sample in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S):
        exec(compile(sample, str(PAGE), "exec"), names)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "shop 18 sent 3 arrives 5"
    assert any(line.startswith("store ") for line in said)
    assert "[1]" in " ".join(said)
    assert "on day" in said[-1]
