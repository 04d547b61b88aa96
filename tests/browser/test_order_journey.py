"""An order followed from its taking to its signature, in a browser that only looks while colleagues work."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser
STEPS = (("take", "Promised"), ("pick", "Packed"), ("ship", "In transit"), ("deliver", "Delivered"))


def test_an_order_is_followed_to_its_delivery(open_as: Callable[..., Page], site: Site) -> None:
    """Its page says promised with the reason, packed, in transit with its truck, delivered with who signed."""
    page = open_as("manager")
    for what, state in STEPS:
        site.run(what)
        page.goto(f"{site.url}/orders/SO-9/")
        expect(page.locator(".detail-head .tag").first).to_have_text(state)
        if what == "take":
            expect(page.locator("main")).to_contain_text("2 promised for")
    journey = page.locator("#journey")
    expect(journey).to_contain_text("Delivery · 2 · TRUCK-1 → P-SHOP")
    expect(page.locator("td[data-label='Delivered']").first).to_contain_text("2")
    journey.locator("a[href^='/shipments/']").first.click()
    expect(page.locator("main")).to_contain_text("王店长")
