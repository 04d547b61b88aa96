"""What a database needs before anything else: tables, roles, the fixed places."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection

from longshore.project.machine import server_version
from longshore.project.roles import ensure_roles


@dataclass(frozen=True, slots=True)
class SetUp:
    database: str
    server: str
    roles: tuple[str, ...]


def set_up() -> SetUp:
    """Migrate and prepare; doing it again changes nothing."""
    call_command("migrate", verbosity=0, interactive=False)
    roles = prepare()
    return SetUp(
        database=str(connection.settings_dict["NAME"]),
        server=server_version(),
        roles=roles,
    )


def prepare() -> tuple[str, ...]:
    """What every database needs after its tables: roles, the places that stand for the world outside, the metrics and limits."""
    from longshore.catalog.operations import ensure_fixed_places
    from longshore.sensing.limits import ensure_product_limits
    from longshore.sensing.metrics import ensure_metrics

    ensure_fixed_places()
    ensure_metrics()
    ensure_product_limits()
    return ensure_roles()
