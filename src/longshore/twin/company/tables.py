"""Reads the written-down part of the demo company: assortment, sites, districts, suppliers."""

from __future__ import annotations

import csv
from importlib.resources import files


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of one of this folder's CSV files."""
    with files("longshore.twin.company").joinpath(f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
