"""What became of every line of the file. The sum of the parts is the input, or the replay has lost something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import connection

from longshore.catalog.errors import Refusal

ORDER_LINES = """
SELECT CASE WHEN qty > cancelled + delivered THEN 'open' WHEN delivered > 0 THEN 'delivered' ELSE 'cancelled' END, COUNT(*)
FROM ordering_orderline GROUP BY 1
"""


class LinesLost(Refusal):
    """The parts do not add up to the input."""


@dataclass(slots=True)
class Credits:
    """What became of credit-note lines, and of what could not be an order."""

    returned: int = 0
    cancelled: int = 0
    waiting: int = 0
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Account:
    """Lines of the input by what became of them; `refused` by reason."""

    input: int
    delivered: int
    open: int
    cancelled: int
    returned: int
    refused: Mapping[str, int]

    @property
    def total(self) -> int:
        return self.delivered + self.open + self.cancelled + self.returned + sum(self.refused.values())


def account(count: int, credits: Credits) -> Account:
    """Raises LinesLost where the parts are not the whole."""
    with connection.cursor() as cursor:
        cursor.execute(ORDER_LINES)
        found = dict(cursor.fetchall())
    made = Account(
        input=count,
        delivered=found.get("delivered", 0),
        open=found.get("open", 0) + credits.waiting,
        cancelled=found.get("cancelled", 0) + credits.cancelled,
        returned=credits.returned,
        refused=dict(sorted(credits.refused.items())),
    )
    if made.total != count:
        raise LinesLost(
            "lines-lost", f"{count} lines went in, {made.total} came out.", "This is an error in Longshore."
        )
    return made
