"""A pallet that nobody announced came in: somebody said of which order it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.catalog.models import HandlingUnit
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.sensing.models import EpisodeState, Passage
from longshore.sourcing.operations.receiving import ReceiveReceipt, receive
from longshore.sourcing.rules import Arrived

_PALLETS = UUID("0c0f1f0a-9b0e-4c35-9a5e-2f9c6f3f7a54")


class PalletRefused(Refusal):
    """There is no such pallet to be taken in."""


@dataclass(frozen=True, slots=True)
class PalletReceipt:
    sscc: str
    handling_unit: int
    taken: ReceiveReceipt


@retried
def receive_pallet(passage: int, line: int, qty: int, *, at: datetime, cause: Cause) -> PalletReceipt:
    """Take in `qty` of this line on the pallet of this passage, at the dock through which it came. Again: once."""
    with transaction.atomic():
        seen = Passage.objects.select_for_update(of=("self",)).filter(pk=passage).exclude(sscc="").first()
        if seen is None or seen.state == EpisodeState.WITHDRAWN or seen.to_place_id is None:
            raise PalletRefused(
                "pallet-not-there",
                _("This pallet did not come in after all."),
                _("Look at the portal's page for what it saw."),
                passage=passage,
            )
        unit, _made = HandlingUnit.objects.get_or_create(
            sscc=seen.sscc, defaults={"kind": "pallet", "created_at": seen.at}
        )
        key = uuid5(_PALLETS, f"{seen.sscc}:{line}")
        arrived = Arrived(line, qty, key, happened_at=seen.at, handling_unit=unit.pk)
        taken = receive(None, [arrived], seen.to_place_id, at=at, cause=cause)
        return PalletReceipt(seen.sscc, unit.pk, taken)
