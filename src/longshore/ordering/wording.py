"""The reason of a promise in words: engine codes and numbers to one sentence, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from longshore.catalog.typed import HOME_ZONE


@dataclass(frozen=True, slots=True)
class Reason:
    """`why` binds the promise; `instead` was the runner-up; `flip` is the smallest change that would make it win."""

    why: str
    instead: str = ""
    flip: str = ""


def reason_of(explanation: Mapping[str, Any], sites: Mapping[int, str]) -> Reason:
    """The stored explanation as sentences. `sites`: names by id."""
    binding: Mapping[str, Any] = explanation.get("binding", {})
    return Reason(_why(binding, sites), _instead(explanation.get("runner_up"), sites), _flip(explanation.get("flip")))


def _why(binding: Mapping[str, Any], sites: Mapping[int, str]) -> str:
    code = str(binding.get("code", ""))
    words = {
        "site": sites.get(int(binding.get("site") or 0), "–"),
        "qty": binding.get("qty", 0),
        "at": _time(binding.get("at")),
    }
    sentences = {
        "none": _("On time and in full from one place."),
        "held": _("Held already."),
        "split": _("No one site has it all: %(qty)s leave from %(site)s besides."),
        "supply": _("Waits for goods that come to %(site)s at %(at)s."),
        "transit": _("Even what is on the shelf arrives later than wanted: the way is too long."),
        "cutoff": _("Waits for the next departure from %(site)s."),
        "cost": _("An earlier arrival would cost more than the delay."),
        "life": _("%(qty)s are too close to their expiry date for this customer."),
        "no-supply": _("%(qty)s are missing everywhere, now and on order."),
        "no-route": _("%(qty)s stand where no way leads to this customer."),
        "splits": _("More shipments than allowed would be needed."),
        "truck": _("The truck is expected there at %(at)s."),
        "complete": _("The customer wants everything together."),
    }
    return sentences.get(code, code) % words


def _instead(runner_up: Mapping[str, Any] | None, sites: Mapping[int, str]) -> str:
    if not runner_up or not runner_up.get("shipments"):
        return ""
    parts = [f"{sites.get(int(s['site']), '–')} {_time(s['ship_at'])}" for s in runner_up["shipments"]]
    words = {"from": ", ".join(parts), "cost": _money(runner_up.get("cost", 0)), "short": runner_up.get("short", 0)}
    if words["short"]:
        return _("Next best: %(from)s, %(short)s short, at a cost of %(cost)s.") % words
    return _("Next best: %(from)s at a cost of %(cost)s.") % words


def _flip(flip: Mapping[str, Any] | None) -> str:
    if not flip:
        return ""
    if flip.get("code") == "qty":
        return _("%(amount)s more there would make it the better one.") % {"amount": flip.get("amount")}
    return _("It would win if this one cost %(amount)s more.") % {"amount": _money(flip.get("amount", 0))}


def _money(minor: int) -> str:
    return f"¥{minor // 100:,}.{minor % 100:02}"


def _time(text: str | None) -> str:
    if not text:
        return "–"
    return date_format(datetime.fromisoformat(text).astimezone(HOME_ZONE), "m-d H:i")


def notice_of(kind: str, facts: Mapping[str, Any]) -> str:
    """What a customer is told, as one sentence."""
    words = {
        "order": facts.get("order", ""),
        "due": _time(facts.get("due")),
        "before": _time(facts.get("before")),
        "site": facts.get("site", ""),
        "goods": facts.get("goods", ""),
        "recall": facts.get("recall", ""),
        "reason": facts.get("reason", ""),
    }
    sentences = {
        "later": _("Your order %(order)s will arrive at %(due)s instead of %(before)s."),
        "sooner": _("Your order %(order)s will arrive at %(due)s after all, not at %(before)s."),
        "replaced": _("Part of your order %(order)s comes from another warehouse. It will arrive by %(due)s."),
        "waiting": _("Part of your order %(order)s cannot be delivered as promised. We will tell you a new date."),
        "recalled": _(
            "We call back goods of your order %(order)s (%(recall)s: %(reason)s): %(goods)s. Please do not use or sell "
            "them, and tell us how much of it you still have."
        ),
        "recall-off": _("The recall %(recall)s of goods of your order %(order)s is called off: %(goods)s may be used."),
    }
    return sentences[kind] % words
