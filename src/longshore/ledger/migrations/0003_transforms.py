import django.db.models.deletion
from django.db import migrations, models

APPEND_ONLY = """
CREATE TRIGGER transform_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transform
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_rewrite();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_sscc_serial"),
        ("ledger", "0002_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="Transform",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("make", "Make"),
                            ("repack", "Repack"),
                            ("re-lot", "Re-lot"),
                            ("rework", "Rework"),
                            ("split", "Take apart"),
                        ],
                        max_length=8,
                        verbose_name="reason",
                    ),
                ),
                ("expected", models.BigIntegerField(blank=True, null=True, verbose_name="expected output")),
            ],
            options={
                "verbose_name": "transformation",
                "verbose_name_plural": "transformations",
            },
        ),
        migrations.AlterField(
            model_name="posting",
            name="kind",
            field=models.SmallIntegerField(
                choices=[
                    (0, "Opening balance"),
                    (1, "Receipt from a supplier"),
                    (2, "Put-away"),
                    (3, "Move"),
                    (4, "Pick"),
                    (5, "Pack"),
                    (6, "Stage"),
                    (7, "Load"),
                    (8, "Unload"),
                    (9, "Delivery"),
                    (10, "Refusal"),
                    (11, "Return"),
                    (12, "Count difference"),
                    (13, "Damage"),
                    (14, "Scrap"),
                    (15, "Change of condition"),
                    (16, "Change of owner"),
                    (17, "Consumption"),
                    (18, "Production"),
                    (19, "Transfer"),
                    (20, "Reversal"),
                    (21, "Transformation"),
                ],
                verbose_name="kind",
            ),
        ),
        migrations.AddIndex(
            model_name="balance",
            index=models.Index(condition=models.Q(("lot__isnull", False)), fields=["lot"], name="balance_lot"),
        ),
        migrations.AddField(
            model_name="transform",
            name="machine",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.place",
                verbose_name="machine or place",
            ),
        ),
        migrations.AddField(
            model_name="transform",
            name="posting",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transform",
                to="ledger.posting",
                verbose_name="posting",
            ),
        ),
        migrations.AddConstraint(
            model_name="transform",
            constraint=models.CheckConstraint(
                condition=models.Q(("expected__isnull", True), ("expected__gt", 0), _connector="OR"),
                name="transform_expected_positive",
            ),
        ),
        migrations.RunSQL(APPEND_ONLY, "DROP TRIGGER transform_append_only ON ledger_transform"),
    ]
