"""What real offices send is simply read."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import Workbook

from longshore.catalog.imports.readers import Formats
from longshore.catalog.imports.running import ACCEPTED_ONLY, ImportOptions
from longshore.catalog.models import Item, ItemUnit, Lane, Lot, Partner, Place
from longshore.ledger.models import Balance
from longshore.ordering.models import OrderLine
from tests.platform.catalog import world

pytestmark = pytest.mark.usefixtures("small_world")
CHINESE = "商品编码,商品名称,单位,温区,单价(元),保质期,批次管理\nX1,鲜牛奶,EA,冷藏,12.50,21,是\n"


def _workbook(rows: list[list[object]], sheet: str = "Sheet1") -> bytes:
    book = Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _item(code: str = "X1") -> Item:
    return Item.objects.get(code=code)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_chinese_files_in_every_usual_encoding(encoding: str) -> None:
    """A file with Chinese headers and values is read the same in every encoding offices use."""
    content = CHINESE if encoding != "utf-16-be" else "\ufeff" + CHINESE
    content = content if encoding != "utf-16-le" else "\ufeff" + content
    receipt = world.bring("items", content.encode(encoding))
    item = _item()
    assert (receipt.new, receipt.rejected) == (1, ())
    assert (item.name, item.temperature_class, item.unit_price, item.shelf_life_days) == ("鲜牛奶", "chilled", 1250, 21)
    assert item.lot_tracked


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_separator_and_line_end(delimiter: str, newline: str) -> None:
    """Comma, semicolon, tab and bar are found out, with any line end."""
    text = newline.join([delimiter.join(["code", "name", "base_unit"]), delimiter.join(["X1", "Milk", "EA"])])
    assert world.bring("items", text).new == 1


def test_excels_own_separator_line() -> None:
    """Excel's first line `sep=;` is obeyed."""
    assert world.bring("items", "sep=;\ncode;name;base_unit\nX1;Milk;EA\n").new == 1


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("1,234.50", 123450), ("1234.5", 123450), ("1 234.50", 123450), ("1'234.50", 123450), ("１２３４．５", 123450),
        ("¥1,234.50", 123450), ("1234.50元", 123450), ("￥1,234.50", 123450), ("+7", 700), ("0.5", 50), (".5", 50),
        ("1,234", 123400), ("1,234,567", 123456700), (" 12 ", 1200), ("12.", 1200),
    ],
)  # fmt: skip
def test_prices_as_written(written: str, minor: int) -> None:
    """Thousands separators, full-width digits, currency signs and spaces are read exactly."""
    world.bring("items", f'code,name,base_unit,unit_price\nX1,Milk,EA,"{written}"\n')
    assert _item().unit_price == minor


@pytest.mark.parametrize(
    ("written", "minor"), [("1.234,50", 123450), ("1234,5", 123450), ("1 234,50", 123450), ("0,5", 50), ("12", 1200)]
)
def test_prices_with_a_decimal_comma(written: str, minor: int) -> None:
    """A decimal comma is read when the number or another one of the column shows it."""
    world.bring("items", f"code;name;base_unit;unit_price\nX1;Milk;EA;{written}\nX2;Rice;EA;9,99\n")
    assert _item().unit_price == minor


def test_the_column_decides_what_one_number_leaves_open() -> None:
    """1.234 is 1234 where its neighbours have decimal commas."""
    world.bring("items", "code;name;base_unit;unit_price\nX1;Milk;EA;1.234\nX2;Rice;EA;9,99\n")
    assert _item().unit_price == 123400


def test_the_sender_can_say_the_decimal_mark() -> None:
    """What the file does not show, the sender may say."""
    options = ImportOptions(formats=Formats(decimal_mark=","))
    world.bring("items", "code;name;base_unit;weight_kg\nX1;Milk;EA;1,234\n", options)
    assert _item().weight_g == 1234


def test_decimals_are_exact() -> None:
    """0.1 kg is 100 g and 1.005 yuan is refused: nothing goes through a float."""
    world.bring("items", "code,name,base_unit,weight_kg,unit_price\nX1,Milk,EA,0.1,1.15\n")
    assert (_item().weight_g, _item().unit_price) == (100, 115)
    seen = world.bring("items", "code,name,base_unit,unit_price\nX2,Rice,EA,1.005\n", mode=ACCEPTED_ONLY)
    assert [fault.code for fault in seen.rejected] == ["not-whole"]


@pytest.mark.parametrize(
    "written",
    [
        "2024-03-05", "2024/3/5", "2024.03.05", "20240305", "2024年3月5日", "２０２４年３月５日", "2024年03月05号",
        "2024-03-05T00:00:00", "2024-03-05 00:00", "5 Mar 2024", "Mar 5, 2024", "05-Mar-2024", "45356",
    ],
)  # fmt: skip
def test_dates_as_written(written: str) -> None:
    """ISO, Chinese, English and Excel's serial dates are the same day."""
    world.bring("lots", f'item,code,produced_on\nA1,L9,"{written}"\n')
    assert Lot.objects.get(code="L9").produced_on == date(2024, 3, 5)


def test_the_column_decides_day_and_month() -> None:
    """05/03/2024 is the fifth of March where a neighbour is 25/03/2024."""
    world.bring("lots", "item,code,produced_on\nA1,L8,05/03/2024\nA1,L9,25/03/2024\n")
    assert Lot.objects.get(code="L8").produced_on == date(2024, 3, 5)


def test_the_sender_can_say_the_order_of_day_and_month() -> None:
    """What the file does not show, the sender may say."""
    options = ImportOptions(formats=Formats(decimal_mark="", date_order="mdy"))
    world.bring("lots", "item,code,produced_on\nA1,L9,05/03/2024\n", options)
    assert Lot.objects.get(code="L9").produced_on == date(2024, 5, 3)


def test_an_excel_file_with_dates_numbers_and_a_title() -> None:
    """Real dates, numbers and codes kept as numbers are read from a workbook with title rows above the header."""
    rows: list[list[object]] = [
        ["Lots of March", None, None, None],
        [None, None, None, None],
        ["商品编码", "批号", "生产日期", "有效期至"],
        ["A1", 20240305, datetime(2024, 3, 5), date(2024, 9, 5)],  # noqa: DTZ001 - a workbook has no zones
        [6901234567892, "L10", 45356, "2024年9月5日"],
    ]
    receipt = world.bring("lots", _workbook(rows))
    assert receipt.new == 2
    assert Lot.objects.get(code="20240305").produced_on == date(2024, 3, 5)
    assert Lot.objects.get(code="L10").expires_on == date(2024, 9, 5)


def test_excel_numbers_are_what_was_typed() -> None:
    """A price typed as 0.29 is 29 fen although the file holds a binary float."""
    world.bring("items", _workbook([["code", "name", "base_unit", "unit_price"], ["X1", "Milk", "EA", 0.29]]))
    assert _item().unit_price == 29


def test_a_mapping_by_the_sender() -> None:
    """Columns with names we do not know are read when the sender says what they are; others are left out."""
    options = ImportOptions(columns={"Artikel": "code", "Text": "name", "ME": "base_unit", "name": ""})
    receipt = world.bring("items", "Artikel,Text,ME,name,memo\nX1,Milk,EA,wrong,x\n", options)
    assert (receipt.new, _item().name) == (1, "Milk")


def test_quotes_commas_and_line_breaks_inside_text() -> None:
    """Quoted text may hold the separator, quotes and line breaks; rows are counted as a spreadsheet counts them."""
    text = 'code,name,base_unit\nX1,"Milk, ""fresh""\n1 l",EA\nX2,Rice,NOPE\n'
    receipt = world.bring("items", text, mode=ACCEPTED_ONLY)
    assert _item().name == 'Milk, "fresh" 1 l'
    assert [(fault.row, fault.code) for fault in receipt.rejected] == [(3, "unknown-base-unit")]


def test_blank_lines_are_skipped_and_counted() -> None:
    """Blank lines do no harm and do not shift the row numbers."""
    receipt = world.bring("items", "\n\ncode,name,base_unit\n\nX1,Milk,EA\n,,\nX2,Rice,NOPE\n", mode=ACCEPTED_ONLY)
    assert receipt.new == 1
    assert [fault.row for fault in receipt.rejected] == [7]


def test_units_as_ratios() -> None:
    """A unit may be 12, 0.5 or 1/3 base units, exactly."""
    text = "item,unit,factor\nA2,CT,12\nA2,KGM,0.5\nA2,BG,1/3\n"
    world.bring("item_units", text)
    found = ItemUnit.objects.filter(item__code="A2").values_list("unit__code", "numerator", "denominator")
    assert set(found) == {("CT", 12, 1), ("KGM", 1, 2), ("BG", 1, 3)}


def test_spans_of_time() -> None:
    """Minutes, hours and days, with words in both languages."""
    world.bring("lanes", "origin,destination,transit_minutes\nDC1,P-C1,36h\nDC1,P-S1,2天\nP-S1,DC1,90\n")
    found = Lane.objects.values_list("origin__code", "destination__code", "transit_minutes")
    assert set(found) == {("DC1", "P-C1", 2160), ("DC1", "P-S1", 2880), ("P-S1", "DC1", 90)}


def test_a_tree_in_any_order() -> None:
    """Places may come before the places they lie in."""
    text = "code,name,kind,parent\nB9,Bin,货位,Z9\nZ9,Zone,库区,S9\nS9,Site,仓库,\n"
    assert world.bring("places", text).new == 3
    found = Place.objects.filter(code__in=["B9", "Z9", "S9"]).values_list("code", "parent__code", "site__code")
    assert set(found) == {("B9", "Z9", "S9"), ("Z9", "S9", "S9"), ("S9", None, "S9")}


def test_a_zone_moves_to_another_site_with_all_its_bins() -> None:
    """Changing a parent moves everything below it to the new site."""
    world.bring("places", "code,name,kind\nS9,Site,site\n")
    assert world.bring("places", "code,parent\nZ1,S9\n").changed == 1
    assert set(Place.objects.filter(code__in=["Z1", "B1", "B2"]).values_list("site__code", flat=True)) == {"S9"}


def test_a_customer_list_with_addresses() -> None:
    """A customer without a place gets one of its own, where its address is."""
    text = "客户编码,客户名称,客户,纬度,经度,地址\nC7,南京路店,是,31.2363,121.4767,南京东路100号\n"
    world.bring("partners", text)
    partner = Partner.objects.select_related("place").get(code="C7")
    assert partner.place is not None
    assert (partner.place.kind, partner.place.latitude, partner.place.address) == ("party", 31.2363, "南京东路100号")
    assert world.bring("partners", text).unchanged == 1


def test_opening_stock_in_cartons() -> None:
    """Opening stock is posted in base units, in lots made on the way, and a second import changes nothing."""
    text = "商品编码,库位,批号,数量,单位,有效期至\nA1,B1,L1,2,CT,2027-01-01\n"
    text += 'A1,B2,L2,"1,000",EA,2027年6月1日\nA2,B1,,7,,\n'
    assert world.bring("opening_stock", text).new == 3
    found = Balance.objects.filter(qty__gt=0).values_list("place__code", "item__code", "lot__code", "qty")
    assert set(found) == {("B1", "A1", "L1", 24), ("B2", "A1", "L2", 1000), ("B1", "A2", None, 7)}
    assert world.bring("opening_stock", text).unchanged == 3
    assert sum(Balance.objects.values_list("qty", flat=True)) == 0


def test_orders_from_a_file() -> None:
    """Rows with one number are one order; the item may be named by its bar code; a second import changes nothing."""
    text = "订单号,客户,要求到货,商品编码,数量,单位\nO1,C1,2026-02-01,A1,2,CT\nO1,C1,2026-02-01,A2,5,\n"
    text += "O2,C1,2026年2月3日,6901234567892,1,\n"
    receipt = world.bring("orders", text)
    assert (receipt.rows, receipt.new) == (3, 2)
    found = OrderLine.objects.values_list("order__number", "line", "item__code", "qty")
    assert set(found) == {("O1", 1, "A1", 24), ("O1", 2, "A2", 5), ("O2", 1, "A1", 1)}
    assert world.bring("orders", text).unchanged == 2


def test_a_column_that_is_not_there_keeps_what_is() -> None:
    """An update of prices leaves names, GTINs and everything else as they are."""
    receipt = world.bring("items", "code,unit_price\nA1,3.20\n")
    item = _item("A1")
    assert (receipt.changed, item.unit_price, item.name, item.gtin) == (1, 320, "Milk", "6901234567892")
    assert Decimal(item.unit_price) / 100 == Decimal("3.2")
