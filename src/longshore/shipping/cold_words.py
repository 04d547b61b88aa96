"""A cold-chain record in words, the same on the page and on paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from longshore.catalog.typed import HOME_ZONE
from longshore.catalog.wording import local_name
from longshore.sensing.rules.excursions import Limit
from longshore.shipping.queries.cold_chain import ColdChain, DecisionRow, Leg
from longshore.storing.models import QualityState

MARKS = {"good": "ok", "unknown": "risk", "excursion": "late"}


def verdict_word(verdict: str) -> str:
    return {"good": _("Within limits"), "unknown": _("Not fully known"), "excursion": _("Limits exceeded")}[verdict]


def celsius(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} °C"


def length(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes < 60:
        return _("%(n)d min") % {"n": minutes}
    return _("%(h)d h %(m)d min") % {"h": minutes // 60, "m": minutes % 60}


def moment(at: datetime) -> str:
    return f"{at.astimezone(HOME_ZONE):%m-%d %H:%M}"


def limit_word(limit: Limit) -> str:
    """ "at most 4.0 °C (no longer than 15 min)"."""
    word = _("at most %(value)s") if limit.above else _("at least %(value)s")
    text = word % {"value": celsius(limit.threshold)}
    if limit.activation == "instant":
        return text
    return text + " " + _("(no longer than %(time)s beyond it)") % {"time": length(limit.after)}


@dataclass(frozen=True, slots=True)
class LegShown:
    """`unknown`: the times nobody measured; `beyond`: what was exceeded, when and how far."""

    place: str
    code: str
    since: str
    until: str
    device: str
    verdict: str
    mark: str
    word: str
    lowest: str
    highest: str
    mean: str
    mkt: str
    unknown: tuple[str, ...]
    beyond: tuple[str, ...]


def leg_shown(leg: Leg) -> LegShown:
    heard = leg.heard
    gaps = ((leg.stay.from_at, leg.until),) if heard is None else heard.unknown
    return LegShown(
        place=local_name(leg.stay.name, leg.stay.name_zh),
        code=leg.stay.code,
        since=moment(leg.stay.from_at),
        until=moment(leg.until) if leg.stay.until_at else _("still there"),
        device="–" if leg.logger is None else leg.logger.code,
        verdict=leg.verdict,
        mark=MARKS[leg.verdict],
        word=verdict_word(leg.verdict),
        lowest=celsius(None if heard is None else heard.lowest),
        highest=celsius(None if heard is None else heard.highest),
        mean=celsius(None if heard is None else heard.mean),
        mkt=celsius(None if heard is None else heard.mkt),
        unknown=tuple(
            _("unknown %(since)s – %(until)s (%(time)s)")
            % {"since": moment(start), "until": moment(end), "time": length(end - start)}
            for start, end in gaps
            if end - start >= timedelta(minutes=1)
        ),
        beyond=()
        if heard is None
        else tuple(
            _("%(worst)s from %(since)s for %(time)s, limit %(limit)s")
            % {
                "worst": celsius(episode.worst),
                "since": moment(episode.from_at),
                "time": length(episode.beyond),
                "limit": celsius(limit.threshold),
            }
            for limit, episode in heard.episodes
        ),
    )


@dataclass(frozen=True, slots=True)
class DecisionShown:
    excursion: int
    what: str
    lot: str
    word: str
    by: str
    reason: str


def decision_shown(row: DecisionRow) -> DecisionShown:
    by = "" if row.decided_at is None else f"{row.decided_by}, {moment(row.decided_at)}"
    what = local_name(row.item_name, row.item_name_zh)
    return DecisionShown(row.excursion, what, row.lot, str(QualityState(row.state).label), by, row.reason)


def chart_of(found: ColdChain) -> dict[str, object] | None:
    """Every reading of the way in order, with holes where nobody measured; None without any."""
    x: list[str] = []
    values: list[float | None] = []
    for leg in found.legs:
        if leg.samples and x:
            x.append("")
            values.append(None)
        for row in leg.samples:
            x.append(f"{row.at.astimezone(HOME_ZONE):%m-%d %H:%M}")
            values.append(round(row.value, 2))
    if not any(value is not None for value in values):
        return None
    marks = [{"name": f"{limit.threshold:g}", "value": limit.threshold, "state": "late"} for limit in found.limits]
    return {"x": x, "series": [{"name": "°C", "values": values, "state": "info"}], "marks": marks}
