"""Devices in the admin: names and settings to change; keys, places and states by their verbs."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from longshore.sensing.models import (
    Attachment,
    Command,
    Device,
    DeviceKey,
    Excursion,
    Geofence,
    GeofenceVisit,
    Metric,
    Passage,
    ProductLimit,
    RefusedMessage,
)


class _Shown(admin.ModelAdmin):
    """To look at only: changed by verbs, which leave a history."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


@admin.register(Device)
class DeviceAdmin(admin.ModelAdmin):
    list_display = ("code", "name", "kind", "state", "online", "last_seen_at", "battery_pct", "calibration_due")
    list_filter = ("kind", "state", "online")
    search_fields = ("code", "name", "name_zh")
    fields = ("code", "kind", "state", "name", "name_zh", "expected_every_s", "firmware", "calibration_due", "settings")
    readonly_fields = ("code", "kind", "state", "firmware")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


@admin.register(DeviceKey)
class DeviceKeyAdmin(_Shown):
    list_display = ("device", "valid_from", "valid_until", "revoked_at", "actor")
    list_select_related = ("device",)
    search_fields = ("device__code",)
    exclude = ("digest",)


@admin.register(Attachment)
class AttachmentAdmin(_Shown):
    list_display = ("device", "place", "handling_unit", "from_at", "until_at")
    list_select_related = ("device", "place", "handling_unit")
    search_fields = ("device__code", "place__code")


@admin.register(Metric)
class MetricAdmin(admin.ModelAdmin):
    list_display = ("id", "code", "name", "name_zh", "unit")


@admin.register(RefusedMessage)
class RefusedMessageAdmin(_Shown):
    list_display = ("claimed", "device", "reason", "hour", "count", "last_at")
    list_filter = ("reason",)
    list_select_related = ("device",)


@admin.register(Command)
class CommandAdmin(_Shown):
    list_display = ("device", "body", "retained", "actor", "created_at", "acknowledged_at")
    list_select_related = ("device",)


@admin.register(ProductLimit)
class ProductLimitAdmin(admin.ModelAdmin):
    """What goods bear. A change holds for what is interpreted from then on."""

    list_display = (
        "code",
        "temperature_class",
        "item",
        "metric",
        "above",
        "threshold",
        "activation",
        "after_s",
        "active",
    )
    list_filter = ("temperature_class", "metric", "active")
    list_select_related = ("item", "metric")
    autocomplete_fields = ("item",)


@admin.register(Geofence)
class GeofenceAdmin(admin.ModelAdmin):
    list_display = ("place", "radius_m", "dwell_s")
    list_select_related = ("place",)
    autocomplete_fields = ("place",)


@admin.register(Excursion)
class ExcursionAdmin(_Shown):
    list_display = (
        "device",
        "metric",
        "limit",
        "place",
        "handling_unit",
        "from_at",
        "until_at",
        "worst",
        "mkt",
        "state",
    )
    list_filter = ("state", "limit")
    list_select_related = ("device", "metric", "place", "handling_unit")


@admin.register(Passage)
class PassageAdmin(_Shown):
    list_display = ("epc", "device", "direction", "from_place", "to_place", "first_at", "at", "reads", "state")
    list_filter = ("state", "direction")
    list_select_related = ("device", "from_place", "to_place")
    search_fields = ("epc", "sscc", "gtin")


@admin.register(GeofenceVisit)
class GeofenceVisitAdmin(_Shown):
    list_display = ("device", "vehicle", "place", "from_at", "until_at", "state")
    list_filter = ("state",)
    list_select_related = ("device", "vehicle", "place")
