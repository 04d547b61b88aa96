"""What consumers may read, for people who keep the system. Recalls have pages of their own; links are derived."""

from __future__ import annotations

from django.contrib import admin

from longshore.tracing.models import ConsumerPage


@admin.register(ConsumerPage)
class ConsumerPageAdmin(admin.ModelAdmin):
    list_display = ("item", "enabled", "show_dates", "show_origin", "show_recall")
    list_filter = ("enabled",)
    search_fields = ("item__code", "item__name")
    autocomplete_fields = ("item",)
