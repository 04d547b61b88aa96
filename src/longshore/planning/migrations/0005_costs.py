"""What ordering and holding cost the company, set by a person instead of written in the program."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("planning", "0004_collaboration")]

    operations = [
        migrations.CreateModel(
            name="StockCosts",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "order_line",
                    models.PositiveBigIntegerField(verbose_name="cost of one purchase order line, minor units"),
                ),
                (
                    "transfer_line",
                    models.PositiveBigIntegerField(verbose_name="cost of one transfer line, minor units"),
                ),
                (
                    "holding_bp",
                    models.PositiveIntegerField(verbose_name="cost of holding a year, basis points of the goods' cost"),
                ),
                ("changed_at", models.DateTimeField(verbose_name="changed at")),
                ("changed_by", models.CharField(max_length=80, verbose_name="changed by")),
            ],
            options={
                "verbose_name": "costs of ordering and holding",
                "verbose_name_plural": "costs of ordering and holding",
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="stock_costs_once")],
            },
        ),
    ]
