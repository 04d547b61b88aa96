"""The registry and what devices said, over HTTP. Everything a page can do."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema

from longshore.catalog.access import may_of, now_of
from longshore.catalog.queries import place_ids
from longshore.ledger.cause import Cause
from longshore.sensing import operations
from longshore.sensing.models import Metric
from longshore.sensing.queries import attachments, registry, telemetry
from longshore.sensing.queries.detecting import LEARNT_FROM, anomalies_of

router = Router()
MOST = 1000
SPAN = timedelta(days=1)


class DeviceIn(Schema):
    """`expected_every_s` 0: it speaks only when something happens."""

    code: str
    kind: str
    name: str = ""
    name_zh: str = ""
    expected_every_s: int = 60
    firmware: str = ""
    calibration_due: date | None = None
    settings: dict[str, Any] = {}


class DevicesIn(Schema):
    """`partial`: take the good rows, give the others back."""

    devices: list[DeviceIn]
    partial: bool = False


class ChangeIn(Schema):
    """What is missing stays as it is."""

    name: str | None = None
    name_zh: str | None = None
    expected_every_s: int | None = None
    calibration_due: date | None = None
    settings: dict[str, Any] | None = None


class Codes(Schema):
    devices: list[str]


class RotateIn(Schema):
    """The old keys end after `overlap_hours`; 0 ends them at once."""

    devices: list[str]
    overlap_hours: int = 168


class KeyIn(Schema):
    devices: list[str]
    valid_until: datetime | None = None


class QuarantineIn(Schema):
    devices: list[str]
    reason: str


class AttachIn(Schema):
    """`place` is a code; or name the handling unit's id."""

    device: str
    place: str = ""
    handling_unit: int | None = None


class CommandIn(Schema):
    body: dict[str, Any]
    retained: bool = True
    expires_at: datetime | None = None


class Wanted(Schema):
    kind: str = ""
    state: str = ""
    trouble: str = ""
    search: str = ""
    limit: int = 100
    offset: int = 0


class Span(Schema):
    """Without `since` the last day; `points`: about how many."""

    metric: str
    since: datetime | None = None
    until: datetime | None = None
    points: int = telemetry.POINTS


def _cause(request: HttpRequest) -> Cause:
    if "sensing" not in may_of(request.user):
        raise PermissionDenied("Your role may not change devices.")
    return Cause(actor=request.user.get_username(), because="api")


def _ids(codes: list[str]) -> list[int]:
    return operations.ids_of(codes)


def _row(code: str, at: datetime) -> registry.DeviceRow:
    found = registry.device_row(code, at)
    if found is None:
        raise Http404(code)
    return found


@router.get("/devices")
def list_devices(request: HttpRequest, by: Query[Wanted]) -> dict[str, Any]:
    """One page of the registry with health, those in the worst trouble first. `trouble` may be "any"."""
    wanted = registry.DeviceFilter(kind=by.kind, state=by.state, trouble=by.trouble, search=by.search)
    page = registry.devices(now_of(request), wanted, limit=min(max(by.limit, 0), MOST), offset=max(by.offset, 0))
    return {"total": page.total, "devices": [row._asdict() for row in page.rows]}


@router.post("/devices")
def register(request: HttpRequest, given: DevicesIn) -> dict[str, Any]:
    """Make devices known; the same again changes nothing. They may speak once they have a key."""
    rows = [operations.NewDevice(**one.dict()) for one in given.devices]
    return asdict(operations.register_devices(rows, at=now_of(request), cause=_cause(request), partial=given.partial))


@router.get("/devices/health")
def health(request: HttpRequest) -> dict[str, int]:
    """How many devices have each trouble."""
    return registry.trouble_counts(now_of(request))


@router.get("/devices/attachments")
def attached(request: HttpRequest, at: datetime | None = None) -> list[dict[str, Any]]:
    """What hung where at a moment; without `at`, now."""
    return [row._asdict() for row in attachments.attachments_at(at or now_of(request))]


@router.post("/devices/keys")
def issue(request: HttpRequest, given: KeyIn) -> dict[str, Any]:
    """A new key for each device. The tokens are in this answer and nowhere else."""
    receipt = operations.issue_keys(
        _ids(given.devices), at=now_of(request), cause=_cause(request), valid_until=given.valid_until
    )
    return asdict(receipt)


@router.post("/devices/keys/rotate")
def rotate(request: HttpRequest, given: RotateIn) -> dict[str, Any]:
    """New keys now, the old ones end after the overlap."""
    overlap = timedelta(hours=max(given.overlap_hours, 0))
    return asdict(
        operations.rotate_keys(_ids(given.devices), at=now_of(request), cause=_cause(request), overlap=overlap)
    )


@router.post("/devices/keys/{key}/revoke")
def revoke(request: HttpRequest, key: int) -> dict[str, Any]:
    """The key opens nothing any more."""
    return asdict(operations.revoke_key(key, at=now_of(request), cause=_cause(request)))


@router.post("/devices/attach")
def attach(request: HttpRequest, given: list[AttachIn]) -> dict[str, Any]:
    """Devices hang there from now on; where they hung until now ends."""
    cause, places = _cause(request), place_ids({one.place for one in given if one.place})
    unknown = next((one.place for one in given if one.place and one.place not in places), None)
    if unknown is not None:
        raise Http404(unknown)
    codes = dict(zip([one.device for one in given], _ids([one.device for one in given]), strict=True))
    wanted = [operations.Attach(codes[one.device], places.get(one.place), one.handling_unit) for one in given]
    return asdict(operations.attach(wanted, at=now_of(request), cause=cause))


@router.post("/devices/detach")
def detach(request: HttpRequest, given: Codes) -> dict[str, Any]:
    """Devices hang nowhere from now on."""
    return asdict(operations.detach(_ids(given.devices), at=now_of(request), cause=_cause(request)))


@router.post("/devices/quarantine")
def quarantine(request: HttpRequest, given: QuarantineIn) -> dict[str, Any]:
    """What they say is refused until somebody readmits them."""
    ids, cause = _ids(given.devices), _cause(request)
    return asdict(operations.quarantine(ids, reason=given.reason, at=now_of(request), cause=cause))


@router.post("/devices/readmit")
def readmit(request: HttpRequest, given: Codes) -> dict[str, Any]:
    """They are listened to again."""
    return asdict(operations.readmit(_ids(given.devices), at=now_of(request), cause=_cause(request)))


@router.post("/devices/retire")
def retire(request: HttpRequest, given: Codes) -> dict[str, Any]:
    """The end: keys and attachments end with it; what they said stays."""
    return asdict(operations.retire(_ids(given.devices), at=now_of(request), cause=_cause(request)))


@router.get("/devices/{code}")
def one_device(request: HttpRequest, code: str) -> dict[str, Any]:
    """Everything known of a device: facts, health, keys, attachments, last values, commands, what was refused."""
    at = now_of(request)
    row = _row(code, at)
    return {
        **row._asdict(),
        "keys_known": [one._asdict() for one in attachments.keys_of(row.id, at)],
        "attachments": [one._asdict() for one in attachments.attachments_of(row.id)],
        "last_values": [one._asdict() for one in telemetry.last_values([row.id])],
        "commands": [one._asdict() for one in attachments.commands_of(row.id)],
        "refused_messages": [one._asdict() for one in attachments.refused_since(at - timedelta(days=7), row.id)],
    }


@router.patch("/devices/{code}")
def change(request: HttpRequest, code: str, given: ChangeIn) -> dict[str, Any]:
    """Correct what is known of a device."""
    cause = _cause(request)
    receipt = operations.change_device(
        operations.id_of(code), operations.DeviceChange(**given.dict()), at=now_of(request), cause=cause
    )
    return asdict(receipt)


@router.post("/devices/{code}/commands")
def command(request: HttpRequest, code: str, given: CommandIn) -> dict[str, Any]:
    """Tell a device something; a retained command is told again whenever it subscribes."""
    cause = _cause(request)
    wanted = operations.NewCommand(operations.id_of(code), given.body, given.retained, given.expires_at)
    return asdict(operations.send_command(wanted, at=now_of(request), cause=cause))


@router.get("/devices/{code}/series")
def series(request: HttpRequest, code: str, span: Query[Span]) -> dict[str, Any]:
    """One number over time, thinned without losing a peak: [at, readings, mean, lowest, highest] for each step."""
    row = _row(code, now_of(request))
    metric = Metric.objects.filter(code=span.metric).values_list("pk", flat=True).first()
    if metric is None:
        raise Http404(span.metric)
    until = span.until or now_of(request)
    points = min(max(span.points, 1), 5000)
    step, found = telemetry.series(row.id, metric, span.since or until - SPAN, until, points)
    return {"step_s": step, "points": [list(point) for point in found]}


@router.get("/devices/{code}/anomalies")
def anomalies(request: HttpRequest, code: str, since: datetime | None = None) -> list[dict[str, Any]]:
    """When the device's signals were not like themselves, by what and how far; of the last 30 days, or since then."""
    at = now_of(request)
    return [row._asdict() for row in anomalies_of(_row(code, at).id, since or at - LEARNT_FROM, MOST)]


@router.get("/last-values")
def last_values(request: HttpRequest, devices: Query[list[str]] = []) -> list[dict[str, Any]]:  # noqa: B006
    """The newest number of every metric, by device time; of these devices, or of all."""
    ids = _ids(devices) if devices else None
    return [row._asdict() for row in telemetry.last_values(ids)]


@router.get("/refused-messages")
def refused(request: HttpRequest, hours: int = 24) -> list[dict[str, Any]]:
    """What was turned away at the door in the last hours, unknown senders included."""
    since = now_of(request) - timedelta(hours=max(hours, 1))
    return [row._asdict() for row in attachments.refused_since(since, limit=MOST)]
