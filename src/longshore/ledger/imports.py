"""Opening stock as a file: what stands on the shelves on the first day, posted out of the place OPENING."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid5

from django.db import connection
from django.utils.translation import gettext_lazy as _

from longshore.catalog import queries, rules
from longshore.catalog.errors import RejectedRow
from longshore.catalog.imports.cells import BadValue, rejected
from longshore.catalog.imports.facts import item_column, partner_column, place_column
from longshore.catalog.imports.readers import Choice, Code, Day, Moment, Quantity
from longshore.catalog.imports.tables import TableTarget
from longshore.catalog.imports.targets import Column, Occasion, Plan, Record, RowsRefused, Told
from longshore.catalog.models import Item, Lot, Place
from longshore.ledger.cause import Cause
from longshore.ledger.models import Condition, Posting, PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, PostingRefused, post

POSTINGS_A_CALL = 5000
_NAMES = UUID("6d1d4d2c-6f0c-5a7e-9d0e-0f2b6a1b7c11")  # the namespace of ids made from an opening's own words
_BOUNDED = ("site", "zone", "bin", "dock", "vehicle", "machine")
_CONDITIONS = (("good", 0), ("合格", 0), ("良品", 0), ("待检", 1), ("冻结", 2), ("不良", 3), ("残次", 3), ("过期", 4))


@dataclass(frozen=True, slots=True)
class Opening:
    """A row that is right, in ids and base units; the lot may have to be made first."""

    row: int
    key: UUID
    item: int
    place: int
    owner: int
    condition: int
    qty: int
    lot: str
    produced_on: date | None
    expires_on: date | None
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class _Known:
    """What the catalog and the ledger say about the rows, in a fixed number of queries."""

    units: Mapping[int, queries.ItemUnits]
    tracked: Mapping[int, tuple[bool, bool]]
    kinds: Mapping[int, str]
    lots: Mapping[tuple[int, str], Lot]
    owner: int


class OpeningTarget(TableTarget):
    @property
    def permission(self) -> str:
        return "ledger.add_posting"

    def plan(self, records: Sequence[Record], given: frozenset[str], occasion: Occasion) -> Plan:
        plan = Plan()
        kept = self._resolved(records, plan)
        known = _known(kept)
        openings: dict[UUID, Opening] = {}
        for record in kept:
            try:
                opening = _opening(record, known, occasion)
            except BadValue as bad:
                plan.rejected.append(rejected(record.row, str(bad.fields.get("field", "")), bad))
                continue
            if opening.key in openings:
                plan.rejected.append(rejected(record.row, "item", _twice(openings[opening.key].row)))
                continue
            openings[opening.key] = opening
        _sort(openings, plan)
        return plan

    def write(self, plan: Plan, occasion: Occasion, told: Told) -> None:
        _make_lots(plan.new)
        codes = {(one.item, one.lot) for one in plan.new if one.lot}
        lots, source = queries.lot_ids(codes), queries.external_place("OPENING")
        cause = Cause(occasion.actor, occasion.because)
        for start in range(0, len(plan.new), POSTINGS_A_CALL):
            chunk = plan.new[start : start + POSTINGS_A_CALL]
            try:
                post([_posting(one, lots, source) for one in chunk], at=occasion.at, cause=cause)
            except PostingRefused as refused:
                raise RowsRefused(tuple(_in_file(fault, chunk) for fault in refused.rejected)) from refused
            told(start + len(chunk))

    def export(self) -> Iterator[Sequence[str]]:
        with connection.cursor() as cursor:
            cursor.execute(_EXPORT, [PostingKind.OPENING])
            for row in cursor:
                yield ["" if value is None else str(value) for value in row]


def _known(records: Sequence[Record]) -> _Known:
    items = {record.values["item_id"] for record in records}
    places = {record.values["place_id"] for record in records}
    tracking = Item.objects.filter(id__in=items).values_list("id", "lot_tracked", "serial_tracked")
    codes = {record.values.get("lot", "") for record in records}
    lots = Lot.objects.filter(item_id__in=items, code__in=codes)
    return _Known(
        queries.units_of(items),
        {pk: (lot, serial) for pk, lot, serial in tracking},
        dict(Place.objects.filter(id__in=places).values_list("id", "kind")),
        {(lot.item_id, lot.code): lot for lot in lots},
        queries.own_partner(),
    )


def _opening(record: Record, known: _Known, occasion: Occasion) -> Opening:
    values = record.values
    item, place, lot = values["item_id"], values["place_id"], values.get("lot") or ""
    _check_place(known.kinds[place])
    _check_lot(values, known.tracked[item], known.lots.get((item, lot)))
    happened = values.get("as_of") or occasion.at
    if happened > occasion.at:
        raise BadValue("in-the-future", _("This has not happened yet."), _("Give a day in the past."), field="as_of")
    owner, condition = values.get("owner_id") or known.owner, values.get("condition") or 0
    words = f"opening:{place}:{item}:{lot}:{owner}:{condition}"
    return Opening(
        record.row, uuid5(_NAMES, words), item, place, owner, condition, _base_quantity(values, known.units[item]), lot,
        values.get("produced_on"), values.get("expires_on"), happened,
    )  # fmt: skip


def _check_place(kind: str) -> None:
    if kind not in _BOUNDED:
        raise BadValue(
            "not-a-stock-place",
            _("Stock cannot begin at a supplier, customer or external place."),
            _("Give a bin, zone, dock or site."),
            field="place",
        )


def _check_lot(values: Mapping[str, Any], tracked: tuple[bool, bool], lot: Lot | None) -> None:
    by_lot, by_serial = tracked
    if by_serial:
        raise BadValue(
            "serial-tracked",
            _("The item is tracked by serial number; a quantity alone cannot be taken."),
            _("Receive it with its serial numbers."),
            field="item",
        )
    if by_lot and not values.get("lot"):
        raise BadValue("lot-missing", _("The item is tracked by lot."), _("Give the lot number."), field="lot")
    if not by_lot and values.get("lot"):
        raise BadValue(
            "lot-not-tracked",
            _("The item is not tracked by lot."),
            _("Leave the lot empty, or mark the item as tracked by lot."),
            field="lot",
        )
    made, ends = values.get("produced_on"), values.get("expires_on")
    if made and ends and ends < made:
        raise BadValue(
            "expires-before-production", _("The lot expires before it was produced."),
            _("Check whether the two dates are swapped."), field="expires_on",
        )  # fmt: skip
    if lot is not None and ends and lot.expires_on and ends != lot.expires_on:
        raise BadValue(
            "lot-differs",
            _("This lot expires on %(day)s according to the catalog.") % {"day": lot.expires_on.isoformat()},
            _("Correct the date, or the lot."),
            field="expires_on",
        )


def _base_quantity(values: Mapping[str, Any], units: queries.ItemUnits) -> int:
    unit = values.get("unit") or units.base_unit
    if unit not in units.factors:
        raise BadValue(
            "unknown-unit",
            _("The item %(item)s has no unit %(unit)s.") % {"item": units.code, "unit": unit},
            _("Use one of: %(units)s.") % {"units": ", ".join(sorted(units.factors))},
            field="unit",
        )
    try:
        return rules.to_base_units(Fraction(values["qty"]), units.factors[unit])
    except (rules.NotWholeUnits, rules.QuantityOutOfRange) as wrong:
        raise BadValue(wrong.code, wrong.sentence, wrong.remedy, field="qty") from wrong


def _sort(openings: Mapping[UUID, Opening], plan: Plan) -> None:
    """What is in the ledger already is unchanged when it is the same, and refused when it is not."""
    with connection.cursor() as cursor:
        cursor.execute(_POSTED, [list(openings)])
        posted = dict(cursor.fetchall())
    for key, opening in openings.items():
        if key not in posted:
            plan.new.append(opening)
        elif posted[key] == opening.qty:
            plan.unchanged += 1
        else:
            fault = BadValue(
                "opening-differs",
                _("The opening balance was already posted as %(qty)s base units.") % {"qty": posted[key]},
                _("Correct today's stock with a count."),
            )
            plan.rejected.append(rejected(opening.row, "qty", fault, str(opening.qty)))


def _make_lots(openings: Iterable[Opening]) -> None:
    wanted = {(one.item, one.lot): one for one in openings if one.lot}
    Lot.objects.bulk_create(
        [
            Lot(item_id=item, code=code, produced_on=one.produced_on, expires_on=one.expires_on)
            for (item, code), one in wanted.items()
        ],
        ignore_conflicts=True,
        batch_size=5000,
    )


def _posting(one: Opening, lots: Mapping[tuple[int, str], int], source: int) -> NewPosting:
    lot = lots[one.item, one.lot] if one.lot else None
    here = Key(one.item, one.place, one.owner, lot, one.condition)
    there = Key(one.item, source, one.owner, lot, one.condition)
    return NewPosting(one.key, PostingKind.OPENING, one.happened_at, (Move(there, here, one.qty),), "opening")


def _in_file(fault: RejectedRow, chunk: Sequence[Opening]) -> RejectedRow:
    return RejectedRow(chunk[fault.row - 1].row, "qty", fault.code, fault.sentence, fault.remedy)


def _twice(row: int) -> BadValue:
    return BadValue(
        "duplicate-row",
        _("The same item, lot and place are already in row %(row)s of this file.") % {"row": row},
        _("Add the two quantities in one row."),
        first=row,
    )


_POSTED = f"""
SELECT p.key, sum(m.qty) FROM {Posting._meta.db_table} p JOIN ledger_movement m ON m.posting_id = p.id
WHERE p.key = ANY(%s) GROUP BY p.key
"""
_EXPORT = """
SELECT i.code, pl.code, l.code, m.qty, u.code, l.produced_on, l.expires_on, o.code, b.condition,
       to_char(p.happened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')
FROM ledger_posting p JOIN ledger_movement m ON m.posting_id = p.id JOIN ledger_balance b ON b.id = m.target_id
JOIN catalog_item i ON i.id = b.item_id JOIN catalog_unitofmeasure u ON u.id = i.base_unit_id
JOIN catalog_place pl ON pl.id = b.place_id JOIN catalog_partner o ON o.id = b.owner_id
LEFT JOIN catalog_lot l ON l.id = b.lot_id
WHERE p.kind = %s ORDER BY p.id
"""

OPENING_STOCK = OpeningTarget(
    "opening_stock", _("Opening stock"), Posting, ("item_id", "place_id"),
    (
        item_column(),
        place_column("place", _("Place"), "bin", "location", "货位", "库位", "仓库", "地点"),
        Column("lot", _("Lot number"), Code(), aliases=("batch", "批号", "批次", "批次号")),
        Column("qty", _("Quantity"), Quantity(), needed=True, aliases=("quantity", "数量", "库存数量", "结存数量")),
        Column("unit", _("Unit"), Code(longest=12), aliases=("uom", "单位")),
        Column("produced_on", _("Produced on"), Day(), aliases=("生产日期",)),
        Column("expires_on", _("Expires on"), Day(), aliases=("expiry", "有效期至", "到期日", "失效日期")),
        partner_column("owner", _("Owner"), "货主", needed=False),
        Column("condition", _("Condition"), Choice(Condition, also=_CONDITIONS),
               aliases=("status", "状态", "质量状态")),
        Column("as_of", _("As of"), Moment(), aliases=("date", "截止日期", "盘点日期")),
    ),
)  # fmt: skip
