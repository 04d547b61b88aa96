"""What a scanned code is."""

from __future__ import annotations

from typing import NamedTuple

from longshore.storing.queries.rows import fetch


class ScanHit(NamedTuple):
    """`kind`: item, place, handling-unit, lot or order."""

    kind: str
    id: int
    code: str
    name: str
    name_zh: str


_SCAN = """
SELECT 'item', id, code, name, name_zh FROM catalog_item WHERE code = %(code)s OR (gtin <> '' AND gtin = %(digits)s)
UNION ALL
SELECT 'item', i.id, i.code, i.name, i.name_zh FROM catalog_itemunit u JOIN catalog_item i ON i.id = u.item_id
WHERE u.barcode <> '' AND u.barcode = %(code)s
UNION ALL SELECT 'place', id, code, name, name_zh FROM catalog_place WHERE code = %(code)s
    OR (gln <> '' AND gln = %(digits)s)
UNION ALL SELECT 'handling-unit', id, sscc, kind, '' FROM catalog_handlingunit WHERE sscc = %(digits)s
UNION ALL SELECT 'lot', l.id, l.code, i.name, i.name_zh FROM catalog_lot l JOIN catalog_item i ON i.id = l.item_id
WHERE l.code = %(code)s
UNION ALL SELECT 'order', o.id, o.number, c.name, c.name_zh FROM ordering_customerorder o
JOIN catalog_partner c ON c.id = o.customer_id WHERE o.number = %(code)s
LIMIT 20
"""


def scan(code: str) -> list[ScanHit]:
    """Everything this code may mean. Reads plain codes and GS1 codes with their application identifier (00, 01, 414)."""
    written = code.strip()
    digits = written.replace("(", "").replace(")", "").replace(" ", "")
    if (digits.isdigit() and digits.startswith("00") and len(digits) == 20) or (
        digits.isdigit() and digits.startswith("01") and len(digits) == 16
    ):
        digits = digits[2:]
    elif digits.isdigit() and digits.startswith("414") and len(digits) == 16:
        digits = digits[3:]
    return fetch(ScanHit, _SCAN, {"code": written, "digits": digits})
