"""The small world as a fixture."""

from __future__ import annotations

import pytest

from tests.platform.planning.world import World, build


@pytest.fixture
def world(db: None) -> World:
    return build()
