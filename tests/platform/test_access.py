"""Who is let in: tokens, sessions, roles; nobody without one sees anything."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from longshore.project.api import api
from longshore.project.people import add_person, change_role
from longshore.project.roles import ROLES, ensure_roles
from longshore.project.tokens import issue, revoke, user_of_token

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
OPEN = {"/api/health"}
OPEN_PAGES = ("/login", "/logout", "/admin/", "/i18n/", "/static/", "/api/", "/language", "/theme", "/manifest", "/sw")
pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer() -> User:
    add_person(name="wang.fang", role="buyer", password="harbour-crane-77")
    return User.objects.get(username="wang.fang")


def operations() -> list[tuple[str, str]]:
    return [(verb, path) for path, verbs in api.get_openapi_schema()["paths"].items() for verb in verbs]


def test_no_call_of_the_api_answers_a_stranger() -> None:
    """Every call except the health check: 401 without a token or a session."""
    client = Client()
    answered = []
    for verb, path in operations():
        url = re.sub(r"{[^}]*}", "1", path)
        status = getattr(client, verb)(url).status_code
        if path not in OPEN and status != 401:
            answered.append(f"{verb} {path}: {status}")
    assert answered == []


def test_a_token_acts_as_its_user_until_it_is_revoked(buyer: User) -> None:
    """The token works, then it is revoked, then it does not; only its digest was ever kept."""
    token = issue(user=buyer, name="erp", at=AT)
    known = buyer.apitoken_set.get()
    assert user_of_token(token) == buyer
    assert token not in str(known.__dict__)
    assert revoke(token_id=known.id, at=AT) == 1
    assert revoke(token_id=known.id, at=AT) == 0
    assert user_of_token(token) is None


def test_a_token_of_somebody_who_left_is_worth_nothing(buyer: User) -> None:
    """Deactivating the login ends its tokens at once."""
    token = issue(user=buyer, name="erp", at=AT)
    User.objects.filter(id=buyer.id).update(is_active=False)
    assert user_of_token(token) is None


def test_a_session_without_its_csrf_token_changes_nothing(buyer: User) -> None:
    """A logged-in browser that another site makes post is refused."""
    verb, path = next((verb, path) for verb, path in operations() if verb == "post" and "{" not in path)
    client = Client(enforce_csrf_checks=True)
    client.force_login(buyer)
    assert getattr(client, verb)(path, data="{}", content_type="application/json").status_code == 403


def test_each_role_may_do_exactly_what_the_table_says() -> None:
    """Add and change rights exist in the named apps and in no others; only the administrator deletes."""
    ensure_roles()
    for role in ROLES:
        granted = Permission.objects.filter(group__name=role.name).select_related("content_type")
        if role.outside:
            assert [one.codename for one in granted] == ["enter_as_partner"]
            continue
        acts = {one.content_type.app_label for one in granted if not one.codename.startswith("view_")}
        assert acts <= set(role.changes), role.name
        deletes = [one.codename for one in granted if one.codename.startswith("delete_")]
        assert bool(deletes) == role.deletes, role.name


def test_changing_the_role_takes_the_old_rights_away(buyer: User) -> None:
    """From buyer to viewer: nothing can be changed any more."""
    assert buyer.has_perm("sourcing.change_purchaseorder")
    change_role(name="wang.fang", role="viewer")
    fresh = User.objects.get(id=buyer.id)
    assert not fresh.has_perm("sourcing.change_purchaseorder")
    assert fresh.has_perm("sourcing.view_purchaseorder")


def _paths(resolver: URLResolver, before: str = "/") -> list[str]:
    found = []
    for entry in resolver.url_patterns:
        text = before + str(entry.pattern).lstrip("^").rstrip("$")
        if isinstance(entry, URLPattern):
            found.append(text)
        else:
            found += _paths(entry, text)
    return found


def test_no_page_shows_itself_to_a_stranger() -> None:
    """Every page without an argument sends a stranger to the login page."""
    client = Client()
    shown = []
    for path in _paths(get_resolver()):
        if "<" in path or "(" in path or path.startswith(OPEN_PAGES):
            continue
        answer = client.get(path)
        if answer.status_code not in (302, 401, 403, 405) or (
            answer.status_code == 302 and not answer["Location"].startswith("/login/")
        ):
            shown.append(f"{path}: {answer.status_code}")
    assert shown == []
