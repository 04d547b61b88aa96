"""Units, GS1 keys, working time and distance, against worked examples."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.catalog import queries, rules
from longshore.catalog.models import Calendar, HandlingUnit, Holiday, Partner, Place, UnitOfMeasure
from longshore.catalog.operations import (
    ensure_fixed_places,
    ensure_units,
    load_china_holidays,
    make_handling_units,
)

OFFICE = rules.WorkingTime("Asia/Shanghai", 31, 8 * 60, 18 * 60, {date(2026, 10, 1): False, date(2026, 10, 10): True})


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text + "+08:00")


@given(st.integers(-(10**9), 10**9), st.integers(1, 1000), st.integers(1, 1000))
def test_conversion_there_and_back_is_exact(quantity: int, numerator: int, denominator: int) -> None:
    """Base units turned into a unit and back are the same number, whatever the ratio."""
    factor = Fraction(numerator, denominator)
    assert rules.to_base_units(rules.from_base_units(quantity, factor), factor) == quantity


def test_a_third_of_a_kilogram_three_times() -> None:
    """Three thirds are one: no rounding anywhere."""
    assert rules.to_base_units(3, Fraction(1, 3)) == 1
    assert rules.to_base_units(Decimal("0.25"), Fraction(12)) == 3


@pytest.mark.parametrize("gtin", ["4006381333931", "6901234567892", "00012345600012", "96385074", "036000291452"])
def test_known_gtins_are_right(gtin: str) -> None:
    """Published examples of GTIN-8, -12, -13 and -14 pass."""
    assert rules.check_gtin(gtin) == gtin


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(body: str, place: int, step: int) -> None:
    """The check digit finds every single wrong digit."""
    code = body + rules.check_digit(body)
    wrong = code[:place] + str((int(code[place]) + step) % 10) + code[place + 1 :]
    with pytest.raises(rules.BadGs1Key):
        rules.check_gtin(wrong)


def test_sscc_has_eighteen_digits_and_its_check_digit() -> None:
    """An SSCC is built of extension, prefix, serial and check digit, as in the GS1 general specifications."""
    assert rules.make_sscc("0614141", 123456789, extension=1) == "106141411234567897"
    assert rules.check_sscc(rules.make_sscc("9521234", 1)) == "095212340000000013"


def test_next_working_minute_over_night_weekend_and_holiday() -> None:
    """Evening goes to the next morning, Friday to Monday, a holiday to the next day, an extra Saturday works."""
    assert rules.next_working_minute(OFFICE, _at("2026-09-02T09:15")) == _at("2026-09-02T09:15")
    assert rules.next_working_minute(OFFICE, _at("2026-09-02T18:00")) == _at("2026-09-03T08:00")
    assert rules.next_working_minute(OFFICE, _at("2026-09-04T19:00")) == _at("2026-09-07T08:00")
    assert rules.next_working_minute(OFFICE, _at("2026-10-01T09:00")) == _at("2026-10-02T08:00")
    assert rules.next_working_minute(OFFICE, _at("2026-10-10T07:00")) == _at("2026-10-10T08:00")


def test_working_time_adds_over_closed_hours() -> None:
    """Twelve working hours from Friday noon end on Monday at two in the afternoon."""
    assert rules.add_working_time(OFFICE, _at("2026-09-04T12:00"), 12 * 60) == _at("2026-09-07T14:00")
    assert rules.add_working_time(OFFICE, _at("2026-09-04T12:00"), 6 * 60) == _at("2026-09-04T18:00")
    assert rules.add_working_time(rules.WorkingTime(), _at("2026-09-04T12:00"), 2000) == _at("2026-09-05T21:20")


def test_great_circle_between_two_cities() -> None:
    """Shanghai to Beijing is 1067 km as the crow flies."""
    assert abs(rules.great_circle_m(31.2304, 121.4737, 39.9042, 116.4074) - 1_067_300) < 1_500
    assert rules.great_circle_m(31, 121, 31, 121) == 0


@pytest.mark.django_db
def test_fixed_places_and_units_are_made_once() -> None:
    """A second call makes nothing."""
    assert (ensure_fixed_places().created, ensure_units().created) == (6, 23)
    assert (ensure_fixed_places().created, ensure_units().created) == (0, 0)
    assert set(Place.objects.values_list("code", "kind")) == {
        (code, "external") for code in ("OPENING", "SCRAP", "COUNT-DIFF", "UNEXPLAINED", "PRODUCTION")
    }
    assert Partner.objects.get(code="SELF").is_owner
    assert queries.own_partner() == Partner.objects.get(code="SELF").pk
    assert UnitOfMeasure.objects.filter(code="EA").exists()


@pytest.mark.django_db
def test_chinese_holidays_with_their_working_weekends() -> None:
    """National Day 2026 is closed, the Saturday after works (调休); a second load changes nothing."""
    calendar = Calendar.objects.create(code="CN", name="China", weekdays=31)
    first = load_china_holidays(calendar="CN", years=[2026])
    assert load_china_holidays(calendar="CN", years=[2026]) == first
    assert (first.closed, first.working) == (22, 6)
    assert Holiday.objects.count() == 28
    time = queries.working_time([calendar.pk])[calendar.pk]
    assert not time.works_on(date(2026, 10, 1))
    assert time.works_on(date(2026, 10, 10))
    assert not time.works_on(date(2026, 10, 17))


@pytest.mark.django_db
def test_handling_units_never_share_a_code() -> None:
    """Two batches of handling units have different, valid SSCCs."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    units = (*make_handling_units(3, at=at), *make_handling_units(2, at=at, kind="pallet"))
    assert len({unit.sscc for unit in units}) == 5
    assert all(rules.check_sscc(unit.sscc) for unit in units)
    assert HandlingUnit.objects.filter(kind="pallet").count() == 2


def test_look_ups_for_batches(small_world: None) -> None:
    """Codes, bar codes, units and the tree are found for whole batches."""
    found = queries.item_by_any_code({"A1", "6901234567892", "A2", "NOPE"})
    assert found["A1"] == found["6901234567892"] and set(found) == {"A1", "6901234567892", "A2"}
    assert queries.units_of([found["A1"]])[found["A1"]].factors == {"EA": 1, "CT": 12}
    tree = queries.place_tree("DC1")
    assert [(row.code, row.depth, row.path) for row in tree] == [
        ("DC1", 0, "DC1"),
        ("Z1", 1, "DC1/Z1"),
        ("B1", 2, "DC1/Z1/B1"),
        ("B2", 2, "DC1/Z1/B2"),
    ]
    assert len(queries.places_of_site(tree[0].id, "storage")) == 2
