"""Surges of demand: what took a forecast out of its band within a day, and what that changed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_bills"),
        ("planning", "0005_costs"),
    ]

    operations = [
        migrations.CreateModel(
            name="DemandSurge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                ("qty", models.BigIntegerField(verbose_name="quantity wanted")),
                ("lines", models.PositiveIntegerField(verbose_name="order lines")),
                ("expected_milli", models.BigIntegerField(verbose_name="expected that day, thousandths")),
                ("high_milli", models.BigIntegerField(verbose_name="upper end of the band that day, thousandths")),
                ("seen_at", models.DateTimeField(verbose_name="seen at")),
                ("counted", models.BigIntegerField(default=0, verbose_name="taken up by the forecast")),
                ("counted_at", models.DateTimeField(blank=True, null=True, verbose_name="taken up at")),
                ("before", models.JSONField(blank=True, default=dict, verbose_name="as it stood before")),
                ("after", models.JSONField(blank=True, default=dict, verbose_name="as it stood after")),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="catalog.item", verbose_name="item"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.place",
                        verbose_name="site",
                    ),
                ),
            ],
            options={
                "verbose_name": "surge of demand",
                "verbose_name_plural": "surges of demand",
                "indexes": [models.Index(fields=["day"], name="demand_surge_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("item", "site", "day"), name="demand_surge_once"),
                    models.CheckConstraint(
                        condition=models.Q(("counted__gte", 0), ("qty__gt", 0)), name="demand_surge_positive"
                    ),
                ],
            },
        ),
    ]
