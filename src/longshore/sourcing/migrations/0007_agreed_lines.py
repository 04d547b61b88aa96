from django.db import migrations, models


class Migration(migrations.Migration):
    """A line has an agreed day of its own once a wish for another day was agreed to."""

    dependencies = [("sourcing", "0006_notices")]

    operations = [
        migrations.AddField(
            model_name="purchaseorderline",
            name="agreed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="agreed date of its own"),
        ),
    ]
