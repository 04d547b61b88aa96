"""Malformed calls of the rules and verbs: each refused with its code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from longshore.catalog import rules
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Calendar, Holiday
from longshore.catalog.operations import load_china_holidays

NEVER = rules.WorkingTime(weekdays=0)
CALLS: dict[str, tuple[Callable[[], object], str]] = {
    "half a piece": (lambda: rules.to_base_units(Decimal("0.5"), Fraction(1)), "not-whole-units"),
    "a third of a dozen and a bit": (lambda: rules.to_base_units(Decimal("0.3333"), Fraction(12)), "not-whole-units"),
    "more than a bigint": (lambda: rules.to_base_units(2**62, Fraction(4)), "quantity-out-of-range"),
    "letters in a GTIN": (lambda: rules.check_gtin("69012345678AB"), "bad-gtin"),
    "full-width digits in a GTIN": (lambda: rules.check_gtin("６９０１２３４５６７８９２"), "bad-gtin"),
    "GTIN one digit off": (lambda: rules.check_gtin("6901234567891"), "gtin-check-digit"),
    "short GLN": (lambda: rules.check_gln("690123456789"), "bad-gln"),
    "SSCC one digit off": (lambda: rules.check_sscc("106141411234567890"), "sscc-check-digit"),
    "check digit of letters": (lambda: rules.check_digit("12a"), "not-digits"),
    "prefix too short": (lambda: rules.make_sscc("123456", 1), "bad-company-prefix"),
    "prefix with letters": (lambda: rules.make_sscc("12345ab", 1), "bad-company-prefix"),
    "serials used up": (lambda: rules.make_sscc("123456789012", 10_000), "serials-used-up"),
    "negative serial": (lambda: rules.make_sscc("1234567", -1), "serials-used-up"),
    "calendar never open": (lambda: rules.next_working_minute(NEVER, datetime(2026, 1, 1, tzinfo=UTC)), "never-open"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_malformed_call_is_refused(name: str) -> None:
    """The refusal has its code, a sentence and a remedy."""
    call, code = CALLS[name]
    with pytest.raises(Refusal) as refused:
        call()
    assert refused.value.code == code
    assert str(refused.value.sentence) and str(refused.value.remedy)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("calendar", "year", "code"), [("NOPE", 2026, "unknown-calendar"), ("C", 1900, "holidays-not-known")]
)
def test_holidays_that_cannot_be_loaded(calendar: str, year: int, code: str) -> None:
    """An unknown calendar or a year without published holidays loads nothing."""
    Calendar.objects.create(code="C", name="C")
    with pytest.raises(Refusal) as refused:
        load_china_holidays(calendar=calendar, years=[2026, year])
    assert refused.value.code == code
    assert not Holiday.objects.exists()
