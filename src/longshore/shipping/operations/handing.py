"""What is handed over at the door, claim by claim: taken, refused, damaged. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from longshore.ledger.models import Condition, PostingKind
from longshore.ledger.operations import Claims, Key, Move, NewPosting
from longshore.shipping.operations.carrying import source_of
from longshore.shipping.queries.loading import GoodsRow, ShipmentRow
from longshore.storing.rules import key_of


class RefusalReason(StrEnum):
    UNWANTED = "unwanted"
    DAMAGED = "damaged"
    WRONG = "wrong"
    LATE = "late"
    TOO_WARM = "too-warm"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """`qty` of an order line that the customer does not take. Damaged goods and `bring_again` leave the line open:
    it is promised anew; otherwise that much of it is cancelled."""

    order_line: int
    qty: int
    reason: str = RefusalReason.UNWANTED
    bring_again: bool = False

    @property
    def damaged(self) -> bool:
        return self.reason in (RefusalReason.DAMAGED, RefusalReason.TOO_WARM)

    @property
    def again(self) -> bool:
        return self.bring_again or self.damaged


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the driver reports of one shipment."""

    shipment: int
    happened_at: datetime
    signer: str = ""
    note: str = ""
    refused: tuple[RefusedLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """Of one claim of a shipment: how much was taken and how much refused."""

    goods: GoodsRow
    taken: int
    refused: int
    reason: str = ""
    damaged: bool = False
    again: bool = False


def shares(goods: Sequence[GoodsRow], refused: Sequence[RefusedLine]) -> list[Share]:
    """Refused quantities come off the last goods of their line first."""
    left: dict[int, list[tuple[RefusedLine, int]]] = defaultdict(list)
    for line in refused:
        left[line.order_line].append((line, line.qty))
    out: list[Share] = []
    for row in reversed(goods):
        open_lines = left.get(row.order_line or 0, [])
        if not open_lines:
            out.append(Share(row, row.qty, 0))
            continue
        line, wanted = open_lines.pop()
        amount = min(wanted, row.qty)
        if wanted > amount:
            open_lines.append((line, wanted - amount))
        out.append(Share(row, row.qty - amount, amount, str(line.reason), line.damaged, line.again))
    return out[::-1]


def delivery(
    shipment: ShipmentRow, parts: Sequence[Share], happened_at: datetime, dock: int | None
) -> NewPosting | None:
    """What was taken moves to the customer (or into the receiving dock of our other site); None if nothing was."""
    moves = []
    for part in parts:
        if part.taken:
            target = _bare(part.goods, shipment.ship_to if dock is None else dock, 0)
            moves.append(
                Move(
                    source_of(part.goods),
                    target,
                    part.taken,
                    Claims.CONSUME,
                    part.goods.claim,
                    None if dock is None else shipment.flow,
                )
            )
    if not moves:
        return None
    kind = PostingKind.DELIVER if dock is None else PostingKind.UNLOAD
    return NewPosting(key_of("deliver", shipment.shipment), kind, happened_at, tuple(moves), shipment.number)


def refusal(shipment: ShipmentRow, parts: Sequence[Share], happened_at: datetime) -> NewPosting | None:
    """What was refused stays on the vehicle, out of its package and out of use."""
    moves = []
    for part in parts:
        if part.refused:
            condition = Condition.DAMAGED if part.damaged else Condition.RETURNED
            target = _bare(part.goods, part.goods.place, int(condition))
            moves.append(Move(source_of(part.goods), target, part.refused))
    if not moves:
        return None
    return NewPosting(
        key_of("refuse", shipment.shipment), PostingKind.REFUSE, happened_at, tuple(moves), shipment.number
    )


def _bare(goods: GoodsRow, place: int, condition: int) -> Key:
    return replace(source_of(goods), place=place, condition=condition, handling_unit=None)


def by_shipment(goods: Sequence[GoodsRow]) -> Mapping[int, list[GoodsRow]]:
    found: dict[int, list[GoodsRow]] = defaultdict(list)
    for row in goods:
        found[row.shipment].append(row)
    return found
