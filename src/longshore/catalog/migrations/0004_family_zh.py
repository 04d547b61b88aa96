"""A family has a Chinese name, as an item has."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("catalog", "0003_bills")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="item",
            name="family_zh",
            field=models.CharField(blank=True, default="", max_length=80, verbose_name="Chinese name of the family"),
            preserve_default=False,
        ),
    ]
