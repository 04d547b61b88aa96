"""Every address: pages of each app, the API, the admin."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from longshore.project.api import api
from longshore.project.assembly import PAGES

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("i18n/", include("django.conf.urls.i18n")),
]
for name in PAGES:
    if find_spec(f"longshore.{name}.pages") is not None:
        urlpatterns += import_module(f"longshore.{name}.pages").urlpatterns
