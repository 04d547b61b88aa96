"""What people know better: a total or a change at any level, for some days, until it expires; shared out exactly."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from longshore.catalog.errors import Refusal
from longshore.catalog.models import Item
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.planning import demand_rules, rules
from longshore.planning.demand_rules import Edit
from longshore.planning.models import DemandOverride, OverrideKind
from longshore.planning.operations.policies import set_policies
from longshore.planning.queries.hierarchy import Leaf, Node, leaves
from longshore.planning.reading import execute, rows

LARGEST_PERCENT_BP = 100_000
LARGEST = 10**12
# Whoever writes forecasts holds this until its transaction ends: two that apply overrides at once would each write the
# days without the other's.
ALONE = "SELECT pg_advisory_xact_lock(hashtext('longshore.planning.forecasts'))"
PUT = """
UPDATE planning_forecast f SET daily_milli = u.daily::jsonb, mean_milli = u.mean,
    base_milli = CASE WHEN f.base_milli = '[]'::jsonb THEN f.daily_milli ELSE f.base_milli END
FROM unnest(%(id)s::bigint[], %(daily)s::text[], %(mean)s::bigint[]) AS u(id, daily, mean)
WHERE f.id = u.id AND f.daily_milli <> u.daily::jsonb
RETURNING f.id
"""


class OverrideRefused(Refusal):
    """The forecast stays as it is."""


@dataclass(frozen=True, slots=True)
class NewOverride:
    """`amount`: whole units for `set` and `add`, basis points for `percent`. Over all days from start to end."""

    key: UUID
    node: Node
    starts_on: date
    ends_on: date
    kind: str
    amount: int
    reason: str
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class OverrideReceipt:
    """The override, how many leaves (item-sites) it reaches, and how many of them say something else now."""

    override: int
    leaves: int
    changed: int


@retried
@transaction.atomic
def override(wanted: NewOverride, *, at: datetime, today: date, cause: Cause) -> OverrideReceipt:
    """Put an override on; the forecasts and stock policies below it follow at once. The same key does it once."""
    write_alone()
    before = DemandOverride.objects.filter(key=wanted.key).first()
    reached = leaves(wanted.node)
    if before is not None:
        return OverrideReceipt(before.pk, len(reached), 0)
    _check(wanted, today, len(reached))
    node = wanted.node
    made = DemandOverride.objects.create(
        key=wanted.key, item_id=node.item, family=node.family, site_id=node.site, region=node.region,
        starts_on=wanted.starts_on, ends_on=wanted.ends_on, kind=wanted.kind, amount=wanted.amount,
        reason=wanted.reason.strip()[:300], actor=cause.actor[:80], made_at=at,
        expires_on=wanted.expires_on or wanted.ends_on,
    )  # fmt: skip
    changed = _follow(reached, today=today, at=at, cause=cause)
    return OverrideReceipt(made.pk, len(reached), changed)


@retried
@transaction.atomic
def withdraw_override(number: int, *, at: datetime, today: date, cause: Cause) -> OverrideReceipt:
    """Take an override off; doing it again changes nothing."""
    write_alone()
    found = DemandOverride.objects.filter(pk=number).first()
    if found is None:
        raise OverrideRefused("no-such-override", _("There is no such override."), _("Load the page again."))
    reached = leaves(node_of(found))
    if found.withdrawn_at is not None:
        return OverrideReceipt(found.pk, len(reached), 0)
    found.withdrawn_at, found.withdrawn_by = at, cause.actor[:80]
    found.save(update_fields=["withdrawn_at", "withdrawn_by"])
    return OverrideReceipt(found.pk, len(reached), _follow(reached, today=today, at=at, cause=cause))


def node_of(row: DemandOverride) -> Node:
    return Node(item=row.item_id, family=row.family, site=row.site_id, region=row.region)


def _check(wanted: NewOverride, today: date, reached: int) -> None:
    refusals = (
        (not wanted.reason.strip(), "no-reason", _("An override needs a reason."), _("Say in a few words why.")),
        (wanted.kind not in OverrideKind.values, "unknown-override", _("There is no such kind of override."),
         _("Choose one of the list.")),
        (wanted.ends_on < wanted.starts_on, "ends-before-start", _("It ends before it starts."),
         _("Give a later end.")),
        (wanted.ends_on < today, "in-the-past", _("These days are over."), _("Give days to come.")),
        (wanted.kind != OverrideKind.PERCENT and abs(wanted.amount) > LARGEST, "beyond-measure",
         _("This is more than can be counted."), _("Give a smaller one.")),
        (wanted.kind == OverrideKind.SET and wanted.amount < 0, "negative-demand", _("Demand cannot be negative."),
         _("Give zero or more.")),
        (wanted.kind == OverrideKind.PERCENT and not -10_000 <= wanted.amount <= LARGEST_PERCENT_BP, "bad-percentage",
         _("A change lies between −100 % and +1000 %."), _("Give 2000 for +20 %.")),
        (wanted.expires_on is not None and wanted.expires_on < today, "expires-in-the-past",
         _("It would have expired already."), _("Give a later day, or none.")),
        (reached == 0, "nothing-there", _("There is no forecast at this level."),
         _("Choose another level, or make the forecasts first.")),
    )  # fmt: skip
    for wrong, code, sentence, remedy in refusals:
        if wrong:
            raise OverrideRefused(code, sentence, remedy)


def _follow(reached: Sequence[Leaf], *, today: date, at: datetime, cause: Cause) -> int:
    items = sorted({leaf.item for leaf in reached})
    changed = apply_overrides(today=today, items=items)
    if changed and items:
        set_policies(at=at, cause=cause, items=items)
    return changed


def write_alone() -> None:
    """Before the first row of a forecast is written or an override read; nobody else writes until this transaction ends."""
    rows(ALONE, {})


def apply_overrides(*, today: date, items: Sequence[int] | None = None, fresh: bool = False) -> int:
    """The forecasts of these items (all) as the machine's with every override in force; how many changed.

    `fresh`: they have just been made, so without an override there is nothing to do. Refused where the overrides make more of
    it than can be counted.
    """
    write_alone()
    in_force = _in_force(today)
    if fresh and not in_force:
        return 0
    found = leaves(Node(), items=_reached(in_force, items))
    if not in_force:
        found = tuple(leaf for leaf in found if leaf.daily != leaf.base)
    if not found:
        return 0
    table = _table(found)
    base = np.concatenate([np.array(leaf.base, dtype=np.int64) for leaf in found])
    try:
        final = demand_rules.edited(base, [_edit(each, table, today) for each in in_force])
    except OverflowError as error:
        raise OverrideRefused(
            "beyond-measure",
            _("With the overrides in force it is more than can be counted."),
            _("Give a smaller one, or withdraw another."),
        ) from error
    changed = []
    for leaf, start in zip(found, table.offset.tolist(), strict=True):
        daily = final[start : start + len(leaf.base)].tolist()
        if daily != list(leaf.daily):
            changed.append((leaf.forecast, json.dumps(daily), round(sum(daily) / len(daily))))
    if not changed:
        return 0
    columns = [list(column) for column in zip(*changed, strict=True)]
    return execute(PUT, dict(zip(("id", "daily", "mean"), columns, strict=True)))


def _in_force(today: date) -> list[DemandOverride]:
    open_ones = DemandOverride.objects.filter(withdrawn_at__isnull=True, expires_on__gte=today, ends_on__gte=today)
    return list(open_ones.order_by("id"))


def _reached(in_force: Sequence[DemandOverride], items: Sequence[int] | None) -> Sequence[int] | None:
    """These items and those an override is shared out over together with one of them; None: all there are."""
    wide = {row.family for row in in_force if row.item_id is None}
    if items is None or "" in wide:
        return None
    touched = wide & set(Item.objects.filter(pk__in=items).values_list("family", flat=True))
    return sorted({*items, *Item.objects.filter(family__in=touched).values_list("pk", flat=True)})


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The leaves in columns of one length; `offset`: where the days of each begin in the flat array."""

    item: rules.Integers
    site: rules.Integers
    family: NDArray[np.str_]
    region: NDArray[np.str_]
    first: rules.Integers  # epoch days
    length: rules.Integers
    offset: rules.Integers


def _table(found: Sequence[Leaf]) -> _Table:
    length = np.array([len(leaf.base) for leaf in found], dtype=np.int64)
    return _Table(
        item=np.array([leaf.item for leaf in found], dtype=np.int64),
        site=np.array([leaf.site for leaf in found], dtype=np.int64),
        family=np.array([leaf.family for leaf in found]),
        region=np.array([leaf.region for leaf in found]),
        first=np.array([rules.epoch_day(leaf.starts_on) for leaf in found], dtype=np.int64),
        length=length,
        offset=np.cumsum(length) - length,
    )


def _edit(row: DemandOverride, table: _Table, today: date) -> Edit:
    """The cells it reaches, and its amount for them: days that are over or beyond the horizon keep their part of it."""
    at = np.flatnonzero(
        (table.item == row.item_id if row.item_id is not None else True)
        & (table.family == row.family if row.family else True)
        & (table.site == row.site_id if row.site_id is not None else True)
        & (table.region == row.region if row.region else True)
        & np.ones(len(table.item), dtype=np.bool_)
    )
    since = np.maximum(table.first[at], rules.epoch_day(max(row.starts_on, today)))
    until = np.minimum(table.first[at] + table.length[at], rules.epoch_day(row.ends_on) + 1)
    count = np.where(until > since, until - since, 0)
    nth = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    cells = np.repeat(table.offset[at] + since - table.first[at], count) + nth
    inside = len(np.unique(np.repeat(since, count) + nth))
    days = (row.ends_on - row.starts_on).days + 1
    amount = row.amount if row.kind == OverrideKind.PERCENT else row.amount * 1000 * inside // days
    return Edit(cells.astype(np.int64), row.kind, amount)
