"""What a carrier brings back: refused goods go from the carrier's vehicle to a site's returns place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.shipping.operations.finishing import NoReturnsPlace
from longshore.shipping.queries.ways import carrier_places
from longshore.storing.queries.places import places_of_use
from longshore.storing.queries.rows import fetch
from longshore.storing.rules import choose_place

_BACK: Final = """
SELECT b.item_id, b.place_id, b.owner_id, b.lot_id, b.condition, b.serial_id, b.qty, i.temperature_class
FROM ledger_balance b JOIN catalog_item i ON i.id = b.item_id
WHERE b.place_id = ANY(%(places)s) AND b.qty > 0 AND b.condition <> 0 ORDER BY b.id
"""


class _Back(NamedTuple):
    item: int
    place: int
    owner: int
    lot: int | None
    condition: int
    serial: int | None
    qty: int
    temperature_class: str


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """`qty` base units in all came back."""

    qty: int


@retried
def bring_back(
    *, carriers: Sequence[int], site: int, key: UUID, at: datetime, cause: Cause, happened_at: datetime | None = None
) -> BroughtBack:
    """Everything refused or damaged that these carriers still have goes to the site's returns place."""
    with transaction.atomic():
        places = [row.place for row in carrier_places(carriers) if row.place is not None]
        rows = fetch(_Back, _BACK, {"places": places})
        if not rows:
            return BroughtBack(0)
        returns = places_of_use([site], ["returns"])
        moves = []
        for row in rows:
            to = choose_place(returns, site=site, usages=["returns"], temperature_class=row.temperature_class)
            if not to:
                raise NoReturnsPlace(
                    "no-returns-place",
                    _("The site has no place for what comes back."),
                    _("Add a place with the use “returns” to the site."),
                    site=site,
                )
            source = Key(row.item, row.place, row.owner, row.lot, row.condition, None, row.serial)
            moves.append(Move(source, Key(row.item, to, row.owner, row.lot, row.condition, None, row.serial), row.qty))
        post([NewPosting(key, PostingKind.UNLOAD, happened_at or at, tuple(moves))], at=at, cause=cause)
        return BroughtBack(sum(row.qty for row in rows))
