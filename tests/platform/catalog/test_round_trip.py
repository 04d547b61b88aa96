"""What is exported can be imported again and changes nothing."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from longshore.catalog.imports.exporting import UnknownFormat, export
from longshore.catalog.imports.registry import UnknownTarget, all_targets, target_named
from longshore.catalog.imports.running import ACCEPTED_ONLY, ImportOptions, ImportRefused, preview, run_import
from longshore.catalog.imports.targets import Cancelled
from longshore.catalog.models import Item
from tests.platform.catalog import world

pytestmark = pytest.mark.usefixtures("small_world")
FILES = (
    ("calendars", "code,name,weekdays,opens_minute,closes_minute\nWEEK,Week,31,08:30,24:00\n"),
    ("holidays", "calendar,day,name,working\nWEEK,2026-10-01,国庆节,no\nWEEK,2026-10-10,调休,yes\n"),
    ("items", 'code,name,base_unit,unit_price,service_level\n"=X1","-Milk, ""a""",EA,12.34,97.5%\n007,Rice,EA,0,\n'),
    ("item_units", "item,unit,factor\nA2,BG,1/3\n"),
    ("partner_items", "partner,code,item\nC1,THEIR-1,A1\n"),
    ("devices", 'code,kind,name,place,settings\nLOG-1,logger,Cold room,B1,"{""classes"": [""chilled""]}"\n'),
    ("lanes", "origin,destination,carrier,transit_minutes,fixed_cost\nDC1,P-C1,,90,5.05\nDC1,P-C1,S1,80,\n"),
    ("supplier_items", "supplier,item,unit_price,lead_time_days,moq\nS1,A1,2.5,3,24\n"),
    ("bills", "item,site,lead_time_days,moq,multiple,unit_cost\nA1,DC1,2,10,5,1.25\n"),
    ("bill_lines", "item,component,quantity,scrap\nA1,A2,2/3,1.5%\n"),
    ("substitutes", "item,substitute,quantity,priority\nA1,A2,3/2,1\n"),
    (
        "vehicles",
        'plate,place,home_site,capacity_kg,capacity_m3,temperature_classes\n沪A1,V1,DC1,5000,20,"chilled,frozen"\n',
    ),
    ("opening_stock", "item,place,lot,qty,unit,as_of\nA1,B1,L1,2,CT,2026-01-01\nA2,B2,,5,,\n"),
    (
        "stock_policies",
        "item,site,service_level,lead_time_days,safety_stock,reorder_point,order_qty,order_up_to\nA1,DC1,95%,3,5,10,10,20\n",
    ),
    ("demand_history", "item,site,day,qty,lines\nA1,DC1,2025-12-01,4,2\n"),
    ("plan_regions", "site,code,name,name_zh\nDC1,EAST,East,华东\n"),
    ("promotions", "code,name,starts_on,ends_on\nP1,Summer,2026-06-01,2026-06-14\n"),
    ("demand_signals", "signal,day,value\nheat,2026-06-01,31.5\n"),
    ("orders", "number,customer,requested_at,item,qty,unit,unit_price\nO1,C1,2026-02-01,A1,2,CT,3.33\n"),
)


def _bring_all() -> None:
    for target, text in FILES:
        world.bring(target, text)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_export_and_import_again_changes_nothing(form: str) -> None:
    """Every table comes back as it went out, row for row."""
    _bring_all()
    for target in all_targets():
        content = b"".join(export(target, form))
        receipt = run_import(content, target, ImportOptions(), world.OCCASION)
        assert (target.name, receipt.new, receipt.changed) == (target.name, 0, 0)
        assert receipt.unchanged > 0, target.name


def test_text_that_looks_like_a_formula_is_kept_and_harmless() -> None:
    """A code such as =X1 comes back as it is, and leaves as text that no spreadsheet runs."""
    world.bring("items", "code,name,base_unit\n=X1,-Milk,EA\n")
    exported = b"".join(export(target_named("items"))).decode("utf-8-sig")
    assert "'=X1,'-Milk" in exported
    assert Item.objects.filter(code="=X1", name="-Milk").exists()


def test_the_number_of_statements_does_not_grow_with_the_rows() -> None:
    """Set-based: a hundred times as many rows take at most a few statements more."""
    counts = []
    for size in (10, 1000):
        rows = "".join(f"N{size}-{number},Name,EA,{number}.50\n" for number in range(size))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            world.bring("items", "code,name,base_unit,unit_price\n" + rows)
        counts.append(len(seen))
    assert counts[1] - counts[0] <= 2


def test_preview_writes_nothing_and_says_what_would_happen() -> None:
    """Preview counts new, changed, unchanged and rejected rows and shows how each column was read."""
    text = b"code,name,base_unit,memo\nA1,Milk,EA,\nA2,Basmati,EA,\nX1,New,EA,\nX2,Bad,NOPE,\n"
    before = world.everything()
    seen = preview(text, target_named("items"), ImportOptions(), world.OCCASION)
    assert (seen.rows, seen.new, seen.changed, seen.unchanged, seen.rejected_rows) == (4, 1, 1, 1, 1)
    assert seen.header is not None and seen.header.unused == ("memo",)
    assert world.everything() == before


def test_accepted_only_takes_the_rest_and_returns_the_rejected_rows() -> None:
    """The good rows are in; the table of rejected rows can be corrected and imported again as it is."""
    text = "code,name,base_unit\nX1,Milk,EA\nX2,Rice,NOPE\n"
    receipt = world.bring("items", text, mode=ACCEPTED_ONLY)
    assert (receipt.new, [fault.row for fault in receipt.rejected]) == (1, [3])
    corrected = receipt.rejected_csv.decode("utf-8-sig").replace("NOPE", "EA", 1)
    assert world.bring("items", corrected).new == 1
    assert set(Item.objects.filter(code__startswith="X").values_list("code", flat=True)) == {"X1", "X2"}


def test_cancelling_leaves_nothing_behind() -> None:
    """A cancel while writing undoes what was written so far."""

    def stop(done: int, total: int) -> None:
        if done:
            raise Cancelled("cancelled", "Stopped.", "Start it again.")

    text = b"code,name,base_unit\nX1,Milk,EA\n"
    with pytest.raises(Cancelled):
        run_import(text, target_named("items"), ImportOptions(), world.OCCASION, progress=stop)
    assert not Item.objects.filter(code="X1").exists()


def test_what_cannot_be_named_is_refused() -> None:
    """An unknown target and an unknown format are refused with what there is."""
    with pytest.raises(UnknownTarget, match="items"):
        target_named("unicorns")
    with pytest.raises(UnknownFormat):
        list(export(target_named("items"), "pdf"))


def test_an_order_that_is_here_with_other_lines_is_not_changed() -> None:
    """Importing an order again with other quantities is refused: orders change through their own verb."""
    head = "number,customer,requested_at,item,qty\n"
    world.bring("orders", head + "O1,C1,2026-02-01,A1,5\n")
    with pytest.raises(ImportRefused) as refused:
        world.bring("orders", head + "O1,C1,2026-02-01,A1,6\n")
    assert [fault.code for fault in refused.value.rejected] == ["order-differs"]


def test_opening_stock_that_was_posted_otherwise_is_refused() -> None:
    """An opening balance is posted once; another quantity for it needs a count."""
    world.bring("opening_stock", "item,place,qty\nA2,B1,5\n")
    with pytest.raises(ImportRefused) as refused:
        world.bring("opening_stock", "item,place,qty\nA2,B1,6\n")
    assert [(fault.row, fault.code) for fault in refused.value.rejected] == [(2, "opening-differs")]
