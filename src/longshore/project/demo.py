"""Opening the living demo: its tables, its company, its people."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping

from django.contrib.auth.models import User
from django.db.models import Count

from longshore.catalog.models import Partner
from longshore.ordering.models import CustomerOrder
from longshore.planning.models import PartnerPerson
from longshore.project import clock, home
from longshore.project.demo_agreements import ensure_agreements
from longshore.project.people import NewPerson, add_person
from longshore.project.roles import ROLES, Role
from longshore.project.setting_up import set_up
from longshore.sourcing.models import PurchaseOrder
from longshore.sourcing.operations import predict_lateness


def open_demo(*, seed: int, progress: Callable[[str], None]) -> tuple[NewPerson, ...]:
    """Prepare the database, settle the demo company unless it lives already, and return the logins."""
    from longshore.twin.live import settle

    progress("preparing the database …")
    set_up()
    settle(seed=seed, progress=progress)
    logins = ensure_logins()
    ensure_agreements([login.partner for login in logins if login.partner], at=clock.now())
    predict_lateness(at=clock.now())
    return logins


def ensure_logins() -> tuple[NewPerson, ...]:
    """One login for each role, those of other companies at one of ours. Passwords are made up once and kept in the
    installation's own folder."""
    path = home.directory() / "demo-logins.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    logins = tuple(NewPerson(role.name, role.name, _password(role.name, known), _partner(role)) for role in ROLES)
    for login in logins:
        user = User.objects.filter(username=login.name).first()
        if user is None:
            add_person(name=login.name, role=login.role, password=login.password, partner=login.partner)
        elif not user.check_password(login.password):
            user.set_password(login.password)
            user.save(update_fields=["password"])
    path.write_text(json.dumps({login.name: login.password for login in logins}))
    path.chmod(0o600)
    return logins


def _password(name: str, known: Mapping[str, str]) -> str:
    return known.get(name) or f"{name}-{secrets.token_hex(4)}"


def _partner(role: Role) -> str:
    """Of another company: the one its person is of already, else whom we work with most."""
    if not role.outside:
        return ""
    tied = PartnerPerson.objects.filter(user__username=role.name).select_related("partner").first()
    if tied is not None:
        return tied.partner.code
    partners = Partner.objects.filter(active=True)
    if role.name == "supplier":
        ordered = PurchaseOrder.objects.values("supplier").annotate(sites=Count("site", distinct=True), all=Count("id"))
        widest = ordered.order_by("-sites", "-all", "supplier").values("supplier")[:1]
        found = partners.filter(is_supplier=True, pk__in=widest).first()
        return (found or partners.filter(is_supplier=True).order_by("code")[0]).code
    busiest = CustomerOrder.objects.values("customer").annotate(orders=Count("id")).order_by("-orders", "customer")
    first = partners.filter(is_customer=True, pk__in=busiest.values("customer")[:1]).first()
    return (first or partners.filter(is_customer=True).order_by("code")[0]).code
