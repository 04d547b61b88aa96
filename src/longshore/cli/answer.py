"""What a command says when it is done: lines for people, data for machines, a status for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum

DONE = 0
REFUSED = 1
MISUSED = 2
FOUND_WRONG = 3


@dataclass(frozen=True, slots=True)
class Answer:
    data: Mapping[str, object]
    lines: tuple[str, ...] = ()
    status: int = field(default=DONE)


def plain(value: object) -> object:
    """Receipts, dates and ids as JSON knows them."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def plain_dict(report: object) -> dict[str, object]:
    """A report, a dataclass or a mapping, as one JSON object."""
    data = plain(report)
    assert isinstance(data, dict)
    return data


def show(answer: Answer, as_json: bool) -> int:
    """Print to standard output; progress and warnings have gone to standard error."""
    if as_json:
        print(json.dumps(plain(answer.data), ensure_ascii=False, indent=None))
    else:
        for line in answer.lines or _lines(answer.data):
            print(line)
    sys.stdout.flush()
    return answer.status


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _lines(data: Mapping[str, object]) -> tuple[str, ...]:
    width = max((len(name) for name in data), default=0)
    return tuple(f"{name:<{width}}  {plain(value)}" for name, value in data.items())
