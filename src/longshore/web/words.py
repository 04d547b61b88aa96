"""The texts the scripts show, from the same catalogue as the pages."""

from __future__ import annotations

from django.utils.translation import gettext


def words_for() -> dict[str, str]:
    return {
        "live": gettext("Live"),
        "late_by": gettext("Late by %s s"),
        "down": gettext("Disconnected"),
        "connecting": gettext("Connecting"),
        "ok": gettext("On time"),
        "risk": gettext("At risk"),
        "late": gettext("Late"),
        "idle": gettext("Stopped"),
        "days": gettext("%s days"),
        "no_use": gettext("No demand expected"),
        "no_webgl": gettext("This browser cannot draw the map (no WebGL 2). The list shows the same trucks and sites."),
        "close": gettext("Close"),
        "lane": gettext("Route"),
        "eta": gettext("Expected"),
        "against_plan": gettext("Against plan"),
        "load": gettext("Load"),
        "distance_left": gettext("Next stop"),
        "shipments": gettext("%s shipments"),
        "minutes": gettext("%s min"),
        "open_trip": gettext("Open the trip"),
        "as_of": gettext("Position of"),
        "site": gettext("Site"),
        "trucks": gettext("Trucks"),
        "on_hand": gettext("On hand"),
        "expected": gettext("Expected"),
        "moved": gettext("%s moved"),
    }
