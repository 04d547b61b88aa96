"""Master data in the admin: every table of the catalog, found by code, name or key."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from longshore.catalog.models import (
    Bill,
    BillLine,
    Calendar,
    HandlingUnit,
    Holiday,
    ImportRun,
    Item,
    ItemUnit,
    Lane,
    Lot,
    Partner,
    PartnerItem,
    Place,
    Serial,
    Substitute,
    SupplierItem,
    UnitOfMeasure,
)


class ItemUnitInline(admin.TabularInline):  # type: ignore[type-arg]
    model = ItemUnit
    extra = 0


class SupplierItemInline(admin.TabularInline):  # type: ignore[type-arg]
    model = SupplierItem
    extra = 0
    autocomplete_fields = ("supplier", "item", "calendar")
    fields = (
        "supplier",
        "item",
        "unit_price",
        "moq",
        "multiple",
        "lead_time_minutes",
        "lead_time_sd_minutes",
        "active",
    )


class BillLineInline(admin.TabularInline):  # type: ignore[type-arg]
    model = BillLine
    fk_name = "item"
    extra = 0
    autocomplete_fields = ("component",)


class SubstituteInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Substitute
    fk_name = "item"
    extra = 0
    autocomplete_fields = ("substitute",)


class PartnerItemInline(admin.TabularInline):  # type: ignore[type-arg]
    model = PartnerItem
    extra = 0
    autocomplete_fields = ("item",)


class HolidayInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Holiday
    extra = 0


class LaneInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Lane
    fk_name = "origin"
    extra = 0
    autocomplete_fields = ("destination", "carrier")


@admin.register(UnitOfMeasure)
class UnitOfMeasureAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("code", "name", "name_zh")
    search_fields = ("code", "name", "name_zh")


@admin.register(Item)
class ItemAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("code", "name", "name_zh", "family", "base_unit", "temperature_class", "shelf_life_days", "active")
    list_filter = ("active", "temperature_class", "lot_tracked", "serial_tracked", "family")
    list_select_related = ("base_unit",)
    search_fields = ("code", "name", "name_zh", "gtin")
    inlines = (ItemUnitInline, SupplierItemInline, BillLineInline, SubstituteInline)


@admin.register(Place)
class PlaceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("code", "name", "name_zh", "kind", "usage", "parent", "site", "temperature_class", "active")
    list_filter = ("kind", "usage", "temperature_class", "active")
    list_select_related = ("parent", "site")
    search_fields = ("code", "name", "name_zh", "gln", "address")
    autocomplete_fields = ("parent", "site", "calendar")
    inlines = (LaneInline,)


@admin.register(Partner)
class PartnerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "code",
        "name",
        "name_zh",
        "is_supplier",
        "is_customer",
        "is_carrier",
        "place",
        "priority",
        "active",
    )
    list_filter = ("is_supplier", "is_customer", "is_carrier", "is_owner", "active")
    list_select_related = ("place",)
    search_fields = ("code", "name", "name_zh", "email", "phone")
    autocomplete_fields = ("place", "home_site")
    inlines = (SupplierItemInline, PartnerItemInline)


@admin.register(Lane)
class LaneAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("origin", "destination", "carrier", "transit_minutes", "distance_m", "fixed_cost", "active")
    list_filter = ("active",)
    list_select_related = ("origin", "destination", "carrier")
    search_fields = ("origin__code", "destination__code", "origin__name", "destination__name")
    autocomplete_fields = ("origin", "destination", "carrier")


@admin.register(SupplierItem)
class SupplierItemAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("supplier", "item", "unit_price", "moq", "multiple", "lead_time_minutes", "active")
    fields = (
        "supplier", "item", "unit_price", "moq", "multiple", "lead_time_minutes", "lead_time_sd_minutes", "calendar",
        "active",
    )  # fmt: skip
    list_filter = ("active",)
    list_select_related = ("supplier", "item")
    search_fields = ("supplier__code", "supplier__name", "item__code", "item__name", "item__name_zh")
    autocomplete_fields = ("supplier", "item", "calendar")


@admin.register(Bill)
class BillAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("item", "site", "lead_time_minutes", "moq", "multiple", "active")
    fields = ("item", "site", "lead_time_minutes", "moq", "multiple", "unit_cost", "active")
    list_filter = ("active", "site")
    list_select_related = ("item", "site")
    search_fields = ("item__code", "item__name", "item__name_zh", "site__code")
    autocomplete_fields = ("item", "site")


@admin.register(Calendar)
class CalendarAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("code", "name", "timezone", "weekdays", "opens_minute", "closes_minute")
    search_fields = ("code", "name")
    inlines = (HolidayInline,)


@admin.register(Lot)
class LotAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("code", "item", "produced_on", "expires_on", "supplier")
    list_filter = ("expires_on",)
    list_select_related = ("item", "supplier")
    search_fields = ("code", "item__code", "item__name", "item__name_zh")
    autocomplete_fields = ("item", "supplier")
    date_hierarchy = "expires_on"


@admin.register(Serial)
class SerialAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("code", "item", "lot")
    list_select_related = ("item", "lot")
    search_fields = ("code", "item__code")
    autocomplete_fields = ("item", "lot")


@admin.register(HandlingUnit)
class HandlingUnitAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("sscc", "kind", "parent", "tare_g", "created_at", "closed_at")
    list_filter = ("kind",)
    list_select_related = ("parent",)
    search_fields = ("sscc",)
    autocomplete_fields = ("parent",)


@admin.register(PartnerItem)
class PartnerItemAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("partner", "code", "item")
    list_select_related = ("partner", "item")
    search_fields = ("code", "partner__code", "item__code", "item__name")
    autocomplete_fields = ("partner", "item")


@admin.register(ImportRun)
class ImportRunAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A record of what was brought in: read only. The work is done on the page of imports."""

    list_display = ("file_name", "target", "state", "mode", "actor", "uploaded_at", "finished_at", "counts")
    list_filter = ("state", "target")
    search_fields = ("file_name", "actor")
    exclude = ("content", "rejected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        return super().get_queryset(request).defer("content", "rejected")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
