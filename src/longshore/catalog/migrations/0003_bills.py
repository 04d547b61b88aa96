"""What an item is made of, where, and what may stand in for it."""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("catalog", "0002_sscc_serial")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Bill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lead_time_minutes", models.PositiveIntegerField(verbose_name="lead time, minutes")),
                ("moq", models.PositiveBigIntegerField(default=1, verbose_name="least lot")),
                ("multiple", models.PositiveBigIntegerField(default=1, verbose_name="lot multiple")),
                (
                    "unit_cost",
                    models.PositiveBigIntegerField(default=0, verbose_name="cost of making one base unit, minor units"),
                ),
                ("active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bills",
                        to="catalog.item",
                        verbose_name="item",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bills",
                        to="catalog.place",
                        verbose_name="made at",
                    ),
                ),
            ],
            options={
                "verbose_name": "bill of material",
                "verbose_name_plural": "bills of material",
                "constraints": [
                    models.UniqueConstraint(fields=("item", "site"), name="bill_once"),
                    models.CheckConstraint(
                        condition=models.Q(("moq__gt", 0), ("multiple__gt", 0)), name="bill_positive"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BillLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("numerator", models.PositiveBigIntegerField(verbose_name="quantity, numerator")),
                ("denominator", models.PositiveBigIntegerField(default=1, verbose_name="quantity, denominator")),
                ("scrap_bp", models.PositiveIntegerField(default=0, verbose_name="scrap, basis points")),
                (
                    "component",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="used_in",
                        to="catalog.item",
                        verbose_name="component",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="components",
                        to="catalog.item",
                        verbose_name="item",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of a bill of material",
                "verbose_name_plural": "lines of bills of material",
                "constraints": [
                    models.UniqueConstraint(fields=("item", "component"), name="bill_line_once"),
                    models.CheckConstraint(
                        condition=models.Q(("denominator__gt", 0), ("numerator__gt", 0)), name="bill_line_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("item", models.F("component")), _negated=True), name="bill_line_of_another"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Substitute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("numerator", models.PositiveBigIntegerField(default=1, verbose_name="quantity, numerator")),
                ("denominator", models.PositiveBigIntegerField(default=1, verbose_name="quantity, denominator")),
                ("priority", models.PositiveSmallIntegerField(default=5, verbose_name="priority, 1 first")),
                ("active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="substitutes",
                        to="catalog.item",
                        verbose_name="item",
                    ),
                ),
                (
                    "substitute",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stands_for",
                        to="catalog.item",
                        verbose_name="substitute",
                    ),
                ),
            ],
            options={
                "verbose_name": "substitute",
                "verbose_name_plural": "substitutes",
                "constraints": [
                    models.UniqueConstraint(fields=("item", "substitute"), name="substitute_once"),
                    models.CheckConstraint(
                        condition=models.Q(("denominator__gt", 0), ("numerator__gt", 0)), name="substitute_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("item", models.F("substitute")), _negated=True),
                        name="substitute_is_another",
                    ),
                ],
            },
        ),
    ]
