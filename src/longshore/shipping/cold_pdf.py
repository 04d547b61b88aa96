"""The cold-chain record of a shipment on paper. The document carries its own letters, Latin and Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib.staticfiles import finders
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from longshore.catalog.errors import Refusal
from longshore.catalog.typed import HOME_ZONE
from longshore.shipping.cold_words import (
    LegShown,
    decision_shown,
    leg_shown,
    limit_word,
    verdict_word,
)
from longshore.shipping.queries.cold_chain import ColdChain

LATIN: Final = "vendor/noto-sans-sc-latin.woff"
CHINESE: Final = "vendor/noto-sans-sc.woff"
GREY: Final = (110, 110, 110)
WIDTHS: Final = (46, 28, 28, 22, 17, 17, 17, 15)


class NoLetters(Refusal):
    """The files with the letters were never built."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the top: the shipment, from where to where, for whom, what it carries."""

    number: str
    order: str
    origin: str
    destination: str
    vehicle: str
    temperature_class: str
    delivered: str


def _letters() -> tuple[str, str]:
    latin, chinese = finders.find(LATIN), finders.find(CHINESE)
    if not isinstance(latin, str) or not isinstance(chinese, str):
        raise NoLetters("no-letters", _("The letters for documents are not built."), _("Run `make setup`."))
    return latin, chinese


def cold_chain_pdf(head: Head, found: ColdChain, at: datetime) -> bytes:
    """One or more pages A4; the same record at the same moment gives the same text."""
    latin, chinese = _letters()
    paper = FPDF(format="A4")
    paper.set_title(f"{head.number}")
    paper.set_creation_date(at)
    paper.set_auto_page_break(True, margin=15)
    paper.add_font("latin", "", latin)
    paper.add_font("chinese", "", chinese)
    paper.set_fallback_fonts(["chinese"], exact_match=False)
    paper.add_page()
    _title(paper, head, found, at)
    _legs(paper, [leg_shown(leg) for leg in found.legs])
    _decisions(paper, found)
    return bytes(paper.output())


def _line(paper: FPDF, text: str, size: float = 9, *, grey: bool = False, space: float = 5) -> None:
    paper.set_font("latin", size=size)
    paper.set_text_color(*(GREY if grey else (0, 0, 0)))
    paper.multi_cell(0, space, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _title(paper: FPDF, head: Head, found: ColdChain, at: datetime) -> None:
    _line(paper, _("Cold-chain record"), 18, space=9)
    _line(paper, f"{head.number}   {verdict_word(found.verdict)}", 12, space=7)
    facts = (
        (_("Order"), head.order),
        (_("From"), head.origin),
        (_("To"), head.destination),
        (_("Vehicle"), head.vehicle),
        (_("Temperature class"), head.temperature_class),
        (_("Limits"), "; ".join(limit_word(limit) for limit in found.limits) or "–"),
        (_("Delivered"), head.delivered),
        (_("Made at"), f"{at.astimezone(HOME_ZONE):%Y-%m-%d %H:%M}"),
    )
    paper.ln(2)
    for name, value in facts:
        _line(paper, f"{name}: {value or '–'}")


def _row(paper: FPDF, cells: Sequence[str], *, grey: bool = False) -> None:
    paper.set_font("latin", size=8)
    paper.set_text_color(*(GREY if grey else (0, 0, 0)))
    for width, cell in zip(WIDTHS, cells, strict=True):
        paper.cell(width, 6, cell, border="B")
    paper.ln()


def _legs(paper: FPDF, legs: Sequence[LegShown]) -> None:
    paper.ln(3)
    _line(paper, _("Where it was, and how warm"), 12, space=7)
    heads = (_("Place"), _("Since"), _("Until"), _("Device"), _("Lowest"), _("Highest"), _("Mean"), "MKT")
    _row(paper, heads, grey=True)
    for leg in legs:
        _row(paper, (leg.place[:24], leg.since, leg.until, leg.device, leg.lowest, leg.highest, leg.mean, leg.mkt))
        for note in (*leg.beyond, *leg.unknown):
            _line(paper, f"   {note}", 8, grey=note in leg.unknown, space=4.5)
    note = _("MKT: mean kinetic temperature, weighed by time, given only where every moment is known.")
    _line(paper, note, 7, grey=True, space=6)


def _decisions(paper: FPDF, found: ColdChain) -> None:
    if not found.decisions:
        return
    paper.ln(3)
    _line(paper, _("Lots held, and what quality decided"), 12, space=7)
    for row in map(decision_shown, found.decisions):
        _line(paper, f"{row.what} {row.lot} · {row.word} · {row.by}")
        if row.reason:
            _line(paper, f"   {row.reason}", 8, grey=True, space=4.5)
