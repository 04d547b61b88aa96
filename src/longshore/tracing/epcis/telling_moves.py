"""A posting of the ledger told as EPCIS events. Pure: what the movements say, in the standard's words."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from longshore.ledger.models import Condition, PostingKind
from longshore.tracing.epcis.keys import HOST, check_digit

Json = dict[str, Any]
NAMESPACE = uuid.UUID("8d5f6f1e-3a0d-5c38-9d0e-6b7c6d0b1c55")
PRODUCTION = "PRODUCTION"
# Why goods moved → step of the vocabulary, disposition afterwards ("" leaves it to the condition), action.
STEPS: dict[int, tuple[str, str, str]] = {
    PostingKind.OPENING: ("commissioning", "", "ADD"),
    PostingKind.RECEIPT: ("receiving", "in_progress", "OBSERVE"),
    PostingKind.PUTAWAY: ("storing", "", "OBSERVE"),
    PostingKind.MOVE: ("storing", "", "OBSERVE"),
    PostingKind.PICK: ("picking", "in_progress", "OBSERVE"),
    PostingKind.PACK: ("packing", "in_progress", "ADD"),
    PostingKind.STAGE: ("staging_outbound", "in_progress", "OBSERVE"),
    PostingKind.LOAD: ("loading", "in_transit", "OBSERVE"),
    PostingKind.UNLOAD: ("unloading", "in_progress", "OBSERVE"),
    PostingKind.DELIVER: ("receiving", "in_progress", "OBSERVE"),
    PostingKind.REFUSE: ("inspecting", "returned", "OBSERVE"),
    PostingKind.RETURN: ("receiving", "returned", "OBSERVE"),
    PostingKind.COUNT: ("cycle_counting", "", "OBSERVE"),
    PostingKind.DAMAGE: ("inspecting", "damaged", "OBSERVE"),
    PostingKind.SCRAP: ("destroying", "destroyed", "DELETE"),
    PostingKind.CONDITION: ("inspecting", "", "OBSERVE"),
    PostingKind.OWNER: ("accepting", "", "OBSERVE"),
    PostingKind.TRANSFER: ("shipping", "in_transit", "OBSERVE"),
}
BY_CONDITION = {
    Condition.UNRESTRICTED: "sellable_accessible",
    Condition.INSPECTION: "in_progress",
    Condition.HOLD: "non_sellable_other",
    Condition.DAMAGED: "damaged",
    Condition.EXPIRED: "expired",
    Condition.RETURNED: "returned",
}
TRANSACTION_TYPES = {
    "purchase-order": "po",
    "order": "po",
    "production": "prodorder",
    "return": "rma",
    "advice": "desadv",
}
UNCOUNTED_UNITS = frozenset(("EA", "C62", "H87", "PCE"))


@dataclass(frozen=True, slots=True)
class Side:
    """A place as a movement names it."""

    code: str
    kind: str
    gln: str
    site_gln: str
    condition: int
    sscc: str
    owner: int
    partner: int | None

    @property
    def uri(self) -> str:
        if self.gln:
            return f"{HOST}414/{self.gln}"
        if self.site_gln:
            return f"{HOST}414/{self.site_gln}/254/{quote(self.code, safe='')}"
        return f"urn:longshore:place:{quote(self.code, safe='')}"


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement with the names of everything it touches."""

    posting: int
    key: uuid.UUID
    kind: int
    happened_at: datetime
    recorded_at: datetime
    document: str
    reverses: uuid.UUID | None
    item: str
    gtin: str
    unit: str
    lot: str
    serial: str
    qty: int
    source: Side
    target: Side


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a posting, and the partners whose goods or place it concerns."""

    posting: uuid.UUID
    event: Json
    partners: frozenset[int]


def tell(moves: Iterable[Moved]) -> list[Told]:
    """The events of postings that are not reversals, one for each way goods went in each."""
    by_posting: dict[uuid.UUID, list[Moved]] = {}
    for moved in moves:
        by_posting.setdefault(moved.key, []).append(moved)
    found: list[Told] = []
    for key, listed in by_posting.items():
        groups = _groups(listed)
        for number, group in enumerate(groups):
            event = {**_event(group), "eventID": f"urn:uuid:{uuid.uuid5(NAMESPACE, f'{key}:{number}')}"}
            found.append(Told(key, event, _partners(group)))
    return found


def declared_wrong(event: Json, at: datetime) -> Json:
    """A reversal takes a posting back: the standard's way to say that is to declare its event an error."""
    return {**event, "errorDeclaration": {"declarationTime": _stamp(at), "reason": "did_not_occur"}}


def _groups(moves: Sequence[Moved]) -> list[list[Moved]]:
    if moves[0].kind in (PostingKind.TRANSFORM, PostingKind.CONSUME, PostingKind.PRODUCE):
        return [list(moves)]
    groups: dict[tuple[object, ...], list[Moved]] = {}
    for moved in moves:
        source, target = moved.source, moved.target
        way = (source.code, target.code, source.condition, target.condition, source.sscc, target.sscc)
        groups.setdefault(way, []).append(moved)
    return list(groups.values())


def _partners(moves: Sequence[Moved]) -> frozenset[int]:
    found: set[int | None] = set()
    for moved in moves:
        found |= {moved.source.partner, moved.target.partner, moved.source.owner, moved.target.owner}
    return frozenset(one for one in found if one)


def _event(moves: Sequence[Moved]) -> Json:
    first = moves[0]
    head: Json = {
        "eventTime": _stamp(first.happened_at),
        "eventTimeZoneOffset": "+00:00",
    }
    if first.document:
        kind = TRANSACTION_TYPES.get(first.document.partition(":")[0])
        document = {"bizTransaction": f"urn:longshore:document:{quote(first.document, safe=':')}"}
        head["bizTransactionList"] = [{"type": kind, **document} if kind else document]
    if first.kind in (PostingKind.TRANSFORM, PostingKind.CONSUME, PostingKind.PRODUCE):
        return {**head, **_transformed(moves)}
    step, disposition, action = STEPS.get(first.kind, ("other", "", "OBSERVE"))
    where = first.target if first.target.kind != "external" else first.source
    head |= {
        "bizStep": step,
        "disposition": disposition or BY_CONDITION[Condition(where.condition)],
        "readPoint": {"id": where.uri},
        "bizLocation": {"id": where.uri},
        **_parties(first),
    }
    if first.kind == PostingKind.PACK and first.target.sscc:
        return {"type": "AggregationEvent", "action": "ADD", **head, **_packed(moves)}
    listed = _identified(moves, "epcList", "quantityList")
    if first.target.sscc and first.kind != PostingKind.PACK:
        # Goods on a handling unit move with it: the unit is seen, and what is on it.
        listed["epcList"] = [f"{HOST}00/{first.target.sscc}", *listed.get("epcList", [])]
    return {"type": "ObjectEvent", "action": action, **head, **listed}


def _parties(moved: Moved) -> Json:
    made: Json = {}
    for name, item, side in (("sourceList", "source", moved.source), ("destinationList", "destination", moved.target)):
        if side.kind == "party":
            party = f"{HOST}417/{side.gln}" if side.gln else f"urn:longshore:party:{quote(side.code, safe='')}"
            made[name] = [{"type": "possessing_party", item: party}]
    return made


def _packed(moves: Sequence[Moved]) -> Json:
    return {"parentID": f"{HOST}00/{moves[0].target.sscc}", **_identified(moves, "childEPCs", "childQuantityList")}


def _transformed(moves: Sequence[Moved]) -> Json:
    """What goes to production (or is lost on the way) went in; what comes from it came out."""
    made = [moved for moved in moves if moved.source.kind == "external"]
    used = [moved for moved in moves if moved.source.kind != "external"]
    first = moves[0]
    where = (made[0].target if made else used[0].source).uri
    # Consumption and production posted apart belong to one transformation: that of their document.
    name = first.document or str(first.key)
    return {
        "type": "TransformationEvent",
        "transformationID": f"urn:longshore:transformation:{quote(name, safe=':')}",
        "bizStep": "commissioning",
        "disposition": "in_progress",
        "readPoint": {"id": where},
        "bizLocation": {"id": where},
        **_identified(used, "inputEPCList", "inputQuantityList"),
        **_identified(made, "outputEPCList", "outputQuantityList"),
    }


def _identified(moves: Sequence[Moved], things: str, classes: str) -> Json:
    epcs: dict[str, None] = {}
    quantities: dict[tuple[str, str], int] = {}
    for moved in moves:
        if moved.serial:
            epcs[item_uri(moved.item, moved.gtin, serial=moved.serial)] = None
        else:
            key = (item_uri(moved.item, moved.gtin, lot=moved.lot), moved.unit)
            quantities[key] = quantities.get(key, 0) + moved.qty
    made: Json = {}
    if epcs:
        made[things] = list(epcs)
    if quantities:
        made[classes] = [
            {"epcClass": uri, "quantity": qty, **({} if unit in UNCOUNTED_UNITS or not unit else {"uom": unit})}
            for (uri, unit), qty in quantities.items()
        ]
    return made


def item_uri(code: str, gtin: str, *, lot: str = "", serial: str = "") -> str:
    """How goods of ours are called in events: by GTIN where the item has one, else by our own code."""
    if gtin:
        digits = gtin.zfill(14)
        if check_digit(digits[:13]) == digits[13]:
            tail = f"/21/{quote(serial, safe='')}" if serial else f"/10/{quote(lot, safe='')}" if lot else ""
            return f"{HOST}01/{digits}{tail}"
    parts = [quote(text, safe="") for text in (code, serial or lot) if text]
    return f"urn:longshore:{'serial' if serial else 'lot' if lot else 'item'}:{':'.join(parts)}"


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
