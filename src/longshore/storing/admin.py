"""The warehouse's documents in the admin: to look at; work is done by verbs."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from longshore.storing.models import CountTask, PickTask, Wave


class _Shown(admin.ModelAdmin):
    """To look at only: a row changed here would not agree with the ledger."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


@admin.register(Wave)
class WaveAdmin(_Shown):
    list_display = ("number", "site", "released_at", "ship_before", "done_at", "actor")
    list_filter = ("site",)
    search_fields = ("number",)


@admin.register(PickTask)
class PickTaskAdmin(_Shown):
    list_display = ("id", "wave", "order_line", "transfer", "qty", "picked", "packed", "state", "done_at")
    list_filter = ("state",)
    list_select_related = ("wave", "order_line", "transfer")


@admin.register(CountTask)
class CountTaskAdmin(_Shown):
    list_display = ("place", "item", "recount", "asked_at", "done_at", "cause")
    list_select_related = ("place", "item")
