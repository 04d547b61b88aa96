from django.contrib import admin

from longshore.tower.models import KpiPoint, OpenException


@admin.register(OpenException)
class OpenExceptionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("key", "kind", "severity", "state", "site", "money", "orders", "raised_at", "closed_by")
    list_filter = ("state", "severity", "kind")
    search_fields = ("key", "subject")


@admin.register(KpiPoint)
class KpiPointAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "at", "value_milli", "population")
    list_filter = ("name",)
