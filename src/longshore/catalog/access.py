"""What a reader may see and change, from the permissions of the groups: one name per app, plus "view" and "staff".

Here, at the bottom of the map, because the pages of every app ask it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Page = Callable[..., HttpResponseBase]
ENTERS_AS_PARTNER = "planning.enter_as_partner"


def side_of(user: User | AnonymousUser) -> str:
    """ "supplier" or "customer" for somebody of another company, "" for our own people.

    Planning ties a person to a partner (`partner_person`); who has such a role and no tie is still nobody of ours.
    """
    if not user.is_authenticated or user.is_superuser:
        return ""
    tie = getattr(user, "partner_person", None)
    if tie is not None:
        return str(tie.side)
    return "nobody" if user.has_perm(ENTERS_AS_PARTNER) else ""


def may_of(user: User | AnonymousUser) -> frozenset[str]:
    """`"planning" in may` means: may use the verbs of planning; `"qualitycase" in may`: may decide on those.

    People of other companies may "partner" and their side ("supplier", "customer") and never "view".
    """
    if not user.is_authenticated:
        return frozenset()
    side = side_of(user)
    if side:
        return frozenset({"partner", side})
    held = user.get_all_permissions()
    changes = {p.partition(".")[0] for p in held if p.partition(".")[2].startswith("change_")}
    decides = {p.partition(".decide_")[2] for p in held if ".decide_" in p}
    return frozenset({"view", *changes, *decides, *(("staff",) if user.is_staff else ())})


def needs(name: str) -> Callable[[Page], Page]:
    """A page for those who may: everybody else logs in, or is told no."""

    def decorate(page: Page) -> Page:
        @wraps(page)
        def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if name not in may_of(request.user):
                raise PermissionDenied(name)
            return page(request, *args, **kwargs)

        return checked

    return decorate


def now_of(request: HttpRequest) -> datetime:
    """The business clock of this request, set by the middleware: a living demo has its own time."""
    at: datetime = request.now  # type: ignore[attr-defined]
    return at
