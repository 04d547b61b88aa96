"""The small world as a fixture."""

from __future__ import annotations

import pytest

from tests.platform.planning.world import MONDAY, World, build


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small world's week is now."""
    monkeypatch.setattr("longshore.web.clock.clock.now", lambda: MONDAY)
    monkeypatch.setattr("django.utils.timezone.now", lambda: MONDAY)
