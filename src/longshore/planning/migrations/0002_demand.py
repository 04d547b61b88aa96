"""What shapes demand: promotions, outliers, overrides."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("planning", "0001_plans")]
    operations: ClassVar = []
