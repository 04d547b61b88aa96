"""Opening the living demo: its tables, its company, its people."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping

from django.contrib.auth.models import User

from longshore.project import home
from longshore.project.people import NewPerson, add_person
from longshore.project.roles import ROLES
from longshore.project.setting_up import set_up


def open_demo(*, seed: int, progress: Callable[[str], None]) -> tuple[NewPerson, ...]:
    """Prepare the database, settle the demo company unless it lives already, and return the logins."""
    from longshore.twin.live import settle

    progress("preparing the database …")
    set_up()
    settle(seed=seed, progress=progress)
    return ensure_logins()


def ensure_logins() -> tuple[NewPerson, ...]:
    """One login for each role. Passwords are made up once for this installation and kept in its own folder."""
    path = home.directory() / "demo-logins.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    logins = tuple(NewPerson(role.name, role.name, _password(role.name, known)) for role in ROLES)
    for login in logins:
        user = User.objects.filter(username=login.name).first()
        if user is None:
            add_person(name=login.name, role=login.role, password=login.password)
        elif not user.check_password(login.password):
            user.set_password(login.password)
            user.save(update_fields=["password"])
    path.write_text(json.dumps({login.name: login.password for login in logins}))
    path.chmod(0o600)
    return logins


def _password(name: str, known: Mapping[str, str]) -> str:
    return known.get(name) or f"{name}-{secrets.token_hex(4)}"
