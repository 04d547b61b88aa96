"""The devices: which there are, how each one does, what it says, and the verbs for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Place
from longshore.catalog.queries import place_ids
from longshore.catalog.typed import pk_or_none, whole
from longshore.ledger.cause import Cause
from longshore.sensing import operations
from longshore.sensing.models import DeviceKind, DeviceState, Metric
from longshore.sensing.pages.labels import provisioning_svg
from longshore.sensing.pages.showing import refusal_words, signal_data
from longshore.sensing.pages.unlike import in_words
from longshore.sensing.queries import attachments, registry, telemetry
from longshore.sensing.queries.detecting import anomalies_of, late_of
from longshore.sensing.rules import health

PER_PAGE = 50
RANGES: dict[str, tuple[timedelta, str | Promise]] = {
    "1h": (timedelta(hours=1), gettext_lazy("1 hour")),
    "day": (timedelta(days=1), gettext_lazy("1 day")),
    "week": (timedelta(days=7), gettext_lazy("1 week")),
    "month": (timedelta(days=30), gettext_lazy("30 days")),
    "year": (timedelta(days=365), gettext_lazy("1 year")),
}
LOOK_BACK = timedelta(days=7)
SAYS = {"portal": "tags", "tracker": "fix", "scanner": "scan", "machine": "state"}


def cause_of(request: HttpRequest) -> Cause:
    return Cause(actor=request.user.get_username(), because="page")


@needs("view")
@require_GET
def device_list(request: HttpRequest) -> HttpResponse:
    asked, at = request.GET, now_of(request)
    by = registry.DeviceFilter(
        kind=asked.get("kind", ""), state=asked.get("state", ""), trouble=asked.get("trouble", ""),
        site=pk_or_none(asked.get("site")), search=asked.get("q", "").strip(),
    )  # fmt: skip
    first = pk_or_none(asked.get("page")) or 1
    found = registry.devices(at, by, limit=PER_PAGE, offset=(first - 1) * PER_PAGE)
    troubles, states = registry.trouble_counts(at), registry.state_counts()
    context = {
        "nav": "devices",
        "by": by,
        "rows": found.rows,
        "total": found.total,
        "page": Paginator(range(found.total), PER_PAGE).get_page(first),
        "alive": sum(count for state, count in states.items() if state != "retired"),
        "in_trouble": registry.devices(at, registry.DeviceFilter(trouble="any"), limit=0).total,
        "states": states,
        "tiles": [(trouble, troubles[trouble.name]) for trouble in health.TROUBLES if _on_strip(trouble.name)],
        "troubles": health.TROUBLE,
        "kinds": [(kind, label, registry_count) for kind, label, registry_count in _kinds()],
        "sites": Place.objects.filter(kind="site", active=True, parts__usage="storage").distinct().order_by("code"),
        "words": {str(value): str(label) for value, label in DeviceKind.choices},
        "state_words": {str(value): str(label) for value, label in DeviceState.choices},
    }
    return render(request, "sensing/devices.html", context)


def _on_strip(name: str) -> bool:
    return name in ("silent", "flooding", "forged", "skewed", "battery", "calibration", "refused")


def _kinds() -> list[tuple[str, str, int]]:
    counts = registry.kind_counts()
    return [(str(value), str(label), counts[value]) for value, label in DeviceKind.choices if value in counts]


@needs("sensing")
@require_GET
def add_sheet(request: HttpRequest) -> HttpResponse:
    return render(request, "sensing/_add.html", {"kinds": DeviceKind.choices})


@needs("sensing")
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Register, hang up and issue a key in one go; the answer is the device's page with the token on it, once."""
    typed, at, cause = request.POST, now_of(request), cause_of(request)
    try:
        every = whole(typed.get("expected_every_s") or "0", _("Speaks every, s"))
        new = operations.NewDevice(
            typed.get("code", "").strip(), typed.get("kind", ""), typed.get("name", "").strip(), expected_every_s=every
        )
        device = operations.register_devices([new], at=at, cause=cause).accepted[0].device
        if typed.get("place", "").strip():
            operations.attach([operations.Attach(device, _place(typed["place"]))], at=at, cause=cause)
        receipt = operations.issue_keys([device], at=at, cause=cause)
    except Refusal as refusal:
        context = {"kinds": DeviceKind.choices, "refusal": refusal, "typed": typed}
        return render(request, "sensing/_add.html", context, status=422)
    return _detail(request, new.code, issued=receipt.issued[0])


def _place(code: str) -> int:
    found = place_ids({code.strip()}).get(code.strip())
    if found is None:
        raise Refusal("unknown-place", _("There is no place %(code)s.") % {"code": code}, _("Check the code."))
    return found


@needs("view")
@require_GET
def device(request: HttpRequest, code: str) -> HttpResponse:
    return _detail(request, code)


def _detail(
    request: HttpRequest, code: str, refusal: Refusal | None = None, issued: operations.IssuedKey | None = None
) -> HttpResponse:
    at = now_of(request)
    row = registry.device_row(code, at)
    if row is None:
        raise Http404(code)
    span = request.GET.get("range", "day")
    since = at - RANGES.get(span, RANGES["day"])[0]
    values = telemetry.last_values([row.id])
    context = {
        "nav": "devices",
        "topics": f"signal-{row.id}",
        "row": row,
        "kind_word": dict(DeviceKind.choices)[row.kind],
        "state_word": dict(DeviceState.choices)[row.state],
        "troubles": [health.TROUBLE[name] for name in row.troubles],
        "span": span if span in RANGES else "day",
        "ranges": [(name, title) for name, (_span, title) in RANGES.items()],
        "values": values,
        "signals": [signal_data(row.id, value, since, at) for value in values],
        "too_late": late_of(row.id),
        "unlike": [in_words(one) for one in anomalies_of(row.id, since, 20)],
        "keys": attachments.keys_of(row.id, at),
        "attachments": attachments.attachments_of(row.id),
        "commands": attachments.commands_of(row.id),
        "refused": [
            (one, refusal_words(one.reason), json.dumps(one.samples, ensure_ascii=False)[:400])
            for one in attachments.refused_since(at - LOOK_BACK, row.id, 20)
        ],
        "said": [
            (one, json.dumps(one.body, ensure_ascii=False)[:200])
            for one in attachments.last_signals(row.id, SAYS.get(row.kind, "scan"), at + timedelta(days=1))
        ],
        "refusal": refusal,
        "issued": issued,
        "label": None if issued is None else provisioning_svg(request, issued),
    }
    return render(request, "sensing/device.html", context, status=422 if refusal else 200)


@needs("view")
@require_GET
def series(request: HttpRequest, code: str) -> JsonResponse:
    """What a chart asks for when its range changes or its line was lost."""
    at = now_of(request)
    device = _known(code)
    metric = Metric.objects.filter(code=request.GET.get("metric", "")).values_list("pk", flat=True).first()
    if metric is None:
        raise Http404("metric")
    since = at - RANGES.get(request.GET.get("range", "day"), RANGES["day"])[0]
    step, points = telemetry.series(device, metric, since, at)
    return JsonResponse({"step": step, "points": [[_ms(p.at), p.mean, p.low, p.high] for p in points]})


def _known(code: str) -> int:
    try:
        return operations.id_of(code)
    except operations.UnknownDevice as unknown:
        raise Http404(code) from unknown


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


@needs("sensing")
@require_POST
def act(request: HttpRequest, code: str, verb: str) -> HttpResponse:
    """One verb on one device; a new token is shown in the answer itself, because it is kept nowhere."""
    if verb not in VERBS:
        raise Http404(verb)
    try:
        done = VERBS[verb](request, _known(code))
    except Refusal as refusal:
        return _detail(request, code, refusal)
    if isinstance(done, operations.IssuedKey):
        return _detail(request, code, issued=done)
    messages.success(request, done)
    return redirect("device", code=code)


def _quarantine(request: HttpRequest, device: int) -> str:
    reason = request.POST.get("reason", "")
    operations.quarantine([device], reason=reason, at=now_of(request), cause=cause_of(request))
    return _("It is not listened to any more.")


def _readmit(request: HttpRequest, device: int) -> str:
    operations.readmit([device], at=now_of(request), cause=cause_of(request))
    return _("It is listened to again.")


def _retire(request: HttpRequest, device: int) -> str:
    operations.retire([device], at=now_of(request), cause=cause_of(request))
    return _("The device is retired; what it said stays.")


def _attach(request: HttpRequest, device: int) -> str:
    typed, at, cause = request.POST, now_of(request), cause_of(request)
    if not typed.get("place", "").strip():
        operations.detach([device], at=at, cause=cause)
        return _("It hangs nowhere now.")
    operations.attach([operations.Attach(device, _place(typed["place"]))], at=at, cause=cause)
    return _("It hangs at %(place)s from now on.") % {"place": typed["place"].strip()}


def _issue(request: HttpRequest, device: int) -> operations.IssuedKey:
    return operations.issue_keys([device], at=now_of(request), cause=cause_of(request)).issued[0]


def _rotate(request: HttpRequest, device: int) -> operations.IssuedKey:
    return operations.rotate_keys([device], at=now_of(request), cause=cause_of(request)).issued[0]


def _revoke(request: HttpRequest, device: int) -> str:
    operations.revoke_key(whole(request.POST.get("key"), _("Keys")), at=now_of(request), cause=cause_of(request))
    return _("The key opens nothing any more.")


def _command(request: HttpRequest, device: int) -> str:
    body = _json_of(request.POST.get("body", ""))
    retained = request.POST.get("retained") == "on"
    wanted = operations.NewCommand(device, body, retained)
    operations.send_command(wanted, at=now_of(request), cause=cause_of(request))
    return _("The command is on its way.")


def _json_of(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refusal("not-a-json-object", _("This is no JSON object."), _('Write it as {"name": value}.'))
    return found


VERBS: dict[str, Callable[[HttpRequest, int], str | operations.IssuedKey]] = {
    "quarantine": _quarantine, "readmit": _readmit, "retire": _retire, "attach": _attach, "issue": _issue,
    "rotate": _rotate, "revoke": _revoke, "command": _command,
}  # fmt: skip

urlpatterns = [
    path("devices/", device_list, name="devices"),
    path("devices/new/", add_sheet, name="device-new"),
    path("devices/add/", add, name="device-add"),
    path("devices/<str:code>/", device, name="device"),
    path("devices/<str:code>/series.json", series, name="device-series"),
    path("devices/<str:code>/do/<slug:verb>/", act, name="device-act"),
]
