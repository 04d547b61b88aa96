from django.db import migrations, models


class Migration(migrations.Migration):
    """A dispatch notice can be cancelled; a wish remembers when the line was expected as it was asked."""

    dependencies = [("sourcing", "0005_lateness")]

    operations = [
        migrations.AddField(
            model_name="dispatchnotice",
            name="cancelled_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="cancelled at"),
        ),
        migrations.AddField(
            model_name="orderchange",
            name="expected_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="expected when asked"),
        ),
    ]
