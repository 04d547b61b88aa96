from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from longshore.ledger.cause import Cause
from longshore.planning.models import (
    Agreement,
    AgreementLine,
    DemandDay,
    DemandMark,
    DemandOverride,
    DemandSurge,
    Forecast,
    ForecastRun,
    ItemLife,
    LeadTime,
    LoadRule,
    NetworkRun,
    PlanRegion,
    PriceBreak,
    Promotion,
    Proposal,
    SignalDay,
    StockCosts,
    StockPolicy,
    SupplyLimit,
)
from longshore.planning.operations import set_costs
from longshore.planning.policy_rules import Costs


@admin.register(StockPolicy)
class StockPolicyAdmin(admin.ModelAdmin):
    list_display = ("item", "site", "source", "reorder_point", "order_qty", "service_level_bp", "automatic", "locked")
    list_filter = ("site", "automatic", "locked")
    search_fields = ("item__code", "item__name", "item__name_zh")
    autocomplete_fields = ("item",)
    list_select_related = ("item", "site", "source")


@admin.register(StockCosts)
class StockCostsAdmin(admin.ModelAdmin):
    """One row for the company; it is written by the verb, so that who changed it is known."""

    list_display = ("__str__", "order_line", "transfer_line", "holding_bp", "lines_bp", "changed_at", "changed_by")
    fields = ("order_line", "transfer_line", "holding_bp", "lines_bp")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not StockCosts.objects.exists()

    def save_model(self, request: HttpRequest, obj: StockCosts, form: object, change: bool) -> None:
        at, who = timezone.now(), request.user.get_username()
        wanted = Costs(obj.order_line, obj.transfer_line, obj.holding_bp, obj.lines_bp)
        set_costs(wanted, at=at, cause=Cause(who))
        obj.pk, obj.changed_at, obj.changed_by = 1, at, who


class ReadOnly:
    """Rows that verbs write: looked at here, changed there."""

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(Proposal)
class ProposalAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("id", "state", "kind", "item", "site", "supplier", "qty", "order_at", "due_at", "decided_by")
    list_filter = ("state", "kind", "site")
    search_fields = ("item__code", "supplier__code")
    list_select_related = ("item", "site", "supplier")


@admin.register(Forecast)
class ForecastAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("item", "site", "method", "demand_class", "mean_milli", "wape_bp", "naive_wape_bp", "made_at")
    list_filter = ("site", "method", "demand_class")
    search_fields = ("item__code",)
    list_select_related = ("item", "site")


@admin.register(DemandDay)
class DemandDayAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("day", "item", "site", "qty", "lines")
    list_filter = ("site",)
    search_fields = ("item__code",)
    list_select_related = ("item", "site")


@admin.register(LeadTime)
class LeadTimeAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("supplier", "item", "samples", "mean_minutes", "sd_minutes", "measured_at")
    search_fields = ("item__code", "supplier__code")
    list_select_related = ("supplier", "item")


@admin.register(PlanRegion)
class PlanRegionAdmin(admin.ModelAdmin):
    list_display = ("site", "code", "name", "name_zh")
    list_select_related = ("site",)


@admin.register(Promotion)
class PromotionAdmin(admin.ModelAdmin):
    list_display = ("code", "name", "item", "family", "site", "starts_on", "ends_on", "uplift_bp", "price")
    search_fields = ("code", "name")
    autocomplete_fields = ("item",)
    list_select_related = ("item", "site")


@admin.register(ItemLife)
class ItemLifeAdmin(admin.ModelAdmin):
    list_display = ("item", "analogue", "share_bp", "launched_on", "ends_on", "fade_days")
    search_fields = ("item__code",)
    autocomplete_fields = ("item", "analogue")
    list_select_related = ("item", "analogue")


@admin.register(SignalDay)
class SignalDayAdmin(admin.ModelAdmin):
    list_display = ("signal", "kind", "site", "day", "value_milli")
    list_filter = ("signal", "kind")
    list_select_related = ("site",)


@admin.register(DemandMark)
class DemandMarkAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("day", "item", "site", "kind", "qty", "counts_as", "actor", "note")
    list_filter = ("kind", "site")
    list_select_related = ("item", "site")


@admin.register(DemandSurge)
class DemandSurgeAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("day", "item", "site", "qty", "lines", "expected_milli", "high_milli", "counted")
    list_filter = ("site",)
    list_select_related = ("item", "site")


@admin.register(DemandOverride)
class DemandOverrideAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("item", "family", "site", "region", "kind", "amount", "starts_on", "ends_on", "actor", "reason")
    list_filter = ("kind",)
    list_select_related = ("item", "site")


@admin.register(ForecastRun)
class ForecastRunAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("id", "state", "actor", "thorough", "asked_at", "finished_at", "done", "total")
    list_filter = ("state",)


@admin.register(SupplyLimit)
class SupplyLimitAdmin(admin.ModelAdmin):
    list_display = ("supplier", "period_days", "most_units")
    list_select_related = ("supplier",)
    search_fields = ("supplier__code", "supplier__name")
    autocomplete_fields = ("supplier",)


@admin.register(PriceBreak)
class PriceBreakAdmin(admin.ModelAdmin):
    list_display = ("supplier", "item", "from_qty", "unit_price")
    list_select_related = ("supplier", "item")
    search_fields = ("supplier__code", "item__code", "item__name", "item__name_zh")
    autocomplete_fields = ("supplier", "item")


@admin.register(LoadRule)
class LoadRuleAdmin(admin.ModelAdmin):
    list_display = ("origin", "site", "capacity_g", "pull_days")
    list_select_related = ("origin", "site")
    search_fields = ("origin__code", "site__code")
    autocomplete_fields = ("origin", "site")


class AgreementLineInline(admin.TabularInline):
    model = AgreementLine
    fields = ("item", "site", "min_qty", "max_qty")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Agreement)
class AgreementAdmin(ReadOnly, admin.ModelAdmin):
    """Looked at here; made, changed and ended on its page, where the rules are."""

    list_display = ("code", "partner", "mode", "starts_on", "ends_on", "made_by", "page")
    list_filter = ("mode",)
    search_fields = ("code", "partner__code", "partner__name", "partner__name_zh")
    list_select_related = ("partner",)
    inlines = (AgreementLineInline,)

    @admin.display(description=_("page"))
    def page(self, row: Agreement) -> str:
        return format_html('<a href="{}">{}</a>', reverse("joint-agreement", args=[row.pk]), _("Open"))


@admin.register(NetworkRun)
class NetworkRunAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("made_at", "starts_on", "days", "nodes", "orders", "shortages", "cause")
