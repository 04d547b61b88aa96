"""A form with more in it than the database keeps is answered with what to do about it, not with a fault of the server."""

from __future__ import annotations

from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from longshore.project.limits import ValueOutOfRange


class RefuseWhatIsTooMuch:
    """Middleware. Every verb is one transaction, so nothing of it was written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DataError):
            return None
        return render(request, "web/too_much.html", {"refusal": ValueOutOfRange()}, status=422)
