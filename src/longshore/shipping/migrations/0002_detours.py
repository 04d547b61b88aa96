import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shipping", "0001_trips")]

    operations = [
        migrations.AddField(
            model_name="trip",
            name="way_read_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="its way was looked at until"),
        ),
        migrations.CreateModel(
            name="Detour",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("off-way", "Off its way"), ("standing", "Standing where no stop is")],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("from_at", models.DateTimeField(verbose_name="from")),
                ("until_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("latitude", models.FloatField(verbose_name="latitude, WGS-84")),
                ("longitude", models.FloatField(verbose_name="longitude, WGS-84")),
                ("farthest_m", models.PositiveIntegerField(default=0, verbose_name="farthest from its way, m")),
                ("learned_at", models.DateTimeField(verbose_name="learned at")),
                (
                    "trip",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="detours",
                        to="shipping.trip",
                        verbose_name="trip",
                    ),
                ),
            ],
            options={
                "verbose_name": "detour",
                "verbose_name_plural": "detours",
                "ordering": ["-from_at", "-id"],
            },
        ),
        migrations.AddConstraint(
            model_name="detour",
            constraint=models.UniqueConstraint(fields=("trip", "kind", "from_at"), name="detour_once"),
        ),
    ]
