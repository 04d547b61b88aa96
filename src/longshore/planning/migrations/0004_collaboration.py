"""Plans shared with suppliers and customers; scenarios."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("planning", "0003_network")]
    operations: ClassVar = []
