"""What is off plan, how bad, in which words, and the one action proposed for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop

# Days of cover: out below 2, low below 4, more than enough above 45. In tenths of a day.
COVER_OUT, COVER_LOW, COVER_OVER = 20, 40, 450
COVER_SOON = 80  # a proposal for what lasts longer than this can wait on its page

POSITION_KNOWN_FOR = timedelta(minutes=20)
SLIP_SEEN_MINUTES = 15

OTIF_TARGET_MILLI = 97_000
SHIPPING_TARGET_MILLI = 98_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One way of being off plan: its sentence, and where its subject can be looked at."""

    title: str | Promise
    sentence: str
    icon: str


@dataclass(frozen=True, slots=True)
class Action:
    """`label` says what will happen, with numbers; `app` is whose verb it calls, so who may press it."""

    label: str
    app: str
    done: str


# The sentences are msgids; the placeholders are keys of the stored facts.
KINDS: Mapping[str, Kind] = {
    "order-late": Kind(_("Late order"), noop("%(order)s for %(customer)s is %(late)s late"), "package"),
    "order-slipping": Kind(
        _("Slipping order"),
        noop("%(order)s for %(customer)s will come %(late)s after the date first promised"),
        "package",
    ),
    "order-unpromised": Kind(
        _("No promise"), noop("%(order)s for %(customer)s has no date yet (lines waiting: %(lines)s)"), "package-search"
    ),
    "stock-short": Kind(
        _("Runs out"), noop("%(item)s at %(site)s lasts %(days)s days, its reorder point is reached"), "boxes"
    ),
    "purchase-late": Kind(
        _("Late supplier"),
        noop("%(purchase)s from %(supplier)s comes %(late)s after the agreed date"),
        "clipboard-list",
    ),
    "purchase-risk": Kind(
        _("Supplier at risk"),
        noop(
            "%(purchase)s from %(supplier)s is %(share)s %% likely to be late; most such orders are here by %(likely)s"
        ),
        "clipboard-list",
    ),
    "trip-late": Kind(_("Late truck"), noop("%(plate)s will be %(late)s late at %(place)s"), "truck"),
    "pick-short": Kind(
        _("Short pick"), noop("%(missing)s %(item)s missing at %(place)s when picking for %(order)s"), "package-x"
    ),
    "excursion": Kind(
        _("Too warm or too cold"),
        noop(
            "%(place)s was at %(worst)s °C: %(lots)s lots (%(qty)s) on hold, orders promised anew: %(kept)s of %(touched)s"
        ),
        "thermometer",
    ),
    "forecast-drift": Kind(
        _("Forecast leans"),
        noop("The forecast of %(item)s at %(site)s has been %(lean)s %% too low for weeks"),
        "chart-line",
    ),
    "lot-expired": Kind(
        _("Expired stock"),
        noop("Lot %(lot)s of %(item)s expired, %(qty)s still free to be picked at %(place)s"),
        "timer",
    ),
    "truck-astray": Kind(
        _("Off its way"), noop("%(plate)s has been off its way since %(since)s, at most %(km)s km from it"), "map-pin"
    ),
    "truck-standing": Kind(
        _("Stands on the way"), noop("%(plate)s has been standing since %(since)s where it has no stop"), "map-pin"
    ),
    "pallet-unannounced": Kind(
        _("Unannounced pallet"),
        noop("Pallet %(sscc)s came in at %(dock)s, %(came)s, and nobody announced it"),
        "package-search",
    ),
    "anomaly": Kind(
        _("Unlike itself"),
        noop("%(metric)s of %(device)s at %(place)s has been unlike itself since %(since)s"),
        "gauge",
    ),
    "recall-open": Kind(
        _("Open recall"),
        noop("Recall %(recall)s (%(reason)s): %(lots)s lots, %(customers)s customers, answers to come: %(unanswered)s"),
        "octagon-alert",
    ),
}

ACTIONS: Mapping[str, Action] = {
    "repromise": Action(
        noop("Promise its lines again from what is there now"),
        "ordering",
        noop("New dates for its lines: %(changed)s"),
    ),
    "approve-purchase": Action(
        noop("Order %(qty)s from %(supplier)s for %(price)s, here by %(due)s"),
        "planning",
        noop("Approved and released"),
    ),
    "approve-transfer": Action(
        noop("Move %(qty)s here from %(origin)s, here by %(due)s"), "planning", noop("Approved and released")
    ),
    "supply-purchase": Action(
        noop("Order %(qty)s %(item)s for it from %(supplier)s, here by %(due)s"),
        "planning",
        noop("Approved and released"),
    ),
    "supply-transfer": Action(
        noop("Move %(qty)s %(item)s for it from %(origin)s, here by %(due)s"), "planning", noop("Approved and released")
    ),
    "expedite": Action(
        noop("Ask the supplier to bring it by %(by)s"), "sourcing", noop("Asked for %(lines)s lines sooner")
    ),
    "refresh-eta": Action(
        noop("Work out its arrivals again from where it is now"),
        "shipping",
        noop("New arrival times at %(stops)s stops"),
    ),
    "accept-excursion": Action(
        noop("Keep the new dates of %(orders)s orders, tell the customers, send %(lots)s lots to quality"),
        "shipping",
        noop("%(notices)s customers told, %(cases)s lots with quality"),
    ),
    "reforecast": Action(
        noop("Forecast %(name)s again with all methods, then its stock policies"),
        "planning",
        noop("Forecasts made: %(series)s, policies changed: %(policies)s"),
    ),
    "ask-count": Action(noop("Have %(place)s counted"), "storing", noop("A count is asked for")),
    "hold-lot": Action(noop("Put %(qty)s on hold"), "storing", noop("%(qty)s on hold")),
    "receive-pallet": Action(
        noop("Take it in as %(qty)s %(item)s of %(purchase)s"), "sourcing", noop("%(qty)s taken in on it")
    ),
    "listen-closely": Action(
        noop("Ask %(code)s to report every ten seconds for an hour"), "sensing", noop("%(code)s is asked")
    ),
    "shut-out-device": Action(
        noop("Shut %(code)s out until somebody has checked it"), "sensing", noop("%(code)s is shut out")
    ),
    "recall-hold": Action(noop("Put what is left of %(lots)s lots on hold"), "tracing", noop("%(qty)s on hold")),
    "recall-notify": Action(noop("Tell %(customers)s customers"), "tracing", noop("%(letters)s letters written")),
    "recall-reconcile": Action(
        noop("See whether everything is accounted for"), "tracing", noop("Nothing is unexplained")
    ),
    "recall-close": Action(noop("Close recall %(number)s"), "tracing", noop("Closed")),
}

TOO_HIGH = noop("The forecast of %(item)s at %(site)s has been %(lean)s %% too high for weeks")
STOCK_OUT = noop("%(item)s at %(site)s is out")


def sentence_of(kind: str, facts: Mapping[str, object]) -> str:
    """The msgid that tells this exception."""
    if kind == "stock-short" and facts.get("days") == {"tenths": 0}:
        return STOCK_OUT
    if kind == "forecast-drift" and facts.get("high"):
        return TOO_HIGH
    return KINDS[kind].sentence


SEVERITY_ICONS = {"critical": "octagon-alert", "warning": "triangle-alert", "info": "circle-alert"}
SNOOZES: Mapping[str, timedelta] = {"hour": timedelta(hours=1), "shift": timedelta(hours=8), "day": timedelta(days=1)}


def cover_band(tenths: int) -> str:
    """The order of alarm: out (solid), low (outline), over (tint), fine."""
    if tenths < COVER_OUT:
        return "out"
    if tenths < COVER_LOW:
        return "low"
    return "over" if tenths > COVER_OVER else "fine"


def truck_state(late_minutes: int, slip_minutes: int, seen_at: datetime | None, now: datetime) -> str:
    """late: after what a customer was told; risk: behind its own plan; idle: nothing heard of it lately; else ok."""
    if seen_at is None or now - seen_at > POSITION_KNOWN_FOR:
        return "idle"
    if late_minutes > 0:
        return "late"
    return "risk" if slip_minutes > SLIP_SEEN_MINUTES else "ok"


def measure_state(name: str, value_milli: int | None, population: int, second: int) -> str:
    """ok, risk or late: colour only where something is off plan."""
    if value_milli is None:
        return "ok"
    if name in ("otif", "on_time_shipping"):
        target = OTIF_TARGET_MILLI if name == "otif" else SHIPPING_TARGET_MILLI
        return "ok" if value_milli >= target else "risk" if value_milli >= target - 5_000 else "late"
    if name == "orders_at_risk":
        return "late" if population else "ok"
    if name in ("trucks", "stock_cover"):
        return "risk" if second else "ok"
    return "ok"


# Whether more is better (1), worse (-1) or neither (0): colours the change since yesterday.
MEASURE_DIRECTION = {
    "otif": 1,
    "orders_at_risk": -1,
    "trucks": 0,
    "stock_cover": 0,
    "on_time_shipping": 1,
    "inventory_value": 0,
}
