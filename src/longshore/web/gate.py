"""People of suppliers and customers reach their portal and nothing else, whatever pages there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from longshore.catalog.access import side_of

PORTAL: Final = "/portal/"
PORTAL_API: Final = "/api/portal/"
# Where a person of another company begins: with what it has to answer, else with what is shared with it.
HOMES: Final = {"supplier": "/portal/orders/"}
# What anybody may reach; EPCIS asks by itself whose events these are.
OPEN: Final = (
    PORTAL,
    PORTAL_API,
    "/01/",
    "/api/health",
    "/epcis/",
    "/i18n/",
    "/language/",
    "/login/",
    "/logout/",
    "/static/",
    "/theme/",
    "/words/",
)


def partners_stay_in_their_portal(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """A page that forgets to ask who is there is closed to them too; for them it does not exist."""

    def middleware(request: HttpRequest) -> HttpResponse:
        side = "" if request.path_info.startswith(OPEN) else side_of(request.user)
        if side:
            if request.path_info == "/":
                return HttpResponseRedirect(HOMES.get(side, PORTAL))
            raise Http404(request.path_info)
        return get_response(request)

    return middleware
