"""In the admin: tokens can be ended, never read; dead letters can be revived; people of partners are made and untied."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from longshore.catalog.errors import Refusal
from longshore.ledger.models import Delivery
from longshore.planning.models import PartnerPerson
from longshore.project import clock, tokens
from longshore.project.dead_letters import revive
from longshore.project.models import ApiToken
from longshore.project.people import add_person, check_person


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


class NewPartnerPerson(forms.ModelForm):
    """A login for somebody of a supplier or customer; without a password one is made up and told once."""

    name = forms.CharField(label=gettext_lazy("Log-in name"), max_length=150)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Leave it empty and a strong one is made up and shown once."),
    )

    class Meta:
        model = PartnerPerson
        fields = ("partner", "side")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if self.errors:
            return given
        try:
            check_person(given["name"], given["side"], given["password"], given["partner"].code)
        except Refusal as refusal:
            raise ValidationError(f"{refusal.sentence} {refusal.remedy}") from refusal
        return given


@admin.register(PartnerPerson)
class PartnerPersonAdmin(admin.ModelAdmin):
    """Made with its log-in and role in one step; taking it out locks the person out."""

    list_display = ("user", "partner", "side", "active")
    list_filter = ("side",)
    search_fields = ("user__username", "partner__code", "partner__name", "partner__name_zh")
    list_select_related = ("user", "partner")
    autocomplete_fields = ("partner",)
    form = NewPartnerPerson

    @admin.display(boolean=True, description=gettext_lazy("active"))
    def active(self, row: PartnerPerson) -> bool:
        return bool(row.user.is_active)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "partner", "side") if obj is not None else ("name", "password", "partner", "side")

    def save_model(self, request: HttpRequest, obj: PartnerPerson, form: forms.ModelForm, change: bool) -> None:
        given = form.cleaned_data
        made = add_person(
            name=given["name"], role=given["side"], password=given["password"] or None, partner=given["partner"].code
        )
        tied = PartnerPerson.objects.get(user__username=made.name)
        obj.pk, obj.user = tied.pk, tied.user
        if not given["password"]:
            told = _("%(name)s logs in with the password %(password)s; it is not shown again.")
            self.message_user(request, told % {"name": made.name, "password": made.password})

    def delete_model(self, request: HttpRequest, obj: PartnerPerson) -> None:
        self.delete_queryset(request, PartnerPerson.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, chosen: QuerySet[PartnerPerson]) -> None:
        User.objects.filter(pk__in=chosen.values("user")).update(is_active=False)
        chosen.delete()
