"""What the demand page draws and lists beside the grid: the curve with its band, what moves it, who knew better."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from longshore.catalog.models import Item, Place
from longshore.planning import festivals
from longshore.planning.models import DemandOverride, Promotion
from longshore.planning.pages.surges import Told, band_before
from longshore.planning.queries import hierarchy
from longshore.planning.queries.demand_history import ConsumedDay, HistoryRow, MarkRow
from longshore.planning.queries.hierarchy import Node, Spread
from longshore.planning.wording import driver_words

BACK_DAYS = 84


def demand_chart(
    node: Node, today: date, history: Sequence[HistoryRow], marks: Sequence[MarkRow], spreads: Sequence[Spread]
) -> dict[str, Any]:
    """What was, day by day (days without an order had none), and the forecast with the band four of five days lie in."""
    first = today - timedelta(days=BACK_DAYS)
    days = [first + timedelta(days=n) for n in range(BACK_DAYS + 7 * hierarchy.WEEKS_AHEAD)]
    known = {row.day: row.qty for row in history}
    began = min(known, default=today)
    place = {day: n for n, day in enumerate(days)}
    reach = _reach(spreads, today, len(days) - BACK_DAYS)
    mean, low, high = _expected(spreads, today, reach)
    before: list[float | None] = [None] * BACK_DAYS
    after: list[float | None] = [None] * (len(days) - BACK_DAYS - reach)
    return {
        "x": [f"{day:%m-%d}" for day in days],
        "wanted": [known.get(day, 0) if began <= day < today else None for day in days],
        "mean": [*before, *mean, *after],
        "low": [*before, *low, *after],
        "high": [*before, *high, *after],
        "now": BACK_DAYS,
        "names": {
            "wanted": _("Wanted"), "mean": _("Expected"), "band": _("Four days of five"), "points": _("Counted otherwise"),
        },
        # Over many items some day of one of them is always counted otherwise: a mark on nearly every day says nothing.
        "points": [
            {"at": place[mark.day], "value": known.get(mark.day, mark.qty)}
            for mark in (marks if node.item else ())
            if mark.day in place
        ],
        "spans": _spans(node, days),
    }  # fmt: skip


def surged_chart(node: Node, today: date, surges: Sequence[Told]) -> dict[str, Any]:
    """Days that surged, drawn as points, and where they did today the upper end of the band as it stood before."""
    shown = [each for each in surges if today - each.row.day < timedelta(days=BACK_DAYS)]
    totals: dict[date, int] = {}
    for each in shown:
        totals[each.row.day] = totals.get(each.row.day, 0) + each.row.qty
    found: dict[str, Any] = {
        "surges": [{"at": BACK_DAYS - (today - day).days, "value": qty} for day, qty in sorted(totals.items())],
        "surge_name": _("Surge"),
    }
    before = band_before(shown, today, 7 * hierarchy.WEEKS_AHEAD) if node.item and node.site else None
    nothing: list[float | None] = [None] * BACK_DAYS
    return (
        found if before is None else {**found, "before": [*nothing, *before], "before_name": _("High before the surge")}
    )


def _spans(node: Node, days: list[date]) -> list[dict[str, Any]]:
    """Promotions and festivals behind the curve."""
    found = [
        {"from": _within(row.starts_on, days), "to": _within(row.ends_on, days), "name": row.name}
        for row in promotions_of(node, days[0])
        if row.starts_on <= days[-1] and row.ends_on >= days[0]
    ]
    zones = Place.objects.filter(kind="site", active=True).values_list("timezone", flat=True).distinct()
    named: dict[str, list[date]] = {}
    for zone in zones:
        for day, name in festivals.festivals(zone, days[0], days[-1]):
            named.setdefault(name, []).append(day)
    for name, when in named.items():
        if (max(when) - min(when)).days < 20:
            span = {"from": _within(min(when), days), "to": _within(max(when), days), "name": driver_words(name)}
            found.append(span)
    return sorted(found, key=lambda span: int(span["from"]))


def _within(day: date, days: list[date]) -> int:
    place = (day - days[0]).days
    return min(place if place > 0 else 0, len(days) - 1)


def _reach(spreads: Sequence[Spread], today: date, length: int) -> int:
    """How many days from today on every leaf has a forecast for: between midnight and the night's run it is one less."""
    ends = [(spread.leaf.starts_on - today).days + len(spread.leaf.daily) for spread in spreads]
    return min([length, *(end for end in ends if end > 0)])


def _expected(spreads: Sequence[Spread], today: date, length: int) -> tuple[list[float], list[float], list[float]]:
    """Mean and band of the leaves together. Bands add as those of independent leaves do: by the squares of widths."""
    mean, above, below = [0.0] * length, [0.0] * length, [0.0] * length
    for spread in spreads:
        gone = (today - spread.leaf.starts_on).days
        for place, value in enumerate(spread.leaf.daily):
            if 0 <= place - gone < length:
                mean[place - gone] += value / 1000
                above[place - gone] += (spread.above[place] / 1000) ** 2
                below[place - gone] += (spread.below[place] / 1000) ** 2
    low = [m - w**0.5 if m > w**0.5 else 0.0 for m, w in zip(mean, below, strict=True)]
    high = [m + w**0.5 for m, w in zip(mean, above, strict=True)]
    return [round(m, 1) for m in mean], [round(v, 1) for v in low], [round(v, 1) for v in high]


def consumed_chart(days: Sequence[ConsumedDay]) -> dict[str, Any]:
    shown = days[:28]
    return {
        "x": [f"{day.day:%m-%d}" for day in shown],
        "stack": True,
        "series": [
            {"name": _("Ordered as expected"), "values": [(d.ordered - d.unexpected) / 1000 for d in shown], "state": "ok"},
            {"name": _("Ordered beyond it"), "values": [d.unexpected / 1000 for d in shown], "state": "risk"},
            {"name": _("Still expected"), "values": [d.left / 1000 for d in shown], "state": "info"},
        ],
    }  # fmt: skip


def overrides_of(node: Node, today: date) -> list[DemandOverride]:
    """Those that touch this level: above, at and below it. What is over is left out."""
    found = DemandOverride.objects.select_related("item", "site").filter(withdrawn_at__isnull=True, ends_on__gte=today)
    family = Item.objects.filter(pk=node.item).values_list("family", flat=True).first() if node.item else node.family
    return [
        row
        for row in found[:200]
        if (not node.item or row.item_id in (None, node.item))
        and (not family or row.family in ("", family))
        and (not node.site or row.site_id in (None, node.site))
    ]


def promotions_of(node: Node, since: date) -> list[Promotion]:
    found = Promotion.objects.select_related("item", "site").filter(ends_on__gte=since)
    family = Item.objects.filter(pk=node.item).values_list("family", flat=True).first() if node.item else node.family
    return [
        row
        for row in found[:200]
        if (not node.item or row.item_id in (None, node.item))
        and (not family or row.family in ("", family))
        and (not node.site or row.site_id in (None, node.site))
    ]


def drivers_of(spreads: Sequence[Spread]) -> list[tuple[str, int]]:
    """What moves the coming four weeks, in basis points of their mean, over the leaves that say so."""
    summed: dict[str, int] = {}
    for spread in spreads:
        for name, bp in spread.drivers.items():
            summed[name] = summed.get(name, 0) + int(bp)
    shares = [(driver_words(name), bp // len(spreads)) for name, bp in summed.items()]
    return sorted((pair for pair in shares if pair[1]), key=lambda pair: -abs(pair[1]))
