"""Devices in a real browser: added with a key that is shown once, heard live over real MQTT, readable by everybody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from longshore.sensing.simulate.link import Door, Link
from tests.browser.conftest import ROOT, Site

pytestmark = pytest.mark.browser
AXE = ROOT / "node_modules/axe-core/axe.min.js"
OpenAs = Callable[..., Page]


def _live(page: Page) -> None:
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=10_000)


def _say(site: Site, token: str, *values: float) -> None:
    """As the device itself: each reading over MQTT, until all are acknowledged."""

    async def speak() -> None:
        link = Link(Door("127.0.0.1", int(site.environment["LONGSHORE_MQTT_PORT"])), "TH-WEB", token)
        task = asyncio.create_task(link.run())
        for number, value in enumerate(values):
            body = {"at": datetime.now(UTC).isoformat(), "seq": number, "v": {"temperature": value}}
            link.say("t", json.dumps(body).encode())
            await asyncio.sleep(0.01)
        assert await link.drained(20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    # the browser's own event loop runs in this thread
    with ThreadPoolExecutor(1) as other:
        other.submit(asyncio.run, speak()).result()


def test_a_new_device_is_heard_on_the_open_page(open_as: OpenAs, site: Site) -> None:
    """Added in the sheet, its token read off the page; what it then says over MQTT moves the number within two seconds."""
    page = open_as("manager")
    page.goto(f"{site.url}/devices/")
    page.get_by_role("button", name="Add a device").click()
    page.fill("#new-code", "TH-WEB")
    page.select_option("#new-kind", "logger")
    page.fill("#new-place", "HUB")
    page.get_by_role("button", name="Add and issue its key").click()
    token = page.locator("#token").inner_text()
    assert page.locator(".qr svg").count() == 1
    _say(site, token, 3.5, 4.0)
    page.goto(f"{site.url}/devices/TH-WEB/?range=1h")
    assert token not in page.content()
    _live(page)
    expect(page.locator(".signal-now")).to_have_text("4")
    expect(page.locator("[data-signal] canvas")).to_have_count(1)
    page.wait_for_timeout(700)
    _say(site, token, 9.25)
    expect(page.locator(".signal-now")).to_have_text("9.25", timeout=2_000)


def test_a_device_is_shut_out_and_let_in_again(open_as: OpenAs, site: Site) -> None:
    """Quarantine takes a reason, shows it, and undoes itself; the list counts it meanwhile."""
    page = open_as("manager")
    page.goto(f"{site.url}/devices/TH-WEB/")
    page.get_by_label("Reason").fill("sends nonsense")
    page.get_by_role("button", name="Quarantine").click()
    expect(page.locator(".detail-head .tag").first).to_have_text("Quarantined")
    expect(page.locator("main")).to_contain_text("sends nonsense")
    page.goto(f"{site.url}/devices/?trouble=quarantined")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody tr [data-open]").click()
    page.get_by_role("button", name="Readmit").click()
    expect(page.locator(".detail-head .tag").first).to_have_text("Active")


def test_devices_for_everybody(open_as: OpenAs, site: Site) -> None:
    """List, device, labels and portals: nothing wider than a phone, no finding of axe, Chinese where asked."""
    page = open_as("manager", size=(390, 844), axe=True)
    page.context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": site.url}])
    for path, title in (
        ("/devices/", "设备"),
        ("/devices/TH-WEB/", "信号"),
        ("/devices/labels/", "标签"),
        ("/portals/", "RFID"),
    ):
        page.goto(site.url + path)
        expect(page.locator("body")).to_contain_text(title)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        page.evaluate(Path(AXE).read_text(encoding="utf-8"))
        report = page.evaluate("() => axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
        assert [(v["id"], v["nodes"][0]["html"][:160]) for v in report["violations"]] == [], path
