"""Vehicles are kept here; trips and shipments are shown, and changed by verbs only."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from longshore.shipping.models import ProofOfDelivery, Shipment, Trip, Vehicle


class _Shown(admin.ModelAdmin):
    """To look at only: a row changed here would not agree with the ledger."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


@admin.register(Vehicle)
class VehicleAdmin(admin.ModelAdmin):
    list_display = ("plate", "home_site", "carrier", "capacity_g", "capacity_cm3", "temperature_classes", "active")
    list_filter = ("home_site", "active")
    search_fields = ("plate",)


@admin.register(Trip)
class TripAdmin(_Shown):
    list_display = (
        "number",
        "vehicle",
        "site",
        "state",
        "planned_departure",
        "departed_at",
        "finished_at",
        "distance_m",
    )
    list_filter = ("state", "site")
    search_fields = ("number",)


@admin.register(Shipment)
class ShipmentAdmin(_Shown):
    list_display = (
        "number",
        "order",
        "transfer",
        "site",
        "ship_to",
        "state",
        "carrier",
        "trip",
        "due_at",
        "delivered_at",
    )
    list_filter = ("state", "site")
    search_fields = ("number",)


@admin.register(ProofOfDelivery)
class ProofOfDeliveryAdmin(_Shown):
    list_display = ("shipment", "at", "signer", "actor")
