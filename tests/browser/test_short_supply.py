"""A buyer splits a proposal between two suppliers; one confirms a fifth less in its portal; only that is promised anew."""

from __future__ import annotations

import json
import os
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


@dataclass
class Short:
    url: str
    browser: Browser
    environment: dict[str, str]
    watched: list[Watched]

    def enter(self, who: str, lands: str) -> Page:
        watched = _watch(self.browser.new_context(locale="en-US").new_page(), self.url)
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


def test_split_confirmed_short_and_promised_anew(short: Short) -> None:
    """70 tea: 40 from the grower, 30 from the trader; the grower confirms 32; some orders keep their promise untouched."""
    buyer = short.enter("buyer", "/")
    buyer.goto(f"{short.url}/suppliers/choice/1/?max_share=60&min_suppliers=2")
    expect(buyer.locator("main")).to_contain_text("What counts")
    for code, qty in (("GROWER", "40"), ("TRADER", "30")):
        buyer.get_by_label(f"Quantity {code}").fill(qty)
    buyer.get_by_role("button", name="Buy like this").click()
    expect(buyer.locator("#toasts")).to_contain_text("Bought from 2 suppliers")
    _until(buyer, f"{short.url}/purchases/", "PO-000002")
    short.run("order")

    gao = short.enter("gao", "/portal/")
    gao.goto(f"{short.url}/portal/orders/")
    expect(gao.locator("tbody tr")).to_have_count(1)
    before = json.loads(short.run("told"))
    gao.locator("tbody a[data-open]").first.click()
    gao.get_by_label("You deliver TEA").fill("32")
    gao.get_by_role("button", name="Confirm").click()
    expect(gao.locator("#toasts")).to_contain_text("Thank you")
    expect(gao.locator("main")).to_contain_text("Confirmed")
    after = _settled(short, before)
    moved = {number for number in before if after[number] != before[number]}
    assert moved and len(moved) < len(before), (before, after)
    assert [fault for watched in short.watched for fault in watched.faults] == []


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
