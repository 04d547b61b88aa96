"""The gateway's own connections: Django's parameters, and a server of our own started again when it was killed."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection


def parameters() -> dict[str, Any]:
    """Where Django connects to. Asking through Django's connection starts the embedded server when it is gone."""
    connection.close()
    connection.ensure_connection()
    known = connection.get_connection_params()
    connection.close()
    return {key: known[key] for key in ("dbname", "user", "password", "host", "port") if known.get(key)}


def connect() -> psycopg.Connection[Any]:
    """Autocommit; a commit waits for the disk even where the database's own default does not."""
    made = psycopg.connect(**parameters(), autocommit=True, connect_timeout=10, application_name="longshore gateway")
    made.execute("SET TIME ZONE 'UTC'")
    if made.execute("SHOW synchronous_commit").fetchone() in (("off",), ("local",)):
        made.execute("SET synchronous_commit = on")
    return made
