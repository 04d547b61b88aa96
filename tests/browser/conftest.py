"""A whole Longshore of its own for the browser tests, and a page that fails on any error or any foreign request."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.scene import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "src/longshore/web/static/vendor/htmx.js"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SOFTWARE_GL = "GL Driver Message"
AXE_STYLES = "Applying inline style violates"  # axe writes a style element of its own into the page


@dataclass(frozen=True, slots=True)
class Site:
    url: str
    environment: dict[str, str]

    def run(self, what: str) -> None:
        """Let the scene do something in a process of its own, as a colleague would."""
        subprocess.run([sys.executable, "-m", "tests.browser.scene", what], env=self.environment, cwd=ROOT, check=True)


@dataclass(slots=True)
class Watched:
    """A page with everything that went wrong on it."""

    page: Page
    faults: list[str] = field(default_factory=list)
    forgiven: str = ""


@pytest.fixture(scope="session")
def chromium() -> str:
    named = os.environ.get("LONGSHORE_CHROMIUM")
    found = named or next((path for path in map(shutil.which, CHROMIUM) if path), None)
    if found is None:
        pytest.skip("SKIPPED: no Chromium here. Debian: apt-get install chromium fonts-noto-cjk")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Closed with its module: while Playwright's loop runs in this thread, Django refuses its database to other tests."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield opened
        opened.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str) -> None:
    end = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(f"{url}/api/health", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.2)


@pytest.fixture(scope="session")
def site(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Web and worker on an embedded database of their own, with the scene set."""
    if not VENDOR.exists():
        pytest.skip("SKIPPED: the pages are not built here. make setup builds them")
    home, port = tmp_path_factory.mktemp("browser") / "home", _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LONGSHORE_")}
    environment = {
        **kept, "LONGSHORE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "longshore.project.settings",
        "LONGSHORE_MQTT_PORT": str(_free_port()), "LONGSHORE_INTAKE_PORT": str(_free_port()),
    }  # fmt: skip
    here = Site(f"http://127.0.0.1:{port}", environment)
    here.run("set")
    command = [sys.executable, "-m", "longshore.cli.main", "up", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(here.url)
        yield here
    finally:
        process.terminate()
        process.wait(timeout=60)


def _watch(page: Page, url: str) -> Watched:
    watched = Watched(page)
    told = watched.faults.append
    page.on("console", lambda m: told(m.text) if m.type == "error" and SOFTWARE_GL not in m.text else None)
    page.on("pageerror", lambda error: told(str(error)))
    page.on("request", lambda r: None if r.url.startswith((url, "data:", "blob:")) else told(f"asked {r.url}"))
    return watched


@pytest.fixture
def open_as(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """open_as("manager"): somebody logs in and stands on the tower; faults are looked at when the test is over."""
    opened: list[Watched] = []

    def go(
        role: str, *, size: tuple[int, int] = (1440, 900), axe: bool = False, forgive: str = "", lands: str = "/"
    ) -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-US")
        watched = _watch(context.new_page(), site.url)
        opened.append(watched)
        watched.forgiven = AXE_STYLES if axe else forgive
        page = watched.page
        page.goto(f"{site.url}/login/")
        page.fill("input[name=username]", role)
        page.fill("input[name=password]", PASSWORD)
        page.click("button.prime")
        page.wait_for_url(f"{site.url}{lands}")
        return page

    yield go
    faults = [f for watched in opened for f in watched.faults if not (watched.forgiven and watched.forgiven in f)]
    for watched in opened:
        watched.page.context.close()
    assert faults == []
