"""From a spike of orders to a transfer: bands, reorder point, proposal, two suppliers, one short, promises, another warehouse."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT, VENDOR, Watched, _free_port, _wait_for, _watch
from tests.browser.short_scene import PASSWORD

pytestmark = pytest.mark.browser
SIZE = {"width": 1440, "height": 900}


@dataclass
class Short:
    url: str
    browser: Browser
    environment: dict[str, str]
    watched: list[Watched]

    def enter(self, who: str, lands: str, *, locale: str = "en-US") -> Page:
        watched = _watch(self.browser.new_context(locale=locale, viewport=SIZE).new_page(), self.url)
        self.watched.append(watched)
        page = watched.page
        page.goto(f"{self.url}/login/")
        page.fill("input[name=username]", who)
        page.fill("input[name=password]", PASSWORD)
        page.click("button.prime")
        page.wait_for_url(f"{self.url}{lands}")
        return page

    def run(self, what: str) -> str:
        command = [sys.executable, "-m", "tests.browser.short_scene", what]
        return subprocess.run(
            command, env=self.environment, cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout


@pytest.fixture(scope="module")
def short(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Short]:
    """Web and worker on a database of their own, on the small world's Monday."""
    if not VENDOR.exists():
        pytest.skip("SKIPPED: the pages are not built here. make setup builds them")
    home, port = tmp_path_factory.mktemp("short") / "home", _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LONGSHORE_")}
    environment = {
        **kept, "LONGSHORE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "longshore.project.settings",
        "LONGSHORE_MQTT_PORT": str(_free_port()), "LONGSHORE_INTAKE_PORT": str(_free_port()),
    }  # fmt: skip
    made = Short(f"http://127.0.0.1:{port}", browser, environment, [])
    made.run("set")
    command = [sys.executable, "-m", "longshore.cli.main", "up", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(made.url)
        yield made
    finally:
        for watched in made.watched:
            watched.page.context.close()
        process.terminate()
        process.wait(timeout=60)


def test_from_a_spike_to_a_transfer(short: Short) -> None:
    """Fifty orders widen the bands and move the reorder point; the proposal says so; the buyer splits it; the trader confirms
    a fifth less; only its promises are made anew; what the branch has to spare is proposed."""
    buyer = short.enter("buyer", "/")
    item = _open(buyer, f"{short.url}/stock/", "TEA", "CENTRE")
    point, high = _reorder_point(buyer), _high(buyer)
    expect(buyer.locator("#surges")).to_have_count(0)

    short.run("spike")
    _until(buyer, item, "What changed, and why")
    said = buyer.locator("#surges")
    expect(said).to_contain_text("Demand surged: 50 order lines wanted 300 on 2026-03-02")
    assert min(_high(buyer)[1:]) > 2 * max(high)
    assert _reorder_point(buyer) > 2 * point
    expect(said.locator("tr", has_text="Reorder point").locator("td").nth(1)).to_have_text(str(point))
    expect(said.locator("tr", has_text="Reorder point").locator("td").nth(2)).to_have_text(str(_reorder_point(buyer)))
    _reads_in_chinese(short, item)

    position = int(_figure(buyer, "Position").replace("−", "-"))
    choice = _weigh(buyer, short.url)
    # What lifts the position just above the reorder point: as much as the orders that wait from the trader, the rest from the
    # grower.
    waiting = 150
    wanted = -(-(_reorder_point_of(buyer, item) - position + 5) // 5) * 5
    buyer.goto(choice)
    for code, qty in (("GROWER", wanted - waiting), ("TRADER", waiting)):
        buyer.get_by_label(f"Quantity {code}").fill(str(qty))
    buyer.get_by_role("button", name="Buy like this").click()
    expect(buyer.locator("#toasts")).to_contain_text("Bought from 2 suppliers")
    _until(buyer, f"{short.url}/purchases/", "PO-000002")

    short.run("back")
    before = _settled(short, {})
    gao = short.enter("gao", "/portal/orders/")
    gao.goto(f"{short.url}/portal/orders/")
    gao.locator("tbody a[data-open]").first.click()
    gao.get_by_label("You deliver TEA").fill(str(waiting * 4 // 5))
    gao.get_by_role("button", name="Confirm").click()
    expect(gao.locator("#toasts")).to_contain_text("Thank you")
    expect(gao.locator("main")).to_contain_text("Confirmed")
    after = _settled(short, before)
    moved = {number for number in before if after[number] != before[number]}
    assert moved and len(moved) < len(before) // 2, (before, after)

    _until(buyer, f"{short.url}/proposals/", "The other site has")
    row = buyer.locator("section.panel", has_text="BRANCH → CENTRE").locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Buying, which takes")
    [transfer] = [each for each in json.loads(short.run("proposed")) if each["state"] == "proposed"]
    assert (transfer["kind"], transfer["origin__code"], transfer["site__code"]) == ("transfer", "BRANCH", "CENTRE")
    assert [fault for watched in short.watched for fault in watched.faults] == []


def _open(page: Page, address: str, item: str, site: str) -> str:
    """The item's page at a site; its address."""
    page.goto(f"{address}?q={item}")
    page.locator("tbody tr", has_text=site).locator("a[data-open]").first.click()
    page.wait_for_url(re.compile(r"/stock/\d+/"))
    return page.url


def _figure(page: Page, name: str) -> str:
    return page.locator("dl.facts dt", has_text=name).locator("xpath=following-sibling::dd[1]").first.inner_text()


def _reorder_point(page: Page) -> int:
    return int(_figure(page, "Reorder point").replace(",", ""))


def _reorder_point_of(page: Page, address: str) -> int:
    page.goto(address)
    return _reorder_point(page)


def _high(page: Page) -> list[float]:
    """The upper end of the band, day by day, as the chart draws it."""
    drawn = json.loads(page.locator("#demand-data").inner_text())
    return [
        value
        for series in drawn["series"]
        if series["name"] == "High"
        for value in series["values"]
        if value is not None
    ]


def _reads_in_chinese(short: Short, address: str) -> None:
    """The same page for somebody who reads Chinese."""
    manager = short.enter("manager", "/", locale="zh-CN")
    manager.goto(address)
    expect(manager.locator("#surges")).to_contain_text("需求激增：2026-03-02 共 50 个订单行要货 300")
    expect(manager.locator("#surges")).to_contain_text("订货点")


def _weigh(page: Page, url: str) -> str:
    """From the proposal, which names the spike, to the choice between its suppliers; the address of that."""
    _until(page, f"{url}/proposals/", "Demand surged: 50 order lines")
    expect(page.locator("main")).to_contain_text("The reorder point went from")
    page.locator("tbody a[data-open]").first.click()
    page.get_by_role("link", name="Weigh suppliers and split").click()
    expect(page.locator("main")).to_contain_text("What counts")
    return f"{page.url}?max_share=90&min_suppliers=2"


def _until(page: Page, address: str, text: str) -> None:
    """The worker does what follows in its own time."""
    for _try in range(30):
        page.goto(address)
        if text in page.locator("main").inner_text():
            return
        time.sleep(1)
    expect(page.locator("main")).to_contain_text(text)


def _settled(short: Short, before: dict[str, int]) -> dict[str, int]:
    """What the orders were told, once something has changed and nothing more does."""
    told = [before]
    for _try in range(20):
        told.append(json.loads(short.run("told")))
        if told[-1] != before and told[-1] == told[-2]:
            break
        time.sleep(1)
    return told[-1]
