"""What every template may ask: who is here, what they may do, which theme, what time it is, which pages."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.utils.functional import Promise, SimpleLazyObject

from longshore.catalog.access import may_of
from longshore.project.roles import ROLES
from longshore.tower.queries import menu_counts
from longshore.web import menu
from longshore.web.models import Theme

THEME_COOKIE = "longshore_theme"


def theme_of(request: HttpRequest) -> str:
    asked = request.GET.get("theme") or request.COOKIES.get(THEME_COOKIE, "")
    return asked if asked in Theme.values else Theme.AUTO.value


def shell(request: HttpRequest) -> dict[str, object]:
    """Everything that costs a query is looked up only when a template shows it."""
    user = getattr(request, "user", None)
    may = may_of(user) if user is not None else frozenset()
    return {
        "theme": theme_of(request),
        "now": getattr(request, "now", None),
        "may": may,
        "menu": SimpleLazyObject(lambda: menu.sections_for(may)),
        "menu_counts": SimpleLazyObject(lambda: menu_counts(request.now)),  # type: ignore[attr-defined]
        # A sheet that is asked for by itself (a new tab, a bookmark) comes in the shell.
        "sheet_frame": "web/sheet_bare.html" if "HX-Request" in request.headers else "web/sheet_page.html",
        "role_title": SimpleLazyObject(lambda: role_title(request.user)) if may else "",
    }


def role_title(user: User | AnonymousUser) -> str | Promise:
    """The first role of the table the user holds."""
    names = {"admin"} if user.is_superuser else set(user.groups.values_list("name", flat=True))
    return next((role.title for role in reversed(ROLES) if role.name in names), "")
