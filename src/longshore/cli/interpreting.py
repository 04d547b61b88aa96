"""interpret: what devices said becomes episodes; or is compared again with what is stored."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from longshore.cli.answer import FOUND_WRONG, Answer

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SHOWN = 50


def add(commands: Commands) -> None:
    interpret = commands.add_parser(
        "interpret", help="interpret what devices said since the last time; the worker does this all the time"
    )
    interpret.add_argument(
        "--again", action="store_true", help="only compare stored episodes with the raw data of a time; writes nothing"
    )
    interpret.add_argument(
        "--from", dest="from_at", type=_moment, metavar="TIME", help="begin, ISO 8601 (with --again)"
    )
    interpret.add_argument("--to", dest="until", type=_moment, metavar="TIME", help="end, ISO 8601; now without it")
    interpret.add_argument("--json", action="store_true", help="answer in JSON")
    interpret.set_defaults(run=_interpret)


def _moment(text: str) -> datetime:
    """A time; without an offset it is UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _interpret(asked: argparse.Namespace) -> Answer:
    from longshore.project import clock

    now = clock.now()
    if asked.again:
        return _again(asked.from_at or datetime(1970, 1, 1, tzinfo=UTC), asked.until or now)
    from longshore.sensing.interpreting import interpret_all

    done = interpret_all(at=now)
    lines = (f"{done.batches} batches and {done.signals} signals walked, {done.series} series read.",)
    return Answer({"batches": done.batches, "signals": done.signals, "series": done.series, "late": done.late}, lines)


def _again(from_at: datetime, until: datetime) -> Answer:
    from longshore.sensing.operations.interpreting import interpret_again

    found = interpret_again(from_at, until)
    lines = [f"{found.compared} episodes compared: {'the same' if found.same else 'different'}."]
    lines += [f"only in the raw data: {' '.join(line)}" for line in found.only_told[:SHOWN]]
    lines += [f"only stored: {' '.join(line)}" for line in found.only_stored[:SHOWN]]
    data = {"compared": found.compared, "only_told": found.only_told, "only_stored": found.only_stored}
    return Answer(data, tuple(lines), 0 if found.same else FOUND_WRONG)
