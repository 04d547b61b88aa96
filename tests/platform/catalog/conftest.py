from __future__ import annotations

import pytest

from tests.platform.catalog import world


@pytest.fixture
def small_world(db: None) -> None:
    world.build()
