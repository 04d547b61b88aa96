"""The portal's door: for people of suppliers and customers, who see what their company may see."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from longshore.planning.queries.seats import Seat, seat_of

PortalPage = Callable[..., HttpResponse]


def for_partners(side: str = "") -> Callable[[PortalPage], Callable[..., HttpResponseBase]]:
    """A page of the portal: called with the seat after the request. For everybody else it does not exist."""

    def decorate(page: PortalPage) -> Callable[..., HttpResponseBase]:
        @wraps(page)
        def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            seat: Seat | None = seat_of(request.user)
            if seat is None or side not in ("", seat.side):
                raise Http404(request.path_info)
            return page(request, seat, *args, **kwargs)

        return checked

    return decorate
