"""The Monday as a fixture."""

from __future__ import annotations

import pytest

from tests.platform.pages.desk import Desk, build_desk


@pytest.fixture
def desk(db: None) -> Desk:
    return build_desk()
