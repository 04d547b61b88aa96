import django.db.models.deletion
from django.db import migrations, models

APPEND_ONLY = """
CREATE TRIGGER fulfilment_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_fulfilment
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_rewrite();
"""
# What was done before anybody wrote down by which posting.
OLDER = (
    "INSERT INTO ledger_fulfilment (posting_id, flow_id, qty) SELECT 0, id, done FROM ledger_plannedflow WHERE done > 0"
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_transforms")]

    operations = [
        migrations.CreateModel(
            name="Fulfilment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("qty", models.BigIntegerField(verbose_name="quantity")),
                (
                    "flow",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="ledger.plannedflow",
                        verbose_name="planned flow",
                    ),
                ),
                (
                    "posting",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="ledger.posting",
                        verbose_name="posting",
                    ),
                ),
            ],
            options={
                "verbose_name": "fulfilment of a planned flow",
                "verbose_name_plural": "fulfilments of planned flows",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("qty", 0), _negated=True), name="fulfilment_of_something"
                    )
                ],
            },
        ),
        migrations.RunSQL(OLDER, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, "DROP TRIGGER fulfilment_append_only ON ledger_fulfilment"),
    ]
