"""up, web, worker: the processes."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from longshore.cli.answer import Answer, progress

if TYPE_CHECKING:
    from longshore.project.supervisor import Child

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add(commands: Commands) -> None:
    up = commands.add_parser("up", help="database, tables, web, worker and gateway together; stops them together")
    address(up)
    up.set_defaults(run=_up)
    web = commands.add_parser("web", help="one web process: pages, API and live streams")
    address(web)
    web.set_defaults(run=_web)
    gateway = commands.add_parser(
        "gateway", help="one gateway process: devices over MQTT and HTTP, or a broker of yours"
    )
    gateway.set_defaults(run=_gateway)
    worker = commands.add_parser("worker", help="one worker process: tells events, runs jobs")
    worker.set_defaults(run=_worker)


def address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")


def _up(asked: argparse.Namespace) -> Answer:
    from longshore.project.setting_up import set_up
    from longshore.project.supervisor import Child, supervise

    done = set_up()
    progress(f"{done.database} on {done.server} is ready. http://{asked.host}:{asked.port}/  (Ctrl-C stops)")
    supervise([Child("worker", ("worker",)), Child("gateway", ("gateway",)), web_child(asked)])
    return Answer({}, ("Stopped.",))


def web_child(asked: argparse.Namespace) -> Child:
    from longshore.project.supervisor import Child

    return Child("web", ("web", "--host", asked.host, "--port", str(asked.port)))


def _web(asked: argparse.Namespace) -> Answer:
    from longshore.project.serving import serve

    serve(host=asked.host, port=asked.port)
    return Answer({})


def _gateway(asked: argparse.Namespace) -> Answer:
    from longshore.project import clock
    from longshore.project.orphan import leave_when_orphaned
    from longshore.project.serving import refuse_taken
    from longshore.sensing.gateway.choices import chosen
    from longshore.sensing.gateway.serving import serve

    choices = chosen()
    for port in (choices.mqtt_port, choices.http_port, *((choices.tls_port,) if choices.certificate else ())):
        refuse_taken(choices.host, port)
    leave_when_orphaned()
    serve(choices, now=clock.now, told=lambda ports: progress(f"gateway on {choices.host}: {ports}"))
    return Answer({})


def _worker(asked: argparse.Namespace) -> Answer:
    from longshore.project.orphan import leave_when_orphaned
    from longshore.project.worker import run_worker

    leave_when_orphaned()
    run_worker()
    return Answer({})
