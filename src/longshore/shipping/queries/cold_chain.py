"""Where the goods of a shipment were and what was measured there: the interval join of moves, attachments, readings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from longshore.sensing.rules.excursions import Assessment, Limit, assess
from longshore.sensing.rules.limits import gap_of
from longshore.storing.queries.rows import fetch


class StayRow(NamedTuple):
    """The shipment's packages stood there from the first coming to the last leaving (None: some still do)."""

    place: int
    code: str
    name: str
    name_zh: str
    kind: str
    from_at: datetime
    until_at: datetime | None


# What left for a customer stands in no package any more, so the last stay is the vehicle's.
_STAYS = """
WITH packages AS (SELECT DISTINCT handling_unit_id AS id FROM shipping_shipmentline WHERE shipment_id = %(shipment)s),
here AS (SELECT b.id, b.place_id, b.qty FROM ledger_balance b JOIN packages u ON u.id = b.handling_unit_id)
SELECT p.id, p.code, p.name, p.name_zh, p.kind, min(came.at),
    CASE WHEN sum(h.qty) = 0 THEN max(went.at) END
FROM here h JOIN catalog_place p ON p.id = h.place_id
LEFT JOIN LATERAL (SELECT min(m.happened_at) AS at FROM ledger_movement m WHERE m.target_id = h.id) came ON true
LEFT JOIN LATERAL (SELECT max(m.happened_at) AS at FROM ledger_movement m WHERE m.source_id = h.id) went ON true
GROUP BY p.id HAVING min(came.at) < CASE WHEN sum(h.qty) = 0 THEN max(went.at) ELSE 'infinity' END
ORDER BY min(came.at), p.id
"""


def stays_of(shipment: int) -> list[StayRow]:
    """From packing on, in order of time."""
    return fetch(StayRow, _STAYS, {"shipment": shipment})


class LoggerRow(NamedTuple):
    """A device that hung on a package, at the place, or at one around it, and from when until when."""

    device: int
    code: str
    expected_every_s: int
    on_package: bool
    from_at: datetime
    until_at: datetime | None


_LOGGERS = """
WITH RECURSIVE around AS (
    SELECT id, parent_id FROM catalog_place WHERE id = %(place)s
    UNION SELECT p.id, p.parent_id FROM catalog_place p JOIN around a ON p.id = a.parent_id
)
SELECT d.id, d.code, d.expected_every_s, a.handling_unit_id IS NOT NULL, a.from_at, a.until_at
FROM sensing_attachment a JOIN sensing_device d ON d.id = a.device_id
WHERE (a.place_id IN (SELECT id FROM around WHERE parent_id IS NOT NULL OR id = %(place)s) OR a.handling_unit_id IN (
        SELECT handling_unit_id FROM shipping_shipmentline WHERE shipment_id = %(shipment)s))
    AND a.from_at < %(until)s AND (a.until_at IS NULL OR a.until_at > %(since)s)
    AND EXISTS (SELECT 1 FROM sensing_lastvalue v WHERE v.device_id = d.id AND v.metric_id = 1)
ORDER BY a.handling_unit_id IS NULL, d.code
"""


def loggers_at(shipment: int, place: int, since: datetime, until: datetime) -> list[LoggerRow]:
    """Thermometers that speak for the shipment while it was there, those on its packages first."""
    return fetch(LoggerRow, _LOGGERS, {"shipment": shipment, "place": place, "since": since, "until": until})


class SampleRow(NamedTuple):
    at: datetime
    value: float


_SAMPLES = """
SELECT at, value FROM sensing_reading
WHERE device_id = %(device)s AND metric_id = 1 AND at >= %(since)s AND at < %(until)s ORDER BY at
"""


def temperatures(device: int, since: datetime, until: datetime) -> list[SampleRow]:
    return fetch(SampleRow, _SAMPLES, {"device": device, "since": since, "until": until})


class _Limit(NamedTuple):
    code: str
    above: bool
    threshold: float
    hysteresis: float
    inclusive: bool
    activation: str
    after_s: int
    within_s: int


_LIMITS = """
SELECT code, above, threshold, hysteresis, inclusive, activation, after_s, within_s FROM sensing_productlimit
WHERE active AND metric_id = 1 AND temperature_class = %(class)s ORDER BY code
"""


def limits_of_class(temperature_class: str) -> list[Limit]:
    """What goods of this class bear."""
    return [
        Limit(
            row.code,
            "temperature",
            row.above,
            row.threshold,
            row.hysteresis,
            row.inclusive,
            row.activation,
            timedelta(seconds=row.after_s),
            timedelta(seconds=row.within_s),
        )
        for row in fetch(_Limit, _LIMITS, {"class": temperature_class})
    ]


class DecisionRow(NamedTuple):
    """A lot of the shipment that was on hold because of an excursion, and what quality said."""

    excursion: int
    item_code: str
    item_name: str
    item_name_zh: str
    lot: str
    state: str
    decided_by: str
    decided_at: datetime | None
    reason: str


_DECISIONS = """
SELECT DISTINCT q.excursion, i.code, i.name, i.name_zh, coalesce(t.code, ''), q.state, q.decided_by, q.decided_at, q.reason
FROM storing_qualitycase q JOIN catalog_item i ON i.id = q.item_id LEFT JOIN catalog_lot t ON t.id = q.lot_id
JOIN storing_heldstock h ON h.case_id = q.id JOIN ledger_balance b ON b.id = h.balance_id
WHERE b.handling_unit_id IN (SELECT handling_unit_id FROM shipping_shipmentline WHERE shipment_id = %(shipment)s)
ORDER BY q.excursion, i.code, 5
"""


def decisions_on(shipment: int) -> list[DecisionRow]:
    return fetch(DecisionRow, _DECISIONS, {"shipment": shipment})


@dataclass(frozen=True, slots=True)
class Leg:
    """One stay and what its best thermometer says of it; `heard` None: nobody measured, so nobody knows."""

    stay: StayRow
    until: datetime
    logger: LoggerRow | None
    samples: tuple[SampleRow, ...]
    heard: Assessment | None

    @property
    def verdict(self) -> str:
        return "unknown" if self.heard is None else self.heard.verdict


@dataclass(frozen=True, slots=True)
class ColdChain:
    """The whole way. Its verdict is its worst leg's: excursion before unknown before good."""

    legs: tuple[Leg, ...]
    limits: tuple[Limit, ...]
    decisions: tuple[DecisionRow, ...]

    @property
    def verdict(self) -> str:
        verdicts = {leg.verdict for leg in self.legs}
        return next((worst for worst in ("excursion", "unknown", "good") if worst in verdicts), "unknown")


def cold_chain_of(shipment: int, temperature_class: str, at: datetime) -> ColdChain:
    """The record of a shipment as known at `at`: a few legs, one question each."""
    limits = tuple(limits_of_class(temperature_class))
    legs = tuple(_leg(shipment, stay, limits, at) for stay in stays_of(shipment))
    return ColdChain(legs, limits, tuple(decisions_on(shipment)))


def _leg(shipment: int, stay: StayRow, limits: tuple[Limit, ...], at: datetime) -> Leg:
    until = stay.until_at or at
    loggers = loggers_at(shipment, stay.place, stay.from_at, until) if until > stay.from_at else []
    if not loggers:
        return Leg(stay, until, None, (), None)
    logger = loggers[0]
    gap = gap_of(logger.expected_every_s)
    since = max(stay.from_at, logger.from_at)
    upto = until if logger.until_at is None else min(until, logger.until_at)
    samples = tuple(temperatures(logger.device, since - gap, upto))
    heard = assess([(row.at, row.value) for row in samples], limits, (stay.from_at, until), gap)
    return Leg(stay, until, logger, tuple(row for row in samples if row.at >= since), heard)
