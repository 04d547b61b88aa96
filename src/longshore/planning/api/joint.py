"""Agreements, shared plans and the bullwhip over HTTP: for our people, and below /portal for the partner's."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema

from longshore.planning.api.plans import asked_by, now
from longshore.planning.operations import agreements as verbs
from longshore.planning.operations import joint_plan
from longshore.planning.operations.agreements import NewAgreement, NewLine, Shared
from longshore.planning.operations.joint_plan import Author, UnknownLine, Words
from longshore.planning.queries import agreements as asked
from longshore.planning.queries.bullwhip import bullwhip as measured
from longshore.planning.queries.joint_forecast import joint_forecast
from longshore.planning.queries.seats import Seat, seat_of

router = Router()
portal = Router()


class SharedIn(Schema):
    stock: bool = False
    forecast: bool = False
    orders: bool = False
    plan: bool = False


class LineIn(Schema):
    """Both levels, or none of them."""

    item: int
    site: int
    min_qty: int | None = None
    max_qty: int | None = None


class AgreementIn(Schema):
    """`mode`: view, vmi, jmi or cpfr; `threshold_bp`: from where two forecasts are an exception."""

    code: str
    partner: int
    mode: str
    starts_on: date
    ends_on: date | None = None
    shared: SharedIn = SharedIn()
    horizon_days: int = 28
    threshold_bp: int = 2000
    orders_at_once: bool = False
    lines: list[LineIn]


class EndIn(Schema):
    on: date


class WordsIn(Schema):
    """`day`: of a delivery, or the Monday of a forecast's week."""

    day: date
    qty: int = 0
    text: str = ""


@router.get("/agreements")
def agreements(request: HttpRequest) -> list[dict[str, Any]]:
    asked_by(request, "view")
    return [asdict(row) for row in asked.agreements(at=now(request))]


@router.post("/agreements")
def make_agreement(request: HttpRequest, wanted: AgreementIn) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    terms = wanted.dict(exclude={"lines", "shared"})
    agreement = NewAgreement(**terms, shared=Shared(**wanted.shared.dict()))
    lines = [NewLine(**line.dict()) for line in wanted.lines]
    return asdict(verbs.make_agreement(agreement, lines, at=now(request), cause=cause))


@router.get("/agreements/{int:number}")
def agreement(request: HttpRequest, number: int) -> dict[str, Any]:
    """The agreement, where its lines stand, and for a joint forecast each side's numbers."""
    asked_by(request, "view")
    return _agreement(request, number, None)


@router.put("/agreements/{int:number}/lines")
def put_lines(request: HttpRequest, number: int, lines: list[LineIn]) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    wanted = [NewLine(**line.dict()) for line in lines]
    return asdict(verbs.put_lines(number, wanted, at=now(request), cause=cause))


@router.delete("/agreements/{int:number}/lines/{int:line_number}")
def drop_line(request: HttpRequest, number: int, line_number: int) -> dict[str, Any]:
    """Take an item-site out while nothing was planned under it."""
    cause = asked_by(request, "planning")
    return asdict(verbs.drop_line(number, line_number, at=now(request), cause=cause))


@router.post("/agreements/{int:number}/end")
def end_agreement(request: HttpRequest, number: int, wanted: EndIn) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    return asdict(verbs.end_agreement(number, on=wanted.on, at=now(request), cause=cause))


@router.get("/agreements/lines/{int:number}")
def line(request: HttpRequest, number: int) -> dict[str, Any]:
    """Day by day, the orders under way, and who wrote what."""
    asked_by(request, "view")
    return _line(request, number, None)


@router.post("/agreements/lines/{int:number}/{verb}")
def write(request: HttpRequest, number: int, verb: str, words: WordsIn) -> dict[str, Any]:
    """`say`, `commit`, `plan`, `order`, `propose` or `comment`."""
    asked_by(request, "planning")
    return _write(request, number, verb, words, None)


@router.get("/bullwhip")
def bullwhip(request: HttpRequest, weeks: int = 26) -> dict[str, Any]:
    """Variance of orders over variance of demand, for each level of the network and each item at a site."""
    asked_by(request, "view")
    found = measured(at=now(request), weeks=weeks if 2 <= weeks <= 104 else 26)
    return {
        "weeks": found.weeks,
        "echelons": [{**asdict(each), "ratio_milli": each.whip.ratio_milli} for each in found.echelons],
        "sites": [{**asdict(each), "ratio_milli": each.whip.ratio_milli} for each in found.sites],
    }


@portal.get("/agreements")
def portal_agreements(request: HttpRequest) -> list[dict[str, Any]]:
    """Agreements in force with the caller's company."""
    seat = seat_asked(request)
    return [_for_partner(asdict(row)) for row in asked.agreements(at=now(request), partner=seat.partner)]


@portal.get("/agreements/{int:number}")
def portal_agreement(request: HttpRequest, number: int) -> dict[str, Any]:
    return _agreement(request, number, seat_asked(request))


@portal.get("/lines/{int:number}")
def portal_line(request: HttpRequest, number: int) -> dict[str, Any]:
    return _line(request, number, seat_asked(request))


@portal.post("/lines/{int:number}/{verb}")
def portal_write(request: HttpRequest, number: int, verb: str, words: WordsIn) -> dict[str, Any]:
    """`say` a forecast, `propose` or `plan` a delivery, `order` a planned one, `comment`."""
    return _write(request, number, verb, words, seat_asked(request))


def seat_asked(request: HttpRequest) -> Seat:
    """Whose chair the caller sits on; for everybody else there is nothing here."""
    seat = seat_of(request.user)
    if seat is None:
        raise Http404(request.path_info)
    return seat


def _agreement(request: HttpRequest, number: int, seat: Seat | None) -> dict[str, Any]:
    at, partner = now(request), None if seat is None else seat.partner
    found = asked.agreements(at=at, partner=partner, number=number)
    if not found:
        raise Http404(number)
    levels = asked.levels(at=at, partner=partner, agreement=number, all_shared=seat is None)
    joint = joint_forecast(number, at=at, partner=partner) if found[0].mode == "cpfr" else ()
    told = {**asdict(found[0]), "levels": [asdict(each) for each in levels], "joint": [asdict(each) for each in joint]}
    return told if seat is None else _for_partner(told)


def _for_partner(told: dict[str, Any]) -> dict[str, Any]:
    """Who of us made it is our own business."""
    return {name: value for name, value in told.items() if name not in ("made_by", "made_at")}


def _line(request: HttpRequest, number: int, seat: Seat | None) -> dict[str, Any]:
    view = asked.line_view(number, at=now(request), partner=None if seat is None else seat.partner)
    if view is None:
        raise Http404(number)
    return asdict(view)


def _write(request: HttpRequest, number: int, verb: str, words: WordsIn, seat: Seat | None) -> dict[str, Any]:
    author = Author(request.user.get_username(), None if seat is None else seat.partner)
    try:
        done = joint_plan.write(verb, number, words.day, Words(words.qty, words.text), author=author, at=now(request))
    except UnknownLine as unknown:
        raise Http404(number) from unknown
    return asdict(done)
