"""A dairy: milk of a supplier's lot becomes cheese, is cut, packed, loaded and delivered; all through the ledger's verbs."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from longshore.catalog.models import HandlingUnit, Item, Lot
from longshore.ledger.models import Posting, PostingKind
from longshore.ledger.operations import Input, Move, NewPosting, NewTransform, Output, post, transform
from longshore.ledger.posting import Key
from longshore.tracing.operations import link_postings
from longshore.tracing.rules import LOT, node_of
from tests.platform.ledger.conftest import WHO, Small, build, hours


@dataclass(frozen=True)
class Dairy:
    """Ids. Milk L1 (100, 80 used) → cheese C1 (8) → slices S1 (40: 10 in carton to the shop, 5 loose to the shop)."""

    small: Small
    cheese: int
    slices: int
    c1: int
    s1: int
    carton: int
    received: UUID
    made: UUID
    cut: UUID
    delivered: UUID

    def key(self, item: int, lot: int, place: int, *, unit: int | None = None, condition: int = 0) -> Key:
        return Key(item, place, self.small.owner, lot, condition, unit)


def lot(code: str, item: int) -> int:
    return node_of(LOT, Lot.objects.get(code=code, item_id=item).pk)


def link() -> None:
    link_postings(list(Posting.objects.values_list("pk", flat=True)))


def send(kind: int, at: float, *moves: Move, document: str = "") -> UUID:
    key = uuid4()
    post([NewPosting(key, kind, hours(at), moves, document)], at=hours(at), cause=WHO)
    return key


def build_dairy() -> Dairy:
    small = build()
    unit = Item.objects.get(pk=small.milk).base_unit
    cheese = Item.objects.create(code="CHEESE", name="Cheese", base_unit=unit, lot_tracked=True, gtin="09521234000017")
    slices = Item.objects.create(code="SLICES", name="Slices", base_unit=unit, lot_tracked=True)
    c1, s1 = Lot.objects.create(item=cheese, code="C1"), Lot.objects.create(item=slices, code="S1")
    carton = HandlingUnit.objects.create(sscc="095212340000000015", created_at=hours(0)).pk
    milk = small.key(small.shelf)
    received = send(PostingKind.RECEIPT, 0, Move(small.key(small.supplier), milk, 100))
    at_shelf = Key(cheese.pk, small.shelf, small.owner, c1.pk)
    cut_shelf = Key(slices.pk, small.shelf, small.owner, s1.pk)
    made, cut = uuid4(), uuid4()
    first = NewTransform(made, hours(1), (Input(milk, 80, lost=5),), (Output(at_shelf, 8),), machine=small.stage)
    second = NewTransform(cut, hours(2), (Input(at_shelf, 4),), (Output(cut_shelf, 40),), reason="split")
    transform([first, second], at=hours(2), cause=WHO)
    packed = Key(slices.pk, small.shelf, small.owner, s1.pk, 0, carton)
    send(PostingKind.PACK, 3, Move(cut_shelf, packed, 10), document="order:1")
    on_truck = Key(slices.pk, small.truck, small.owner, s1.pk, 0, carton)
    loose = Key(slices.pk, small.truck, small.owner, s1.pk)
    send(PostingKind.LOAD, 4, Move(packed, on_truck, 10), Move(cut_shelf, loose, 5))
    shop = Key(slices.pk, small.customer, small.owner, s1.pk)
    in_shop = Key(slices.pk, small.customer, small.owner, s1.pk, 0, carton)
    delivered = send(PostingKind.DELIVER, 5, Move(on_truck, in_shop, 10), Move(loose, shop, 5), document="SH-1")
    return Dairy(small, cheese.pk, slices.pk, c1.pk, s1.pk, carton, received, made, cut, delivered)
