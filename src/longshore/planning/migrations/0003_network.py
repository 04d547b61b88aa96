"""What the plan over the whole network needs and leaves."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("planning", "0002_demand")]
    operations: ClassVar = []
