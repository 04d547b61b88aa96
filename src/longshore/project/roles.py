"""The roles a person can have, and what each may do. One table, turned into Django groups by `longshore init`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from longshore.catalog.access import ENTERS_AS_PARTNER


@dataclass(frozen=True, slots=True)
class Role:
    """`changes` names the apps in which the role may add and change; `deletes` is only for the administrator;
    `without` are verbs of those apps that are not for this role. `outside`: people of another company, tied to their
    partner; they see their portal and what an agreement shares, and nothing else."""

    name: str
    title: str | Promise
    changes: tuple[str, ...]
    deletes: bool = False
    without: tuple[str, ...] = ()
    outside: bool = False


EVERY_APP = (
    "catalog",
    "ledger",
    "sensing",
    "ordering",
    "planning",
    "sourcing",
    "storing",
    "shipping",
    "returning",
    "tracing",
    "tower",
    "twin",
)
ROLES = (
    Role("viewer", _("Viewer"), ()),
    Role("manager", _("Operations manager"), EVERY_APP),
    Role("planner", _("Planner"), ("planning", "tower")),
    Role("buyer", _("Buyer"), ("planning", "sourcing", "tower")),
    Role(
        "warehouse",
        _("Warehouse"),
        ("storing", "sourcing", "returning", "ledger", "tower"),
        without=("decide_qualitycase",),
    ),
    Role("dispatcher", _("Dispatcher"), ("shipping", "tower")),
    Role("quality", _("Quality"), ("storing", "tracing", "sensing", "tower")),
    Role("supplier", _("Supplier"), (), outside=True),
    Role("customer", _("Customer"), (), outside=True),
    Role("admin", _("Administrator"), (*EVERY_APP, "project", "auth"), deletes=True),
)


def ensure_roles() -> tuple[str, ...]:
    """Make the groups and give them exactly the permissions of the table; returns their names."""
    for role in ROLES:
        group, _created = Group.objects.get_or_create(name=role.name)
        group.permissions.set(_permissions(role))
    return tuple(role.name for role in ROLES)


def _permissions(role: Role) -> Iterable[Permission]:
    app, _dot, enter = ENTERS_AS_PARTNER.partition(".")
    if role.outside:
        return Permission.objects.filter(content_type__app_label=app, codename=enter)
    may_view = Q(content_type__app_label__in=EVERY_APP, codename__startswith="view_")
    if role.deletes:
        return Permission.objects.filter(may_view | Q(content_type__app_label__in=role.changes) & ~Q(codename=enter))
    in_apps = Q(content_type__app_label__in=role.changes) & ~Q(codename__in=(*role.without, enter))
    # What is neither view, add, change nor delete is a verb of the app ("approve_proposal"): it belongs to who changes.
    return Permission.objects.filter(may_view | (in_apps & ~Q(codename__startswith="delete_")))
