"""Cartons, pallets and places: pure decisions at their limits."""

from __future__ import annotations

from longshore.storing.rules import Piece, StagingPlace, choose_place, key_of, packages


def _piece(task: int, qty: int, unit_g: int = 1000, group: str = "A") -> Piece:
    return Piece(task, (group, "ambient"), "ambient", qty, unit_g, 0)


def test_what_fits_shares_a_carton() -> None:
    """Twenty-five kilograms exactly are one carton; a gram more is two."""
    assert [p.contents for p in packages([_piece(1, 20), _piece(2, 5)])] == [((1, 20), (2, 5))]
    assert [p.contents for p in packages([_piece(1, 25), _piece(2, 1, 1)])] == [((1, 25),), ((2, 1),)]


def test_a_line_is_split_over_cartons() -> None:
    """Sixty kilograms: twenty-five, twenty-five and ten."""
    assert [p.contents for p in packages([_piece(1, 60)])] == [((1, 25),), ((1, 25),), ((1, 10),)]


def test_more_than_four_cartons_become_pallets() -> None:
    """One hundred kilograms are four cartons, one more is a pallet."""
    assert {p.kind for p in packages([_piece(1, 100)])} == {"carton"}
    assert [(p.kind, p.contents) for p in packages([_piece(1, 101)])] == [("pallet", ((1, 101),))]


def test_groups_never_mix() -> None:
    """Two orders of one piece each are two cartons."""
    assert len(packages([_piece(1, 1), _piece(2, 1, group="B")])) == 2


def test_a_piece_too_heavy_for_anything_travels_alone() -> None:
    """Two machines of two tonnes are two pallets, not an endless search."""
    assert [p.contents for p in packages([_piece(1, 2, 2_000_000)])] == [((1, 1),), ((1, 1),)]


def test_pieces_without_weight_fit_anywhere() -> None:
    """A million leaflets without a weight are one carton."""
    assert len(packages([_piece(1, 1_000_000, 0)])) == 1


def test_the_place_of_the_right_temperature_is_preferred() -> None:
    """Chilled goods to chilled staging; without one, to the first; to the dock where there is no staging; else none."""
    places = [StagingPlace(1, 9, "staging", "ambient"), StagingPlace(2, 9, "staging", "chilled")]
    uses = ("staging", "shipping")
    assert choose_place(places, site=9, usages=uses, temperature_class="chilled") == 2
    assert choose_place(places, site=9, usages=uses, temperature_class="frozen") == 1
    assert (
        choose_place([StagingPlace(3, 9, "shipping", "ambient")], site=9, usages=uses, temperature_class="frozen") == 3
    )
    assert choose_place(places, site=8, usages=uses, temperature_class="frozen") == 0


def test_a_key_follows_from_its_parts() -> None:
    """The same parts give the same key, others another."""
    assert key_of("pick", 1) == key_of("pick", 1) != key_of("pick", 2)
