"""A repository with a person of the house, a partner, and a client that speaks with a token."""

from __future__ import annotations

import pytest

from tests.platform.tracing.repository import Repository, build


@pytest.fixture
def repository(db: None) -> Repository:
    return build()
