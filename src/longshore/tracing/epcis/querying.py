"""A query as it is being read: conditions of SQL with their values, and how a parameter's value is taken."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from longshore.tracing.epcis.checking import moment
from longshore.tracing.epcis.keys import canonical
from longshore.tracing.models import FieldScope

OPERATORS = {"EQ": "=", "GT": ">", "GE": ">=", "LT": "<", "LE": "<="}
WHOLE_NUMBER = re.compile(r"^\d{1,9}$")


class QueryRefused(Exception):
    """A parameter is unknown, or its value is not what it must be."""

    def __init__(self, parameter: str, sentence: str) -> None:
        super().__init__(f"{parameter}: {sentence}")
        self.parameter = parameter
        self.sentence = sentence


@dataclass
class Query:
    """Conditions that an event `e` must meet all at once, and how the answer is cut and ordered."""

    conditions: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    report_conditions: list[str] = field(default_factory=list)
    report_values: list[Any] = field(default_factory=list)
    order_by: str = ""
    descending: bool = True
    limit: int | None = None
    most: int | None = None
    per_page: int = 30
    page: str = ""

    def add(self, condition: str, *values: Any) -> None:
        self.conditions.append(condition)
        self.values += values

    def add_report(self, condition: str, *values: Any) -> None:
        self.report_conditions.append(condition)
        self.report_values += values

    def where(self) -> tuple[str, list[Any]]:
        """Everything asked of sensor reports must hold for one and the same report."""
        parts, values = list(self.conditions), list(self.values)
        if self.report_conditions:
            inner = " AND ".join(self.report_conditions)
            parts.append(f"EXISTS (SELECT 1 FROM tracing_epcissensorreport r WHERE r.event_id = e.id AND {inner})")
            values += self.report_values
        return " AND ".join(parts) or "true", values


def single(name: str, values: list[Any]) -> Any:
    if len(values) != 1:
        raise QueryRefused(name, "takes one value.")
    return values[0]


def moment_of(name: str, values: list[Any]) -> datetime:
    # In a URL a plus sign means a space.
    at = moment(str(single(name, values)).strip().replace(" ", "+"))
    if at is None:
        raise QueryRefused(name, "must be a time with its offset, such as 2026-11-22T08:00:00+08:00.")
    return at


def number_of(name: str, values: list[Any]) -> Any:
    number = float_of(str(single(name, values)))
    if number is None or isinstance(values[0], bool):
        raise QueryRefused(name, "must be a number.")
    return number


def float_of(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 1e300 else None


def truth_of(name: str, values: list[Any], *, empty: bool = False) -> bool:
    text = str(single(name, values)).lower()
    if text not in ("true", "false") and not (empty and text == ""):
        raise QueryRefused(name, "must be true or false.")
    return text != "false"


def plain_of(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return canonical(str(value).replace("\x00", ""))


def field_in(query: Query, scope: FieldScope, uri: str, texts: list[str]) -> None:
    named = " AND uri = %s" if uri else ""
    text = f"SELECT event_id FROM tracing_epcisfield WHERE scope = {int(scope)}{named} AND text = ANY(%s)"
    query.add(f"e.id IN ({text})", *([uri] if uri else []), texts)
