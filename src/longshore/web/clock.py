"""Gives every request the business clock: `request.now`, of the living demo or of the wall."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from longshore.project import clock


def business_clock(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        request.now = clock.now()  # type: ignore[attr-defined]
        return get_response(request)

    return middleware
