"""The `longshore` command. One module per group, each with `add(commands)`; the work is done by the apps."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from types import FrameType

from longshore import __version__
from longshore.cli import (
    benching,
    devices,
    interpreting,
    keeping,
    linking,
    moving,
    people,
    running,
    serving,
    setting_up,
)
from longshore.cli.answer import MISUSED, REFUSED, Answer, show

GROUPS = (setting_up, serving, moving, running, benching, keeping, people, devices, interpreting, linking)


def main(arguments: list[str] | None = None) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longshore.project.settings")
    signal.signal(signal.SIGTERM, _leave)
    asked = parser().parse_args(arguments)
    sys.exit(_run(asked))


def parser() -> argparse.ArgumentParser:
    """The whole command line; the manual's page of commands is checked against it."""
    top = argparse.ArgumentParser(prog="longshore", description="One ledger for the goods you hold and move.")
    top.add_argument("--version", action="version", version=f"longshore {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in GROUPS:
        group.add(commands)
    return top


def _run(asked: argparse.Namespace) -> int:
    as_json = bool(getattr(asked, "json", False))
    try:
        import django

        django.setup()
        _speak()
        answer: Answer = asked.run(asked)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        return _explain(error, as_json)
    return show(answer, as_json)


def _speak() -> None:
    """The terminal's language where we have it."""
    from django.utils import translation

    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    translation.activate("zh-hans" if spoken.startswith("zh") else "en")


def _explain(error: Exception, as_json: bool) -> int:
    """A refusal or a known failure becomes a sentence and a remedy; a mistake of ours keeps its traceback."""
    from django.db import OperationalError

    from longshore.catalog.errors import Refusal
    from longshore.project.database.url import DatabaseUrlError
    from longshore.project.embedded import EmbeddedDatabaseError

    if isinstance(error, Refusal):
        code, sentence, remedy = error.code, str(error.sentence), str(error.remedy)
    elif isinstance(error, DatabaseUrlError | EmbeddedDatabaseError | OperationalError):
        code, sentence, remedy = (
            "no-database",
            str(error).strip(),
            "Check LONGSHORE_DATABASE_URL, or run `longshore doctor`.",
        )
    elif isinstance(error, FileNotFoundError):
        code, sentence, remedy = "no-such-file", f"There is no file {error.filename}.", "Check the path."
    else:
        raise error
    if as_json:
        print(json.dumps({"code": code, "sentence": sentence, "remedy": remedy}, ensure_ascii=False))
    print(f"{sentence} {remedy}".strip(), file=sys.stderr)
    return MISUSED if code == "no-such-file" else REFUSED


def _leave(number: int, frame: FrameType | None) -> None:
    """SIGTERM unwinds the stack, so that the database is left as by a normal exit."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
