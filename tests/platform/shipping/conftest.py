"""The warehouse as a fixture."""

from __future__ import annotations

import pytest

from tests.platform.storing.floor import Floor, build


@pytest.fixture
def floor(db: None) -> Floor:
    return build()
