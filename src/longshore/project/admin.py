"""The installation's own tables in the admin: tokens can be ended there, never read."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from longshore.project.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    list_display = ("name", "user", "created_at", "revoked_at")
    readonly_fields = ("name", "user", "created_at")
    exclude = ("digest",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
