import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """How likely open order lines come late."""

    dependencies = [("sourcing", "0004_portal")]

    operations = [
        migrations.CreateModel(
            name="LateRisk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "probability_bp",
                    models.PositiveIntegerField(verbose_name="probability of coming late, basis points"),
                ),
                ("early_on", models.DateField(verbose_name="one of ten comes by")),
                ("likely_on", models.DateField(verbose_name="half come by")),
                ("latest_on", models.DateField(verbose_name="nine of ten come by")),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("model", "Learnt from own history"),
                            ("shares", "Shares of the lines known so far"),
                        ],
                        max_length=10,
                        verbose_name="known from",
                    ),
                ),
                ("drivers", models.JSONField(blank=True, default=list, verbose_name="what drives it")),
                ("made_at", models.DateTimeField(verbose_name="computed at")),
                (
                    "line",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="risk",
                        to="sourcing.purchaseorderline",
                        verbose_name="line",
                    ),
                ),
            ],
            options={
                "verbose_name": "risk of lateness",
                "verbose_name_plural": "risks of lateness",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("probability_bp__lte", 10000)), name="late_risk_is_a_share"
                    )
                ],
            },
        ),
    ]
