"""The warehouse as a fixture, and people who look at it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from longshore.project.roles import ensure_roles
from longshore.twin.models import World
from tests.platform.storing.floor import Floor, build, hours


@pytest.fixture
def floor(db: None) -> Floor:
    return build()


@pytest.fixture
def monday(floor: Floor) -> World:
    """The business clock stands at Monday noon of the warehouse's week."""
    return World.objects.create(name="demo", kind="demo", now=hours(4))


def person(role: str) -> Client:
    ensure_roles()
    user, _made = User.objects.get_or_create(username=role)
    user.groups.set(Group.objects.filter(name=role))
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


@pytest.fixture
def manager(db: None) -> Client:
    return person("manager")


@pytest.fixture
def viewer(db: None) -> Client:
    return person("viewer")
