"""The story of the warm truck as people see it: a thermometer over real MQTT, a dispatcher, a quality manager."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.cold_scene import PASSWORD, TOKEN
from tests.browser.conftest import ROOT, VENDOR, Watched, _free_port, _wait_for, _watch
from tests.platform.sensing.speaking import Device
from tests.platform.storing.floor import hours

pytestmark = pytest.mark.browser


@dataclass
class Cold:
    url: str
    mqtt: int
    browser: Browser
    environment: dict[str, str]
    watched: list[Watched]

    def enter(self, who: str, *, language: str = "en-US", size: tuple[int, int] = (1440, 900)) -> Page:
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]}, locale=language)
        watched = _watch(context.new_page(), self.url)
        self.watched.append(watched)
        page = watched.page
        page.goto(f"{self.url}/login/")
        page.fill("input[name=username]", who)
        page.fill("input[name=password]", PASSWORD)
        page.click("button.prime")
        page.wait_for_url(f"{self.url}/")
        return page

    def warm(self) -> float:
        """A reading a minute, twenty of them at 7.5 °C; returns when the last one was acknowledged."""
        device = Device(self.mqtt, "LOG-1", TOKEN)
        device.join()
        for number in range(1, 51):
            at, value = hours(4.9) + timedelta(minutes=number), 7.5 if 6 <= number <= 26 else 3.0
            body = {"at": at.isoformat(), "seq": number, "v": {"temperature": value}}
            device.publish("ls/LOG-1/t", json.dumps(body).encode(), packet_id=number)
            assert device.acknowledged() == (number, 0)
        device.close()
        return time.monotonic()


@pytest.fixture(scope="module")
def cold(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cold]:
    """Web, worker and gateway on a database of their own, on the story's Monday."""
    if not VENDOR.exists():
        pytest.skip("SKIPPED: the pages are not built here. make setup builds them")
    import os

    home, port, mqtt = tmp_path_factory.mktemp("cold") / "home", _free_port(), _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LONGSHORE_")}
    environment = {
        **kept,
        "LONGSHORE_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "longshore.project.settings",
        "LONGSHORE_MQTT_PORT": str(mqtt),
        "LONGSHORE_INTAKE_PORT": str(_free_port()),
    }
    subprocess.run([sys.executable, "-m", "tests.browser.cold_scene"], env=environment, cwd=ROOT, check=True)
    command = [sys.executable, "-m", "longshore.cli.main", "up", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made = Cold(f"http://127.0.0.1:{port}", mqtt, browser, environment, [])
    try:
        _wait_for(made.url)
        yield made
    finally:
        for watched in made.watched:
            watched.page.context.close()
        process.terminate()
        process.wait(timeout=60)


def _shot(page: Page, name: str) -> None:
    """A picture of the page, where somebody wants to look at it."""
    import os

    folder = os.environ.get("LONGSHORE_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_a_warm_truck_from_the_thermometer_to_the_decision(cold: Cold) -> None:
    """One exception with its cost appears on the open page; accepted by its button; quality releases one lot."""
    page = cold.enter("dispatcher")
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=20_000)
    cold.warm()
    alert = page.locator(".inbox .alert", has_text="Truck was at 7.5 °C")
    expect(alert).to_have_count(1, timeout=20_000)
    expect(alert).to_contain_text("2 lots (10) on hold")
    expect(alert).to_contain_text("¥50")
    expect(alert).to_contain_text("2 orders")
    expect(page.locator(".inbox .alert", has_text="C-1")).to_have_count(0)
    expect(alert.locator(".go")).to_contain_text("Keep the new dates of 2 orders", timeout=10_000)
    _shot(page, "tower-excursion")
    alert.locator(".go").click()
    expect(page.locator("#toasts")).to_contain_text("2 customers told, 2 lots with quality")
    expect(alert).to_have_count(0)

    page.goto(f"{cold.url}/orders/C-1/")
    expect(page.locator("main")).to_contain_text("comes from another warehouse")
    expect(page.locator("main")).to_contain_text("F-C-01 L3")
    _shot(page, "order")

    judge = cold.enter("quality")
    judge.goto(f"{cold.url}/quality/")
    row = judge.locator("tbody tr", has_text="L1")
    row.locator("input[name=case]").check()
    judge.select_option("select[name=verdict]", "release")
    judge.fill("input[name=reason]", "Core 3.8 °C, stability data allow an hour")
    judge.get_by_role("button", name="Decide on the chosen lots").click()
    expect(judge.locator("tbody tr", has_text="L1")).to_have_count(0)
    expect(judge.locator("tbody tr", has_text="L2")).to_have_count(1)
    _shot(judge, "quality")

    judge.goto(f"{cold.url}/excursions/?view=all")
    judge.locator("tbody a[data-open]").first.click()
    main = judge.locator("main")
    for word in ("L1", "Released", "Core 3.8 °C", "L2", "With quality", "C-1", "C-2", "FAR"):
        expect(main).to_contain_text(word)
    expect(judge.locator(".chart canvas")).to_have_count(1)
    _shot(judge, "excursion")
    _audit(cold)


def test_the_trace_page_and_the_record_tell_it(cold: Cold) -> None:
    """The lot's trace names the truck it was on; the shipment's cold-chain record names the excursion and the decision."""
    page = cold.enter("manager")
    page.goto(f"{cold.url}/trace/?q=L1")
    for word in ("TRUCK-1", "excursion:1", "Beyond chilled-high", "Released"):
        expect(page.locator("main")).to_contain_text(word)
    _shot(page, "trace")
    page.goto(f"{cold.url}/shipments/?view=all")
    page.locator("tbody tr", has_text="C-1").locator("a[data-open]").first.click()
    page.get_by_role("link", name="Cold chain").click()
    main = page.locator("main")
    for word in ("TRUCK-1", "7.5 °C", "Limits exceeded", "L1", "Released"):
        expect(main).to_contain_text(word)
    _shot(page, "cold-chain")
    _shots_elsewhere(cold, page.url)
    paper = page.request.get(page.url.rstrip("/") + ".pdf")
    assert paper.ok and paper.body().startswith(b"%PDF")


def test_told_again_nothing_happens(cold: Cold) -> None:
    """The device repeats everything: the inbox stays as it was."""
    cold.warm()
    page = cold.enter("dispatcher")
    page.goto(f"{cold.url}/inbox/?view=closed")
    expect(page.locator(".alert.done", has_text="2 customers told")).to_have_count(1)
    page.goto(f"{cold.url}/inbox/")
    expect(page.locator(".alert", has_text="Truck was at 7.5 °C")).to_have_count(0)
    assert [fault for watched in cold.watched for fault in watched.faults] == []


def _shots_elsewhere(cold: Cold, record: str) -> None:
    """The same pages on a phone, on a wall, in the dark and in Chinese; nothing may be wider than the screen."""
    pages = {"excursion": f"{cold.url}/excursions/1/", "quality": f"{cold.url}/quality/?view=all", "record": record}
    for name, size, dark in (("phone", (390, 844), True), ("wide", (2560, 1440), False)):
        page = cold.enter("quality")
        page.locator("button[name=language]:visible").click()
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        if dark and page.locator("html").get_attribute("data-theme") != "dark":
            with page.expect_response("**/theme/"):
                page.locator("[data-theme-switch] button").click()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for what, address in pages.items():
            page.goto(address)
            too_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            assert not too_wide, f"{what} on a {name}"
            _shot(page, f"{what}-{name}-zh")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.locator("button[name=language]:visible").click()


def _audit(cold: Cold) -> None:
    command = [sys.executable, "-m", "longshore.cli.main", "audit", "--json"]
    done = subprocess.run(command, env=cold.environment, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["discrepancies"] == []
