"""Levels of the network's plan, so that a plan of some items keeps the order of the plan of all."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_bills"),
        ("planning", "0006_surges"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlannedLevel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.SmallIntegerField(verbose_name="level")),
                (
                    "item",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.item",
                        verbose_name="item",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.place",
                        verbose_name="site",
                    ),
                ),
            ],
            options={
                "verbose_name": "level in the plan",
                "verbose_name_plural": "levels in the plan",
                "constraints": [models.UniqueConstraint(fields=("item", "site"), name="planned_level_once")],
            },
        ),
    ]
