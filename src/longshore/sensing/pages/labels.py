"""Labels: a code to find a device by, or, once, the token to set it up with. To be printed, 24 a page."""

from __future__ import annotations

import json

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.sensing import operations
from longshore.sensing.queries.registry import DeviceFilter, DeviceRow, devices

MOST = 500


def code_svg(text: str) -> SafeString:
    """A QR code as an inline picture; made of our own text only, so it may stand in the page as it is."""
    return mark_safe(segno.make(text, error="m", micro=False).svg_inline(border=2, omitsize=True))


def provisioning_text(request: HttpRequest, key: operations.IssuedKey) -> str:
    """What a device or its installer reads from the label: who it is, its token, and where the gateway listens."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    scheme = "mqtts" if settings.HTTPS else "mqtt"
    told = {"v": 1, "device": key.code, "token": key.token, "broker": f"{scheme}://{host}"}
    return json.dumps(told, separators=(",", ":"))


def provisioning_svg(request: HttpRequest, key: operations.IssuedKey) -> SafeString:
    return code_svg(provisioning_text(request, key))


def _chosen(request: HttpRequest) -> list[DeviceRow]:
    """Those named, or all that the list's filter shows."""
    typed = request.POST if request.method == "POST" else request.GET
    codes, at = set(typed.getlist("device")), now_of(request)
    by = DeviceFilter(kind=typed.get("kind", ""), trouble=typed.get("trouble", ""), search=typed.get("q", ""))
    rows = devices(at, DeviceFilter() if codes else by, limit=100_000 if codes else MOST).rows
    return sorted((row for row in rows if not codes or row.code in codes), key=lambda row: row.code)[:MOST]


@needs("view")
@require_GET
def labels(request: HttpRequest) -> HttpResponse:
    """Labels to find devices by: the code leads to the device's page."""
    rows = _chosen(request)
    page = request.build_absolute_uri
    shown = [(row, code_svg(page(reverse("device", args=[row.code])))) for row in rows]
    return render(request, "sensing/labels.html", {"nav": "devices", "labels": shown, "secret": False})


@needs("sensing")
@require_POST
def provision(request: HttpRequest) -> HttpResponse:
    """New keys for the chosen devices, on labels: this answer is the only place where they are."""
    rows, at = _chosen(request), now_of(request)
    cause = Cause(actor=request.user.get_username(), because="labels")
    try:
        receipt = operations.issue_keys([row.id for row in rows], at=at, cause=cause)
    except Refusal as refusal:
        context = {"nav": "devices", "labels": [], "secret": True, "refusal": refusal}
        return render(request, "sensing/labels.html", context, status=422)
    pictures = {key.code: provisioning_svg(request, key) for key in receipt.issued}
    shown = [(row, pictures[row.code]) for row in rows]
    return render(request, "sensing/labels.html", {"nav": "devices", "labels": shown, "secret": True})


urlpatterns = [
    path("devices/labels/", labels, name="device-labels"),
    path("devices/labels/provision/", provision, name="device-provision"),
]
