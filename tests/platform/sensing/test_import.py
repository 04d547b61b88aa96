"""Bulk provisioning: a file registers devices, hangs them up, and says by row what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from longshore.catalog.imports.exporting import export
from longshore.catalog.imports.registry import target_named
from longshore.catalog.imports.running import ImportOptions, ImportReceipt, ImportRefused, run_import
from longshore.catalog.imports.targets import Occasion
from longshore.catalog.models import Place
from longshore.sensing.models import Attachment, Device

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
FILE = """编号,设备类型,名称,安装位置,上报间隔,校准日期,settings
L-1,logger,Cold room 1,HALL,60,2027-01-31,
P-1,RFID portal,Gate,HALL,0,,"{""antennas"": {""1"": ""inside""}}"
"""


def brought(text: str, at: datetime = AT) -> ImportReceipt:
    return run_import(text.encode(), target_named("devices"), ImportOptions(), Occasion(at=at, actor="test"))


def test_a_file_registers_and_hangs_devices() -> None:
    """Kinds by name, places by code, settings as JSON; importing the export again changes nothing."""
    Place.objects.create(code="HALL", name="Hall", kind="site")
    assert brought(FILE).new == 2
    gate = Device.objects.get(code="P-1")
    assert (gate.kind, gate.state, gate.settings) == ("portal", "new", {"antennas": {"1": "inside"}})
    assert Attachment.objects.filter(place__code="HALL", until_at=None, from_at=AT).count() == 2
    table = b"".join(export(target_named("devices"), "csv")).decode()
    again = brought(table, AT + timedelta(hours=1))
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)


def test_another_place_in_the_file_moves_the_device() -> None:
    """The old attachment ends at the import, a new one begins; nothing else of the device changes."""
    Place.objects.create(code="HALL", name="Hall", kind="site")
    yard = Place.objects.create(code="YARD", name="Yard", kind="site")
    brought(FILE)
    moved = brought("code,place\nL-1,YARD\n", AT + timedelta(hours=1))
    assert (moved.changed, moved.unchanged) == (1, 0)
    assert Attachment.objects.get(device__code="L-1", until_at=None).place_id == yard.pk
    assert Device.objects.get(code="L-1").name == "Cold room 1"


def test_bad_rows_name_their_field_and_nothing_is_written() -> None:
    """Unknown places, kinds, codes that are no topic level, settings that are no object."""
    text = "code,kind,place,settings\nA B,logger,,\nL-2,toaster,,\nL-3,logger,NOWHERE,\nL-4,logger,,[1]\n"
    with pytest.raises(ImportRefused) as refused:
        brought(text)
    assert sorted((row.row, row.code) for row in refused.value.rejected) == [
        (2, "bad-device-code"), (3, "unknown-choice"), (4, "unknown-place"), (5, "not-a-json-object"),
    ]  # fmt: skip
    assert Device.objects.count() == 0
