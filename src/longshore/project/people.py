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
from longshore.catalog.models import Partner
from longshore.planning.models import PartnerPerson
from longshore.project.roles import ROLES, ensure_roles


@dataclass(frozen=True, slots=True)
class NewPerson:
    """`partner` is the code of the company they belong to, where the role is one of another company."""

    name: str
    role: str
    password: str
    partner: str = ""


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


class PartnerNeeded(Refusal):
    """People of a supplier or customer belong to one."""

    def __init__(self, role: str) -> None:
        super().__init__(
            "partner-needed",
            _("Who has the role %(role)s belongs to a company.") % {"role": role},
            _("Name it: `--partner CODE`, with the code of a partner that is a %(role)s.") % {"role": role},
            role=role,
        )


class NotAPartner(Refusal):
    """The company is not known, or is not what the role says."""

    def __init__(self, partner: str, role: str) -> None:
        super().__init__(
            "not-a-partner",
            _("%(partner)s is no %(role)s of ours.") % {"partner": partner, "role": role},
            _("Give the code of a partner that is one, or change the partner's record."),
            partner=partner,
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


def add_person(*, name: str, role: str, password: str | None = None, partner: str = "") -> NewPerson:
    """Create a login; without a password a strong one is made up and returned, once.

    `partner`: the code of the company, for people of a supplier or customer.
    """
    chosen = password or secrets.token_urlsafe(12)
    with transaction.atomic():
        ensure_roles()
        company = check_person(name, role, chosen, partner)
        user = User(username=name, is_staff=role == "admin", is_superuser=role == "admin")
        user.set_password(chosen)
        user.save()
        user.groups.set(Group.objects.filter(name=role))
        _tie(user, company, role)
    return NewPerson(name, role, chosen, partner if company is not None else "")


def check_person(name: str, role: str, password: str, partner: str = "") -> Partner | None:
    """Refuse who cannot be added; returns the company of people of another one. An empty password is made up later."""
    _refuse_unknown(role)
    company = _company(role, partner)
    if User.objects.filter(username=name).exists():
        raise UserExists(name)
    try:
        validate_password(password or secrets.token_urlsafe(12), User(username=name))
    except ValidationError as error:
        raise WeakPassword(error.messages) from error
    return company


def change_role(*, name: str, role: str, partner: str = "") -> None:
    """Another role; who becomes one of another company is tied to it, who comes back is ours alone."""
    _refuse_unknown(role)
    with transaction.atomic():
        ensure_roles()
        user = person_named(name)
        company = _company(role, partner)
        PartnerPerson.objects.filter(user=user).delete()
        _tie(user, company, role)
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


def _company(role: str, partner: str) -> Partner | None:
    """The partner that people of this role need; none for our own."""
    if not next(known for known in ROLES if known.name == role).outside:
        return None
    if not partner:
        raise PartnerNeeded(role)
    company = Partner.objects.filter(code=partner, active=True).first()
    if company is None or not (company.is_supplier if role == "supplier" else company.is_customer):
        raise NotAPartner(partner, role)
    return company


def _tie(user: User, company: Partner | None, role: str) -> None:
    if company is not None:
        PartnerPerson.objects.create(user=user, partner=company, side=role)
