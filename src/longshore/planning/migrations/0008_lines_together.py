"""One target for all order lines of the company, and what a late line is then worth."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("planning", "0007_plannedlevel")]

    operations = [
        migrations.AddField(
            model_name="stockcosts",
            name="lines_bp",
            field=models.PositiveIntegerField(
                db_default=0, default=0, verbose_name="order lines to be there in time, basis points (0: by item)"
            ),
        ),
        migrations.AddField(
            model_name="stockcosts",
            name="late_line_milli",
            field=models.PositiveBigIntegerField(
                db_default=0, default=0, verbose_name="worth of a late order line, thousandths (found)"
            ),
        ),
    ]
