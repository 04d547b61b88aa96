"""What shapes demand: marks, promotions, signals, overrides, the life of an item; and each forecast run with its error."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import Item, Place


class PlanRegion(models.Model):
    """The region a site is planned in: the level between a site and everything."""

    site = models.OneToOneField(Place, on_delete=models.CASCADE, related_name="+", verbose_name=_("site"))
    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True, default="")

    class Meta:
        verbose_name = _("planning region of a site")
        verbose_name_plural = _("planning regions")
        ordering = ["code"]


class MarkKind(models.TextChoices):
    STOCK_OUT = "stock-out", _("Nothing was there")
    OUTLIER = "outlier", _("Far from usual")
    ONE_OFF = "one-off", _("Will not come again")
    KEEP = "keep", _("Counts as it was")  # a person disagrees with a mark


class DemandMark(models.Model):
    """A day that forecasting reads otherwise than it was: `counts_as` instead of `qty`, which the mark was made for."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, verbose_name=_("item"))
    site = models.ForeignKey(Place, on_delete=models.CASCADE, verbose_name=_("site"))
    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=10, choices=MarkKind.choices)
    qty = models.BigIntegerField(_("quantity wanted"))
    counts_as = models.BigIntegerField(_("counts as"))
    facts = models.JSONField(_("facts"), default=dict)
    note = models.CharField(_("reason"), max_length=300, default="", blank=True)
    actor = models.CharField(_("who"), max_length=80, default="", blank=True)  # empty: found by planning
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("marked day of demand")
        verbose_name_plural = _("marked days of demand")
        constraints = [
            models.UniqueConstraint(fields=["item", "site", "day"], name="demand_mark_once"),
            models.CheckConstraint(condition=Q(counts_as__gte=0, qty__gte=0), name="demand_mark_not_negative"),
        ]


class Promotion(models.Model):
    """Something we do to demand for some days. Without item and family it is for everything, without site everywhere."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("item"))
    family = models.CharField(_("family"), max_length=80, default="", blank=True)
    site = models.ForeignKey(Place, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("site"))
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))
    uplift_bp = models.IntegerField(_("expected change of demand, basis points"), null=True, blank=True)
    price = models.PositiveBigIntegerField(_("price of one base unit, minor units"), null=True, blank=True)
    actor = models.CharField(_("who"), max_length=80, default="", blank=True)
    made_at = models.DateTimeField(_("made at"), null=True, blank=True)

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        ordering = ["-starts_on", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="promotion_ends_after_start"),
            models.CheckConstraint(condition=Q(item__isnull=True) | Q(family=""), name="promotion_item_or_family"),
            models.CheckConstraint(
                condition=Q(uplift_bp__isnull=True) | Q(uplift_bp__gt=-10_000, uplift_bp__lte=100_000),
                name="promotion_uplift_sane",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class SignalKind(models.TextChoices):
    WEATHER = "weather", _("Weather")
    MARKET = "market", _("Market")
    COMPETITOR = "competitor", _("Competitors")
    OTHER = "other", _("Other")


class SignalDay(models.Model):
    """A day of an outside series (temperature, an index, a competitor's price). Without site it holds everywhere."""

    signal = models.CharField(_("signal"), max_length=60)
    kind = models.CharField(_("kind"), max_length=12, choices=SignalKind.choices, default=SignalKind.OTHER)
    site = models.ForeignKey(Place, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("site"))
    day = models.DateField(_("day"))
    value_milli = models.BigIntegerField(_("value, thousandths"))

    class Meta:
        verbose_name = _("day of a signal")
        verbose_name_plural = _("days of signals")
        constraints = [
            models.UniqueConstraint(fields=["signal", "site", "day"], nulls_distinct=False, name="signal_day_once")
        ]
        indexes = [models.Index(fields=["day"], name="signal_day_day")]


class OverrideKind(models.TextChoices):
    SET = "set", _("The total is")
    ADD = "add", _("More or less by")
    PERCENT = "percent", _("Change by, basis points")


class DemandOverride(models.Model):
    """A person knows better, at any level, for some days, until it expires. It is disaggregated when it is applied."""

    key = models.UUIDField(_("id"), unique=True)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("item"))
    family = models.CharField(_("family"), max_length=80, default="", blank=True)
    site = models.ForeignKey(Place, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("site"))
    region = models.CharField(_("region"), max_length=40, default="", blank=True)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))
    kind = models.CharField(_("kind"), max_length=8, choices=OverrideKind.choices)
    amount = models.BigIntegerField(_("amount"))
    reason = models.CharField(_("reason"), max_length=300)
    actor = models.CharField(_("who"), max_length=80)
    made_at = models.DateTimeField(_("made at"))
    expires_on = models.DateField(_("expires on"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawn_by = models.CharField(_("withdrawn by"), max_length=80, default="", blank=True)

    class Meta:
        verbose_name = _("override of the forecast")
        verbose_name_plural = _("overrides of the forecast")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="override_ends_after_start"),
            models.CheckConstraint(condition=Q(item__isnull=True) | Q(family=""), name="override_item_or_family"),
            models.CheckConstraint(condition=Q(site__isnull=True) | Q(region=""), name="override_site_or_region"),
        ]


class ItemLife(models.Model):
    """Where an item stands in its life: sold like another one at first, and no longer from a day on."""

    item = models.OneToOneField(Item, on_delete=models.CASCADE, related_name="life", verbose_name=_("item"))
    analogue = models.ForeignKey(
        Item, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("sells like")
    )
    share_bp = models.PositiveIntegerField(_("share of it, basis points"), default=10_000)
    launched_on = models.DateField(_("sold from"), null=True, blank=True)
    ends_on = models.DateField(_("sold until"), null=True, blank=True)  # the last day
    fade_days = models.PositiveIntegerField(_("days of fading out"), default=0)
    actor = models.CharField(_("who"), max_length=80, default="", blank=True)
    changed_at = models.DateTimeField(_("changed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("life of an item")
        verbose_name_plural = _("lives of items")
        constraints = [
            models.CheckConstraint(condition=~Q(item=F("analogue")), name="item_life_not_itself"),
            models.CheckConstraint(
                condition=Q(launched_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=F("launched_on")),
                name="item_life_ends_after_launch",
            ),
        ]


class ForecastState(models.TextChoices):
    WAITING = "waiting", _("Waiting to start")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


class ForecastRun(models.Model):
    """One run of the forecast: who asked, how far it is, what it found; its rows keep what it said for measuring."""

    key = models.UUIDField(_("id"), unique=True)
    state = models.CharField(_("state"), max_length=10, choices=ForecastState.choices, default=ForecastState.WAITING)
    actor = models.CharField(_("who"), max_length=80)
    thorough = models.BooleanField(_("with the slow methods, too"), null=True)
    items = models.JSONField(_("items"), null=True, blank=True)
    asked_at = models.DateTimeField(_("asked at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    done = models.PositiveIntegerField(_("series done"), default=0)
    total = models.PositiveIntegerField(_("series"), default=0)
    cancel_asked = models.BooleanField(_("cancel asked"), default=False)
    counts = models.JSONField(_("counts"), default=dict, blank=True)

    class Meta:
        verbose_name = _("forecast run")
        verbose_name_plural = _("forecast runs")
        ordering = ["-id"]


class ForecastRow(models.Model):
    """What a run said of an item at a site for its first days, and what was wanted then. All in thousandths.

    `base` is the machine's forecast, `final` with the overrides, `naive` the week before. Measured once the days are over:
    `wanted`, and for each forecast the sum of what it was off.
    """

    run = models.ForeignKey(ForecastRun, on_delete=models.CASCADE, related_name="rows", verbose_name=_("run"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, db_index=False, verbose_name=_("item"))
    site = models.ForeignKey(Place, on_delete=models.CASCADE, db_index=False, verbose_name=_("site"))
    starts_on = models.DateField(_("starts on"))
    method = models.CharField(_("method"), max_length=40)
    method_before = models.CharField(_("method before"), max_length=40, default="", blank=True)
    mean_milli = models.BigIntegerField(_("mean a day, thousandths"))
    mean_before_milli = models.BigIntegerField(_("mean a day before, thousandths"), null=True)
    base = ArrayField(models.BigIntegerField(), verbose_name=_("forecast"))
    final = ArrayField(models.BigIntegerField(), verbose_name=_("forecast with overrides"))
    naive = ArrayField(models.BigIntegerField(), verbose_name=_("naive forecast"))
    wanted = models.BigIntegerField(_("wanted, thousandths"), null=True)
    off_base = models.BigIntegerField(_("forecast off by"), null=True)
    off_final = models.BigIntegerField(_("with overrides off by"), null=True)
    off_naive = models.BigIntegerField(_("naive off by"), null=True)
    over_base = models.BigIntegerField(_("forecast too high by"), null=True)
    over_final = models.BigIntegerField(_("with overrides too high by"), null=True)

    class Meta:
        verbose_name = _("row of a forecast run")
        verbose_name_plural = _("rows of forecast runs")
        constraints = [models.UniqueConstraint(fields=["run", "item", "site"], name="forecast_row_once")]
        indexes = [
            models.Index(fields=["starts_on"], condition=Q(wanted__isnull=True), name="forecast_row_unmeasured"),
            models.Index(fields=["item", "site", "-starts_on"], name="forecast_row_leaf"),
        ]
