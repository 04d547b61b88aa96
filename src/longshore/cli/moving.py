"""import, export: files in and out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from longshore.cli.answer import Answer

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add(commands: Commands) -> None:
    load = commands.add_parser("import", help="read a CSV or Excel file; shows errors by row and field")
    load.add_argument("kind", help="what the rows are: items, places, partners, orders, … (see the manual)")
    load.add_argument("file", type=Path)
    load.add_argument("--map", action="append", default=[], metavar="FIELD=COLUMN", help="which column is which field")
    load.add_argument("--partial", action="store_true", help="take the good rows and report the others")
    load.add_argument("--preview", action="store_true", help="only check; write nothing")
    load.add_argument("--json", action="store_true", help="answer in JSON")
    load.set_defaults(run=_import)
    save = commands.add_parser("export", help="write a kind of rows, or everything, as CSV")
    save.add_argument("kind", help="items, places, partners, orders, … or `all`")
    save.add_argument("target", type=Path, help="a file, or a folder for `all`")
    save.add_argument("--json", action="store_true", help="answer in JSON")
    save.set_defaults(run=_export)


def _import(asked: argparse.Namespace) -> Answer:
    raise NotImplementedError


def _export(asked: argparse.Namespace) -> Answer:
    raise NotImplementedError
