"""The demo company: believable, whole, and the same for the same seed."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from longshore.catalog.rules import check_gln, check_gtin
from longshore.twin.company.generate import Company, make_company
from longshore.twin.company.writing import write_company

FIRST_DAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def company() -> Company:
    return make_company(7, FIRST_DAY)


def test_size(company: Company) -> None:
    """Two plants, five distribution centres, sixty customers, twenty-six suppliers, four carriers, hundreds of items."""
    network = company.network
    kinds = [site.kind for site in network.sites]
    assert (kinds.count("plant"), kinds.count("dc")) == (2, 5)
    assert (len(network.customers), len(network.suppliers), len(network.carriers)) == (60, 26, 4)
    assert len(company.goods) == 261
    assert {goods.temperature for goods in company.goods} == {"ambient", "chilled", "frozen", "pharma"}


def test_keys_are_right(company: Company, tmp_path: Path) -> None:
    """Every GTIN and GLN has its right check digit, every code and plate is unique, every name stands in both languages."""
    for goods in company.goods:
        check_gtin(goods.gtin)
        assert goods.name and goods.name_zh
    with write_company(company, tmp_path)["places"].open(encoding="utf-8", newline="") as file:
        glns = [row["gln"] for row in csv.DictReader(file) if row["gln"]]
    for value in glns:
        check_gln(value)
    assert len(set(glns)) == len(glns)
    for codes in ([g.code for g in company.goods], [t.plate for t in company.network.trucks]):
        assert len(set(codes)) == len(codes)


def test_everything_can_be_bought(company: Company) -> None:
    """Each family has a supplier, and an item made by a plant is made by exactly one."""
    families = {family for supplier in company.network.suppliers for family in supplier.families}
    assert {goods.family for goods in company.goods} <= families


def test_opening_lots_are_usable(company: Company) -> None:
    """Nothing stands in a site that expires within two days of the start or was produced after it."""
    for lot in company.opening:
        assert lot.qty > 0
        assert lot.produced_on <= FIRST_DAY
        assert lot.expires_on >= FIRST_DAY + timedelta(days=2)


def test_days_are_independent(company: Company) -> None:
    """A day's orders are the same whichever days were asked for before, sorted by time, and received on that day."""
    day = FIRST_DAY + timedelta(days=9)
    first = company.demand.orders_of(day)
    company.demand.orders_of(day + timedelta(days=1))
    assert company.demand.orders_of(day) == first
    assert [order.received_at for order in first] == sorted(order.received_at for order in first)
    assert {order.received_at.date() for order in first} == {day}
    assert all(order.requested_at > order.received_at for order in first)


def test_same_seed_same_files(tmp_path: Path) -> None:
    """The same seed writes the same bytes; another seed writes others."""
    texts = []
    for run, seed in enumerate((7, 7, 8)):
        files = write_company(make_company(seed, FIRST_DAY), tmp_path / str(run))
        texts.append({name: path.read_bytes() for name, path in files.items()})
    assert texts[0] == texts[1]
    assert texts[0]["demand_history"] != texts[2]["demand_history"]
