"""The warehouse's pages: the floor, what was too warm or too cold, and what quality says about it."""

from __future__ import annotations

from django.urls import path

from longshore.storing.pages.counting import count
from longshore.storing.pages.floor import act, warehouse
from longshore.storing.pages.quality import decide, excursion, excursions, quality

urlpatterns = [
    path("warehouse/", warehouse, name="warehouse"),
    path("warehouse/do/<slug:verb>/", act, name="warehouse-act"),
    path("warehouse/count/", count, name="count"),
    path("excursions/", excursions, name="excursions"),
    path("excursions/<int:number>/", excursion, name="excursion"),
    path("quality/", quality, name="quality"),
    path("quality/decide/", decide, name="quality-decide"),
]
