"""Reasons of proposals and policies in words, from the stored numbers, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence of why, one of what binds, one of the smallest change that would make it different."""

    why: str
    binds: str = ""
    flip: str = ""


def proposal_reason(explanation: Mapping[str, Any]) -> Reason:
    """Why this much of this item is proposed."""
    if explanation.get("rule") == "agreed-delivery":
        return _agreed(explanation)
    inputs: Mapping[str, Any] = explanation.get("inputs", {})
    words = {
        "position": explanation.get("position", 0),
        "projected": explanation.get("projected", 0),
        "reorder": inputs.get("reorder_point", 0),
        "qty": explanation.get("qty", 0),
        "day": EPOCH + timedelta(days=int(explanation.get("need_day", 0))),
        "short": explanation.get("short", 0),
    }
    rules = {
        "backorder": _("Orders wait for it: the position is %(position)s."),
        "stock-out": _("It runs out before a later order could arrive: %(projected)s expected by then."),
        "below-reorder-point": _("The position of %(position)s is at or below the reorder point of %(reorder)s."),
        "network": _("From %(day)s stock would be %(short)s below what has to be kept."),
        "review": _("At this review the position of %(position)s is below the order-up-to level."),
    }
    default = _("The position of %(position)s asks for an order; reorder point %(reorder)s, projected %(projected)s.")
    why = rules.get(str(explanation.get("rule")), default) % words
    surge = _surge(explanation)
    why = f"{surge} {why}" if surge else why
    moved = _moved(explanation)
    return _moved_reason(why, explanation, moved) if moved else Reason(why, _binds(explanation), _flip(explanation))


def _surge(explanation: Mapping[str, Any]) -> str:
    """The spike of orders that moved the reorder point."""
    surge: Mapping[str, Any] = explanation.get("surge") or {}
    if not surge:
        return ""
    said = surge_words({**surge, "day": EPOCH + timedelta(days=int(surge.get("day", 0)))})
    words = {"before": surge.get("reorder_before"), "after": surge.get("reorder_after")}
    if words["before"] is None or words["before"] == words["after"]:
        return said
    return f"{said} " + _("The reorder point went from %(before)s to %(after)s.") % words


def surge_words(surge: Mapping[str, Any]) -> str:
    """What came on a day, and what was expected of it."""
    words = {**surge, "most": _days(surge.get("high_milli", 0))}
    return (
        _("Demand surged: %(lines)s order lines wanted %(qty)s on %(day)s, where at most %(most)s were expected.")
        % words
    )


def _moved(explanation: Mapping[str, Any]) -> Mapping[str, Any]:
    """The offer of another site's surplus, where that is what is proposed; else nothing."""
    chosen = _offer(explanation, str(explanation.get("source")))
    return chosen if chosen.get("most") else {}


def _offer(explanation: Mapping[str, Any], source: str) -> Mapping[str, Any]:
    offers = explanation.get("inputs", {}).get("offers", [])
    return next((each for each in offers if each.get("source") == source), {})


def _moved_reason(why: str, explanation: Mapping[str, Any], chosen: Mapping[str, Any]) -> Reason:
    """Goods of another site instead of bought ones: what it has to spare, what moving costs, when buying would win."""
    other = _offer(explanation, str((explanation.get("runner_up") or {}).get("source")))
    words = {
        "most": chosen.get("most", 0),
        "freight": _money(chosen.get("freight_milli", 0)),
        "saved": _money(chosen.get("saved_milli", 0)),
        "own": _days(chosen.get("lead_minutes", 0) * 1000 // 1440),
        "other": _days(other.get("lead_minutes", 0) * 1000 // 1440),
    }
    binds = _(
        "The other site has %(most)s more than its own order-up-to level. Moving one costs ¥%(freight)s and saves ¥%(saved)s of"
        " keeping it there; it takes %(own)s days."
    )
    flip: Mapping[str, Any] = explanation.get("flip") or {}
    parts = []
    if flip.get("more_on_hand"):
        parts.append(_("With %(qty)s more on hand nothing would be moved.") % {"qty": flip["more_on_hand"]})
    if flip.get("price_milli") and not other.get("most"):
        more = _money(flip["price_milli"] - chosen.get("price_milli", 0))
        parts.append(
            _("Buying, which takes %(other)s days, would win if moving one cost ¥%(more)s more.")
            % {**words, "more": more}
        )
    return Reason(f"{why} {binds % words}", "", " ".join(parts))


def _money(milli: int) -> str:
    """Minor units in thousandths, as the company's currency; a rounded fen is exact enough for a reason."""
    price = round(milli / 1000)
    return f"{price // 100}.{price % 100:02}"


def _agreed(explanation: Mapping[str, Any]) -> Reason:
    """A delivery that the two sides of an agreement planned."""
    words = {"by": explanation.get("by", ""), "code": explanation.get("agreement", "")}
    if explanation.get("by_partner"):
        why = _("%(by)s of the supplier proposes it under agreement %(code)s.") % words
    else:
        why = _("%(by)s ordered what was planned together under agreement %(code)s.") % words
    levels = {"least": explanation.get("min"), "most": explanation.get("max")}
    binds = "" if levels["most"] is None else _("Stock stays between %(least)s and %(most)s.") % levels
    said = str(explanation.get("said") or "")
    return Reason(why, binds, f"“{said}”" if said else "")


def _binds(explanation: Mapping[str, Any]) -> str:
    sentences = {
        "moq": _("The least order quantity decides how much."),
        "multiple": _("Rounded up to whole packs."),
        "order-quantity": _("The economic quantity decides how much."),
        "order-up-to": _("Filled up to the order-up-to level."),
        "capacity": _("The supplier's limit decides when and how much."),
        "shelf-life": _("No more than is used before it spoils."),
        "kept": _("Kept as in the plan before, which serves as well."),
        "surplus": _("Another site has more than it will need."),
        "fills-load": _("Goes earlier, with a load that has room."),
        "price-break": _("A larger quantity is worth its lower price."),
        "need": _("Exactly what is needed."),
        "shortage": _("More than one lot is needed to get above the reorder point."),
    }
    binding = explanation.get("binding")
    code = binding.get("code", "") if isinstance(binding, Mapping) else str(binding or "")
    return sentences.get(code, "")


def _flip(explanation: Mapping[str, Any]) -> str:
    flip: Mapping[str, Any] = explanation.get("flip") or {}
    parts = []
    if flip.get("more_on_hand"):
        parts.append(_("With %(qty)s more on hand nothing would be ordered.") % {"qty": flip["more_on_hand"]})
    if flip.get("price_milli"):
        parts.append(_("Another source would win at a price of ¥%(price)s.") % {"price": _money(flip["price_milli"])})
    return " ".join(parts)


def policy_reason(explanation: Mapping[str, Any], *, safety: int, reorder: int) -> tuple[str, ...]:
    """Why this reorder point: the sentence of the rule, then what binds."""
    inputs: Mapping[str, Any] = explanation.get("inputs", {})
    if not inputs:
        words = {"by": explanation.get("by", ""), "reason": explanation.get("reason", "")}
        return (_("Set by %(by)s: %(reason)s") % words,) if words["reason"] else (_("Set by hand."),)
    words = {
        "mean": _days(inputs.get("mean_milli", 0)),
        "spread": _days(inputs.get("sd_milli", 0)),
        "lead": _days(inputs.get("lead_minutes", 0) * 1000 // 1440),
        "lead_spread": _days(inputs.get("lead_sd_minutes", 0) * 1000 // 1440),
        "service": f"{inputs.get('service_bp', 0) / 100:.1f}",
        "risk": _days(explanation.get("risk_days_milli", 0)),
        "safety": safety,
        "reorder": reorder,
        "days_sold": inputs.get("days_sold", 0),
    }
    said = [
        _("%(mean)s a day ± %(spread)s are expected; supply takes %(lead)s ± %(lead_spread)s days.") % words,
        _("Over %(risk)s days of risk, %(service)s %% of cycles without a stock-out need %(safety)s of safety stock.")
        % words,
        _("So an order is due at %(reorder)s.") % words,
    ]
    if inputs.get("late_line_milli"):
        said.insert(1, _worth_of_late(inputs))
    if inputs.get("days_sold"):
        said.insert(
            1,
            _("It has sold for %(days_sold)s days only: that is spread over the time an order has to cover.") % words,
        )
    quantity = {
        "moq": _("The supplier's least quantity decides the order quantity."),
        "shelf-life": _("Shelf life limits the order quantity."),
        "eoq": _("The order quantity balances ordering and holding cost."),
        "multiple": _("The order quantity is rounded up to whole packs."),
        "review": _("The order quantity covers the time between reviews."),
    }
    binding = str(explanation.get("binding_quantity", ""))
    if binding in quantity:
        said.append(quantity[binding])
    return tuple(said)


def _worth_of_late(inputs: Mapping[str, Any]) -> str:
    """Why this service and no other: what a late order line is worth everywhere, and how many lines there are here."""
    words = {
        "target": f"{inputs['lines_bp'] / 100:g}",
        "price": _money(inputs["late_line_milli"]),
        "lines": _days(inputs["lines_milli"] * 7),
        "service": f"{inputs['service_bp'] / 100:.1f}",
    }
    return (
        _(
            "For %(target)s %% of all order lines to be there with the least money in stock, a late one is worth ¥%(price)s;"
            " with %(lines)s lines a week here that pays for %(service)s %% of cycles."
        )
        % words
    )


def _days(milli: int) -> str:
    return f"{milli / 1000:.1f}".rstrip("0").rstrip(".")


def driver_words(name: str) -> str:
    """What moves demand, in words: a festival with its phase, a promotion or a signal by its own name."""
    festival, _dot, phase = name.partition(".")
    festivals = {
        "spring-festival": _("Spring Festival"),
        "qingming": _("Qingming"),
        "labour-day": _("Labour Day"),
        "dragon-boat": _("Dragon Boat Festival"),
        "mid-autumn": _("Mid-Autumn Festival"),
        "national-day": _("National Day"),
        "new-year": _("New Year"),
    }
    phases = {"before": _("before %(name)s"), "during": "%(name)s", "after": _("after %(name)s")}
    if festival not in festivals:
        return name
    return phases.get(phase, "%(name)s") % {"name": festivals[festival]}
