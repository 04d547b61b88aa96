"""What time it is for people and jobs: the wall's, or a living simulated world's when one is running."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from longshore.twin.models import World

LIVING = "demo"


def now() -> datetime:
    """The living demo's clock if this database is one, else the real time."""
    world = World.objects.filter(name=LIVING).values_list("now", flat=True).first()
    return timezone.now() if world is None else world
