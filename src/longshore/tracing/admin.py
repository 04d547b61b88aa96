"""What consumers and partners may read, for people who keep the system. Recalls have pages of their own; links are derived."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from longshore.tracing.models import ConsumerPage, EpcisReader, EpcisSubscription


@admin.register(ConsumerPage)
class ConsumerPageAdmin(admin.ModelAdmin):
    list_display = ("item", "enabled", "show_dates", "show_origin", "show_recall")
    list_filter = ("enabled",)
    search_fields = ("item__code", "item__name")
    autocomplete_fields = ("item",)


@admin.register(EpcisReader)
class EpcisReaderAdmin(admin.ModelAdmin):
    list_display = ("user", "partner")
    search_fields = ("user__username", "partner__code", "partner__name")
    autocomplete_fields = ("partner",)

    def save_model(self, request: HttpRequest, obj: EpcisReader, form: object, change: bool) -> None:
        """A partner's program comes with a token; with a password it could walk through our own pages."""
        super().save_model(request, obj, form, change)
        obj.user.set_unusable_password()
        obj.user.save(update_fields=["password"])


@admin.register(EpcisSubscription)
class EpcisSubscriptionAdmin(admin.ModelAdmin):
    """To look at: who is told where, and what went wrong. The secret is not shown."""

    list_display = ("query", "destination", "stream", "user", "last_at", "failures", "error")
    readonly_fields = ("query", "destination", "stream", "schedule", "user", "last_at", "next_at", "failures", "error")
    exclude = ("token", "settings", "mark", "key", "report_if_empty", "initial_record_time", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
