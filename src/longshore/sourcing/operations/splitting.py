"""One proposal is bought from several suppliers; how a choice is weighed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import uuid5

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.planning.models import Proposal, ProposalState
from longshore.planning.operations import Change, approve
from longshore.sourcing.models import SelectionWeights
from longshore.sourcing.operations.contracting import price_of
from longshore.sourcing.rules import LARGEST_WEIGHT, Weights


class SplitRefused(Refusal):
    """A proposal cannot be bought like this."""


class WeightsRefused(Refusal):
    """Weights that mean nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    supplier: int
    qty: int


@dataclass(frozen=True, slots=True)
class SplitReceipt:
    """The proposals released, the one split first, with their prices in minor units."""

    proposals: tuple[int, ...]
    unit_prices: tuple[int, ...]


@transaction.atomic
def split_proposal(proposal: int, parts: Sequence[Part], *, at: datetime, cause: Cause, note: str = "") -> SplitReceipt:
    """Approve a purchase as several: the proposal becomes the first part, each other part one of its own.

    All of it or nothing; who splits, or approves, first wins. Each part obeys its supplier's minimum and multiple and has
    the price of its quantity.
    """
    row = _splittable(proposal, parts)
    told = [asdict(part) for part in parts]
    first, *others = parts
    row.explanation = {**row.explanation, "split": told}
    row.save(update_fields=["explanation"])
    approve(proposal, at=at, cause=cause, change=Change(qty=first.qty, supplier=first.supplier), note=note)
    made = [proposal]
    for part in others:
        each = _part(row, part, proposal)
        each.save()
        approve(each.pk, at=at, cause=cause, change=Change(qty=part.qty, supplier=part.supplier), note=note)
        made.append(each.pk)
    prices = [price_of(part.supplier, row.item_id, part.qty) for part in parts]
    for number, price in zip(made, prices, strict=True):
        Proposal.objects.filter(pk=number).update(unit_price=price)
    return SplitReceipt(tuple(made), tuple(prices))


@transaction.atomic
def set_weights(wanted: Weights, *, at: datetime, cause: Cause) -> Weights:
    """How choices are weighed from now on; returns how they were before."""
    before = weights()
    SelectionWeights.objects.update_or_create(
        pk=1, defaults={**asdict(sound_weights(wanted)), "changed_at": at, "changed_by": cause.actor}
    )
    return before


def sound_weights(wanted: Weights) -> Weights:
    """As given, or WeightsRefused: what a choice can be weighed by."""
    if not wanted.sound:
        raise WeightsRefused(
            "bad-weights",
            _("A weight is below zero or beyond all measure, cost counts nothing, or the shares are not in order."),
            _("Give cost at least 1, the others from 0 to %(most)s, and shares from 0 to 100.")
            % {"most": LARGEST_WEIGHT},
        )
    return wanted


def weights() -> Weights:
    """As last set; everything counts once where nobody did."""
    found = SelectionWeights.objects.filter(pk=1).values(*Weights.__dataclass_fields__).first()
    return Weights(**found) if found else Weights()


def _splittable(proposal: int, parts: Sequence[Part]) -> Proposal:
    row = Proposal.objects.select_for_update(of=("self",)).filter(pk=proposal).first()
    if row is None or row.kind != "purchase" or row.state != ProposalState.PROPOSED:
        raise SplitRefused(
            "not-splittable",
            _("Proposal %(number)s is no purchase that waits for a decision.") % {"number": proposal},
            _("Open it to see who decided and when."),
            proposal=proposal,
        )
    suppliers = [part.supplier for part in parts]
    if len(parts) < 1 or len(set(suppliers)) < len(suppliers):
        raise SplitRefused(
            "parts-unclear", _("A supplier stands there twice, or none at all."), _("Give each supplier one part.")
        )
    return row


def _part(row: Proposal, part: Part, of: int) -> Proposal:
    return Proposal(
        key=uuid5(row.key, f"part:{part.supplier}"),
        kind="purchase",
        state=ProposalState.PROPOSED,
        item_id=row.item_id,
        site_id=row.site_id,
        supplier_id=part.supplier,
        qty=part.qty,
        proposed_qty=part.qty,
        unit_price=row.unit_price,
        order_at=row.order_at,
        due_at=row.due_at,
        group=f"supplier:{part.supplier}>site:{row.site_id}",
        explanation={**row.explanation, "split_of": of},
        cause=row.cause,
        made_at=row.made_at,
    )
