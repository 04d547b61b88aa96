"""Log in and out, language, theme, the palette and the texts of the scripts."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from longshore.catalog.access import may_of
from longshore.tower.queries import search
from longshore.web import context, menu
from longshore.web.demo_people import people_of_the_demo
from longshore.web.models import Preference, Theme
from longshore.web.words import words_for

_YEAR = 365 * 24 * 3600


def _next(request: HttpRequest, fallback: str = "/") -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or fallback
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else fallback


def _remember(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)


@never_cache
@require_http_methods(["GET", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponseRedirect(_next(request))
    form = AuthenticationForm(request, data=request.POST or None, initial={"username": request.GET.get("as", "")[:150]})
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())
        response = HttpResponseRedirect(_next(request))
        preference = Preference.objects.filter(user=form.get_user()).first()
        if preference and preference.language:
            _remember(response, settings.LANGUAGE_COOKIE_NAME, preference.language)
        if preference and preference.theme != Theme.AUTO:
            _remember(response, context.THEME_COOKIE, preference.theme)
        return response
    status = 422 if form.is_bound else 200
    shown = {"form": form, "next": _next(request), "people": people_of_the_demo()}
    return render(request, "web/login.html", shown, status=status)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect(settings.LOGOUT_REDIRECT_URL)


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    language = request.POST.get("language", "")
    response = HttpResponseRedirect(_next(request))
    if language in dict(settings.LANGUAGES) and check_for_language(language):
        _remember(response, settings.LANGUAGE_COOKIE_NAME, language)
        if request.user.is_authenticated:
            Preference.objects.update_or_create(user=request.user, defaults={"language": language})
    return response


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    theme = request.POST.get("theme", "")
    response = HttpResponseRedirect(_next(request))
    if theme in Theme.values:
        _remember(response, context.THEME_COOKIE, theme)
        if request.user.is_authenticated:
            Preference.objects.update_or_create(user=request.user, defaults={"theme": theme})
    return response


@login_required
@require_GET
def palette(request: HttpRequest) -> HttpResponse:
    """Pages and commands always, orders, trips, items and purchase orders as soon as something is typed."""
    asked = request.GET.get("q", "").strip()
    may = may_of(request.user)
    entries = [e for e in menu.MENU if e.needs in may and asked.casefold() in e.words]
    return render(
        request, "web/_palette.html", {"entries": entries, "hits": search(asked) if asked else (), "asked": asked}
    )


@require_GET
@cache_control(no_cache=True)
def words(request: HttpRequest, language: str) -> HttpResponse:
    if language not in dict(settings.LANGUAGES):
        raise Http404(language)
    with translation.override(language):
        return JsonResponse(words_for())


urlpatterns = [
    path("login/", log_in, name="login"),
    path("logout/", log_out, name="logout"),
    path("language/", set_language, name="language"),
    path("theme/", set_theme, name="theme"),
    path("palette/", palette, name="palette"),
    path("words/<str:language>.json", words, name="words"),
]
