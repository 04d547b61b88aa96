"""Every table of the catalog can be listed, searched and opened in the admin."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client

from longshore.catalog.imports import runs
from longshore.catalog.models import (
    Bill,
    BillLine,
    Calendar,
    Holiday,
    Item,
    Lane,
    Partner,
    PartnerItem,
    Place,
    Serial,
    Substitute,
    SupplierItem,
)
from longshore.catalog.operations import make_handling_units
from tests.platform.catalog import world

NOW = datetime(2026, 1, 10, 8, tzinfo=UTC)
INLINE = {"holiday", "itemunit", "billline", "substitute"}


def _fill() -> None:
    """At least one row in each table."""
    world.build()
    item, partner = Item.objects.get(code="A1"), Partner.objects.get(code="S1")
    calendar = Calendar.objects.create(code="CN", name="China")
    Holiday.objects.create(calendar=calendar, day=date(2026, 10, 1), name="国庆节")
    Lane.objects.create(
        origin=Place.objects.get(code="DC1"), destination=Place.objects.get(code="P-C1"), transit_minutes=90
    )
    Serial.objects.create(item=item, code="SN1")
    SupplierItem.objects.create(supplier=partner, item=item, unit_price=100, lead_time_minutes=1440)
    PartnerItem.objects.create(partner=partner, item=item, code="T1")
    other = Item.objects.get(code="A2")
    Bill.objects.create(item=item, site=Place.objects.get(code="DC1"), lead_time_minutes=2880)
    BillLine.objects.create(item=item, component=other, numerator=2)
    Substitute.objects.create(item=item, substitute=other)
    make_handling_units(1, at=NOW)
    runs.upload("a.csv", b"code\n", target="items", actor="t", language="en", at=NOW)


@pytest.mark.django_db
def test_every_table_is_listed_searched_and_opened() -> None:
    """List, search and form answer for each table; what is edited inside another's form is not listed alone."""
    _fill()
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="a long pass-phrase"))
    for model in apps.get_app_config("catalog").get_models():
        name = model._meta.model_name
        if name in INLINE:
            assert model not in admin.site._registry
            continue
        row = model._default_manager.first()
        assert row is not None, name
        for path in ("", "?q=a", f"{row.pk}/change/"):
            assert client.get(f"/admin/catalog/{name}/{path}").status_code == 200, f"{name}/{path}"
