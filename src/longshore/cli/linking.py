"""link: what came from what, from everything that was ever posted; for books that are older than tracing."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from longshore.cli.answer import Answer

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add(commands: Commands) -> None:
    link = commands.add_parser(
        "link", help="link everything that was ever posted for tracing; the worker links what is posted from now on"
    )
    link.add_argument("--json", action="store_true", help="answer in JSON")
    link.set_defaults(run=_link)


def _link(asked: argparse.Namespace) -> Answer:
    from longshore.tracing.operations import link_all

    done = link_all()
    lines = (f"{done.added} links written, {done.taken_away} of reversed postings taken away.",)
    return Answer({"added": done.added, "taken_away": done.taken_away}, lines)
