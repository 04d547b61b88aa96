"""The web process: granian in front, our ASGI application behind."""

from __future__ import annotations

import socket

from django.db import connection
from django.utils.translation import gettext as _
from granian import Granian
from granian.constants import Interfaces, Loops

from longshore.catalog.errors import Refusal
from longshore.project.orphan import leave_when_orphaned


class PortTaken(Refusal):
    """Somebody else listens there already."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            "port-taken",
            _("%(host)s:%(port)d is already in use.") % {"host": host, "port": port},
            _("Stop the other program, or choose another with --port."),
            host=host,
            port=port,
        )


def serve(*, host: str, port: int) -> None:
    """Returns when asked to stop."""
    refuse_taken(host, port)
    connection.ensure_connection()
    connection.close()
    leave_when_orphaned()
    server = Granian(
        "longshore.project.asgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        loop=Loops.asyncio,
        workers=1,
        log_enabled=False,
        backlog=2048,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
    )
    server.serve()


def refuse_taken(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(host, port) from error
