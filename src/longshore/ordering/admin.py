"""Orders as they stand, for looking only: they change through their verbs."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from longshore.ordering.models import CustomerOrder, OrderLine, PromiseRecord


class LookOnly:
    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class LineInline(LookOnly, admin.TabularInline):
    model = OrderLine
    fields = (
        "line",
        "item",
        "entered_qty",
        "entered_unit",
        "qty",
        "promised_at",
        "short",
        "cancelled",
        "shipped",
        "delivered",
    )
    extra = 0


@admin.register(CustomerOrder)
class CustomerOrderAdmin(LookOnly, admin.ModelAdmin):
    list_display = ("number", "customer", "state", "priority", "received_at", "requested_at", "promised_at", "value")
    list_filter = ("state", "channel", "priority")
    search_fields = ("number", "customer__code", "customer__name", "customer__name_zh")
    list_select_related = ("customer",)
    date_hierarchy = "received_at"
    inlines = (LineInline,)


@admin.register(PromiseRecord)
class PromiseRecordAdmin(LookOnly, admin.ModelAdmin):
    list_display = ("line", "at", "promised_at", "previous_at", "promised_qty", "cause")
    search_fields = ("line__order__number",)
    list_select_related = ("line",)
