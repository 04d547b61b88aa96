"""Prices from quantities on as a form takes them: every pair has its own fields, and each fault stands beside its field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal, RejectedRow
from longshore.catalog.typed import money, whole


@dataclass(slots=True)
class Fault:
    sentence: str
    remedy: str


@dataclass(slots=True)
class StepCells:
    """One pair of fields: `start` empty is the price of one. `faults` by field: from_qty, unit_price."""

    name: str
    start: str
    price: str
    first: bool
    faults: dict[str, Fault] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not self.price.strip() and (self.first or not self.start.strip())

    @property
    def from_fault(self) -> Fault | None:
        return self.faults.get("from_qty")

    @property
    def price_fault(self) -> Fault | None:
        return self.faults.get("unit_price")

    def read(self) -> tuple[int, int] | None:
        """From which quantity on, and the price in minor units; None, with the fault written down, if it is neither."""
        start = 1 if self.first else self._start()
        price = self._price()
        return None if start is None or price is None else (start, price)

    def _start(self) -> int | None:
        try:
            return whole(self.start, _("From quantity"))
        except Refusal as wrong:
            self.refuse("from_qty", wrong)
            return None

    def _price(self) -> int | None:
        try:
            return money(self.price, _("Price"))
        except Refusal as wrong:
            self.refuse("unit_price", wrong)
            return None

    def refuse(self, name: str, wrong: Refusal | RejectedRow) -> None:
        self.faults.setdefault(name, Fault(str(wrong.sentence), str(wrong.remedy)))


def cells_of(typed: QueryDict, name: str, breaks: int, known: Sequence[tuple[int, int]] = ()) -> list[StepCells]:
    """The pairs of fields `price-NAME`, `from-NAME-1`, `price-NAME-1` …; `known` is shown where nothing was typed."""
    given = f"price-{name}" in typed
    shown = [("" if start == 1 else str(start), as_money(price)) for start, price in known]
    shown += [("", "")] * (breaks + 1 - len(shown))
    found = []
    for n in range(breaks + 1):
        mark = name if n == 0 else f"{name}-{n}"
        start = typed.get(f"from-{mark}", "") if given else shown[n][0]
        price = typed.get(f"price-{mark}", "") if given else shown[n][1]
        found.append(StepCells(mark, start, price, n == 0))
    return found


def as_money(minor: int) -> str:
    """As it is typed: 4.50."""
    return f"{minor // 100}.{minor % 100:02d}"


def blame(steps: Sequence[StepCells], rejected: Iterable[RejectedRow]) -> None:
    """Put what a verb refused beside the fields it came from: row 1 is the first of `steps`."""
    for each in rejected:
        if each.row <= len(steps):
            steps[each.row - 1].refuse(each.field if each.field == "from_qty" else "unit_price", each)
