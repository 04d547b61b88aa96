"""Who can log in to a living demo: shown at its door, names only. The passwords stand where it was started."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.utils.functional import Promise

from longshore.catalog.models import Partner
from longshore.project.clock import LIVING
from longshore.project.roles import ROLES
from longshore.twin.models import World


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """`company`: of people of a supplier or customer."""

    name: str
    title: str | Promise
    company: Partner | None


def people_of_the_demo() -> tuple[DemoPerson, ...]:
    """Nobody where this is no demo. The demo names its people by their roles."""
    if not World.objects.filter(name=LIVING, kind="living").exists():
        return ()
    users = User.objects.filter(username__in=[role.name for role in ROLES], is_active=True)
    known = {user.username: user for user in users.select_related("partner_person__partner")}
    return tuple(DemoPerson(role.name, role.title, _company(known[role.name])) for role in ROLES if role.name in known)


def _company(user: User) -> Partner | None:
    tie = getattr(user, "partner_person", None)
    return tie.partner if tie is not None else None
