"""bench: speed and quality, each with its yardstick in the same run."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from longshore.cli.answer import Answer, plain, progress

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

ROOT = Path(__file__).resolve().parents[3]


def add(commands: Commands) -> None:
    bench = commands.add_parser("bench", help="measure; NAME is a file of the bench folder, or `all`")
    bench.add_argument("name")
    bench.add_argument("--small", action="store_true", help="reduced sizes, under a minute, same names")
    bench.add_argument("--json", action="store_true", help="answer in JSON")
    bench.set_defaults(run=_bench)


def names() -> tuple[str, ...]:
    """The benchmarks there are."""
    files = sorted((ROOT / "bench").glob("*.py"))
    return tuple(file.stem for file in files if not file.stem.startswith("_"))


def _bench(asked: argparse.Namespace) -> Answer:
    if asked.name == "all":
        return _bench_all(small=asked.small)
    return Answer(_run_one(asked.name, small=asked.small))


def _bench_all(*, small: bool) -> Answer:
    reports = []
    for name in names():
        progress(f"bench {name} …")
        reports.append(_run_one(name, small=small))
    target = ROOT / "bench" / "results.md"
    target.write_text(_as_markdown(reports))
    return Answer({"benches": reports, "written": str(target)}, (f"Written: {target}",))


def _run_one(name: str, *, small: bool) -> dict[str, object]:
    from longshore.project.machine import describe
    from longshore.project.scratch import scratch_database

    module = _module(name)
    if getattr(module, "NEEDS_DATABASE", True):
        with scratch_database(f"bench_{name}"):
            machine, measured = describe(), module.run(small=small)
    else:
        machine, measured = describe(), module.run(small=small)
    return {
        "bench": name,
        "machine": machine,
        "results": measured["results"],
        "yardsticks": measured["yardsticks"],
        "sizes": measured["sizes"],
    }


def _module(name: str) -> ModuleType:
    from django.utils.translation import gettext as _

    from longshore.catalog.errors import Refusal

    if name not in names():
        sentence = _("There is no benchmark %(name)s.") % {"name": name}
        raise Refusal("no-such-bench", sentence, _("There are: %(known)s.") % {"known": ", ".join(names())})
    sys.path.insert(0, str(ROOT))
    return importlib.import_module(f"bench.{name}")


def _as_markdown(reports: list[dict[str, object]]) -> str:
    parts = ["# Measured\n", f"Machine: {reports[0]['machine'] if reports else ''}\n"]
    for report in reports:
        parts.append(f"## {report['bench']}\n")
        parts.append("| | value |\n|---|---|")
        for group in ("results", "yardsticks", "sizes"):
            values = plain(report[group])
            assert isinstance(values, Mapping)
            parts += [f"| {group}: {name} | {value} |" for name, value in values.items()]
        parts.append("")
    return "\n".join(parts) + "\n"
