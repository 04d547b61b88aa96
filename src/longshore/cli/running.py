"""demo, plan, audit, replay, simulate: worlds and work on them."""

from __future__ import annotations

import argparse
import contextlib
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from longshore.cli.answer import DONE, FOUND_WRONG, Answer, plain_dict, progress
from longshore.cli.serving import address, web_child

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add(commands: Commands) -> None:
    demo = commands.add_parser("demo", help="the demo company: living and served, or headless with a report")
    demo.add_argument("--headless", action="store_true", help="no browser: simulate and print a report")
    demo.add_argument("--days", type=int, default=14, help="simulated days (headless; default 14)")
    demo.add_argument("--seed", type=int, default=7, help="seed of the world (default 7)")
    demo.add_argument("--keep", metavar="DATABASE", help="keep the headless run's database under this name")
    address(demo)
    world = commands.add_parser("world", help="the process that lets the demo company live (started by `demo`)")
    world.add_argument("--seed", type=int, default=7, help="seed of the world")
    plan = commands.add_parser("plan", help="forecast, stock policy and replenishment proposals, now")
    audit = commands.add_parser("audit", help="fold the ledger again and name the first entry that does not agree")
    replay = commands.add_parser("replay", help="run real history through the production verbs in simulated time")
    replay.add_argument("source", choices=["online-retail"], help="which history")
    replay.add_argument("file", type=Path)
    replay.add_argument("--days", type=int, help="only the first days (default: the whole file)")
    replay.add_argument("--seed", type=int, default=7, help="seed for what history does not tell")
    replay.add_argument("--keep", metavar="DATABASE", help="keep the run's database under this name")
    simulate = commands.add_parser(
        "simulate", help="the demo company under several seeds: how far apart the figures lie"
    )
    simulate.add_argument("--days", type=int, default=14, help="simulated days (default 14)")
    simulate.add_argument("--seeds", type=_seeds, default="1,2,3", help="seeds, with commas (default 1,2,3)")
    verbs = ((demo, _demo), (world, _world), (plan, _plan), (audit, _audit), (replay, _replay), (simulate, _simulate))
    for parser, run in verbs:
        parser.add_argument("--json", action="store_true", help="answer in JSON")
        parser.set_defaults(run=run)


@contextlib.contextmanager
def _world_of_its_own(purpose: str, keep: str | None) -> Iterator[None]:
    from longshore.project.scratch import scratch_database

    # Millions of short-lived records and no cycles among them: looking for cycles as often as usual costs a tenth.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    with scratch_database(purpose, keep, durable=False):
        yield


def _demo(asked: argparse.Namespace) -> Answer:
    return _headless(asked) if asked.headless else _living(asked)


def _headless(asked: argparse.Namespace) -> Answer:
    from longshore.twin.demo import run_demo

    with _world_of_its_own("demo", asked.keep):
        report = plain_dict(run_demo(days=asked.days, seed=asked.seed, progress=progress))
    return Answer(report)


def _living(asked: argparse.Namespace) -> Answer:
    from longshore.project.demo import open_demo
    from longshore.project.supervisor import Child, supervise

    logins = open_demo(seed=asked.seed, progress=progress)
    progress("")
    progress(f"Longshore is at http://{asked.host}:{asked.port}/   (Ctrl-C stops it)")
    for login in logins:
        whose = f"{login.role} ({login.partner})" if login.partner else login.role
        progress(f"  {login.name:<12} {login.password:<18} {whose}")
    world = Child("world", ("world", "--seed", str(asked.seed)))
    supervise([Child("worker", ("worker",)), Child("gateway", ("gateway",)), world, web_child(asked)])
    return Answer({}, ("Stopped.",))


def _world(asked: argparse.Namespace) -> Answer:
    from longshore.project import home
    from longshore.project.orphan import leave_when_orphaned
    from longshore.twin.live import keep_living

    leave_when_orphaned()
    keep_living(seed=asked.seed, tokens=home.directory() / "demo-devices.json")
    return Answer({})


def _plan(asked: argparse.Namespace) -> Answer:
    from longshore.ledger.cause import Cause
    from longshore.planning.operations import make_forecasts, plan_network, replenish, set_policies
    from longshore.project.clock import now

    at, cause = now(), Cause(actor="cli", because="plan")
    progress("forecasting …")
    forecasts = make_forecasts(at=at, cause=cause)
    progress("setting stock policies …")
    policies = set_policies(at=at, cause=cause)
    progress("proposing supply …")
    proposals = replenish(at=at, cause=cause)
    progress("planning the network …")
    network = plan_network(at=at, cause=cause, told=lambda done, of: progress(f"{done}/{of}"))
    return Answer({"forecasts": forecasts, "policies": policies, "proposals": proposals, "network": network})


def _audit(asked: argparse.Namespace) -> Answer:
    from longshore.ledger.audit import audit

    report = audit(progress=lambda name, done, total: progress(f"{done}/{total} {name}"))
    lines = [f"{report.entries:,} entries, {report.balances:,} balances, {len(report.discrepancies)} discrepancies"]
    for one in report.discrepancies[:20]:
        where = f"{one.item} {one.lot} at {one.place}".replace("  ", " ")
        lines.append(f"{one.kind}: {where}: {one.found} stands, {one.expected} expected, from entry {one.first_entry}")
    return Answer(plain_dict(report), tuple(lines), DONE if report.clean else FOUND_WRONG)


def _replay(asked: argparse.Namespace) -> Answer:
    from longshore.twin.replay import run_replay

    with _world_of_its_own("replay", asked.keep):
        report = plain_dict(run_replay(asked.source, asked.file, days=asked.days, seed=asked.seed, progress=progress))
    return Answer(report)


def _seeds(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _simulate(asked: argparse.Namespace) -> Answer:
    from longshore.project.spread import spread
    from longshore.twin.demo import run_demo

    reports: list[dict[str, object]] = []
    for seed in asked.seeds:
        progress(f"seed {seed} …")
        with _world_of_its_own("simulation", None):
            reports.append(plain_dict(run_demo(days=asked.days, seed=seed, progress=progress)))
    figures = spread([{name: value for name, value in report.items() if name != "seed"} for report in reports])
    lines = tuple(f"{name:<28} {one.low:>14} {one.median:>14} {one.high:>14}" for name, one in figures.items())
    head = (f"{'':<28} {'low':>14} {'median':>14} {'high':>14}",)
    return Answer({"days": asked.days, "spread": figures, "runs": reports}, head + lines)
