"""The manual's samples run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "manual" / "stocking.md"


def test_the_samples_of_the_manual_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Every sample runs after those before it; the discount of the book and a proven placement are printed."""
    names: dict[str, object] = {}
    for sample in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S):
        exec(compile(sample, str(PAGE), "exec"), names)
    printed = capsys.readouterr().out
    assert "quantity=800" in printed and "cost=978.6" in printed
    assert "True" in printed and "saves" in printed
