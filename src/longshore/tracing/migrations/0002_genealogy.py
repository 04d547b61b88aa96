import django.db.models.deletion
from django.db import migrations, models

# How often somebody knocked at a public page in a minute. Losing it in a crash costs nothing.
KNOCKS = """
CREATE UNLOGGED TABLE tracing_knock (
    visitor bytea NOT NULL, minute bigint NOT NULL, knocks int NOT NULL, PRIMARY KEY (visitor, minute)
)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_sscc_serial"),
        ("ledger", "0003_transforms"),
        ("tracing", "0001_epcis"),
    ]

    operations = [
        migrations.CreateModel(
            name="Recall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="id chosen by the caller")),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="number")),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("lot", "Lot, serial number or handling unit"),
                            ("supplier", "Supplier and period"),
                            ("machine", "Machine run"),
                            ("sensor", "What stood somewhere during a time"),
                        ],
                        max_length=10,
                        verbose_name="start",
                    ),
                ),
                ("start", models.JSONField(verbose_name="asked for")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("found", "Found"),
                            ("held", "On hold"),
                            ("notified", "Customers told"),
                            ("reconciled", "Reconciled"),
                            ("closed", "Closed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="found",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("complete", models.BooleanField(default=True, verbose_name="all found")),
                ("cyclic", models.PositiveIntegerField(default=0, verbose_name="links on a cycle")),
                ("rounds", models.PositiveIntegerField(default=0, verbose_name="rounds of holding")),
                ("actor", models.CharField(max_length=80, verbose_name="who")),
                ("created_at", models.DateTimeField(verbose_name="started at")),
                ("held_at", models.DateTimeField(null=True, verbose_name="held at")),
                ("notified_at", models.DateTimeField(null=True, verbose_name="customers told at")),
                ("reconciled_at", models.DateTimeField(null=True, verbose_name="reconciled at")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
            ],
            options={
                "verbose_name": "recall",
                "verbose_name_plural": "recalls",
                "ordering": ["-id"],
                "permissions": [("run_recall", "Start, hold, notify, close and cancel recalls")],
            },
        ),
        migrations.CreateModel(
            name="TraceThing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("epc", models.TextField(unique=True, verbose_name="identifier")),
            ],
            options={
                "verbose_name": "thing of another company",
                "verbose_name_plural": "things of other companies",
            },
        ),
        migrations.CreateModel(
            name="ConsumerPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("enabled", models.BooleanField(default=False, verbose_name="public")),
                ("text", models.TextField(blank=True, default="", verbose_name="text")),
                ("text_zh", models.TextField(blank=True, default="", verbose_name="Chinese text")),
                ("show_dates", models.BooleanField(default=True, verbose_name="show production and expiry date")),
                (
                    "show_origin",
                    models.BooleanField(default=False, verbose_name="show where the ingredients come from"),
                ),
                ("show_recall", models.BooleanField(default=True, verbose_name="show recalls")),
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, to="catalog.item", verbose_name="item"
                    ),
                ),
            ],
            options={
                "verbose_name": "consumer page",
                "verbose_name_plural": "consumer pages",
            },
        ),
        migrations.CreateModel(
            name="TraceLink",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "source",
                        "target",
                        "kind",
                        "told_by",
                        "unit",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("source", models.BigIntegerField(verbose_name="from")),
                ("target", models.BigIntegerField(verbose_name="into")),
                (
                    "kind",
                    models.SmallIntegerField(
                        choices=[(0, "Received"), (1, "Transformed"), (2, "Numbered"), (3, "Packed"), (4, "Shipped")],
                        verbose_name="kind",
                    ),
                ),
                ("told_by", models.BigIntegerField(verbose_name="told by")),
                ("unit", models.BigIntegerField(default=0, verbose_name="in handling unit")),
                ("qty", models.BigIntegerField(verbose_name="quantity")),
                ("at", models.DateTimeField(verbose_name="at")),
            ],
            options={
                "verbose_name": "link",
                "verbose_name_plural": "links",
                "indexes": [models.Index(fields=["target"], include=("source",), name="trace_link_up")],
            },
        ),
        migrations.CreateModel(
            name="RecallLetter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("posting", models.BigIntegerField(verbose_name="delivery")),
                ("node", models.BigIntegerField(verbose_name="node")),
                ("document", models.CharField(default="", max_length=80, verbose_name="shipment")),
                ("order", models.CharField(default="", max_length=80, verbose_name="order")),
                ("qty", models.BigIntegerField(verbose_name="quantity")),
                ("delivered_at", models.DateTimeField(verbose_name="delivered at")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Not told yet"),
                            ("sent", "Told"),
                            ("answered", "Answered"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("sent_at", models.DateTimeField(null=True, verbose_name="told at")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="answered at")),
                ("recovered", models.BigIntegerField(null=True, verbose_name="came back or was destroyed")),
                ("note", models.CharField(blank=True, default="", max_length=300, verbose_name="note")),
                (
                    "item",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="catalog.item",
                        verbose_name="item",
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="catalog.lot",
                        verbose_name="lot",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="catalog.partner",
                        verbose_name="customer",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="catalog.place",
                        verbose_name="place",
                    ),
                ),
                (
                    "recall",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="letters",
                        to="tracing.recall",
                        verbose_name="recall",
                    ),
                ),
            ],
            options={
                "verbose_name": "letter of a recall",
                "verbose_name_plural": "letters of recalls",
                "constraints": [
                    models.UniqueConstraint(fields=("recall", "posting", "node"), name="recall_letter_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("recovered__isnull", True),
                            models.Q(("recovered__gte", 0), ("recovered__lte", models.F("qty"))),
                            _connector="OR",
                        ),
                        name="recall_letter_recovered",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecallLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.BigIntegerField(verbose_name="node")),
                ("depth", models.PositiveSmallIntegerField(verbose_name="steps from the start")),
                ("made", models.BigIntegerField(default=0, verbose_name="made")),
                ("found", models.BigIntegerField(default=0, verbose_name="found")),
                ("held", models.BigIntegerField(default=0, verbose_name="of that on hold")),
                ("shipped", models.BigIntegerField(default=0, verbose_name="shipped")),
                ("scrapped", models.BigIntegerField(default=0, verbose_name="scrapped")),
                ("consumed", models.BigIntegerField(default=0, verbose_name="consumed onward")),
                ("unexplained", models.BigIntegerField(default=0, verbose_name="unexplained")),
                (
                    "item",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="catalog.item",
                        verbose_name="item",
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="catalog.lot",
                        verbose_name="lot",
                    ),
                ),
                (
                    "recall",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="tracing.recall",
                        verbose_name="recall",
                    ),
                ),
                (
                    "serial",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="catalog.serial",
                        verbose_name="serial number",
                    ),
                ),
            ],
            options={
                "verbose_name": "lot of a recall",
                "verbose_name_plural": "lots of recalls",
                "constraints": [models.UniqueConstraint(fields=("recall", "node"), name="recall_line_once")],
            },
        ),
        migrations.RunSQL(KNOCKS, "DROP TABLE tracing_knock"),
    ]
