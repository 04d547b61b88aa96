"""Pure decisions on the floor: which carton, which bin, which staging place, what a short pick means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID, uuid5

NAMESPACE: Final = UUID("8f2d1c0e-52a5-4f0b-9a5c-6f1f3f2b7a11")


def key_of(*parts: object) -> UUID:
    """The id of what these parts name: the same each time, so that repeating a verb repeats no posting."""
    return uuid5(NAMESPACE, ":".join(map(str, parts)))


class ShortReason(StrEnum):
    MISSING = "missing"  # not in the bin: what the ledger says is there is not
    DAMAGED = "damaged"  # there, but not fit to ship
    OTHER = "other"  # could not be reached, no time: the stock stays as it is, somebody looks


# --- cartons ----------------------------------------------------------------------------------------------------------


class Piece(NamedTuple):
    """`qty` picked units of one task; `group` must not be mixed with another (order and temperature class)."""

    task: int
    group: tuple[object, ...]
    temperature_class: str
    qty: int
    unit_g: int
    unit_cm3: int


class Limits(NamedTuple):
    weight_g: int
    volume_cm3: int


CARTON: Final[Mapping[str, Limits]] = {
    "ambient": Limits(25_000, 90_000),
    "chilled": Limits(20_000, 60_000),
    "frozen": Limits(20_000, 60_000),
    "pharma": Limits(15_000, 45_000),
}
PALLET: Final = Limits(800_000, 1_500_000)
CARTONS_BEFORE_PALLET: Final = 4


@dataclass(frozen=True, slots=True)
class Package:
    """A new handling unit and what goes in: (task, qty)."""

    kind: str
    group: tuple[object, ...]
    contents: tuple[tuple[int, int], ...]


def packages(pieces: Sequence[Piece]) -> list[Package]:
    """Fill cartons in the order given, groups apart; what would need more than four cartons goes on pallets.

    One unit that exceeds the limits alone gets a package of its own.
    """
    groups: dict[tuple[object, ...], list[Piece]] = {}
    for piece in pieces:
        groups.setdefault(piece.group, []).append(piece)
    filled: list[Package] = []
    for group, members in groups.items():
        carton = CARTON[members[0].temperature_class]
        weight = sum(piece.qty * piece.unit_g for piece in members)
        volume = sum(piece.qty * piece.unit_cm3 for piece in members)
        several = CARTONS_BEFORE_PALLET
        large = weight > several * carton.weight_g or volume > several * carton.volume_cm3
        kind, limits = ("pallet", PALLET) if large else ("carton", carton)
        filled += [Package(kind, group, contents) for contents in _fill(members, limits)]
    return filled


def _fill(pieces: Iterable[Piece], limits: Limits) -> list[tuple[tuple[int, int], ...]]:
    done: list[tuple[tuple[int, int], ...]] = []
    contents: list[tuple[int, int]] = []
    weight = volume = 0
    for piece in pieces:
        left = piece.qty
        while left:
            fits = min(
                left,
                _room(limits.weight_g - weight, piece.unit_g, left),
                _room(limits.volume_cm3 - volume, piece.unit_cm3, left),
            )
            if fits == 0 and contents:
                done.append(tuple(contents))
                contents, weight, volume = [], 0, 0
                continue
            taken = fits or 1
            contents.append((piece.task, taken))
            weight += taken * piece.unit_g
            volume += taken * piece.unit_cm3
            left -= taken
    return [*done, tuple(contents)] if contents else done


def _room(free: int, unit: int, wanted: int) -> int:
    if unit == 0:
        return wanted
    return free // unit if free > 0 else 0


# --- bins -------------------------------------------------------------------------------------------------------------


class Goods(NamedTuple):
    """Something to put away at a site."""

    key: int
    site: int
    item: int
    temperature_class: str
    weight_g: int
    volume_cm3: int


class Bin(NamedTuple):
    """A bin in walking order; None: no limit."""

    place: int
    site: int
    temperature_class: str
    free_g: int | None
    free_cm3: int | None
    empty: bool


def choose_bins(goods: Sequence[Goods], bins: Sequence[Bin], homes: Mapping[int, set[int]]) -> dict[int, int]:
    """A bin for each key that has one: the item's own bin first, then an empty one, then any with room.

    `homes`: item → places that hold it already. Only bins of the goods' site and temperature class; what is placed
    counts against the bin for the goods after it. Keys without a bin are left out.
    """
    by_kind: dict[tuple[int, str], list[Bin]] = {}
    for each in bins:
        by_kind.setdefault((each.site, each.temperature_class), []).append(each)
    used: dict[int, tuple[int, int]] = {}
    lived = {item: set(places) for item, places in homes.items()}
    chosen: dict[int, int] = {}
    for good in goods:
        own = lived.setdefault(good.item, set())
        fitting = [each for each in by_kind.get((good.site, good.temperature_class), ()) if _fits(each, good, used)]
        if not fitting:
            continue
        best = min(fitting, key=lambda each: _preference(each, own, used))
        chosen[good.key] = best.place
        weight, volume = used.get(best.place, (0, 0))
        used[best.place] = (weight + good.weight_g, volume + good.volume_cm3)
        own.add(best.place)
    return chosen


def _fits(each: Bin, good: Goods, used: Mapping[int, tuple[int, int]]) -> bool:
    weight, volume = used.get(each.place, (0, 0))
    weight_fits = each.free_g is None or weight + good.weight_g <= each.free_g
    return weight_fits and (each.free_cm3 is None or volume + good.volume_cm3 <= each.free_cm3)


def _preference(each: Bin, own: set[int], used: Mapping[int, tuple[int, int]]) -> int:
    if each.place in own:
        return 0
    return 1 if each.empty and each.place not in used else 2


class StagingPlace(NamedTuple):
    place: int
    site: int
    usage: str
    temperature_class: str


def choose_place(places: Sequence[StagingPlace], *, site: int, usages: Sequence[str], temperature_class: str) -> int:
    """The site's place of the first usage that exists, of this temperature class if there is one; 0 if none."""
    for usage in usages:
        here = [each for each in places if each.site == site and each.usage == usage]
        same = [each for each in here if each.temperature_class == temperature_class]
        if here:
            return (same or here)[0].place
    return 0
