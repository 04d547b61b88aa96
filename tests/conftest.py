"""What every test shares: the embedded PostgreSQL is up before Django asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """Start the embedded server before the test database is made."""
    from longshore.project import embedded

    if not os.environ.get("LONGSHORE_DATABASE_URL"):
        embedded.ensure()
    yield
