"""A database for one run: made, migrated, used and dropped. Simulations and benchmarks never touch real data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

from longshore.project.setting_up import prepare


@contextmanager
def scratch_database(purpose: str, keep: str | None = None, *, durable: bool = True) -> Iterator[str]:
    """Everything inside sees a fresh, prepared database, child processes included (LONGSHORE_DATABASE_NAME).

    With `keep` the database gets that name and stays, for a look at it afterwards; one of that name is replaced.
    A simulated world starts again from its seed after a crash, so with `durable=False` its commits do not wait for the
    disk. Benchmarks of durable work keep the default.
    """
    name = keep or f"longshore_{purpose}_{os.getpid()}"
    original = connection.settings_dict["NAME"]
    outer = os.environ.get("LONGSHORE_DATABASE_NAME")
    _execute("drop database if exists {} with (force)", name)
    _execute("create database {} template template0", name)
    if not durable:
        _execute("alter database {} set synchronous_commit = off", name)
    _switch(name)
    os.environ["LONGSHORE_DATABASE_NAME"] = name
    try:
        call_command("migrate", verbosity=0, interactive=False)
        prepare()
        yield name
    finally:
        _switch(original)
        os.environ.pop("LONGSHORE_DATABASE_NAME")
        if outer is not None:
            os.environ["LONGSHORE_DATABASE_NAME"] = outer
        if keep is None:
            _execute("drop database if exists {} with (force)", name)


def _switch(name: str) -> None:
    connections.close_all()
    connections.settings["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


def _execute(statement: str, name: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(sql.Identifier(name)))
