"""Contracts, quotes, weights, approvals, documents exchanged, changes, dispatch notices, claims on suppliers."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_bills"),
        ("sourcing", "0001_purchases"),
    ]

    operations = [
        migrations.AddField(
            model_name="purchaseorder",
            name="confirmed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="confirmed at"),
        ),
        migrations.CreateModel(
            name="ApprovalLimit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(max_length=80, unique=True, verbose_name="role")),
                ("most", models.PositiveBigIntegerField(verbose_name="up to, minor units")),
            ],
            options={
                "verbose_name": "limit of approval",
                "verbose_name_plural": "limits of approval",
            },
        ),
        migrations.CreateModel(
            name="Contract",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="code")),
                ("starts_on", models.DateField(verbose_name="from")),
                ("ends_on", models.DateField(verbose_name="until")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("made_by", models.CharField(max_length=80, verbose_name="made by")),
                ("ended_by", models.CharField(blank=True, default="", max_length=80, verbose_name="ended by")),
                (
                    "supplier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.partner",
                        verbose_name="supplier",
                    ),
                ),
            ],
            options={
                "verbose_name": "contract",
                "verbose_name_plural": "contracts",
                "ordering": ["-starts_on", "code"],
            },
        ),
        migrations.CreateModel(
            name="ContractPrice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_qty", models.PositiveBigIntegerField(default=1, verbose_name="from quantity")),
                ("unit_price", models.PositiveBigIntegerField(verbose_name="price of one base unit, minor units")),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="prices",
                        to="sourcing.contract",
                        verbose_name="contract",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="catalog.item", verbose_name="item"
                    ),
                ),
            ],
            options={
                "verbose_name": "price of a contract",
                "verbose_name_plural": "prices of contracts",
            },
        ),
        migrations.CreateModel(
            name="DispatchNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=60, verbose_name="number")),
                ("lines", models.JSONField(verbose_name="lines")),
                ("shipped_at", models.DateTimeField(verbose_name="sent at")),
                ("arrives_at", models.DateTimeField(verbose_name="arrives at")),
                ("told_at", models.DateTimeField(verbose_name="told at")),
                ("told_by", models.CharField(max_length=80, verbose_name="who")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="sourcing.purchaseorder",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "dispatch notice",
                "verbose_name_plural": "dispatch notices",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="OrderApproval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("proposals", models.JSONField(verbose_name="proposals")),
                ("value", models.BigIntegerField(verbose_name="value, minor units")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("approved", "Approved"), ("refused", "Refused")],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked at")),
                ("asked_by", models.CharField(max_length=80, verbose_name="released by")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                ("decided_by", models.CharField(blank=True, default="", max_length=80, verbose_name="decided by")),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.place",
                        verbose_name="deliver to",
                    ),
                ),
                (
                    "supplier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.partner",
                        verbose_name="supplier",
                    ),
                ),
            ],
            options={
                "verbose_name": "approval of an order",
                "verbose_name_plural": "approvals of orders",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="OrderChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("expedite", models.BooleanField(default=False, verbose_name="sooner")),
                ("qty", models.BigIntegerField(blank=True, null=True, verbose_name="quantity wanted")),
                ("wanted_at", models.DateTimeField(blank=True, null=True, verbose_name="date wanted")),
                ("reason", models.CharField(blank=True, default="", max_length=300, verbose_name="reason")),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "Asked"), ("accepted", "Accepted"), ("refused", "Refused")],
                        default="asked",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked at")),
                ("asked_by", models.CharField(max_length=80, verbose_name="who")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered at")),
                ("answered_by", models.CharField(blank=True, default="", max_length=80, verbose_name="answered by")),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="sourcing.purchaseorderline",
                        verbose_name="line",
                    ),
                ),
            ],
            options={
                "verbose_name": "change of an order",
                "verbose_name_plural": "changes of orders",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="OrderDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="id")),
                ("incoming", models.BooleanField(default=False, verbose_name="from the supplier")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("portal", "Portal"),
                            ("email", "E-mail"),
                            ("x12", "ANSI X12"),
                            ("edifact", "EDIFACT"),
                        ],
                        max_length=10,
                        verbose_name="way",
                    ),
                ),
                ("kind", models.CharField(max_length=20, verbose_name="kind")),
                ("body", models.TextField(verbose_name="content")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ready", "Ready to fetch"),
                            ("sent", "Sent"),
                            ("failed", "Not sent"),
                            ("read", "Read"),
                            ("refused", "Refused"),
                        ],
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("told", models.CharField(blank=True, default="", max_length=300, verbose_name="what was wrong")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="sourcing.purchaseorder",
                        verbose_name="order",
                    ),
                ),
                (
                    "supplier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.partner",
                        verbose_name="supplier",
                    ),
                ),
            ],
            options={
                "verbose_name": "document",
                "verbose_name_plural": "documents",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="QuoteRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="id")),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="number")),
                ("qty", models.BigIntegerField(verbose_name="quantity")),
                ("needed_at", models.DateTimeField(verbose_name="needed by")),
                ("answer_by", models.DateTimeField(verbose_name="answer by")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("awarded", "Awarded"), ("closed", "Closed")],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked at")),
                ("asked_by", models.CharField(max_length=80, verbose_name="who")),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="catalog.item", verbose_name="item"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.place",
                        verbose_name="deliver to",
                    ),
                ),
            ],
            options={
                "verbose_name": "request for quotes",
                "verbose_name_plural": "requests for quotes",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Quote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "Asked"), ("quoted", "Quoted"), ("declined", "Declined"), ("won", "Won")],
                        default="asked",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "unit_price",
                    models.PositiveBigIntegerField(
                        blank=True, null=True, verbose_name="price of one base unit, minor units"
                    ),
                ),
                ("breaks", models.JSONField(blank=True, default=list, verbose_name="prices from quantities on")),
                ("moq", models.PositiveBigIntegerField(default=1, verbose_name="least order quantity")),
                ("multiple", models.PositiveBigIntegerField(default=1, verbose_name="order multiple")),
                ("lead_minutes", models.PositiveIntegerField(blank=True, null=True, verbose_name="lead time, minutes")),
                ("capacity", models.PositiveBigIntegerField(blank=True, null=True, verbose_name="most it can deliver")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="valid until")),
                ("note", models.CharField(blank=True, default="", max_length=300, verbose_name="note")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered at")),
                ("answered_by", models.CharField(blank=True, default="", max_length=80, verbose_name="answered by")),
                (
                    "supplier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.partner",
                        verbose_name="supplier",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quotes",
                        to="sourcing.quoterequest",
                        verbose_name="request",
                    ),
                ),
            ],
            options={
                "verbose_name": "quote",
                "verbose_name_plural": "quotes",
            },
        ),
        migrations.CreateModel(
            name="SelectionWeights",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cost", models.PositiveIntegerField(default=100, verbose_name="cost")),
                ("time", models.PositiveIntegerField(default=100, verbose_name="time")),
                ("quality", models.PositiveIntegerField(default=100, verbose_name="quality")),
                ("risk", models.PositiveIntegerField(default=100, verbose_name="risk")),
                ("min_share", models.PositiveIntegerField(default=0, verbose_name="least share, %")),
                ("max_share", models.PositiveIntegerField(default=100, verbose_name="greatest share, %")),
                ("min_suppliers", models.PositiveIntegerField(default=1, verbose_name="suppliers at least")),
                ("changed_at", models.DateTimeField(verbose_name="changed at")),
                ("changed_by", models.CharField(max_length=80, verbose_name="changed by")),
            ],
            options={
                "verbose_name": "weights of a choice",
                "verbose_name_plural": "weights of choices",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cost__gte", 1),
                            ("max_share__lte", 100),
                            ("min_share__lte", models.F("max_share")),
                            ("min_suppliers__gte", 1),
                        ),
                        name="selection_weights_in_order",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SupplierChannel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("portal", "Portal"),
                            ("email", "E-mail"),
                            ("x12", "ANSI X12"),
                            ("edifact", "EDIFACT"),
                        ],
                        max_length=10,
                        verbose_name="way",
                    ),
                ),
                ("our_id", models.CharField(default="LONGSHORE", max_length=15, verbose_name="our id in EDI")),
                ("their_id", models.CharField(blank=True, default="", max_length=15, verbose_name="their id in EDI")),
                (
                    "supplier",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.partner",
                        verbose_name="supplier",
                    ),
                ),
            ],
            options={
                "verbose_name": "way to a supplier",
                "verbose_name_plural": "ways to suppliers",
            },
        ),
        migrations.CreateModel(
            name="SupplierClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="number")),
                (
                    "kind",
                    models.CharField(
                        choices=[("short", "Short"), ("damaged", "Damaged"), ("late", "Late")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("qty", models.BigIntegerField(verbose_name="quantity")),
                ("amount", models.BigIntegerField(verbose_name="amount, minor units")),
                ("credited", models.BigIntegerField(default=0, verbose_name="credited, minor units")),
                ("note", models.CharField(blank=True, default="", max_length=300, verbose_name="note")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("accepted", "Accepted"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("made_by", models.CharField(max_length=80, verbose_name="who")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered at")),
                ("answered_by", models.CharField(blank=True, default="", max_length=80, verbose_name="answered by")),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="sourcing.purchaseorderline",
                        verbose_name="line",
                    ),
                ),
            ],
            options={
                "verbose_name": "claim on a supplier",
                "verbose_name_plural": "claims on suppliers",
                "ordering": ["-id"],
            },
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="contract_ends_after_start"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractprice",
            constraint=models.UniqueConstraint(fields=("contract", "item", "from_qty"), name="contract_price_once"),
        ),
        migrations.AddConstraint(
            model_name="contractprice",
            constraint=models.CheckConstraint(condition=models.Q(("from_qty__gte", 1)), name="contract_price_from_one"),
        ),
        migrations.AddConstraint(
            model_name="dispatchnotice",
            constraint=models.UniqueConstraint(fields=("order", "number"), name="dispatch_notice_once"),
        ),
        migrations.AddConstraint(
            model_name="orderchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("qty__isnull", False), ("wanted_at__isnull", False), _connector="OR"),
                name="order_change_says_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderchange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "asked")), fields=("line",), name="order_change_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="quoterequest",
            constraint=models.CheckConstraint(condition=models.Q(("qty__gt", 0)), name="quote_request_positive"),
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.UniqueConstraint(fields=("request", "supplier"), name="quote_once"),
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.CheckConstraint(
                condition=models.Q(("moq__gt", 0), ("multiple__gt", 0)), name="quote_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["quoted", "won"]), _negated=True),
                    models.Q(("lead_minutes__isnull", False), ("unit_price__isnull", False)),
                    _connector="OR",
                ),
                name="quote_has_price",
            ),
        ),
        migrations.AddConstraint(
            model_name="supplierchannel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel__in", ["x12", "edifact"]), _negated=True),
                    models.Q(("their_id", ""), _negated=True),
                    _connector="OR",
                ),
                name="supplier_channel_has_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="supplierclaim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "withdrawn"), _negated=True),
                fields=("line", "kind"),
                name="supplier_claim_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="supplierclaim",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0), ("credited__gte", 0), ("qty__gt", 0)),
                name="supplier_claim_positive",
            ),
        ),
    ]
