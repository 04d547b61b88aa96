"""What an item is made of."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("catalog", "0002_sscc_serial")]
    operations: ClassVar = []
