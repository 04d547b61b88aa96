"""Pictures of a running Longshore: the one in the README, or all pages in both themes, languages and on a phone.

    python scripts/screenshots.py --url http://127.0.0.1:8000 --user manager --password … [--all FOLDER]

Drives a Chromium that is already installed (`LONGSHORE_CHROMIUM` names it); nothing is downloaded. Fails when a page
writes an error to the console or asks another host for something.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
README_PICTURE = ROOT / "docs" / "tower.png"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK, WALL, PHONE = (1440, 900), (1920, 1080), (390, 844)


@dataclass(frozen=True, slots=True)
class Shot:
    name: str
    path: str
    size: tuple[int, int] = DESK
    theme: str = "dark"
    language: str = "en"


README_SHOT = Shot("tower", "/")
PAGES = (
    "/", "/inbox/", "/kpi/", "/orders/", "/stock/", "/demand/", "/accuracy/", "/policies/", "/plan/", "/scenarios/",
    "/agreements/", "/bullwhip/", "/proposals/", "/purchases/", "/suppliers/", "/warehouse/", "/shipments/",
    "/shipments/trips/", "/returns/", "/devices/", "/excursions/", "/quality/", "/trace/", "/recalls/", "/imports/",
)  # fmt: skip


def all_shots() -> Iterator[Shot]:
    for path in PAGES:
        page = path.strip("/") or "tower"
        for theme in ("dark", "light"):
            for language in ("en", "zh-hans"):
                yield Shot(f"{page}-{theme}-{language}", path, DESK, theme, language)
        yield Shot(f"{page}-phone", path, PHONE, "light", "zh-hans")
    yield Shot("wall", "/wall/", WALL, "dark", "zh-hans")


def chromium() -> str:
    named = os.environ.get("LONGSHORE_CHROMIUM")
    found = named or next((path for path in map(shutil.which, CHROMIUM) if path), None)
    if found is None:
        sys.exit(
            "No Chromium here. Install one (Debian: apt-get install chromium fonts-noto-cjk) or set LONGSHORE_CHROMIUM."
        )
    return found


def log_in(browser: Browser, asked: argparse.Namespace) -> dict[str, object]:
    """Log in once; every picture starts from the cookies of this."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{asked.url}/login/")
    page.fill("input[name=username]", asked.user)
    page.fill("input[name=password]", asked.password)
    page.click("button.prime")
    page.wait_for_url(lambda url: "/login/" not in url)
    state: dict[str, object] = dict(context.storage_state())
    context.close()
    return state


def watch(page: Page, url: str) -> list[str]:
    faults: list[str] = []
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith((url, "data:", "blob:")) else faults.append(f"asked {r.url}"))
    return faults


def settle(page: Page) -> None:
    """A map says itself when it is drawn; the stream never goes idle, so there is nothing else to wait for."""
    if page.locator("[data-map] .maplibregl-canvas").count() or page.locator("[data-map='tower']").count():
        page.locator("[data-map][data-ready]").wait_for(timeout=20_000)
    page.wait_for_timeout(1200)


def take(browser: Browser, shot: Shot, state: dict[str, object], asked: argparse.Namespace, to: Path) -> list[str]:
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=2 if shot.size == PHONE else 1,
        storage_state=state,  # type: ignore[arg-type]
    )
    context.add_cookies(
        [
            {"name": "django_language", "value": shot.language, "url": asked.url},
            {"name": "longshore_theme", "value": shot.theme, "url": asked.url},
        ]
    )
    page = context.new_page()
    faults = watch(page, asked.url)
    page.goto(f"{asked.url}{shot.path}")
    settle(page)
    to.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(to))
    context.close()
    return [f"{shot.name}: {fault}" for fault in faults]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--user", default="manager")
    parser.add_argument("--password", required=True)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page instead of the README's picture")
    asked = parser.parse_args()
    asked.url = asked.url.rstrip("/")
    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        state = log_in(browser, asked)
        shots = list(all_shots()) if asked.all else [README_SHOT]
        for shot in shots:
            to = asked.all / f"{shot.name}.png" if asked.all else README_PICTURE
            faults += take(browser, shot, state, asked, to)
            print(to)
        browser.close()
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
