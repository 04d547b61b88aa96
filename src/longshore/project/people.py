"""Logins and their roles."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.project.roles import ROLES, ensure_roles


@dataclass(frozen=True, slots=True)
class NewPerson:
    name: str
    role: str
    password: str


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    roles: tuple[str, ...]
    active: bool


class NoSuchRole(Refusal):
    """A role that the table of roles does not have."""

    def __init__(self, role: str) -> None:
        known = ", ".join(known.name for known in ROLES)
        super().__init__(
            "no-such-role",
            _("There is no role %(role)s.") % {"role": role},
            _("Choose one of: %(known)s.") % {"known": known},
            role=role,
        )


class NoSuchUser(Refusal):
    """A login nobody has."""

    def __init__(self, name: str) -> None:
        sentence = _("Nobody is called %(name)s.") % {"name": name}
        super().__init__("no-such-user", sentence, _("`longshore user list` shows all logins."), name=name)


class UserExists(Refusal):
    """A login somebody already has."""

    def __init__(self, name: str) -> None:
        sentence = _("Somebody is already called %(name)s.") % {"name": name}
        super().__init__("user-exists", sentence, _("Choose another name, or change the role."), name=name)


class WeakPassword(Refusal):
    """A password the rules do not accept."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("weak-password", " ".join(reasons), _("Choose a longer one, or let Longshore make one up."))


def add_person(*, name: str, role: str, password: str | None = None) -> NewPerson:
    """Create a login; without a password a strong one is made up and returned, once."""
    chosen = password or secrets.token_urlsafe(12)
    _refuse_unknown(role)
    with transaction.atomic():
        ensure_roles()
        if User.objects.filter(username=name).exists():
            raise UserExists(name)
        user = User(username=name, is_staff=role == "admin", is_superuser=role == "admin")
        try:
            validate_password(chosen, user)
        except ValidationError as error:
            raise WeakPassword(error.messages) from error
        user.set_password(chosen)
        user.save()
        user.groups.set(Group.objects.filter(name=role))
    return NewPerson(name, role, chosen)


def change_role(*, name: str, role: str) -> None:
    _refuse_unknown(role)
    with transaction.atomic():
        user = person_named(name)
        user.groups.set(Group.objects.filter(name=role))
        user.is_staff = user.is_superuser = role == "admin"
        user.save(update_fields=["is_staff", "is_superuser"])


def person_named(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None:
        raise NoSuchUser(name)
    return user


def everybody() -> tuple[Person, ...]:
    users = User.objects.prefetch_related("groups").order_by("username")
    return tuple(
        Person(user.username, tuple(group.name for group in user.groups.all()), user.is_active) for user in users
    )


def _refuse_unknown(role: str) -> None:
    if role not in {known.name for known in ROLES}:
        raise NoSuchRole(role)
