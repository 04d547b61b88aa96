"""What a reader may change, from the groups of project/roles.py: one name per app, plus "view" and "staff"."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise

from longshore.project.roles import ROLES

Page = Callable[..., HttpResponse]


def may_of(user: User | AnonymousUser) -> frozenset[str]:
    """`"planning" in may` means: may use the verbs of planning."""
    if not user.is_authenticated:
        return frozenset()
    changes = {p.partition(".")[0] for p in user.get_all_permissions() if p.partition(".")[2].startswith("change_")}
    return frozenset({"view", *changes, *(("staff",) if user.is_staff else ())})


def needs(name: str) -> Callable[[Page], Page]:
    """A page for those who may: everybody else logs in, or is told no."""

    def decorate(page: Page) -> Page:
        @wraps(page)
        def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if name not in may_of(request.user):
                raise PermissionDenied(name)
            return page(request, *args, **kwargs)

        return checked

    return decorate


def role_title(user: User) -> str | Promise:
    """The first role of the table the user holds."""
    names = {"admin"} if user.is_superuser else set(user.groups.values_list("name", flat=True))
    return next((role.title for role in reversed(ROLES) if role.name in names), "")
