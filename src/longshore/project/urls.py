"""Every address: pages of each app, the API, the admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from longshore.catalog.pages import urlpatterns as catalog
from longshore.ordering.pages import urlpatterns as ordering
from longshore.planning.pages import urlpatterns as planning
from longshore.project.api import api
from longshore.returning.pages import urlpatterns as returning
from longshore.sensing.pages import urlpatterns as sensing
from longshore.shipping.pages import urlpatterns as shipping
from longshore.sourcing.pages import urlpatterns as sourcing
from longshore.storing.pages import urlpatterns as storing
from longshore.tower.pages import urlpatterns as tower
from longshore.tracing.epcis.addresses import urlpatterns as epcis
from longshore.tracing.pages import urlpatterns as tracing
from longshore.web.pages import urlpatterns as web

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    *catalog,
    *sensing,
    *ordering,
    *planning,
    *sourcing,
    *storing,
    *shipping,
    *returning,
    *epcis,
    *tracing,
    *tower,
    *web,
]
