"""Facts about what is held and moved, where, by whom, and how far apart."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models.terms import Terms, above_zero


class TemperatureClass(models.TextChoices):
    AMBIENT = "ambient", _("Ambient")
    CHILLED = "chilled", _("Chilled 0–4 °C")
    FROZEN = "frozen", _("Frozen ≤ −18 °C")
    PHARMA = "pharma", _("Pharma 2–8 °C")


class PlaceKind(models.TextChoices):
    SITE = "site", _("Site")
    ZONE = "zone", _("Zone")
    BIN = "bin", _("Bin")
    DOCK = "dock", _("Dock")
    VEHICLE = "vehicle", _("Vehicle")
    MACHINE = "machine", _("Machine")
    PARTY = "party", _("Supplier or customer")
    EXTERNAL = "external", _("External source or sink")


# Places outside our walls may go negative: what a supplier has given is a minus there, so that the sum is always 0.
UNBOUNDED_KINDS = (PlaceKind.PARTY, PlaceKind.EXTERNAL)


class UnitOfMeasure(models.Model):
    """A unit, by its UN/ECE Recommendation 20 code (EA, KGM, CT …)."""

    code = models.CharField(_("code"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=60)
    name_zh = models.CharField(_("Chinese name"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("unit of measure")
        verbose_name_plural = _("units of measure")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Item(models.Model):
    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True)
    family = models.CharField(_("family"), max_length=80, blank=True)
    family_zh = models.CharField(_("Chinese name of the family"), max_length=80, blank=True)
    gtin = models.CharField(_("GTIN"), max_length=14, blank=True)
    base_unit = models.ForeignKey(UnitOfMeasure, on_delete=models.PROTECT, verbose_name=_("base unit"))
    temperature_class = models.CharField(
        _("temperature class"), max_length=12, choices=TemperatureClass.choices, default=TemperatureClass.AMBIENT
    )
    shelf_life_days = models.PositiveIntegerField(_("shelf life, days"), null=True, blank=True)
    min_remaining_days = models.PositiveIntegerField(_("least days left at the customer"), default=0)
    weight_g = models.PositiveBigIntegerField(_("weight of one base unit, g"), default=0)
    length_mm = models.PositiveIntegerField(_("length, mm"), default=0)
    width_mm = models.PositiveIntegerField(_("width, mm"), default=0)
    height_mm = models.PositiveIntegerField(_("height, mm"), default=0)
    volume_cm3 = models.PositiveBigIntegerField(_("volume of one base unit, cm³"), default=0)
    lot_tracked = models.BooleanField(_("tracked by lot"), default=False)
    serial_tracked = models.BooleanField(_("tracked by serial number"), default=False)
    unit_cost = models.PositiveBigIntegerField(_("standard cost of one base unit, minor units"), default=0)
    unit_price = models.PositiveBigIntegerField(_("list price of one base unit, minor units"), default=0)
    service_level_bp = models.PositiveIntegerField(_("target service level, basis points"), default=9500)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["gtin"], condition=~Q(gtin=""), name="item_gtin_unique"),
            models.CheckConstraint(
                condition=Q(gtin="") | Q(gtin__regex=r"^\d{8}$|^\d{12,14}$"), name="item_gtin_digits"
            ),
            models.CheckConstraint(condition=Q(service_level_bp__lt=10000), name="item_service_level_below_one"),
        ]

    def __str__(self) -> str:
        return self.code


class ItemUnit(models.Model):
    """One `unit` of the item is exactly numerator/denominator base units."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="units", verbose_name=_("item"))
    unit = models.ForeignKey(UnitOfMeasure, on_delete=models.PROTECT, verbose_name=_("unit"))
    numerator = models.PositiveBigIntegerField(_("base units, numerator"))
    denominator = models.PositiveBigIntegerField(_("base units, denominator"), default=1)
    barcode = models.CharField(_("barcode"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("unit of an item")
        verbose_name_plural = _("units of items")
        constraints = [
            models.UniqueConstraint(fields=["item", "unit"], name="item_unit_once"),
            above_zero("item_unit_positive", "numerator", "denominator"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}/{self.unit_id} = {self.numerator}/{self.denominator}"


class Calendar(models.Model):
    """Working days and hours. `weekdays` is a bit mask, Monday = 1 … Sunday = 64."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    timezone = models.CharField(_("time zone"), max_length=60, default="Asia/Shanghai")
    weekdays = models.PositiveSmallIntegerField(_("weekdays, bit mask"), default=127)
    opens_minute = models.PositiveSmallIntegerField(_("opens, minute of day"), default=0)
    closes_minute = models.PositiveSmallIntegerField(_("closes, minute of day"), default=1440)

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_minute__lt=F("closes_minute")), name="calendar_opens_before_closing"
            ),
            models.CheckConstraint(condition=Q(closes_minute__lte=1440, weekdays__lte=127), name="calendar_in_a_day"),
        ]

    def __str__(self) -> str:
        return self.code


class Holiday(models.Model):
    """A day that breaks the calendar: closed, or (`working`) an extra working day such as 调休."""

    calendar = models.ForeignKey(
        Calendar, on_delete=models.CASCADE, related_name="holidays", verbose_name=_("calendar")
    )
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=120)
    working = models.BooleanField(_("working day"), default=False)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="holiday_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class Place(models.Model):
    """Anywhere goods can be: a shelf, a dock, a truck, a supplier, a customer, scrap."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=PlaceKind.choices)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("inside")
    )
    # The site this place belongs to (itself for a site); null for vehicles, parties and externals.
    site = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="parts", verbose_name=_("site")
    )
    gln = models.CharField(_("GLN"), max_length=13, blank=True)
    latitude = models.FloatField(_("latitude, WGS-84"), null=True, blank=True)
    longitude = models.FloatField(_("longitude, WGS-84"), null=True, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    timezone = models.CharField(_("time zone"), max_length=60, default="Asia/Shanghai")
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("calendar"))
    temperature_class = models.CharField(
        _("temperature class"), max_length=12, choices=TemperatureClass.choices, default=TemperatureClass.AMBIENT
    )
    capacity_g = models.PositiveBigIntegerField(_("capacity, g"), null=True, blank=True)
    capacity_cm3 = models.PositiveBigIntegerField(_("capacity, cm³"), null=True, blank=True)
    pick_rank = models.PositiveIntegerField(_("walking order"), default=0)
    usage = models.CharField(_("use"), max_length=20, blank=True)  # storage, receiving, staging …
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["code"]
        indexes = [models.Index(fields=["site", "usage"], name="place_site_usage")]
        constraints = [
            models.CheckConstraint(condition=Q(gln="") | Q(gln__regex=r"^\d{13}$"), name="place_gln_digits"),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180),
                name="place_on_earth",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["vehicle", "party", "external", "site"]) | Q(site__isnull=False),
                name="place_has_site",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Partner(models.Model):
    """A company or shop we deal with. Its goods and ours meet at its `place`."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True)
    is_owner = models.BooleanField(_("owns stock here"), default=False)
    is_supplier = models.BooleanField(_("supplier"), default=False)
    is_customer = models.BooleanField(_("customer"), default=False)
    is_carrier = models.BooleanField(_("carrier"), default=False)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("place"))
    home_site = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="home_of", verbose_name=_("usual site")
    )
    priority = models.PositiveSmallIntegerField(_("priority, 1 first"), default=5)
    window_opens_minute = models.PositiveSmallIntegerField(_("receives from, minute of day"), default=360)
    window_closes_minute = models.PositiveSmallIntegerField(_("receives until, minute of day"), default=1200)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Lane(models.Model):
    """A way goods go: from a place to a place, how long it takes and what it costs."""

    origin = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="lanes_out", verbose_name=_("from"))
    destination = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="lanes_in", verbose_name=_("to"))
    carrier = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("carrier"))
    transit_minutes = models.PositiveIntegerField(_("transit, minutes"))
    transit_sd_minutes = models.PositiveIntegerField(_("spread of transit, minutes"), default=0)
    distance_m = models.PositiveIntegerField(_("distance, m"), default=0)
    fixed_cost = models.PositiveBigIntegerField(_("cost a shipment, minor units"), default=0)
    cost_per_kg = models.PositiveBigIntegerField(_("cost a kg, minor units"), default=0)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("lane")
        verbose_name_plural = _("lanes")
        constraints = [
            models.UniqueConstraint(
                fields=["origin", "destination", "carrier"], nulls_distinct=False, name="lane_once"
            ),
            models.CheckConstraint(condition=~Q(origin=F("destination")), name="lane_goes_somewhere"),
        ]

    def __str__(self) -> str:
        return f"{self.origin_id}→{self.destination_id}"


class SupplierItem(Terms):
    """What a supplier asks for an item: price, least quantity, multiple, lead time."""

    supplier = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="supplies", verbose_name=_("supplier"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="suppliers", verbose_name=_("item"))
    unit_price = models.PositiveBigIntegerField(_("price of one base unit, minor units"))
    lead_time_sd_minutes = models.PositiveIntegerField(_("spread of lead time, minutes"), default=0)
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("calendar"))

    class Meta:
        verbose_name = _("supplier's item")
        verbose_name_plural = _("suppliers' items")
        constraints = [
            models.UniqueConstraint(fields=["supplier", "item"], name="supplier_item_once"),
            above_zero("supplier_item_positive", "moq", "multiple"),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id}/{self.item_id}"


class Lot(models.Model):
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="lots", verbose_name=_("item"))
    code = models.CharField(_("lot number"), max_length=64)
    produced_on = models.DateField(_("produced on"), null=True, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)  # usable until the end of this day
    supplier = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("supplier"))

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        constraints = [
            # By code first: a label or a recall names the lot, and the item only follows from it.
            models.UniqueConstraint(fields=["code", "item"], name="lot_once"),
            models.CheckConstraint(
                condition=Q(produced_on__isnull=True)
                | Q(expires_on__isnull=True)
                | Q(expires_on__gte=F("produced_on")),
                name="lot_expires_after_production",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Serial(models.Model):
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="serials", verbose_name=_("item"))
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("lot"))
    code = models.CharField(_("serial number"), max_length=64)

    class Meta:
        verbose_name = _("serial number")
        verbose_name_plural = _("serial numbers")
        constraints = [models.UniqueConstraint(fields=["code", "item"], name="serial_once")]

    def __str__(self) -> str:
        return self.code


class HandlingUnit(models.Model):
    """A pallet, carton or tote, by its SSCC."""

    sscc = models.CharField(_("SSCC"), max_length=18, unique=True)
    kind = models.CharField(_("kind"), max_length=20, default="carton")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("on"))
    tare_g = models.PositiveBigIntegerField(_("tare, g"), default=0)
    created_at = models.DateTimeField(_("made at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("handling unit")
        verbose_name_plural = _("handling units")
        constraints = [models.CheckConstraint(condition=Q(sscc__regex=r"^\d{18}$"), name="handling_unit_sscc_digits")]

    def __str__(self) -> str:
        return self.sscc


class PartnerItem(models.Model):
    """A partner's own code for an item, so that its files can be read as they come."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, verbose_name=_("partner"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, verbose_name=_("item"))
    code = models.CharField(_("their code"), max_length=64)

    class Meta:
        verbose_name = _("partner's item code")
        verbose_name_plural = _("partners' item codes")
        constraints = [models.UniqueConstraint(fields=["partner", "code"], name="partner_item_code_once")]

    def __str__(self) -> str:
        return self.code


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("Uploaded")
    WAITING = "waiting", _("Waiting to start")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")  # the file has errors and nothing was taken
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


class ImportRun(models.Model):
    """One file somebody brought: what it was read as, how far it is, what was taken and what was not."""

    key = models.UUIDField(_("id"), unique=True)
    file_name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField(_("content"))
    target = models.CharField(_("what it holds"), max_length=40, blank=True)
    options = models.JSONField(_("mapping and formats"), default=dict, blank=True)
    mode = models.CharField(_("mode"), max_length=20, default="all-or-nothing")
    state = models.CharField(_("state"), max_length=10, choices=ImportState.choices, default=ImportState.UPLOADED)
    actor = models.CharField(_("who"), max_length=80)
    language = models.CharField(_("language"), max_length=10, default="en")
    uploaded_at = models.DateTimeField(_("uploaded at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    done = models.PositiveIntegerField(_("rows done"), default=0)
    total = models.PositiveIntegerField(_("rows"), default=0)
    cancel_asked = models.BooleanField(_("cancel asked"), default=False)
    counts = models.JSONField(_("counts"), default=dict, blank=True)
    errors = models.JSONField(_("errors"), default=list, blank=True)
    rejected = models.BinaryField(_("rejected rows, CSV"), default=bytes, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name
