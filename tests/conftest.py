"""What every test shares: the embedded PostgreSQL is up before Django asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Start the embedded server before the test databases are made: one for each process the suite runs in."""
    from longshore.project import embedded

    if not os.environ.get("LONGSHORE_DATABASE_URL"):
        embedded.ensure()
    yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """A test database says that it is one: only there may a ledger be emptied between tests."""
    from django.db import connection

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        name = connection.settings_dict["NAME"]
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE \"{name}\" SET longshore.test_database = 'yes'")
        connection.close()


@pytest.fixture(autouse=True)
def no_language_of_another_test() -> None:
    """A page asked for in Chinese leaves its language in the thread; who comes next begins in the default."""
    from django.utils import translation

    translation.deactivate()
