"""The control tower in a real browser: act, undo, hear, switch, and never ask another host."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Site

pytestmark = pytest.mark.browser
AXE = ROOT / "node_modules/axe-core/axe.min.js"
OpenAs = Callable[..., Page]


def _live(page: Page) -> None:
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=10_000)


def test_the_tower_shows_itself(open_as: OpenAs) -> None:
    """Six measures, eight steps, a map that is drawn, the cover of the items, an inbox worst first, all live."""
    page = open_as("manager")
    _live(page)
    expect(page.locator("#kpis .kpi")).to_have_count(6)
    expect(page.locator("#pipe .step")).to_have_count(8)
    expect(page.locator("[data-map]")).to_have_attribute("data-ready", "true", timeout=20_000)
    expect(page.locator("[data-heat-chart] canvas")).to_have_count(1)
    page.locator("[data-show='list']").click()
    expect(page.locator(".map-list tbody tr", has_text="沪B67890")).to_have_count(1)
    severities = page.locator(".inbox .alert").evaluate_all("rows => rows.map(row => row.classList[1])")
    assert severities == sorted(severities, key=["critical", "warning", "info"].index) and len(severities) >= 3


def test_a_posted_movement_arrives_within_two_seconds(open_as: OpenAs, site: Site) -> None:
    """A colleague moves goods; the open page shows the movement within 2 s of the posting's commit."""
    page = open_as("manager")
    _live(page)
    rows = page.locator("#feed li")
    before = rows.first.get_attribute("data-movement")
    site.run("move")
    committed = time.monotonic()
    while rows.first.get_attribute("data-movement") == before:
        assert time.monotonic() - committed < 2.0, "the movement has not arrived"
        time.sleep(0.02)
    expect(rows.first).to_contain_text("H-A-01 → H-B-01")


def test_an_exception_is_acted_on(open_as: OpenAs) -> None:
    """The proposed action puts the expired milk on hold: a toast says so, the line is gone and the count is one less."""
    page = open_as("manager")
    _live(page)
    alert = page.locator(".inbox .alert", has_text="Lot L1 of Milk expired")
    total = int(page.locator(".inbox-panel .seg b").first.inner_text())
    alert.locator(".go").click()
    expect(page.locator("#toasts")).to_contain_text("12 on hold")
    expect(alert).to_have_count(0)
    expect(page.locator(".inbox-panel .seg b").first).to_have_text(str(total - 1))


def test_a_proposal_is_approved_from_the_inbox(open_as: OpenAs, site: Site) -> None:
    """Stock that runs out proposes an order; approving it there makes a purchase order."""
    page = open_as("manager")
    _live(page)
    alert = page.locator(".inbox .alert", has_text="Tea at HUB")
    expect(alert.locator(".go")).to_contain_text("Order 200 from Leaf Trading")
    alert.locator(".go").click()
    expect(page.locator("#toasts")).to_contain_text("Approved and released")
    expect(alert).to_have_count(0)
    page.goto(f"{site.url}/inbox/?view=closed")
    expect(page.locator(".alert.done", has_text="Approved and released")).to_have_count(1)


def test_keys_walk_close_and_undo(open_as: OpenAs) -> None:
    """j walks down, e closes the line under the cursor, u takes it back."""
    page = open_as("manager")
    _live(page)
    page.keyboard.press("j")
    current = page.locator(".alert[aria-current='true'] h3")
    title = current.inner_text()
    page.keyboard.press("e")
    expect(page.locator(".inbox h3", has_text=title)).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator(".inbox h3", has_text=title)).to_have_count(1)


def test_a_viewer_looks_and_touches_nothing(open_as: OpenAs) -> None:
    """A viewer sees the inbox; the actions are there to read, not to press."""
    page = open_as("viewer")
    _live(page)
    assert page.locator(".inbox .alert").count() > 0
    assert page.locator(".inbox .alert .go:is(button):not([disabled])").count() == 0
    assert page.locator(".inbox .more").count() == 0


def test_language_and_theme_switch(open_as: OpenAs) -> None:
    """The page turns Chinese and back where it stands; the theme turns without a reload and stays."""
    page = open_as("manager")
    page.locator("button[name=language]:visible").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.locator(".crumb")).to_contain_text("控制塔")
    theme = page.locator("html").get_attribute("data-theme")
    other = "light" if theme == "dark" else "dark"
    with page.expect_response("**/theme/"):
        page.locator("[data-theme-switch] button").click()
    expect(page.locator("html")).to_have_attribute("data-theme", other)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", other)
    page.locator("button[name=language]:visible").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_palette_finds_an_order(open_as: OpenAs, site: Site) -> None:
    """Ctrl K, part of a number, Enter: the order's page."""
    page = open_as("manager")
    page.keyboard.press("Control+k")
    page.keyboard.type("so-1")
    expect(page.locator("#palette-list a.on")).to_contain_text("SO-1")
    assert page.locator("#palette-list a.on").get_attribute("href") == "/orders/SO-1/"
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()


def test_a_phone_has_everything_in_reach(open_as: OpenAs) -> None:
    """At 390 px nothing sticks out sideways, the menu opens, the inbox comes before the map."""
    page = open_as("manager", size=(390, 844))
    _live(page)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.locator(".menu-btn").click()
    expect(page.locator(".nav-link[href='/orders/']")).to_be_visible()
    page.keyboard.press("Escape")
    inbox, shown = page.locator(".inbox-panel").bounding_box(), page.locator(".map-panel").bounding_box()
    assert inbox is not None and shown is not None and inbox["y"] < shown["y"]


def test_the_header_tells_the_truth(open_as: OpenAs, site: Site) -> None:
    """Without a stream the page says so and the map loses its colour; when the stream is there it is live again."""
    page = open_as("manager", forgive="ERR_FAILED")
    page.route("**/live/stream*", lambda route: route.abort())
    page.goto(f"{site.url}/")
    expect(page.locator("#live")).to_have_attribute("data-state", "down", timeout=15_000)
    expect(page.locator("#live")).to_have_text("Disconnected")
    expect(page.locator("html")).to_have_class("stale")
    page.unroute("**/live/stream*")
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=20_000)


def test_a_browser_without_webgl_gets_the_list(open_as: OpenAs, site: Site) -> None:
    """The map says what is missing and shows its trucks as a list."""
    page = open_as("viewer")
    page.add_init_script(
        "const own = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
        " return kind === 'webgl2' ? null : own.call(this, kind, ...rest); };"
    )
    page.goto(f"{site.url}/")
    expect(page.locator(".map-none")).to_contain_text("no WebGL 2")
    expect(page.locator(".map-list tbody tr", has_text="沪B67890")).to_have_count(1)


@pytest.mark.parametrize("path", ["/", "/inbox/", "/kpi/", "/rows/orders_at_risk/", "/wall/"])
def test_nothing_keeps_anybody_out(path: str, open_as: OpenAs, site: Site) -> None:
    """axe finds no violation of WCAG 2.2 AA on the tower's pages."""
    if not Path(AXE).exists():
        pytest.skip("SKIPPED: axe-core is not installed here. make setup installs it")
    page = open_as("manager", axe=True)
    page.goto(f"{site.url}{path}")
    page.wait_for_timeout(1500)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    told = [f"{v['id']}: {node['html'][:160]}" for v in found["violations"] for node in v["nodes"]]
    assert told == []
