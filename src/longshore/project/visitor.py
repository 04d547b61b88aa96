"""Who is behind a native ASGI request: the session cookie or the bearer token, checked as Django checks them."""

from __future__ import annotations

from collections.abc import MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections
from django.http import HttpRequest

from longshore.catalog.access import side_of
from longshore.project.tokens import insider_of_token


def visitor_of(scope: MutableMapping[str, Any]) -> User | None:
    """Runs in a thread: a few small queries. None when nobody of ours is logged in."""
    headers = dict(scope["headers"])
    close_old_connections()
    try:
        bearer = headers.get(b"authorization", b"").decode("latin-1")
        if bearer.startswith("Bearer "):
            return insider_of_token(bearer.removeprefix("Bearer "))
        return _user_of_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    finally:
        close_old_connections()


def _user_of_cookie(header: str) -> User | None:
    try:
        cookie = SimpleCookie(header).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    if cookie is None:
        return None
    request = HttpRequest()
    request.session = SessionStore(cookie.value)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active and not side_of(user) else None
