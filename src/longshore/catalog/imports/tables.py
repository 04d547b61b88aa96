"""The usual target: rows of one table, found by their key, written in few statements whatever the number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from longshore.catalog.errors import RejectedRow, Text
from longshore.catalog.imports.cells import BadValue, rejected
from longshore.catalog.imports.targets import Column, Occasion, Plan, Record, Told

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class TableTarget:
    name: str
    label: Text
    model: type[models.Model]
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def permission(self) -> str:
        return f"{self.model._meta.app_label}.change_{self.model._meta.model_name}"

    def plan(self, records: Sequence[Record], given: frozenset[str], occasion: Occasion) -> Plan:
        plan = Plan()
        texts = {record.row: " ".join(str(part) for part in self._key(record) if part) for record in records}
        kept = self._once_each(records, plan, texts)
        # again after look-up: an item may be named by its code in one row and by its bar code in another
        kept = self._once_each(self._resolved(kept, plan), plan, texts)
        kept = self._checked(kept, plan)
        existing = self._existing(kept)
        missing = [column for column in self.columns if column.needed and column.attribute not in given]
        for record in kept:
            self._sort(record, existing.get(self._key(record)), missing, plan)
        return plan

    def look_up(self, records: Sequence[Record]) -> list[RejectedRow]:
        plan = Plan()
        self._resolved(records, plan)
        return plan.rejected

    def write(self, plan: Plan, occasion: Occasion, told: Told) -> None:
        self._upsert(plan.new, told, 0)
        self._upsert(plan.changed, told, len(plan.new))

    def export(self) -> Iterator[Sequence[str]]:
        shown = [column for column in self.columns if column.exported]
        rows = self.model._default_manager.order_by(*self._order()).values_list(
            *(column.source or column.attribute for column in shown)
        )
        for row in rows.iterator(chunk_size=CHUNK):
            yield ["" if value is None else column.reader.show(value) for column, value in zip(shown, row, strict=True)]

    # what a special table changes

    def check(self, record: Record) -> Iterable[BadValue]:
        """What is wrong with a row whose cells are each right. The fault's `field` says which column."""
        return ()

    def check_together(self, records: Sequence[Record]) -> Iterable[RejectedRow]:
        """What is wrong with rows seen together, or against what is in the table."""
        return ()

    def made(self, values: dict[str, Any]) -> dict[str, Any]:
        """The model's fields for a record's values."""
        return values

    # how it works

    def _order(self) -> list[str]:
        return [next(one.source or one.attribute for one in self.columns if one.attribute == key) for key in self.key]

    def _key(self, record: Record) -> tuple[Any, ...]:
        return tuple(record.values.get(name) for name in self.key)

    def _once_each(self, records: Sequence[Record], plan: Plan, texts: Mapping[int, str]) -> list[Record]:
        first: dict[tuple[Any, ...], int] = {}
        kept: list[Record] = []
        for record in records:
            key = self._key(record)
            if key in first:
                plan.rejected.append(self._duplicate(record, texts[record.row], first[key]))
            else:
                first[key] = record.row
                kept.append(record)
        return kept

    def _duplicate(self, record: Record, value: str, row: int) -> RejectedRow:
        column = next(one for one in self.columns if one.attribute == self.key[-1])
        fault = BadValue(
            "duplicate-row",
            _("“%(key)s” is already in row %(row)s of this file.") % {"key": value, "row": row},
            _("Keep one of the two rows."),
            first=row,
        )
        return rejected(record.row, column.name, fault, value)

    def _resolved(self, records: Sequence[Record], plan: Plan) -> list[Record]:
        """Codes become ids: one query for each column that refers to something."""
        found: dict[str, Any] = {}
        for column in self.columns:
            codes = {str(record.values[column.attribute]) for record in records if record.values.get(column.attribute)}
            if column.refers is not None and codes:
                found[column.attribute] = column.refers(codes)
        kept: list[Record] = []
        for record in records:
            values, faults = self._with_ids(record, found)
            plan.rejected.extend(faults)
            if not faults:
                kept.append(Record(record.row, values))
        return kept

    def _with_ids(self, record: Record, found: dict[str, Any]) -> tuple[dict[str, Any], list[RejectedRow]]:
        values, faults = dict(record.values), []
        for column in self.columns:
            if column.refers is None or column.attribute not in values:
                continue
            code = values[column.attribute]
            values[column.attribute] = found.get(column.attribute, {}).get(code) if code else None
            if code and values[column.attribute] is None:
                faults.append(rejected(record.row, column.name, unknown(column, code), code))
        return values, faults

    def _checked(self, records: Sequence[Record], plan: Plan) -> list[Record]:
        alone: list[Record] = []
        for record in records:
            faults = [rejected(record.row, str(bad.fields.get("field", "")), bad) for bad in self.check(record)]
            plan.rejected.extend(faults)
            if not faults:
                alone.append(record)
        together = list(self.check_together(alone))
        plan.rejected.extend(together)
        bad_rows = {fault.row for fault in together}
        return [record for record in alone if record.row not in bad_rows]

    def _existing(self, records: Sequence[Record]) -> dict[tuple[Any, ...], models.Model]:
        """The rows of the table with these keys: one query, each part of the key by its set of values."""
        if not records:
            return {}
        wanted = models.Q()
        for name in self.key:
            parts = {record.values.get(name) for record in records}
            here = models.Q(**{f"{name}__in": [part for part in parts if part is not None]})
            wanted &= here | models.Q(**{f"{name}__isnull": True}) if None in parts else here
        rows = self.model._default_manager.filter(wanted)
        return {tuple(getattr(row, name) for name in self.key): row for row in rows}

    def _sort(self, record: Record, existing: models.Model | None, missing: Sequence[Column], plan: Plan) -> None:
        fields = self.made(dict(record.values))
        if existing is None and missing:
            plan.rejected.extend(rejected(record.row, column.name, needed_for_new(column)) for column in missing)
        elif existing is None:
            plan.new.append(self.model(**fields))
        elif all(getattr(existing, name) == value for name, value in fields.items()):
            plan.unchanged += 1
        else:
            for name, value in fields.items():
                setattr(existing, name, value)
            plan.changed.append(existing)

    def _upsert(self, rows: Sequence[models.Model], told: Told, before: int) -> None:
        names = [self.model._meta.get_field(name.removesuffix("_id")).name for name in self.key]
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            merge(self.model, names, chunk)
            told(before + start + len(chunk))


def merge(model: type[models.Model], key: Sequence[str], rows: Sequence[models.Model]) -> None:
    """Insert these rows, or overwrite those with the same key: COPY into a table of the moment, then one statement.

    Preparing each value for an INSERT costs more than the rest of an import together.
    """
    fields = [one for one in model._meta.concrete_fields if not one.primary_key]
    quote = connection.ops.quote_name
    table, incoming = quote(model._meta.db_table), quote(f"incoming_{model._meta.model_name}")
    names = ", ".join(quote(str(one.column)) for one in fields)
    unique = ", ".join(quote(str(one.column)) for one in fields if one.name in key)
    others = ", ".join(
        f"{quote(str(one.column))} = excluded.{quote(str(one.column))}" for one in fields if one.name not in key
    )
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {incoming}")
        cursor.execute(f"CREATE TEMPORARY TABLE {incoming} AS SELECT {names} FROM {table} WITH NO DATA")
        with cursor.copy(f"COPY {incoming} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([_plain(one, getattr(row, one.attname)) for one in fields])
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM {incoming} ORDER BY ctid "
            f"ON CONFLICT ({unique}) DO UPDATE SET {others}"
        )
        cursor.execute(f"DROP TABLE {incoming}")


def _plain(field: models.Field[Any, Any], value: Any) -> Any:
    return Jsonb(value) if isinstance(field, models.JSONField) else value


def unknown(column: Column, code: str) -> BadValue:
    return BadValue(
        f"unknown-{column.name.replace('_', '-')}",
        _("There is no “%(code)s” for “%(label)s”.") % {"code": code, "label": column.label},
        _("Check the spelling, or import it first."),
    )


def needed_for_new(column: Column) -> BadValue:
    return BadValue(
        "missing-for-new",
        _("The row is new, and a new row needs “%(label)s”.") % {"label": column.label},
        _("Add the column, or check the code."),
    )
