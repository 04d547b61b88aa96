"""People of two suppliers and a customer, and agreements with them, on the small world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

from longshore.catalog.models import Partner
from longshore.planning.models import AgreementLine, PartnerPerson
from longshore.planning.operations.agreements import NewAgreement, NewLine, Shared, make_agreement
from longshore.project.roles import ensure_roles
from tests.platform.planning.world import MONDAY, WHO, World

STARTS = date(2026, 3, 1)


@dataclass(frozen=True)
class Agreed:
    agreement: int
    line: int


def agree(world: World, partner: int, mode: str, *, code: str = "", levels: tuple[int, int] | None = None,
          **more: Any) -> Agreed:  # fmt: skip
    """An agreement with this partner on tea at the centre."""
    shared = more.pop("shared", Shared(stock=True))
    wanted = NewAgreement(
        code=code or f"{mode.upper()}-{partner}", partner=partner, mode=mode, starts_on=STARTS, shared=shared, **more
    )
    least, most = levels or (None, None)
    made = make_agreement(wanted, [NewLine(world.tea, world.centre, least, most)], at=MONDAY, cause=WHO)
    return Agreed(made.agreement, AgreementLine.objects.get(agreement=made.agreement).pk)


def person(partner_code: str, role: str = "supplier") -> Client:
    """Somebody of this partner, logged in."""
    ensure_roles()
    user = User.objects.create_user(f"{role}@{partner_code}".lower())
    user.groups.set(Group.objects.filter(name=role))
    PartnerPerson.objects.create(user=user, partner=Partner.objects.get(code=partner_code), side=role)
    client = Client()
    client.force_login(user)
    return client
