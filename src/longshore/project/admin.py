"""In the admin: tokens can be ended, never read; dead letters can be revived, never edited."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from longshore.ledger.models import Delivery
from longshore.project import clock, tokens
from longshore.project.dead_letters import revive
from longshore.project.models import ApiToken


class Written(admin.ModelAdmin):
    """Rows that the program writes: people look at them and use the actions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(Written):
    list_display = ("name", "user", "created_at", "revoked_at")
    exclude = ("digest",)
    actions = ("end",)

    @admin.action(description=gettext_lazy("Revoke the chosen tokens"), permissions=["view"])
    def end(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        ended = sum(tokens.revoke(token_id=token.pk, at=clock.now()) for token in chosen)
        self.message_user(request, _("%(count)d tokens were revoked.") % {"count": ended})


@admin.register(Delivery)
class DeliveryAdmin(Written):
    list_display = ("event", "reactor", "state", "attempts", "next_try_at", "error")
    list_filter = ("state", "reactor")
    list_select_related = ("event",)
    actions = ("again",)

    @admin.action(description=gettext_lazy("Tell the chosen dead letters again"), permissions=["view"])
    def again(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        revived = revive(delivery_ids=[delivery.pk for delivery in chosen], at=clock.now())
        self.message_user(request, _("%(count)d deliveries will be tried again.") % {"count": revived})
