"""Whose chair somebody of another company sits on: the one question every page of the portal begins with."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User

from longshore.planning.reading import rows

SEAT = """
SELECT t.partner_id, p.code, p.name, p.name_zh, t.side
FROM planning_partnerperson t JOIN catalog_partner p ON p.id = t.partner_id AND p.active
WHERE t.user_id = %(user)s
"""


@dataclass(frozen=True, slots=True)
class Seat:
    """Who asks: the person, its company and as what. Every question of the portal is filtered by `partner` in SQL."""

    person: str
    partner: int
    code: str
    name: str
    name_zh: str
    side: str  # supplier, customer


def seat_of(user: User | AnonymousUser) -> Seat | None:
    """None for our own people, for strangers, and for people of a company we no longer work with."""
    if not isinstance(user, User) or not user.is_active:
        return None
    found = rows(SEAT, {"user": user.pk})
    return Seat(user.get_username(), *found[0]) if found else None
