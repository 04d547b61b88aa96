from django.contrib import admin
from django.http import HttpRequest

from longshore.planning.admin import ReadOnly
from longshore.sourcing.models import (
    ApprovalLimit,
    Contract,
    NumberSeries,
    OrderDocument,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    SupplierChannel,
)


class LineInline(admin.TabularInline):
    can_delete = False
    model = PurchaseOrderLine
    fields = ("line", "item", "ordered", "qty", "unit_price", "received", "damaged", "closed_at")
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("number", "supplier", "site", "state", "ordered_at", "agreed_at", "expected_at", "value")
    list_filter = ("state", "site")
    search_fields = ("number", "supplier__code", "supplier__name")
    list_select_related = ("supplier", "site")
    inlines = (LineInline,)


@admin.register(Receipt)
class ReceiptAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("id", "line", "lot", "qty", "damaged", "over", "dock", "at", "stored_at", "actor")
    list_filter = ("dock",)
    list_select_related = ("line", "lot", "dock")


@admin.register(NumberSeries)
class NumberSeriesAdmin(admin.ModelAdmin):
    list_display = ("code", "last")

    def has_delete_permission(self, request: HttpRequest, obj: NumberSeries | None = None) -> bool:
        return False


@admin.register(Contract)
class ContractAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("code", "supplier", "starts_on", "ends_on", "made_by")
    list_select_related = ("supplier",)


@admin.register(ApprovalLimit)
class ApprovalLimitAdmin(admin.ModelAdmin):
    list_display = ("role", "most")


@admin.register(SupplierChannel)
class SupplierChannelAdmin(admin.ModelAdmin):
    list_display = ("supplier", "channel", "our_id", "their_id")
    list_select_related = ("supplier",)


@admin.register(OrderDocument)
class OrderDocumentAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("id", "supplier", "order", "incoming", "channel", "kind", "state", "at")
    list_filter = ("state", "channel", "incoming")
    list_select_related = ("supplier", "order")
