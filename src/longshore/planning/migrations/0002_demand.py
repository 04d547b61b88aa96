"""What shapes demand: marks, promotions, signals, overrides, lives; each forecast run with its error."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_bills"),
        ("planning", "0001_plans"),
    ]

    operations = [
        migrations.CreateModel(
            name="ForecastRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="id")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting to start"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("actor", models.CharField(max_length=80, verbose_name="who")),
                ("thorough", models.BooleanField(null=True, verbose_name="with the slow methods, too")),
                ("items", models.JSONField(blank=True, null=True, verbose_name="items")),
                ("asked_at", models.DateTimeField(verbose_name="asked at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="series done")),
                ("total", models.PositiveIntegerField(default=0, verbose_name="series")),
                ("cancel_asked", models.BooleanField(default=False, verbose_name="cancel asked")),
                ("counts", models.JSONField(blank=True, default=dict, verbose_name="counts")),
            ],
            options={
                "verbose_name": "forecast run",
                "verbose_name_plural": "forecast runs",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="forecast",
            name="base_milli",
            field=models.JSONField(blank=True, default=list, verbose_name="mean a day before overrides, thousandths"),
        ),
        migrations.AddField(
            model_name="forecast",
            name="drift_bp",
            field=models.IntegerField(blank=True, null=True, verbose_name="drift, basis points"),
        ),
        migrations.AddField(
            model_name="forecast",
            name="drivers",
            field=models.JSONField(blank=True, default=dict, verbose_name="what moves it"),
        ),
        migrations.AddField(
            model_name="forecast",
            name="high_milli",
            field=models.JSONField(blank=True, default=list, verbose_name="upper end of the band, thousandths"),
        ),
        migrations.AddField(
            model_name="forecast",
            name="low_milli",
            field=models.JSONField(blank=True, default=list, verbose_name="lower end of the band, thousandths"),
        ),
        migrations.CreateModel(
            name="DemandMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("stock-out", "Nothing was there"),
                            ("outlier", "Far from usual"),
                            ("one-off", "Will not come again"),
                            ("keep", "Counts as it was"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("qty", models.BigIntegerField(verbose_name="quantity wanted")),
                ("counts_as", models.BigIntegerField(verbose_name="counts as")),
                ("facts", models.JSONField(default=dict, verbose_name="facts")),
                ("note", models.CharField(blank=True, default="", max_length=300, verbose_name="reason")),
                ("actor", models.CharField(blank=True, default="", max_length=80, verbose_name="who")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="catalog.item", verbose_name="item"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="catalog.place", verbose_name="site"
                    ),
                ),
            ],
            options={
                "verbose_name": "marked day of demand",
                "verbose_name_plural": "marked days of demand",
            },
        ),
        migrations.CreateModel(
            name="DemandOverride",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="id")),
                ("family", models.CharField(blank=True, default="", max_length=80, verbose_name="family")),
                ("region", models.CharField(blank=True, default="", max_length=40, verbose_name="region")),
                ("starts_on", models.DateField(verbose_name="starts on")),
                ("ends_on", models.DateField(verbose_name="ends on")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("set", "The total is"),
                            ("add", "More or less by"),
                            ("percent", "Change by, basis points"),
                        ],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("amount", models.BigIntegerField(verbose_name="amount")),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("actor", models.CharField(max_length=80, verbose_name="who")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("expires_on", models.DateField(verbose_name="expires on")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at")),
                ("withdrawn_by", models.CharField(blank=True, default="", max_length=80, verbose_name="withdrawn by")),
                (
                    "item",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="catalog.item",
                        verbose_name="item",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="catalog.place",
                        verbose_name="site",
                    ),
                ),
            ],
            options={
                "verbose_name": "override of the forecast",
                "verbose_name_plural": "overrides of the forecast",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ForecastRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_on", models.DateField(verbose_name="starts on")),
                ("method", models.CharField(max_length=40, verbose_name="method")),
                (
                    "method_before",
                    models.CharField(blank=True, default="", max_length=40, verbose_name="method before"),
                ),
                ("mean_milli", models.BigIntegerField(verbose_name="mean a day, thousandths")),
                ("mean_before_milli", models.BigIntegerField(null=True, verbose_name="mean a day before, thousandths")),
                (
                    "base",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="forecast"
                    ),
                ),
                (
                    "final",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="forecast with overrides"
                    ),
                ),
                (
                    "naive",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="naive forecast"
                    ),
                ),
                ("wanted", models.BigIntegerField(null=True, verbose_name="wanted, thousandths")),
                ("off_base", models.BigIntegerField(null=True, verbose_name="forecast off by")),
                ("off_final", models.BigIntegerField(null=True, verbose_name="with overrides off by")),
                ("off_naive", models.BigIntegerField(null=True, verbose_name="naive off by")),
                ("over_base", models.BigIntegerField(null=True, verbose_name="forecast too high by")),
                ("over_final", models.BigIntegerField(null=True, verbose_name="with overrides too high by")),
                (
                    "item",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="catalog.item",
                        verbose_name="item",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="catalog.place",
                        verbose_name="site",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="planning.forecastrun",
                        verbose_name="run",
                    ),
                ),
            ],
            options={
                "verbose_name": "row of a forecast run",
                "verbose_name_plural": "rows of forecast runs",
            },
        ),
        migrations.CreateModel(
            name="ItemLife",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("share_bp", models.PositiveIntegerField(default=10000, verbose_name="share of it, basis points")),
                ("launched_on", models.DateField(blank=True, null=True, verbose_name="sold from")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="sold until")),
                ("fade_days", models.PositiveIntegerField(default=0, verbose_name="days of fading out")),
                ("actor", models.CharField(blank=True, default="", max_length=80, verbose_name="who")),
                ("changed_at", models.DateTimeField(blank=True, null=True, verbose_name="changed at")),
                (
                    "analogue",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.item",
                        verbose_name="sells like",
                    ),
                ),
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="life",
                        to="catalog.item",
                        verbose_name="item",
                    ),
                ),
            ],
            options={
                "verbose_name": "life of an item",
                "verbose_name_plural": "lives of items",
            },
        ),
        migrations.CreateModel(
            name="PlanRegion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, verbose_name="code")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("name_zh", models.CharField(blank=True, default="", max_length=120, verbose_name="Chinese name")),
                (
                    "site",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.place",
                        verbose_name="site",
                    ),
                ),
            ],
            options={
                "verbose_name": "planning region of a site",
                "verbose_name_plural": "planning regions",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="Promotion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("family", models.CharField(blank=True, default="", max_length=80, verbose_name="family")),
                ("starts_on", models.DateField(verbose_name="starts on")),
                ("ends_on", models.DateField(verbose_name="ends on")),
                (
                    "uplift_bp",
                    models.IntegerField(blank=True, null=True, verbose_name="expected change of demand, basis points"),
                ),
                (
                    "price",
                    models.PositiveBigIntegerField(
                        blank=True, null=True, verbose_name="price of one base unit, minor units"
                    ),
                ),
                ("actor", models.CharField(blank=True, default="", max_length=80, verbose_name="who")),
                ("made_at", models.DateTimeField(blank=True, null=True, verbose_name="made at")),
                (
                    "item",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="catalog.item",
                        verbose_name="item",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="catalog.place",
                        verbose_name="site",
                    ),
                ),
            ],
            options={
                "verbose_name": "promotion",
                "verbose_name_plural": "promotions",
                "ordering": ["-starts_on", "code"],
            },
        ),
        migrations.CreateModel(
            name="SignalDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("signal", models.CharField(max_length=60, verbose_name="signal")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("weather", "Weather"),
                            ("market", "Market"),
                            ("competitor", "Competitors"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("value_milli", models.BigIntegerField(verbose_name="value, thousandths")),
                (
                    "site",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="catalog.place",
                        verbose_name="site",
                    ),
                ),
            ],
            options={
                "verbose_name": "day of a signal",
                "verbose_name_plural": "days of signals",
            },
        ),
        migrations.AddConstraint(
            model_name="demandmark",
            constraint=models.UniqueConstraint(fields=("item", "site", "day"), name="demand_mark_once"),
        ),
        migrations.AddConstraint(
            model_name="demandmark",
            constraint=models.CheckConstraint(
                condition=models.Q(("counts_as__gte", 0), ("qty__gte", 0)), name="demand_mark_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="demandoverride",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="override_ends_after_start"
            ),
        ),
        migrations.AddConstraint(
            model_name="demandoverride",
            constraint=models.CheckConstraint(
                condition=models.Q(("item__isnull", True), ("family", ""), _connector="OR"),
                name="override_item_or_family",
            ),
        ),
        migrations.AddConstraint(
            model_name="demandoverride",
            constraint=models.CheckConstraint(
                condition=models.Q(("site__isnull", True), ("region", ""), _connector="OR"),
                name="override_site_or_region",
            ),
        ),
        migrations.AddIndex(
            model_name="forecastrow",
            index=models.Index(
                condition=models.Q(("wanted__isnull", True)), fields=["starts_on"], name="forecast_row_unmeasured"
            ),
        ),
        migrations.AddIndex(
            model_name="forecastrow",
            index=models.Index(fields=["item", "site", "-starts_on"], name="forecast_row_leaf"),
        ),
        migrations.AddConstraint(
            model_name="forecastrow",
            constraint=models.UniqueConstraint(fields=("run", "item", "site"), name="forecast_row_once"),
        ),
        migrations.AddConstraint(
            model_name="itemlife",
            constraint=models.CheckConstraint(
                condition=models.Q(("item", models.F("analogue")), _negated=True), name="item_life_not_itself"
            ),
        ),
        migrations.AddConstraint(
            model_name="itemlife",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("launched_on__isnull", True),
                    ("ends_on__isnull", True),
                    ("ends_on__gte", models.F("launched_on")),
                    _connector="OR",
                ),
                name="item_life_ends_after_launch",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="promotion_ends_after_start"
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(("item__isnull", True), ("family", ""), _connector="OR"),
                name="promotion_item_or_family",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("uplift_bp__isnull", True),
                    models.Q(("uplift_bp__gt", -10000), ("uplift_bp__lte", 100000)),
                    _connector="OR",
                ),
                name="promotion_uplift_sane",
            ),
        ),
        migrations.AddIndex(
            model_name="signalday",
            index=models.Index(fields=["day"], name="signal_day_day"),
        ),
        migrations.AddConstraint(
            model_name="signalday",
            constraint=models.UniqueConstraint(
                fields=("signal", "site", "day"), name="signal_day_once", nulls_distinct=False
            ),
        ),
    ]
