"""Serial references for new handling units: a sequence never gives the same number twice."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_catalog")]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE catalog_sscc_serial AS bigint MINVALUE 1", "DROP SEQUENCE catalog_sscc_serial"
        ),
    ]
