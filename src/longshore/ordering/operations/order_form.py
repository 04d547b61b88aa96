"""Customer orders as callers hand them in, and every rule they must keep, checked for whole batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal, RejectedRow
from longshore.catalog.models import Item, Partner, PartnerItem, Place, UnitOfMeasure
from longshore.catalog.queries import ItemUnits, item_by_any_code, units_of
from longshore.catalog.rules import LARGEST_QUANTITY
from longshore.ordering.rules import base_quantity

LONGEST_NUMBER: Final = 40
PRIORITIES: Final = range(1, 10)
YEARS: Final = range(1990, 2200)


@dataclass(frozen=True, slots=True)
class NewLine:
    """`item`: id, our code, GTIN, a unit's barcode or the customer's own code. `unit` None: the item's base unit.
    `unit_price` is of one base unit in minor units; None: the list price."""

    line: int
    item: str | int
    qty: str | int | Decimal
    unit: str | None = None
    unit_price: int | None = None


@dataclass(frozen=True, slots=True)
class NewOrder:
    """`customer` and `ship_to`: id or code. `ship_to` None: the customer's place. `priority` None: the customer's."""

    key: UUID
    number: str
    customer: str | int
    requested_at: datetime
    lines: tuple[NewLine, ...]
    received_at: datetime | None = None
    ship_to: str | int | None = None
    channel: str = "api"
    priority: int | None = None
    ship_complete: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class CheckedLine:
    line: int
    item: int
    entered_qty: str
    entered_unit: int
    qty: int
    unit_price: int


@dataclass(frozen=True, slots=True)
class CheckedOrder:
    order: NewOrder
    customer: int
    ship_to: int
    priority: int
    lines: tuple[CheckedLine, ...]

    @property
    def value(self) -> int:
        return sum(line.qty * line.unit_price for line in self.lines)


@dataclass(frozen=True, slots=True)
class Customer:
    id: int
    place: int | None
    priority: int
    is_customer: bool
    active: bool


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything the batch mentions, looked up at once."""

    customers: Mapping[str | int, Customer]
    places: Mapping[str | int, int]
    items: Mapping[str | int, int]
    own_codes: Mapping[tuple[int, str], int]
    active: frozenset[int]
    prices: Mapping[int, int]
    units: Mapping[int, ItemUnits]
    unit_ids: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Bad:
    """One field that is wrong, before we know the row it stands in."""

    field: str
    code: str
    sentence: str
    remedy: str
    value: str = ""


def look_up(orders: Sequence[NewOrder]) -> Catalog:
    """One query a table, whatever the size of the batch."""
    customers = _customers([order.customer for order in orders])
    named = [order.ship_to for order in orders if order.ship_to is not None]
    places: dict[str | int, int] = {}
    for pk, code in Place.objects.filter(code__in=_codes(named)).values_list("id", "code"):
        places[code] = pk
    for pk in Place.objects.filter(id__in=_ids(named)).values_list("id", flat=True):
        places[pk] = pk
    mentioned = [line.item for order in orders for line in order.lines]
    items: dict[str | int, int] = {}
    items.update(item_by_any_code(_codes(mentioned)))
    items |= {pk: pk for pk in Item.objects.filter(id__in=_ids(mentioned)).values_list("id", flat=True)}
    unknown = {code for code in _codes(mentioned) if code not in items}
    own = PartnerItem.objects.filter(code__in=unknown).values_list("partner_id", "code", "item_id") if unknown else ()
    own_codes = {(partner, code): item for partner, code, item in own}
    ids = {*items.values(), *own_codes.values()}
    facts = list(Item.objects.filter(id__in=ids).values_list("id", "active", "unit_price"))
    return Catalog(
        customers,
        places,
        items,
        own_codes,
        frozenset(pk for pk, active, _price in facts if active),
        {pk: price for pk, _active, price in facts},
        units_of(ids),
        dict(UnitOfMeasure.objects.values_list("code", "id")),
    )


def _customers(named: Sequence[str | int]) -> dict[str | int, Customer]:
    found: dict[str | int, Customer] = {}
    fields = ("id", "code", "place_id", "priority", "is_customer", "active")
    rows = list(Partner.objects.filter(code__in=_codes(named)).values_list(*fields))
    for pk, code, place, priority, is_customer, active in rows:
        found[code] = Customer(pk, place, priority, is_customer, active)
    for pk, _code, place, priority, is_customer, active in Partner.objects.filter(id__in=_ids(named)).values_list(
        *fields
    ):
        found[pk] = Customer(pk, place, priority, is_customer, active)
    return found


def _codes(values: Sequence[str | int]) -> set[str]:
    return {value for value in values if isinstance(value, str)}


def _ids(values: Sequence[str | int]) -> set[int]:
    return {value for value in values if isinstance(value, int)}


def check(row: int, order: NewOrder, catalog: Catalog) -> CheckedOrder | list[RejectedRow]:
    """The order in ids and base units, or everything that is wrong with it."""
    problems = _head(order)
    customer = _customer(order, catalog)
    lines: list[CheckedLine] = []
    seen: set[int] = set()
    for index, line in enumerate(order.lines, start=1):
        if line.line in seen:
            problems.append(_repeated(index, line))
            continue
        seen.add(line.line)
        checked = check_line(index, line, customer.id if isinstance(customer, Customer) else 0, catalog)
        if isinstance(checked, Bad):
            problems.append(checked)
        else:
            lines.append(checked)
    ship_to = _ship_to(order, customer, catalog)
    problems += [found for found in (customer, ship_to) if isinstance(found, Bad)]
    if not problems and isinstance(customer, Customer) and isinstance(ship_to, int):
        priority = customer.priority if order.priority is None else order.priority
        done = CheckedOrder(order, customer.id, ship_to, priority, tuple(lines))
        if done.value <= LARGEST_QUANTITY:
            return done
        sentence = _("The order is worth more than can be written down.")
        problems.append(Bad("lines", "value-out-of-range", sentence, _("Check quantities and prices.")))
    return [RejectedRow(row, bad.field, bad.code, bad.sentence, bad.remedy, bad.value) for bad in problems]


def _head(order: NewOrder) -> list[Bad]:
    problems: list[Bad] = []
    number = order.number.strip()
    if not number or len(number) > LONGEST_NUMBER or not number.isprintable():
        sentence = _("An order needs a number of 1 to 40 printable characters.")
        problems.append(Bad("number", "bad-number", sentence, _("Give the number of the order."), order.number[:60]))
    wanted = {"requested_at": order.requested_at, "received_at": order.received_at}
    problems += [bad for name, at in wanted.items() if (bad := bad_time(name, at))]
    problems += [bad for bad in (bad_priority(order.priority),) if bad]
    if len(order.note) > 300 or len(order.channel) > 20:
        sentence = _("The note is longer than 300 characters or the channel longer than 20.")
        problems.append(Bad("note", "too-long", sentence, _("Shorten it."), order.note[:60]))
    if not order.lines:
        sentence = _("The order has no lines.")
        problems.append(Bad("lines", "no-lines", sentence, _("Give at least one item and quantity.")))
    return problems


def bad_time(name: str, at: datetime | None) -> Bad | None:
    """What is wrong with a time, if anything."""
    if at is None:
        return None
    if at.tzinfo is None:
        sentence = _("The time does not say which time zone it is in.")
        return Bad(name, "time-without-zone", sentence, _("Add +08:00 or Z."), at.isoformat())
    if at.year not in YEARS:
        sentence = _("The year of the time is not between 1990 and 2199.")
        return Bad(name, "time-out-of-range", sentence, _("Check the year."), at.isoformat())
    return None


def bad_priority(priority: int | None) -> Bad | None:
    if priority is None or priority in PRIORITIES:
        return None
    sentence = _("The priority must be from 1 (first) to 9 (last).")
    return Bad("priority", "bad-priority", sentence, _("Use 5 for usual."), str(priority))


def _customer(order: NewOrder, catalog: Catalog) -> Customer | Bad:
    found = catalog.customers.get(order.customer)
    if found is None:
        sentence = _("There is no customer %(code)s.") % {"code": order.customer}
        remedy = _("Correct the code, or add the partner to the catalogue first.")
        return Bad("customer", "unknown-customer", sentence, remedy, str(order.customer))
    if not found.is_customer or not found.active:
        sentence = _("%(code)s is not an active customer.") % {"code": order.customer}
        remedy = _("Mark the partner as an active customer in the catalogue.")
        return Bad("customer", "not-a-customer", sentence, remedy, str(order.customer))
    return found


def _ship_to(order: NewOrder, customer: Customer | Bad, catalog: Catalog) -> int | Bad:
    if order.ship_to is not None:
        place = catalog.places.get(order.ship_to)
        if place is None:
            sentence = _("There is no place %(code)s to deliver to.") % {"code": order.ship_to}
            remedy = _("Correct the code, or leave it out for the customer's usual place.")
            return Bad("ship_to", "unknown-place", sentence, remedy, str(order.ship_to))
        return place
    if isinstance(customer, Customer) and customer.place is None:
        sentence = _("The customer %(code)s has no place to deliver to.") % {"code": order.customer}
        remedy = _("Give the order a place, or the customer one in the catalogue.")
        return Bad("ship_to", "no-place", sentence, remedy)
    return customer.place or 0 if isinstance(customer, Customer) else 0


def _repeated(index: int, line: NewLine) -> Bad:
    sentence = _("The line number %(line)s is used twice in the order.") % {"line": line.line}
    return Bad(f"lines[{index}].line", "line-repeated", sentence, _("Number the lines 1, 2, 3 …"), str(line.line))


def check_line(index: int, line: NewLine, customer: int, catalog: Catalog) -> CheckedLine | Bad:
    """One line in ids and base units; `index` counts from 1."""
    at = f"lines[{index}]"
    if not 0 < line.line < 2**31:
        sentence = _("A line number is 1 or more.")
        return Bad(f"{at}.line", "bad-line-number", sentence, _("Number the lines 1, 2, 3 …"), str(line.line))
    item = catalog.items.get(line.item)
    if item is None and isinstance(line.item, str):
        item = catalog.own_codes.get((customer, line.item))
    if item is None or item not in catalog.active:
        sentence = _("There is no active item %(code)s.") % {"code": line.item}
        remedy = _("Correct the code, or add the item to the catalogue first.")
        return Bad(f"{at}.item", "unknown-item", sentence, remedy, str(line.item))
    units = catalog.units[item]
    unit = units.base_unit if line.unit is None or not line.unit.strip() else line.unit.strip()
    factor = units.factors.get(unit)
    if factor is None:
        sentence = _("The item %(item)s has no unit %(unit)s.") % {"item": units.code, "unit": unit}
        remedy = _("Use one of %(units)s.") % {"units": ", ".join(sorted(units.factors))}
        return Bad(f"{at}.unit", "unknown-unit", sentence, remedy, unit)
    if line.unit_price is not None and not 0 <= line.unit_price <= LARGEST_QUANTITY:
        sentence = _("A price cannot be negative.")
        return Bad(f"{at}.unit_price", "bad-price", sentence, _("Give minor units, 0 or more."), str(line.unit_price))
    qty = _quantity(line, factor)
    if isinstance(qty, Refusal):
        return Bad(f"{at}.qty", qty.code, str(qty.sentence), str(qty.remedy), str(line.qty))
    price = catalog.prices[item] if line.unit_price is None else line.unit_price
    return CheckedLine(line.line, item, _as_entered(line.qty), catalog.unit_ids[unit], qty, price)


def _quantity(line: NewLine, factor: Fraction) -> int | Refusal:
    if type(line.qty) is int and 0 < line.qty <= LARGEST_QUANTITY and factor == 1:
        return line.qty
    try:
        return base_quantity(line.qty, factor)
    except Refusal as refusal:
        return refusal


def _as_entered(qty: str | int | Decimal) -> str:
    return (format(qty, "f") if isinstance(qty, Decimal) else str(qty).strip())[:40]
