"""devices: the registry, keys, and fleets that only exist in a simulator."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from longshore.cli.answer import Answer, plain_dict, progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from longshore.sensing.simulate.signals import Simulated

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

PORT = 1883


def add(commands: Commands) -> None:
    devices = commands.add_parser("devices", help="register devices, issue their keys, simulate fleets of them")
    verbs = devices.add_subparsers(dest="verb", required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="all devices with their health")
    listing.add_argument("--trouble", default="", help="only those with this trouble, or `any`")
    listing.add_argument("--kind", default="", help="only this kind")
    create = verbs.add_parser("add", help="register a device and issue its key; the token is shown once")
    create.add_argument("code", help="its code: MQTT client id, user name and level in its topics")
    create.add_argument("--kind", required=True, help="portal, scanner, tracker, logger, scale, machine or edge")
    create.add_argument("--name", default="", help="what people call it")
    create.add_argument("--place", default="", help="code of the place it hangs at")
    create.add_argument("--every", type=int, default=60, help="seconds between its messages; 0: when something happens")
    key = verbs.add_parser("key", help="another key for a device; the token is shown once")
    key.add_argument("code")
    key.add_argument("--rotate", action="store_true", help="the old keys end after a week")
    _simulate_arguments(verbs.add_parser("simulate", help="a fleet of devices with realistic faults, over real MQTT"))
    for verb, run in ((listing, _list), (create, _add), (key, _key), (verbs.choices["simulate"], _simulate)):
        verb.add_argument("--json", action="store_true", help="answer in JSON")
        verb.set_defaults(run=run)


def _simulate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=20, help="how many devices of every kind (default 20)")
    parser.add_argument("--registered", action="store_true", help="let the registered devices speak instead")
    parser.add_argument("--seed", type=int, default=7, help="seed of the fleet and its faults (default 7)")
    parser.add_argument("--every", type=int, default=10, help="seconds between messages of a made-up device")
    parser.add_argument("--seconds", type=float, help="how long; without it until Ctrl-C")
    parser.add_argument("--back-hours", type=float, default=0.0, help="catch up with this many hours first")
    parser.add_argument("--faultless", action="store_true", help="devices as the catalogue promises them")
    parser.add_argument("--host", default="127.0.0.1", help="where the gateway listens (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=PORT, help=f"its MQTT port (default {PORT})")


def _list(asked: argparse.Namespace) -> Answer:
    from longshore.project.clock import now
    from longshore.sensing.queries.registry import DeviceFilter, devices

    page = devices(now(), DeviceFilter(kind=asked.kind, trouble=asked.trouble), limit=100_000)
    lines = [
        f"{row.code:<24} {row.kind:<8} {row.state:<12} {row.place_code or row.sscc or '-':<16} {' '.join(row.troubles)}"
        for row in page.rows
    ]
    data = [{name: value for name, value in row._asdict().items() if name != "id"} for row in page.rows]
    return Answer({"total": page.total, "devices": data}, (*lines, f"{page.total} devices"))


def _add(asked: argparse.Namespace) -> Answer:
    from django.db import transaction

    from longshore.catalog.queries import place_ids
    from longshore.ledger.cause import Cause
    from longshore.project.clock import now
    from longshore.sensing import operations

    at, cause = now(), Cause("cli")
    new = operations.NewDevice(asked.code, asked.kind, asked.name, expected_every_s=asked.every)
    with transaction.atomic():
        device = operations.register_devices([new], at=at, cause=cause).accepted[0].device
        if asked.place:
            place = place_ids({asked.place}).get(asked.place)
            if place is None:
                raise _unknown_place(asked.place)
            operations.attach([operations.Attach(device, place=place)], at=at, cause=cause)
        (key,) = operations.issue_keys([device], at=at, cause=cause).issued
    return Answer({"code": key.code, "device": device, "token": key.token}, (f"{key.code} is registered.", key.token))


def _unknown_place(code: str) -> Exception:
    from django.utils.translation import gettext as _

    from longshore.catalog.errors import Refusal

    return Refusal("unknown-place", _("There is no place %(code)s.") % {"code": code}, _("Check the code."), place=code)


def _key(asked: argparse.Namespace) -> Answer:
    from longshore.ledger.cause import Cause
    from longshore.project.clock import now
    from longshore.sensing import operations

    verb = operations.rotate_keys if asked.rotate else operations.issue_keys
    (key,) = verb([operations.id_of(asked.code)], at=now(), cause=Cause("cli")).issued
    return Answer({"code": key.code, "token": key.token}, (key.token,))


def _simulate(asked: argparse.Namespace) -> Answer:
    import asyncio
    from datetime import timedelta

    from longshore.project.clock import now
    from longshore.sensing.simulate.faults import NONE, REALISTIC
    from longshore.sensing.simulate.link import Door
    from longshore.sensing.simulate.running import Run, simulate

    fleet, tokens = _fleet(asked, now())
    progress(f"{len(fleet)} devices speak to {asked.host}:{asked.port} …")
    since = now() - timedelta(hours=asked.back_hours)
    run = Run(_clock(now()), since, asked.seed, NONE if asked.faultless else REALISTIC, asked.seconds)
    report = asyncio.run(simulate(fleet, tokens, Door(asked.host, asked.port), run))
    return Answer(plain_dict(report))


def _clock(began: datetime) -> Callable[[], datetime]:
    """The business clock goes on at the wall's pace from now: no query a message."""
    import time
    from datetime import timedelta

    wall = time.monotonic()
    return lambda: began + timedelta(seconds=time.monotonic() - wall)


def _fleet(asked: argparse.Namespace, at: datetime) -> tuple[tuple[Simulated, ...], dict[str, str]]:
    """The devices and their tokens. Keys are issued for this run and end in a day."""
    from datetime import timedelta

    from longshore.ledger.cause import Cause
    from longshore.sensing import operations
    from longshore.sensing.simulate.fleets import make_fleet, registered_fleet

    cause = Cause("simulator")
    if asked.registered:
        fleet = registered_fleet(asked.seed)
    else:
        fleet = make_fleet(asked.count, asked.seed, asked.every)
        wanted = [
            operations.NewDevice(one.code, one.kind, expected_every_s=0 if one.kind == "portal" else one.every_s)
            for one in fleet
        ]
        operations.register_devices(wanted, at=at, cause=cause)
    ids = operations.ids_of([one.code for one in fleet])
    keys = operations.issue_keys(ids, at=at, cause=cause, valid_until=at + timedelta(days=1))
    return fleet, {key.code: key.token for key in keys.issued}
