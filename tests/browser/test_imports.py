"""Imports in a real browser: a Chinese office's file with faults, and a long one carried out by the worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT

pytestmark = pytest.mark.browser
OpenAs = Callable[..., Page]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
FAULTY = '商品编码,商品名称,单位,单价\nNEW-1,鲜牛奶,EA,12.50\nNEW-2,大米,NOPE,"1,234.50"\n'


def _upload(page: Page, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    page.goto(page.url.rstrip("/") + "/imports/" if page.url.endswith("/") else page.url)
    page.set_input_files("#file", file)
    page.click("form.form button[type=submit]")
    page.wait_for_selector(".detail-head")


def test_a_file_with_faults_is_shown_by_row_and_field_and_taken_in_part(open_as: OpenAs, tmp_path: Path) -> None:
    """A GBK file is understood, its fault named with a remedy, the good row taken, the bad one downloaded."""
    page = open_as("manager")
    _upload(page, tmp_path / "商品.csv", FAULTY.encode("gbk"))
    fault = page.locator("#faults tbody tr")
    expect(fault).to_have_count(1)
    expect(fault).to_contain_text("There is no “NOPE” for “Base unit”.")
    expect(fault).to_contain_text("Check the spelling, or import it first.")
    expect(page.locator("td[aria-invalid=true]")).to_have_text("NOPE")
    page.get_by_role("button", name="Import the accepted rows only").click()
    expect(page.locator(".detail-head .tag")).to_have_text("Done")
    expect(page.locator(".kpi", has_text="New").locator(".kpi-value")).to_have_text("1")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the rejected rows").click()
    assert "NEW-2,大米,NOPE" in download.value.path().read_text(encoding="utf-8-sig")


def test_a_long_file_is_carried_out_by_the_worker_while_the_page_watches(open_as: OpenAs, tmp_path: Path) -> None:
    """The page shows a bar and, without being touched, the result."""
    page = open_as("manager")
    rows = "".join(f"LONG-{number},A name that is long enough to make the file long,EA\n" for number in range(6000))
    _upload(page, tmp_path / "long.csv", f"code,name,base_unit\n{rows}".encode())
    page.get_by_role("button", name="Import all rows").click()
    expect(page.locator("#bar progress")).to_be_visible()
    expect(page.locator(".kpi", has_text="New").locator(".kpi-value")).to_have_text("6,000", timeout=60_000)
    expect(page.locator(".detail-head .tag")).to_have_text("Done")


def test_a_viewer_sees_no_imports(open_as: OpenAs) -> None:
    """What somebody may not do is not in the menu."""
    page = open_as("viewer")
    expect(page.get_by_role("link", name="Imports")).to_have_count(0)


def test_nothing_keeps_anybody_out(open_as: OpenAs, tmp_path: Path) -> None:
    """axe finds no violation of WCAG 2.2 AA on the list of imports and on a preview with faults."""
    if not AXE.exists():
        pytest.skip("SKIPPED: axe-core is not installed here. make setup installs it")
    page = open_as("manager", axe=True)
    _upload(page, tmp_path / "商品.csv", FAULTY.encode("gbk"))
    told = _violations(page)
    page.get_by_role("link", name="Imports").first.click()
    page.wait_for_selector("#file")
    assert [*told, *_violations(page)] == []


def _violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    return [f"{v['id']}: {node['html'][:160]}" for v in found["violations"] for node in v["nodes"]]
