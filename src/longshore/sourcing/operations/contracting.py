"""Prices agreed for a time: written down, ended, and handed to what orders by them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal, RejectedRow, RowsRefused
from longshore.catalog.models import SupplierItem
from longshore.ledger.cause import Cause
from longshore.planning.operations import company_today
from longshore.planning.reading import execute, rows
from longshore.sourcing.models import Contract, ContractPrice
from longshore.sourcing.price_rules import price_faults, told

# Of contracts that hold on the day, the one that began last counts for an item.
VALID = """
WITH valid AS (
    SELECT DISTINCT ON (c.supplier_id, p.item_id) c.id, c.supplier_id, p.item_id
    FROM sourcing_contract c JOIN sourcing_contractprice p ON p.contract_id = c.id
    WHERE c.starts_on <= %(day)s AND c.ends_on >= %(day)s
        AND (%(supplier)s::bigint IS NULL OR c.supplier_id = %(supplier)s)
    ORDER BY c.supplier_id, p.item_id, c.starts_on DESC, c.id DESC
)
"""
PRICES = f"""{VALID}
UPDATE catalog_supplieritem o SET unit_price = p.unit_price
FROM valid v JOIN sourcing_contractprice p ON p.contract_id = v.id AND p.item_id = v.item_id AND p.from_qty = 1
WHERE o.supplier_id = v.supplier_id AND o.item_id = v.item_id AND o.unit_price <> p.unit_price
"""
# Breaks of items that ever stood in a contract belong to contracts; those written by hand for other items stay.
DROP_BREAKS = f"""{VALID}
DELETE FROM planning_pricebreak b
USING (SELECT DISTINCT c.supplier_id, p.item_id FROM sourcing_contract c
    JOIN sourcing_contractprice p ON p.contract_id = c.id) k
WHERE b.supplier_id = k.supplier_id AND b.item_id = k.item_id
    AND (%(supplier)s::bigint IS NULL OR b.supplier_id = %(supplier)s)
    AND NOT EXISTS (SELECT FROM valid v JOIN sourcing_contractprice p ON p.contract_id = v.id AND p.item_id = v.item_id
        WHERE v.supplier_id = b.supplier_id AND v.item_id = b.item_id AND p.from_qty = b.from_qty)
"""
PUT_BREAKS = f"""{VALID}
INSERT INTO planning_pricebreak AS b (supplier_id, item_id, from_qty, unit_price)
SELECT v.supplier_id, v.item_id, p.from_qty, p.unit_price
FROM valid v JOIN sourcing_contractprice p ON p.contract_id = v.id AND p.item_id = v.item_id
WHERE p.from_qty > 1
ON CONFLICT (supplier_id, item_id, from_qty) DO UPDATE SET unit_price = EXCLUDED.unit_price
WHERE b.unit_price <> EXCLUDED.unit_price
"""
PRICE_OF = """
SELECT COALESCE(
    (SELECT b.unit_price FROM planning_pricebreak b
        WHERE b.supplier_id = %(supplier)s AND b.item_id = %(item)s AND b.from_qty <= %(qty)s
        ORDER BY b.from_qty DESC LIMIT 1),
    (SELECT o.unit_price FROM catalog_supplieritem o WHERE o.supplier_id = %(supplier)s AND o.item_id = %(item)s))
"""
ALONE = "SELECT pg_advisory_xact_lock(hashtext('sourcing.contracts'))"  # two with one code: the second is told
LONGEST_CODE = 40


class ContractRefused(Refusal):
    """A contract that cannot be."""


class PricesRefused(RowsRefused, ContractRefused):
    """Nothing was written; `rejected` says which prices are wrong, counted from 1 as they were given."""

    def __init__(self, rejected: tuple[RejectedRow, ...]) -> None:
        super().__init__(rejected, rows=told(rejected))


@dataclass(frozen=True, slots=True)
class Price:
    """Minor units for each base unit, of all units from `from_qty` on."""

    item: int
    unit_price: int
    from_qty: int = 1


@dataclass(frozen=True, slots=True)
class Terms:
    code: str
    supplier: int
    starts_on: date
    ends_on: date
    prices: tuple[Price, ...]


@dataclass(frozen=True, slots=True)
class ContractReceipt:
    """`prices` of offers and `breaks` that other parts order by and that changed with it."""

    contract: int
    prices: int
    breaks: int


@transaction.atomic
def put_contract(terms: Terms, *, at: datetime, cause: Cause) -> ContractReceipt:
    """Write a contract down. Its prices count from its first day until its last; the offers follow at once.

    When none holds any more its breaks end; the price of one stays, as the last that was agreed, until somebody says
    another.
    """
    rows(ALONE, {})
    _refuse(terms)
    contract = Contract.objects.create(
        code=terms.code,
        supplier_id=terms.supplier,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        made_at=at,
        made_by=cause.actor,
    )
    ContractPrice.objects.bulk_create(
        ContractPrice(contract=contract, item_id=p.item, from_qty=p.from_qty, unit_price=p.unit_price)
        for p in terms.prices
    )
    return _applied(contract.pk, terms.supplier, at)


@transaction.atomic
def end_contract(contract: int, *, on: date, at: datetime, cause: Cause) -> ContractReceipt:
    """The last day it holds is `on`, which may not lie after the day agreed."""
    found = Contract.objects.select_for_update().filter(pk=contract).first()
    if found is None or not found.starts_on <= on <= found.ends_on:
        raise ContractRefused(
            "contract-cannot-end",
            _("There is no such contract, or it does not hold on that day."),
            _("Give a day between its first and its last."),
            contract=contract,
        )
    found.ends_on, found.ended_by = on, cause.actor
    found.save(update_fields=["ends_on", "ended_by"])
    return _applied(contract, found.supplier_id, at)


def apply_contracts(*, day: date, supplier: int | None = None) -> tuple[int, int]:
    """Bring offers and price breaks in line with the contracts that hold on a day: (prices, breaks) that changed."""
    asked = {"day": day, "supplier": supplier}
    prices = execute(PRICES, asked)
    breaks = execute(DROP_BREAKS, asked) + execute(PUT_BREAKS, asked)
    return prices, breaks


def price_of(supplier: int, item: int, qty: int) -> int:
    """What a supplier asks for each unit of so many; it must offer the item."""
    return int(rows(PRICE_OF, {"supplier": supplier, "item": item, "qty": qty})[0][0])


def _applied(contract: int, supplier: int, at: datetime) -> ContractReceipt:
    prices, breaks = apply_contracts(day=company_today(at), supplier=supplier)
    return ContractReceipt(contract, prices, breaks)


def _refuse(terms: Terms) -> None:
    offers = SupplierItem.objects.filter(supplier=terms.supplier, supplier__is_supplier=True)
    offered = set(offers.values_list("item_id", flat=True))
    if terms.ends_on < terms.starts_on or not terms.prices:
        raise ContractRefused(
            "contract-without-time", _("It ends before it begins, or has no prices."), _("Give days and prices.")
        )
    rejected = price_faults([(price.item, price.from_qty, price.unit_price) for price in terms.prices], offered)
    if rejected:
        raise PricesRefused(rejected)
    if not 0 < len(terms.code) <= LONGEST_CODE:
        raise ContractRefused(
            "contract-without-code",
            _("A contract needs a code of at most 40 characters."),
            _("Give one, for example C-2026."),
        )
    if Contract.objects.filter(code=terms.code).exists():
        raise ContractRefused(
            "contract-code-taken",
            _("There is a contract %(code)s already.") % {"code": terms.code},
            _("Choose another code."),
        )
