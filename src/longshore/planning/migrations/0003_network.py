"""What the plan over the whole network needs and leaves."""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("planning", "0002_demand"), ("catalog", "0003_bills")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="NetworkRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("starts_on", models.DateField(verbose_name="first day")),
                ("days", models.PositiveIntegerField(verbose_name="days")),
                ("release_days", models.PositiveIntegerField(verbose_name="proposed ahead, days")),
                ("nodes", models.PositiveIntegerField(verbose_name="item-sites")),
                ("orders", models.PositiveIntegerField(verbose_name="planned orders")),
                ("shortages", models.PositiveIntegerField(verbose_name="shortages")),
                ("cause", models.CharField(default="", max_length=120, verbose_name="because of")),
            ],
            options={
                "verbose_name": "network plan",
                "verbose_name_plural": "network plans",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="stockpolicy",
            name="planned_by",
            field=models.CharField(
                choices=[("position", "Reorder point"), ("network", "Network plan")],
                db_default="position",
                default="position",
                max_length=10,
                verbose_name="planned by",
            ),
        ),
        migrations.AlterField(
            model_name="proposal",
            name="kind",
            field=models.CharField(
                choices=[("purchase", "Purchase"), ("transfer", "Transfer"), ("production", "Production")],
                max_length=10,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="Shortage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="short from")),
                ("qty", models.BigIntegerField(verbose_name="quantity")),
                ("why", models.SmallIntegerField(verbose_name="why")),
                (
                    "item",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
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
                "verbose_name": "shortage",
                "verbose_name_plural": "shortages",
            },
        ),
        migrations.CreateModel(
            name="LoadRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("capacity_g", models.PositiveBigIntegerField(verbose_name="a full load, g")),
                ("pull_days", models.PositiveIntegerField(default=3, verbose_name="may go earlier by, days")),
                (
                    "origin",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.place",
                        verbose_name="from",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.place",
                        verbose_name="to",
                    ),
                ),
            ],
            options={
                "verbose_name": "full load",
                "verbose_name_plural": "full loads",
                "constraints": [
                    models.UniqueConstraint(fields=("origin", "site"), name="load_rule_once"),
                    models.CheckConstraint(condition=models.Q(("capacity_g__gt", 0)), name="load_rule_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("origin", models.F("site")), _negated=True), name="load_rule_goes_somewhere"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PlannedOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.SmallIntegerField(
                        choices=[(0, "Buy"), (1, "Transfer"), (2, "Make"), (3, "Take surplus")], verbose_name="kind"
                    ),
                ),
                ("source", models.BigIntegerField(verbose_name="source")),
                ("qty", models.BigIntegerField(verbose_name="quantity")),
                ("order_on", models.DateField(verbose_name="order on")),
                ("due_on", models.DateField(verbose_name="due on")),
                ("need_on", models.DateField(verbose_name="needed on")),
                ("lack", models.BigIntegerField(verbose_name="lacking")),
                ("flip", models.BigIntegerField(verbose_name="needless with so many more on hand")),
                ("why", models.IntegerField(verbose_name="what shaped it, bits")),
                ("price_milli", models.BigIntegerField(verbose_name="price of a unit, thousandths")),
                ("cost_milli", models.BigIntegerField(verbose_name="cost, thousandths")),
                ("weight", models.BigIntegerField(verbose_name="units the price counts for")),
                ("rival", models.BigIntegerField(verbose_name="runner-up")),
                ("rival_cost_milli", models.BigIntegerField(verbose_name="cost of the runner-up, thousandths")),
                (
                    "item",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
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
                "verbose_name": "planned order",
                "verbose_name_plural": "planned orders",
                "indexes": [models.Index(fields=["item", "site"], name="planned_order_item_site")],
            },
        ),
        migrations.CreateModel(
            name="PriceBreak",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_qty", models.PositiveBigIntegerField(verbose_name="from quantity")),
                ("unit_price", models.PositiveBigIntegerField(verbose_name="price of one base unit, minor units")),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="catalog.item", verbose_name="item"
                    ),
                ),
                (
                    "supplier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="catalog.partner", verbose_name="supplier"
                    ),
                ),
            ],
            options={
                "verbose_name": "price from a quantity on",
                "verbose_name_plural": "prices from quantities on",
                "constraints": [
                    models.UniqueConstraint(fields=("supplier", "item", "from_qty"), name="price_break_once"),
                    models.CheckConstraint(condition=models.Q(("from_qty__gt", 1)), name="price_break_above_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SupplyLimit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("period_days", models.PositiveIntegerField(default=7, verbose_name="period, days")),
                ("most_units", models.PositiveBigIntegerField(verbose_name="most units in a period")),
                (
                    "supplier",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="supply_limit",
                        to="catalog.partner",
                        verbose_name="supplier",
                    ),
                ),
            ],
            options={
                "verbose_name": "limit of a supplier",
                "verbose_name_plural": "limits of suppliers",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("period_days__gt", 0)), name="supply_limit_period")
                ],
            },
        ),
    ]
