"""`longshore import` and `longshore export`, as a script would call them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from longshore.catalog.models import Item
from longshore.cli.main import main

pytestmark = pytest.mark.usefixtures("small_world")


def _call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    with pytest.raises(SystemExit) as left:
        main([*arguments, "--json"])
    return int(left.value.code or 0), json.loads(capsys.readouterr().out)


def test_import_preview_refuse_and_take(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Preview writes nothing; a fault refuses all with status 1; --partial takes the rest and keeps what it left out."""
    file, kept = tmp_path / "items.csv", tmp_path / "rejected.csv"
    file.write_text("code,Text,base_unit\nX1,Milk,EA\nX2,Rice,NOPE\n", encoding="utf-8")
    how = ("import", "items", str(file), "--map", "name=Text")
    status, seen = _call(capsys, *how, "--preview")
    assert (status, seen["result"], seen["new"]) == (1, "checked", 1)
    status, refused = _call(capsys, *how)
    assert (status, refused["result"], refused["new"]) == (1, "refused", 0)
    fault = refused["rejected"][0]
    assert (fault["row"], fault["field"], fault["code"], fault["value"]) == (
        3,
        "base_unit",
        "unknown-base-unit",
        "NOPE",
    )
    assert not Item.objects.filter(code="X1").exists()
    status, taken = _call(capsys, *how, "--partial", "--rejected", str(kept))
    assert (status, taken["result"], taken["new"]) == (0, "imported", 1)
    assert Item.objects.get(code="X1").name == "Milk"
    assert kept.read_text(encoding="utf-8-sig").splitlines()[1].startswith("X2,Rice,NOPE,3,")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_export_and_import_again(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table goes out and comes back unchanged."""
    file = tmp_path / f"items.{form}"
    assert _call(capsys, "export", "items", str(file))[0] == 0
    status, done = _call(capsys, "import", "items", str(file))
    assert (status, done["new"], done["changed"], done["unchanged"]) == (0, 0, 0, 2)


def test_export_of_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`export all` writes one file for each table."""
    status, done = _call(capsys, "export", "all", str(tmp_path / "out"))
    assert status == 0
    assert {path.stem for path in (tmp_path / "out").iterdir()} == set(done["bytes"])
    assert {"items", "places", "opening_stock", "orders"} <= set(done["bytes"])


def test_what_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown kind and a missing file say so."""
    file = tmp_path / "a.csv"
    file.write_text("code\n")
    status, refused = _call(capsys, "import", "unicorns", str(file))
    assert (status, refused["code"]) == (1, "unknown-target")
    status, missing = _call(capsys, "import", "items", str(tmp_path / "nothing.csv"))
    assert (status, missing["code"]) == (2, "no-such-file")
