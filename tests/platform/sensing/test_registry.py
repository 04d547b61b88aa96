"""Devices are registered, keyed, hung somewhere, shut out and retired; the registry says how each one does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from longshore.catalog.models import Place
from longshore.ledger.cause import Cause
from longshore.ledger.models import OutboxEvent
from longshore.sensing.models import Attachment, Command, Device, DeviceKey, RefusedMessage
from longshore.sensing.operations import (
    Attach,
    CommandRefused,
    DeviceChange,
    DevicesRefused,
    NewCommand,
    NewDevice,
    NoReason,
    NotAttachable,
    NotForRetired,
    UnknownDevice,
    attach,
    change_device,
    detach,
    digest_of,
    id_of,
    issue_keys,
    quarantine,
    readmit,
    register_devices,
    retire,
    revoke_key,
    rotate_keys,
    send_command,
)
from longshore.sensing.queries.attachments import attachments_at, commands_of, keys_of, refused_since
from longshore.sensing.queries.registry import DeviceFilter, device_row, devices, trouble_counts

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
CAUSE = Cause("test")
HOUR = timedelta(hours=1)


def made(*codes: str, kind: str = "logger", every: int = 60) -> list[int]:
    receipt = register_devices([NewDevice(code, kind, expected_every_s=every) for code in codes], at=AT, cause=CAUSE)
    return [one.device for one in receipt.accepted]


def place(code: str) -> int:
    return Place.objects.create(code=code, name=code, kind="site").pk


def test_registering_twice_is_once() -> None:
    """The same device again is a no-op with the same id."""
    first = register_devices([NewDevice("L-1", "logger", "One")], at=AT, cause=CAUSE)
    second = register_devices([NewDevice("L-1", "logger", "One")], at=AT + HOUR, cause=CAUSE)
    assert (second.accepted[0].device, second.accepted[0].replayed) == (first.accepted[0].device, True)
    assert Device.objects.count() == 1


def test_bad_rows_come_back_with_row_code_and_remedy() -> None:
    """All or nothing by default; with `partial` the good rows are taken."""
    rows = [
        NewDevice("GOOD-1", "logger"), NewDevice("not a topic", "logger"), NewDevice("X", "toaster"),
        NewDevice("GOOD-1", "logger"), NewDevice("Y", "logger", expected_every_s=-1),
    ]  # fmt: skip
    with pytest.raises(DevicesRefused) as refused:
        register_devices(rows, at=AT, cause=CAUSE)
    assert [(row.row, row.code) for row in refused.value.rejected] == [
        (2, "bad-device-code"), (3, "unknown-device-kind"), (4, "device-known"), (5, "bad-span"),
    ]  # fmt: skip
    assert Device.objects.count() == 0
    receipt = register_devices(rows, at=AT, cause=CAUSE, partial=True)
    assert [one.code for one in receipt.accepted] == ["GOOD-1"]
    assert all(row.remedy for row in receipt.rejected)


def test_a_key_is_kept_as_a_digest_only() -> None:
    """The token is in the receipt, its sha256 in the table, and nothing prints it."""
    (device,) = made("L-1")
    receipt = issue_keys([device], at=AT, cause=CAUSE)
    token = receipt.issued[0].token
    assert bytes(DeviceKey.objects.get().digest) == digest_of(token)
    assert token not in repr(receipt)
    assert len(token) >= 43


def test_rotation_overlaps_and_revoking_is_at_once() -> None:
    """After a rotation both keys are valid until the overlap is over; a revoked one is not valid from that moment."""
    (device,) = made("L-1")
    old = issue_keys([device], at=AT, cause=CAUSE).issued[0]
    new = rotate_keys([device], at=AT + HOUR, cause=CAUSE, overlap=HOUR)
    assert new.ending == 1
    assert [row.valid for row in keys_of(device, AT + HOUR)] == [True, True]
    assert [row.valid for row in keys_of(device, AT + 2 * HOUR)] == [True, False]
    assert not revoke_key(new.issued[0].key, at=AT + 3 * HOUR, cause=CAUSE).replayed
    assert revoke_key(new.issued[0].key, at=AT + 3 * HOUR, cause=CAUSE).replayed
    assert [row.valid for row in keys_of(device, AT + 3 * HOUR)] == [False, False]
    rotate_keys([device], at=AT + 4 * HOUR, cause=CAUSE, overlap=timedelta())
    assert DeviceKey.objects.filter(device=device, revoked_at=None, valid_until=None).count() == 1
    assert old.key < new.issued[0].key


def test_a_device_hangs_at_one_thing_at_a_time() -> None:
    """Moving ends the old attachment where the new one begins; where it hung at any moment can be asked."""
    (device,) = made("L-1")
    a, b = place("A"), place("B")
    attach([Attach(device, place=a)], at=AT, cause=CAUSE)
    again = attach([Attach(device, place=a)], at=AT + HOUR, cause=CAUSE)
    assert again.unchanged == (device,)
    attach([Attach(device, place=b)], at=AT + 2 * HOUR, cause=CAUSE)
    assert [row.place for row in attachments_at(AT + HOUR)] == [a]
    assert [row.place for row in attachments_at(AT + 2 * HOUR)] == [b]
    detach([device], at=AT + 3 * HOUR, cause=CAUSE)
    assert attachments_at(AT + 3 * HOUR) == ()
    assert detach([device], at=AT + 4 * HOUR, cause=CAUSE).detached == ()


def test_a_refused_attachment_changes_nothing() -> None:
    """Neither a moment before the last one nor two things at once are taken."""
    (device,) = made("L-1")
    a, b = place("A"), place("B")
    attach([Attach(device, place=a)], at=AT, cause=CAUSE)
    before = list(Attachment.objects.values())
    with pytest.raises(NotAttachable, match="attached-later"):
        attach([Attach(device, place=b)], at=AT - HOUR, cause=CAUSE)
    with pytest.raises(NotAttachable, match="one-thing-only"):
        attach([Attach(device)], at=AT, cause=CAUSE)
    assert list(Attachment.objects.values()) == before


def test_quarantine_tells_and_needs_a_reason() -> None:
    """It is told once, with the reason; readmitting takes the reason away."""
    (device,) = made("L-1")
    with pytest.raises(NoReason):
        quarantine([device], reason=" ", at=AT, cause=CAUSE)
    assert quarantine([device], reason="sends nonsense", at=AT, cause=CAUSE).changed == (device,)
    assert quarantine([device], reason="again", at=AT, cause=CAUSE).changed == ()
    (event,) = OutboxEvent.objects.filter(name="sensing.device-quarantined")
    assert event.payload == {"device": device, "code": "L-1", "reason": "sends nonsense"}
    assert readmit([device], at=AT, cause=CAUSE).changed == (device,)
    row = Device.objects.get()
    assert (row.state, row.quarantine_reason) == ("active", "")


def test_a_retired_device_is_over() -> None:
    """Its keys and attachments end, its code stays taken, and no verb works on it any more."""
    (device,) = made("L-1")
    issue_keys([device], at=AT, cause=CAUSE)
    attach([Attach(device, place=place("A"))], at=AT, cause=CAUSE)
    retire([device], at=AT + HOUR, cause=CAUSE)
    assert [row.valid for row in keys_of(device, AT + HOUR)] == [False]
    assert attachments_at(AT + HOUR) == ()
    with pytest.raises(NotForRetired):
        issue_keys([device], at=AT + HOUR, cause=CAUSE)
    with pytest.raises(UnknownDevice):
        issue_keys([device + 1], at=AT, cause=CAUSE)
    with pytest.raises(UnknownDevice):
        id_of("NOBODY")


def test_commands_are_kept_and_checked() -> None:
    """An empty, an oversize or an expired command is refused; a good one waits for its device."""
    (device,) = made("L-1")
    for bad in (NewCommand(device, {}), NewCommand(device, {"a": "x" * 9000}), NewCommand(device, {"a": 1}, True, AT)):
        with pytest.raises(CommandRefused):
            send_command(bad, at=AT, cause=CAUSE)
    assert Command.objects.count() == 0
    send_command(NewCommand(device, {"every_s": 30}), at=AT, cause=CAUSE)
    assert [(row.body, row.actor) for row in commands_of(device)] == [({"every_s": 30}, "test")]


def test_what_is_known_of_a_device_can_be_corrected() -> None:
    """Only what is given changes."""
    (device,) = made("L-1")
    changed = change_device(device, DeviceChange(name="Cold room", expected_every_s=30), at=AT, cause=CAUSE)
    assert changed.fields == ("name", "expected_every_s")
    assert change_device(device, DeviceChange(name="Cold room"), at=AT, cause=CAUSE).fields == ()


def test_health_names_every_trouble() -> None:
    """Each device has exactly the troubles its facts say, the worst first; counts and filters agree."""
    silent, late, well, rare, sick = made("SILENT", "LATE", "WELL"), [], [], made("RARE", every=0), made("SICK")
    silent, late, well = [[one] for one in silent]
    hall = place("HALL")
    everybody = [silent[0], late[0], well[0], rare[0], sick[0]]
    issue_keys(everybody, at=AT, cause=CAUSE)
    attach([Attach(device, place=hall) for device in everybody], at=AT, cause=CAUSE)
    now = AT + timedelta(days=30)
    seen = {silent[0]: 181, late[0]: 100, well[0]: 10, rare[0]: 90_000, sick[0]: 5}
    for device, seconds in seen.items():
        Device.objects.filter(pk=device).update(state="active", last_seen_at=now - timedelta(seconds=seconds))
    Device.objects.filter(pk=sick[0]).update(battery_pct=12, clock_skew_ms=-90_000, calibration_due=now.date())
    RefusedMessage.objects.create(device_id=sick[0], claimed="SICK", reason="flood", hour=now, count=5, last_at=now)
    RefusedMessage.objects.create(device_id=sick[0], claimed="SICK", reason="forged", hour=now, count=1, last_at=now)
    RefusedMessage.objects.create(claimed="NOBODY", reason="unknown-device", hour=now, count=3, last_at=now)
    loose = made("LOOSE")
    Device.objects.filter(pk=loose[0]).update(state="active", last_seen_at=now)
    rows = {row.code: row.troubles for row in devices(now).rows}
    assert rows == {
        "SILENT": ("silent",), "LATE": ("late",), "WELL": (), "RARE": (),
        "SICK": ("flooding", "forged", "skewed", "battery", "calibration"), "LOOSE": ("keyless", "loose"),
    }  # fmt: skip
    assert [row.code for row in devices(now).rows] == ["SILENT", "SICK", "LATE", "LOOSE", "RARE", "WELL"]
    assert {name: n for name, n in trouble_counts(now).items() if n} == {
        "silent": 1, "flooding": 1, "forged": 1, "late": 1, "skewed": 1, "battery": 1, "calibration": 1, "keyless": 1,
        "loose": 1,
    }  # fmt: skip
    assert [row.code for row in devices(now, DeviceFilter(trouble="battery")).rows] == ["SICK"]
    assert devices(now, DeviceFilter(trouble="any")).total == 4
    assert devices(now, DeviceFilter(search="well", site=hall)).total == 1
    assert [row.claimed for row in refused_since(now - HOUR) if row.device is None] == ["NOBODY"]
    found = device_row("SICK", now)
    assert found is not None
    assert (found.mark, found.place_code, found.keys) == ("late", "HALL", 1)
