"""Returns as they stand, for looking only: they change through their verbs."""

from __future__ import annotations

from django.contrib import admin

from longshore.ordering.admin import LookOnly
from longshore.returning.models import ReturnLine


@admin.register(ReturnLine)
class ReturnLineAdmin(LookOnly, admin.ModelAdmin):
    list_display = ("id", "order_line", "site", "qty", "restocked", "scrapped", "reason", "condition", "at", "actor")
    list_filter = ("reason", "site")
    search_fields = ("order_line__order__number", "order_line__item__code")
    list_select_related = ("order_line", "site")
