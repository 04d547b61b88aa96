"""Malformed files: each is refused with the exact row, field and code and a remedy, and nothing is imported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longshore.catalog.imports.readers import Formats
from longshore.catalog.imports.reading import ReadOptions
from longshore.catalog.imports.running import ACCEPTED_ONLY, ALL_OR_NOTHING, ImportOptions, ImportRefused
from tests.platform.catalog import world

FOLDER = Path(__file__).parent / "files"
CASES = sorted(path.name for path in FOLDER.iterdir())
FATAL = {"missing-column", "duplicate-column", "no-rows"}


def _options(given: dict[str, object]) -> ImportOptions:
    return ImportOptions(
        columns=given.get("columns", {}),
        read=ReadOptions(encoding=str(given.get("encoding", ""))),
        formats=Formats(decimal_mark=str(given.get("decimal_mark", ""))),
    )


@pytest.mark.parametrize("name", CASES)
def test_a_malformed_file_is_refused_by_row_and_field(name: str, small_world: None) -> None:
    """The errors are exactly those expected, each says what to do, and no table has changed."""
    expected = json.loads((FOLDER / name / "expected.json").read_text(encoding="utf-8"))
    content = (FOLDER / name / "file.csv").read_bytes()
    before = world.everything()
    with pytest.raises(ImportRefused) as refused:
        world.bring(expected["target"], content, _options(expected["options"]), ALL_OR_NOTHING)
    found = [[fault.row, fault.field, fault.code] for fault in refused.value.rejected]
    assert found == expected["errors"]
    assert all(fault.sentence and fault.remedy for fault in refused.value.rejected)
    assert world.everything() == before


@pytest.mark.parametrize("name", CASES)
def test_accepted_only_takes_no_bad_row(name: str, small_world: None) -> None:
    """Taking what is right never takes a row that is wrong: again changes nothing and lists the same errors."""
    expected = json.loads((FOLDER / name / "expected.json").read_text(encoding="utf-8"))
    content = (FOLDER / name / "file.csv").read_bytes()
    options = _options(expected["options"])
    if any(row == 0 or not field or code in FATAL for row, field, code in expected["errors"]):
        with pytest.raises(ImportRefused):
            world.bring(expected["target"], content, options, ALL_OR_NOTHING)
        return
    first = world.bring(expected["target"], content, options, ACCEPTED_ONLY)
    after = world.everything()
    again = world.bring(expected["target"], content, options, ACCEPTED_ONLY)
    assert [[fault.row, fault.field, fault.code] for fault in first.rejected] == expected["errors"]
    assert (again.new, again.changed) == (0, 0)
    assert world.everything() == after


def test_there_are_enough_cases() -> None:
    """The acceptance asks for sixty malformed files and calls."""
    assert len(CASES) >= 60
