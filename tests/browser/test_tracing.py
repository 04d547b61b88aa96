"""A recall in a real browser: found from the trace, held, told, reconciled, printed; on a phone, in Chinese, with axe."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Site

pytestmark = pytest.mark.browser
AXE = ROOT / "node_modules/axe-core/axe.min.js"
SHOTS = os.environ.get("LONGSHORE_TEST_SHOTS", "")
OpenAs = Callable[..., Page]


def _picture(page: Page, name: str) -> None:
    if SHOTS:
        page.wait_for_timeout(1200)  # the map comes up
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def _press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def _no_faults(page: Page) -> None:
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})).violations")
    assert [(fault["id"], [node["html"][:120] for node in fault["nodes"]]) for fault in found] == []


def test_a_recall_from_the_label_to_the_report(site: Site, open_as: OpenAs) -> None:
    """A scanned lot leads to its family; the recall holds the shelf, tells the shop, comes out, and consumers read it."""
    site.run("bake")
    page = open_as("manager", axe=True, forgive="404")
    page.keyboard.press("g")
    page.keyboard.press("x")
    page.wait_for_url(f"{site.url}/trace/")
    lot = page.locator("main input[name=q]")
    expect(page.get_by_role("link", name="RAW-7")).to_be_visible()  # the worker has linked what was posted
    lot.fill("RAW-7")
    lot.press("Enter")
    expect(page.locator(".trace-node")).to_have_count(5)
    page.locator(".trace-node", has_text="WHEEL-1").hover()
    expect(page.locator(".trace-link.is-near")).to_have_count(3)
    _picture(page, "trace")
    _no_faults(page)
    page.get_by_role("link", name="Recall", exact=True).click()
    page.get_by_label("Reason").fill("Metal in the milk")
    _picture(page, "recall-start")
    _press(page, "Find")
    expect(page.locator(".detail-head .tag")).to_have_text("Found")
    for verb, state in (("Hold all of it", "On hold"), ("Tell the customers", "Customers told")):
        _press(page, verb)
        expect(page.locator(".detail-head .tag")).to_have_text(state)
    _press(page, "Answer")
    _press(page, "Reconcile")
    expect(page.locator(".detail-head .tag")).to_have_text("Reconciled")
    _picture(page, "recall")
    _no_faults(page)
    page.get_by_role("link", name="Report").click()
    expect(page.get_by_text("Made 108 = Found 25")).to_be_visible()
    _picture(page, "report")
    page.goto(f"{site.url}/01/09521234000017/10/WHEEL-1")
    expect(page.get_by_text("This lot is recalled")).to_be_visible()
    _no_faults(page)
    _picture(page, "consumer")
    _on_a_phone(site, open_as)


def _on_a_phone(site: Site, open_as: OpenAs) -> None:
    page = open_as("manager", size=(390, 844))
    page.request.post(
        f"{site.url}/i18n/setlang/",
        form={"language": "zh-hans", "csrfmiddlewaretoken": _token(page)},
        headers={"Referer": f"{site.url}/"},
    )
    for path, name in (("/trace/?q=WHEEL-1", "trace-phone-zh"), ("/recalls/RC-00001/", "recall-phone-zh")):
        page.goto(f"{site.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        _picture(page, name)
    expect(page.locator("main")).to_contain_text("产出")


def _token(page: Page) -> str:
    return str(next(c["value"] for c in page.context.cookies() if c["name"] == "csrftoken"))
