"""A look into the ledger, for people who keep the system. Nothing can be changed here: corrections are postings."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from longshore.ledger import models


class LookOnly(admin.ModelAdmin):
    """Lists and searches; adds, changes and deletes nothing."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(models.Balance)
class BalanceAdmin(LookOnly):
    list_display = ("item", "lot", "place", "condition", "handling_unit", "qty", "claimed")
    list_select_related = ("item", "lot", "place", "handling_unit")
    list_filter = ("condition", "place__kind")
    search_fields = ("item__code", "place__code", "lot__code")


@admin.register(models.Posting)
class PostingAdmin(LookOnly):
    list_display = ("id", "kind", "document", "happened_at", "recorded_at", "actor", "device", "cause")
    list_filter = ("kind",)
    search_fields = ("=key", "=document")


@admin.register(models.PlannedFlow)
class PlannedFlowAdmin(LookOnly):
    list_display = ("document", "kind", "status", "item", "source", "target", "qty", "done", "claimed", "arrive_at")
    list_select_related = ("item", "source", "target")
    list_filter = ("kind", "status")
    search_fields = ("document", "item__code")


@admin.register(models.Claim)
class ClaimAdmin(LookOnly):
    list_display = ("demand", "item", "site", "qty", "consumed", "hard", "state", "priority", "ship_at", "due_at")
    list_select_related = ("item", "site")
    list_filter = ("state", "hard")
    search_fields = ("=demand", "item__code")


@admin.register(models.Observation)
class ObservationAdmin(LookOnly):
    list_display = ("kind", "place", "expected", "counted", "happened_at", "actor", "device")
    list_select_related = ("place",)
    list_filter = ("kind",)


@admin.register(models.OutboxEvent)
class OutboxEventAdmin(LookOnly):
    list_display = ("id", "name", "at", "cause", "dispatched")
    list_filter = ("name", "dispatched")


@admin.register(models.ClosedPeriod)
class ClosedPeriodAdmin(LookOnly):
    list_display = ("closed_before", "closed_at", "actor")
