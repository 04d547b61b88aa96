"""Plans shared with suppliers and customers; scenarios."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_bills"),
        ("planning", "0003_network"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Agreement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="code")),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("view", "Shared view"),
                            ("vmi", "Supplier-managed stock (VMI)"),
                            ("jmi", "Jointly managed stock (JMI)"),
                            ("cpfr", "Joint forecast (CPFR)"),
                        ],
                        max_length=10,
                        verbose_name="way of working",
                    ),
                ),
                ("shares_stock", models.BooleanField(default=False, verbose_name="stock")),
                ("shares_forecast", models.BooleanField(default=False, verbose_name="forecast")),
                ("shares_orders", models.BooleanField(default=False, verbose_name="orders")),
                ("shares_plan", models.BooleanField(default=False, verbose_name="plan")),
                ("horizon_days", models.PositiveIntegerField(default=28, verbose_name="days ahead")),
                (
                    "threshold_bp",
                    models.PositiveIntegerField(default=2000, verbose_name="exception from, basis points"),
                ),
                (
                    "orders_at_once",
                    models.BooleanField(default=False, verbose_name="their deliveries need no approval"),
                ),
                ("starts_on", models.DateField(verbose_name="from")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="until")),
                ("ended_by", models.CharField(blank=True, default="", max_length=80, verbose_name="ended by")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("made_by", models.CharField(max_length=80, verbose_name="made by")),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.partner",
                        verbose_name="partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "agreement",
                "verbose_name_plural": "agreements",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="AgreementLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("min_qty", models.BigIntegerField(blank=True, null=True, verbose_name="least stock")),
                ("max_qty", models.BigIntegerField(blank=True, null=True, verbose_name="most stock")),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="planning.agreement",
                        verbose_name="agreement",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.item",
                        verbose_name="item",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.place",
                        verbose_name="site",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of an agreement",
                "verbose_name_plural": "lines of agreements",
            },
        ),
        migrations.CreateModel(
            name="JointEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("forecast", "Forecast"),
                            ("delivery", "Delivery"),
                            ("comment", "Comment"),
                            ("commit", "Commitment"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("us", "We"), ("partner", "Partner")], max_length=10, verbose_name="side"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("qty", models.BigIntegerField(blank=True, null=True, verbose_name="quantity")),
                ("text", models.CharField(blank=True, default="", max_length=300, verbose_name="reason")),
                ("at", models.DateTimeField(verbose_name="written at")),
                ("by", models.CharField(max_length=80, verbose_name="written by")),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="planning.agreementline",
                        verbose_name="line",
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="planning.proposal",
                        verbose_name="proposal",
                    ),
                ),
            ],
            options={
                "verbose_name": "entry of a shared plan",
                "verbose_name_plural": "entries of shared plans",
            },
        ),
        migrations.CreateModel(
            name="PartnerPerson",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "side",
                    models.CharField(
                        choices=[("supplier", "Supplier"), ("customer", "Customer")], max_length=10, verbose_name="as"
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="people",
                        to="catalog.partner",
                        verbose_name="company",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="partner_person",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "person of a partner",
                "verbose_name_plural": "people of partners",
                "permissions": [("enter_as_partner", "Enter the portal of partners, and nothing else")],
            },
        ),
        migrations.CreateModel(
            name="Scenario",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("note", models.CharField(blank=True, default="", max_length=300, verbose_name="why")),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("published", "Published"), ("dropped", "Dropped")],
                        default="draft",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("horizon_days", models.PositiveIntegerField(default=56, verbose_name="days ahead")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("made_by", models.CharField(max_length=80, verbose_name="made by")),
                ("changed_at", models.DateTimeField(verbose_name="changed at")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                ("decided_by", models.CharField(blank=True, default="", max_length=80, verbose_name="decided by")),
            ],
            options={
                "verbose_name": "scenario",
                "verbose_name_plural": "scenarios",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("horizon_days__gte", 7), ("horizon_days__lte", 182)),
                        name="scenario_horizon",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ScenarioChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("demand", "Demand"),
                            ("lead-time", "Lead time"),
                            ("price", "Price"),
                            ("capacity", "Storage capacity"),
                            ("service", "Service level"),
                            ("supplier-off", "Supplier delivers nothing"),
                            ("site-off", "Site is closed"),
                        ],
                        max_length=14,
                        verbose_name="what changes",
                    ),
                ),
                ("value", models.PositiveIntegerField(default=0, verbose_name="value, basis points")),
                ("family", models.CharField(blank=True, default="", max_length=80, verbose_name="family")),
                ("starts_on", models.DateField(blank=True, null=True, verbose_name="from")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="until")),
                (
                    "item",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.item",
                        verbose_name="item",
                    ),
                ),
                (
                    "scenario",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="planning.scenario",
                        verbose_name="scenario",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.place",
                        verbose_name="site",
                    ),
                ),
                (
                    "supplier",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.partner",
                        verbose_name="supplier",
                    ),
                ),
            ],
            options={
                "verbose_name": "change of a scenario",
                "verbose_name_plural": "changes of scenarios",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ScenarioRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                ("asked_at", models.DateTimeField(verbose_name="asked at")),
                ("asked_by", models.CharField(max_length=80, verbose_name="asked by")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="days done")),
                ("total", models.PositiveIntegerField(default=0, verbose_name="days")),
                ("cancel_asked", models.BooleanField(default=False, verbose_name="cancel asked")),
                ("result", models.JSONField(blank=True, default=dict, verbose_name="result")),
                (
                    "scenario",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="planning.scenario",
                        verbose_name="scenario",
                    ),
                ),
            ],
            options={
                "verbose_name": "evaluation of a scenario",
                "verbose_name_plural": "evaluations of scenarios",
            },
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__isnull", True), ("ends_on__gte", models.F("starts_on")), _connector="OR"),
                name="agreement_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("horizon_days__gte", 1), ("horizon_days__lte", 365)), name="agreement_horizon"
            ),
        ),
        migrations.AddIndex(
            model_name="agreementline",
            index=models.Index(fields=["item", "site"], name="agreement_line_item_site"),
        ),
        migrations.AddConstraint(
            model_name="agreementline",
            constraint=models.UniqueConstraint(fields=("agreement", "item", "site"), name="agreement_line_once"),
        ),
        migrations.AddConstraint(
            model_name="agreementline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("max_qty__isnull", True), ("min_qty__isnull", True)),
                    models.Q(("max_qty__gt", 0), ("max_qty__gte", models.F("min_qty")), ("min_qty__gte", 0)),
                    _connector="OR",
                ),
                name="agreement_line_levels",
            ),
        ),
        migrations.AddIndex(
            model_name="jointentry",
            index=models.Index(fields=["line", "kind", "day"], name="joint_entry_line_day"),
        ),
        migrations.AddConstraint(
            model_name="jointentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "comment"), models.Q(("qty__gte", 0), ("qty__isnull", False)), _connector="OR"
                ),
                name="joint_entry_has_quantity",
            ),
        ),
        migrations.AddConstraint(
            model_name="jointentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "commit")), fields=("line", "day"), name="joint_entry_committed_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="scenariochange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_on__isnull", True),
                    ("starts_on__isnull", True),
                    ("ends_on__gte", models.F("starts_on")),
                    _connector="OR",
                ),
                name="scenario_change_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="scenariorun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["waiting", "running"])),
                fields=("scenario",),
                name="scenario_one_run_at_a_time",
            ),
        ),
    ]
