"""Several people import at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from longshore.catalog.models import Item
from longshore.ledger.models import Balance, Posting
from tests.platform.catalog import world

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
CALLERS = 6


def _all_at_once(target: str, text: str) -> list[tuple[int, int]]:
    def one(_caller: int) -> tuple[int, int]:
        try:
            receipt = world.bring(target, text)
            return receipt.new, receipt.unchanged
        finally:
            connection.close()

    with ThreadPoolExecutor(CALLERS) as pool:
        return sorted(pool.map(one, range(CALLERS)), reverse=True)


def test_the_same_items_by_everybody_at_once_are_there_once() -> None:
    """One caller brings them in, the others find nothing to change; nobody waits for ever and nobody fails."""
    world.build()
    text = "code,name,base_unit\n" + "".join(f"X{number},Name,EA\n" for number in range(300))
    assert _all_at_once("items", text) == [(300, 0)] + [(0, 300)] * (CALLERS - 1)
    assert Item.objects.filter(code__startswith="X").count() == 300


def test_the_same_opening_stock_by_everybody_at_once_is_posted_once() -> None:
    """Six uploads of one stock list leave the stock of one."""
    world.build()
    text = "item,place,lot,qty\nA1,B1,L1,10\nA1,B2,L2,20\nA2,B1,,30\n"
    assert _all_at_once("opening_stock", text) == [(3, 0)] + [(0, 3)] * (CALLERS - 1)
    assert Posting.objects.count() == 3
    assert sorted(Balance.objects.filter(bounded=True).values_list("qty", flat=True)) == [10, 20, 30]
