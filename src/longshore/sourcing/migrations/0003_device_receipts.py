import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0004_fulfilments"),
        ("sensing", "0003_episodes"),
        ("sourcing", "0002_quotes"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeviceReceipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="id of the receipt")),
                ("origin", models.UUIDField(verbose_name="piece")),
                ("state_before", models.CharField(max_length=14, verbose_name="the order was")),
                ("taken_back_at", models.DateTimeField(blank=True, null=True, verbose_name="taken back at")),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sourcing.purchaseorderline",
                        verbose_name="line",
                    ),
                ),
                (
                    "passage",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sensing.passage",
                        verbose_name="passage",
                    ),
                ),
                (
                    "taken_back_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.posting",
                        verbose_name="taken back by",
                    ),
                ),
            ],
            options={
                "verbose_name": "receipt by a device",
                "verbose_name_plural": "receipts by devices",
            },
        ),
        migrations.AddConstraint(
            model_name="devicereceipt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("taken_back_at__isnull", True)), fields=("origin",), name="device_receipt_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="devicereceipt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("taken_back_at__isnull", True), ("taken_back_by__isnull", True)),
                    models.Q(("taken_back_at__isnull", False), ("taken_back_by__isnull", False)),
                    _connector="OR",
                ),
                name="device_receipt_taken_back_by",
            ),
        ),
    ]
