import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """What a supplier says to a claim, the number of its credit note, and prices it offers by itself."""

    dependencies = [("catalog", "0003_bills"), ("sourcing", "0003_device_receipts")]

    operations = [
        migrations.AddField(
            model_name="supplierclaim",
            name="answer",
            field=models.CharField(blank=True, default="", max_length=300, verbose_name="supplier's words"),
        ),
        migrations.AddField(
            model_name="supplierclaim",
            name="credit_note",
            field=models.CharField(blank=True, default="", max_length=60, verbose_name="number of the credit note"),
        ),
        migrations.AddField(
            model_name="quoterequest",
            name="own_offer_of",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.partner",
                verbose_name="own offer of",
            ),
        ),
        migrations.AddConstraint(
            model_name="quoterequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("own_offer_of", "item"), name="own_offer_one_open"
            ),
        ),
    ]
