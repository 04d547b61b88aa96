"""Malformed Excel workbooks, made here: each refused with the exact row, field and code, and nothing imported."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from longshore.catalog.imports.reading import ReadOptions
from longshore.catalog.imports.running import ImportOptions, ImportRefused
from tests.platform.catalog import world

HEADER = ["code", "name", "base_unit", "unit_price"]
Page = Worksheet


def _saved(fill: Callable[[Any], None]) -> bytes:
    book = Workbook()
    fill(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _rows(*rows: list[object]) -> Callable[[Any], None]:
    def fill(page: Any) -> None:
        for row in rows:
            page.append(row)

    return fill


def _error_cells(page: Any) -> None:
    _rows(HEADER, ["X1", "Milk", "EA", 1], ["X2", "Rice", "EA", 1])(page)
    for cell, text in (("D2", "#REF!"), ("B3", "#DIV/0!")):
        page[cell].value = text
        page[cell].data_type = "e"


def _formula(page: Any) -> None:
    _rows(HEADER, ["X1", "Milk", "EA", "=A1*2"])(page)


def _merged_header(page: Any) -> None:
    _rows(["code", "name", None, "base_unit"], ["X1", "Milk", "x", "EA"])(page)
    page.merge_cells("B1:C1")


def _two_line_header(page: Any) -> None:
    _rows(["code", "name", "base_unit"], [None, None, None], ["X1", "Milk", "EA"])(page)
    page.merge_cells("A1:A2")


def _merged_rows(page: Any) -> None:
    _rows(["code", "name", "base_unit"], ["X1", "Milk", "EA"], ["X2", None, "EA"])(page)
    page.merge_cells("B2:B3")


def _merged_far_below(page: Any) -> None:
    """The list of merged cells stands behind megabytes of rows."""
    page.append(["code", "name", "base_unit"])
    for number in range(3000):
        page.append([f"X{number}", "Milk " * 20, "EA"])
    page.merge_cells("B2900:B2901")


CASES: dict[str, tuple[Callable[[Any], None], list[tuple[int, str, str]]]] = {
    "error cells": (_error_cells, [(2, "unit_price", "formula-error"), (3, "name", "formula-error")]),
    "formula never calculated": (_formula, [(2, "unit_price", "formula-not-calculated")]),
    "merged header": (_merged_header, [(1, "", "merged-header")]),
    "header in two merged lines": (_two_line_header, [(1, "", "merged-header")]),
    "merged rows": (_merged_rows, [(2, "", "merged-cells")]),
    "merged far below": (_merged_far_below, [(2900, "", "merged-cells")]),
    "a code became a date": (_rows(HEADER, [date(2024, 3, 1), "Milk", "EA", 1]), [(2, "code", "became-a-date")]),
    "text for a number": (_rows(HEADER, ["X1", "Milk", "EA", "free"]), [(2, "unit_price", "not-a-number")]),
    "a date for a number": (_rows(HEADER, ["X1", "Milk", "EA", date(2024, 3, 1)]), [(2, "unit_price", "not-a-number")]),
    "yes for a number": (_rows(HEADER, ["X1", "Milk", "EA", True]), [(2, "unit_price", "not-a-number")]),
    "too fine": (_rows(HEADER, ["X1", "Milk", "EA", 0.125]), [(2, "unit_price", "not-whole")]),
    "negative": (_rows(HEADER, ["X1", "Milk", "EA", -1]), [(2, "unit_price", "negative")]),
    "huge": (_rows(HEADER, ["X1", "Milk", "EA", 1e300]), [(2, "unit_price", "too-large")]),
    "only a title": (_rows(["Price list 2026"]), [(1, "code", "missing-column")]),
    "empty": (_rows(), [(0, "", "empty-file")]),
    "no rows": (_rows(HEADER), [(1, "", "no-rows")]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_malformed_workbook_is_refused_by_row_and_field(name: str, small_world: None) -> None:
    """The errors are exactly those expected, each says what to do, and no table has changed."""
    fill, expected = CASES[name]
    _refused(_saved(fill), expected)


def test_a_sheet_that_is_not_there(small_world: None) -> None:
    """A wrong sheet name is refused with the names there are."""
    content = _saved(_rows(HEADER, ["X1", "Milk", "EA", 1]))
    faults = _refused(content, [(0, "", "unknown-sheet")], ImportOptions(read=ReadOptions(sheet="Prices")))
    assert "Sheet" in faults[0].remedy


def test_a_zip_that_is_no_workbook(small_world: None) -> None:
    """Another zip archive with an Excel name is refused as such."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("letter.txt", "Dear Sirs")
    _refused(out.getvalue(), [(0, "", "not-excel")])


def test_a_workbook_that_would_fill_the_memory(small_world: None) -> None:
    """A few kilobytes that unpack to more than a gigabyte are refused before they are unpacked."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _piece in range(65):
                part.write(b"\0" * (1 << 24))
    _refused(out.getvalue(), [(0, "", "file-too-large")])


def _refused(content: bytes, expected: list[tuple[int, str, str]], options: ImportOptions | None = None) -> Any:
    before = world.everything()
    with pytest.raises(ImportRefused) as refused:
        world.bring("items", content, options)
    assert [(fault.row, fault.field, fault.code) for fault in refused.value.rejected] == expected
    assert all(fault.sentence and fault.remedy for fault in refused.value.rejected)
    assert world.everything() == before
    return refused.value.rejected
